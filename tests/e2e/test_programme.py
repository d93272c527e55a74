"""The programme page as people use it: filters, search, the way back, the phone."""

from __future__ import annotations

import re
from fnmatch import fnmatch

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.demo_documents import LEAD_TITLE
from tests.e2e.conftest import Browse
from tests.e2e.live import LiveSite

pytestmark = pytest.mark.e2e

PHONE = {"width": 360, "height": 740}


def facet(page: Page, title: str) -> Locator:
    return page.locator("details.facet", has=page.locator("summary", has_text=re.compile(f"^{title}$")))


def titles(page: Page) -> list[str]:
    return page.locator(".row .title").all_inner_texts()


def arrive(page: Page, pattern: str) -> None:
    """Wait until an address like this is open, wherever on its page."""
    page.wait_for_url(lambda url: fnmatch(url.partition("#")[0], f"*{pattern}"))


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until something has the focus."""
    for _ in range(120):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("the keyboard does not lead there")


def test_filters_are_chosen_by_keyboard_alone(browse: Browse, site: LiveSite) -> None:
    page = browse("/2021/programme")
    tab_to(page, facet(page, "Topic").get_by_role("link", name="Gender equality"))
    page.keyboard.press("Enter")
    arrive(page, "/2021/programme?topic=gender-equality")
    tab_to(page, facet(page, "Captions").locator("summary"))
    page.keyboard.press("Enter")
    tab_to(page, facet(page, "Captions").get_by_role("link").first)
    page.keyboard.press("Enter")
    arrive(page, "/2021/programme?topic=gender-equality&captions=*")
    events = site.programme().events.values()
    wanted = page.url.partition("#")[0].rpartition("captions=")[2]
    expected = [e for e in events if "gender-equality" in e.topics and wanted in e.captioned]
    assert expected
    expect(page.get_by_role("status")).to_contain_text(f"{len(expected)} of 42 events")
    chip = page.locator(".chosen a", has_text="Gender equality")
    tab_to(page, chip)
    page.keyboard.press("Enter")
    arrive(page, "/2021/programme?captions=*")


def test_second_choice_of_one_facet_widens_and_of_another_narrows(browse: Browse, site: LiveSite) -> None:
    page = browse("/2021/programme")
    events = site.programme().events.values()
    gender = {e.code for e in events if "gender-equality" in e.topics}
    housing = {e.code for e in events if "public-space-and-housing" in e.topics}
    facet(page, "Topic").get_by_role("link", name="Gender equality").click()
    expect(page.get_by_role("status")).to_contain_text(f"{len(gender)} of 42 events")
    facet(page, "Topic").get_by_role("link", name="Public space and housing").click()
    expect(page.get_by_role("status")).to_contain_text(f"{len(gender | housing)} of 42 events")
    facet(page, "Spoken language").get_by_role("link", name="Spanish").click()
    spanish = {e.code for e in events if "es" in e.spoken}
    expect(page.get_by_role("status")).to_contain_text(f"{len((gender | housing) & spanish)} of 42 events")
    page.get_by_role("link", name="Clear all").click()
    expect(page.get_by_role("status")).to_contain_text("42 events")
    assert page.url.partition("#")[0] == f"{site.base_url}/2021/programme"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("montevideo CUÍDAR", "Care is public works too: day centres within ten blocks"),
        ("OLLAS comunes", "Community pots: from emergency stove to the right to food"),
        ("حافلة", "حافلة الجبل: مواعيد يثق بها الناس"),
        ("暴雨", "Before the storm: how neighbours look after older people who live alone"),
        ("पन्ध्र", "Fifteen-minute wards: a walkable Kathmandu Valley, one ward at a time"),
        ("kathmandu VALLEY", "Fifteen-minute wards: a walkable Kathmandu Valley, one ward at a time"),
    ],
)
def test_search_finds_words_of_any_script_whatever_their_accents_and_case(
    browse: Browse, words: str, found: str
) -> None:
    page = browse("/2021/programme")
    page.get_by_role("searchbox").fill(words)
    page.keyboard.press("Enter")
    expect(page.locator(".chosen")).to_contain_text(f"“{words}”")
    assert {title.partition(" – ")[0] for title in titles(page)} == {found}
    expect(page.get_by_role("searchbox")).to_have_value(words)


def test_search_for_resilience_finds_the_lead_event(browse: Browse) -> None:
    page = browse("/2021/programme")
    page.get_by_role("searchbox").fill("resilience")
    page.get_by_role("button", name="Search").click()
    arrive(page, "/2021/programme?q=resilience")
    # The flyer's lead event speaks of "resilient territories" and "resilience to future shocks".
    assert LEAD_TITLE in titles(page)
    expect(page.locator(".row.is-lead .title")).to_have_text(LEAD_TITLE)


def test_search_keeps_the_filters_chosen_before(browse: Browse) -> None:
    page = browse("/2021/programme?topic=gender-equality")
    page.get_by_role("searchbox").fill("budget")
    page.keyboard.press("Enter")
    arrive(page, "/2021/programme?topic=gender-equality&q=budget")
    expect(page.locator(".chosen li")).to_have_count(3)


def test_back_button_brings_the_selection_back(browse: Browse, site: LiveSite) -> None:
    page = browse("/2021/programme")
    facet(page, "Spoken language").get_by_role("link", name="Arabic").click()
    arrive(page, "/2021/programme?language=ar")
    before = titles(page)
    page.locator(".row .title a").first.click()
    arrive(page, "/2021/events/*")
    page.go_back()
    arrive(page, "/2021/programme?language=ar")
    assert titles(page) == before
    page.go_back()
    expect(page.get_by_role("status")).to_contain_text("42 events")
    assert page.url.partition("#")[0] == f"{site.base_url}/2021/programme"


def test_address_with_the_choices_in_another_order_redirects_to_the_one_order(browse: Browse, site: LiveSite) -> None:
    page = browse("/2021/programme?language=es&topic=gender-equality&utm_source=mail")
    assert page.url == f"{site.base_url}/2021/programme?topic=gender-equality&language=es"


def test_filters_stand_beside_the_list_on_a_wide_screen(browse: Browse) -> None:
    page = browse("/2021/programme")
    expect(facet(page, "Topic").get_by_role("link").first).to_be_visible()
    filters, rows = page.locator(".filters").bounding_box(), page.locator(".day-group").first.bounding_box()
    assert filters is not None
    assert rows is not None
    assert filters["x"] + filters["width"] < rows["x"]


def test_filters_open_and_close_on_a_phone(browse: Browse) -> None:
    page = browse("/2021/programme", viewport=PHONE, has_touch=True, is_mobile=True)
    choice = facet(page, "Topic").get_by_role("link", name="Gender equality")
    expect(choice).to_be_hidden()
    expect(page.locator(".row").first).to_be_visible()
    page.locator(".filters > summary").tap()
    expect(choice).to_be_visible()
    choice.tap()
    arrive(page, "/2021/programme?topic=gender-equality")
    expect(page.locator(".filters > summary")).to_contain_text("Filter (1)")
    # Several choices are made one after the other: the panel is at hand again until it is closed.
    chosen = facet(page, "Topic").get_by_role("link", name="Gender equality")
    expect(chosen).to_be_in_viewport()
    expect(chosen).to_have_attribute("aria-current", "true")
    page.locator(".filters > summary").tap()
    expect(chosen).to_be_hidden()
    expect(page.locator(".row").first).to_be_in_viewport()


def test_empty_selection_says_so_and_offers_the_way_back(browse: Browse, site: LiveSite) -> None:
    page = browse("/2021/programme?topic=gender-equality&language=zh")
    expect(page.get_by_role("heading", name="Nothing matches this selection")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("0 of 42 events")
    page.get_by_role("link", name="See the whole programme").click()
    expect(page.get_by_role("status")).to_contain_text("42 events")
    assert page.url.partition("#")[0] == f"{site.base_url}/2021/programme"


def test_selection_is_subscribed_exactly(browse: Browse, site: LiveSite) -> None:
    page = browse("/2021/programme?topic=gender-equality&language=es")
    page.get_by_role("link", name="Subscribe to exactly this selection").click()
    arrive(page, "/2021/subscribe?topic=gender-equality&language=es")
    expect(page.locator("main .facts").first).to_contain_text("Gender equality")
    expect(page.locator("main .facts").first).to_contain_text("Spoken in Spanish")
    expect(page.locator(".feed .address code")).to_have_text(
        f"{site.base_url}/2021/calendar.ics?topic=gender-equality&language=es"
    )


def test_still_to_come_hides_what_is_over(browse: Browse, site: LiveSite) -> None:
    page = browse("/2021/programme")
    page.get_by_role("link", name="Only what is still to come").click()
    arrive(page, "/2021/programme?upcoming=1")
    shown = page.locator(".row").count()
    assert 0 < shown < len(site.programme().sessions)
    expect(page.locator(".row.is-live").first).to_be_visible()


def test_cancelled_and_postponed_events_are_marked(browse: Browse) -> None:
    page = browse("/2021/programme")
    cancelled = page.locator(".row.off", has_text="Open squares")
    expect(cancelled.locator(".state")).to_have_text("Cancelled")
    postponed = page.locator(".row.off", has_text="Datos con vecinos")
    expect(postponed.locator(".state")).to_have_text("Postponed")
    expect(page.locator(".row.is-live .state.live").first).to_have_text("On now")
