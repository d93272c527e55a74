"""Handing in with a real browser: with scripts, without, by keyboard alone; two tabs, a double click, a lost line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import PATIENCE_MS, Watch
from tests.e2e.live import LiveSite
from tests.e2e.test_layout import too_wide, violations

pytestmark = pytest.mark.e2e

FORM = "/demo/submit"
TITLE = "Care in the metropolis"
CALENDAR = "\r\n".join(
    (
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT", "UID:mine@people.example",
        "DTSTAMP:20211001T000000Z", "DTSTART;TZID=Europe/Madrid:20211007T170000",
        "DTEND;TZID=Europe/Madrid:20211007T183000", "SUMMARY:From my calendar", "END:VEVENT", "END:VCALENDAR", "",
    )
)  # fmt: skip


@pytest.fixture
def context(browser: Browser, site: LiveSite, watch: Watch) -> Iterator[BrowserContext]:
    """A stranger's browser in Madrid."""
    found = browser.new_context(base_url=site.base_url, timezone_id="Europe/Madrid", locale="en-GB")
    found.set_default_timeout(PATIENCE_MS)
    watch.attach(found)
    yield found
    found.close()


def fill(page: Page, title: str = TITLE, address: str = "noor@people.example") -> None:
    """Fill what must be filled."""
    page.get_by_label("Name", exact=True).first.fill("Area Test")
    page.get_by_label("What kind of organisation is it?").select_option("metropolitan-government")
    page.get_by_label("City", exact=True).fill("Barcelona")
    page.get_by_label("Country", exact=True).fill("Spain")
    page.get_by_label("Region", exact=True).select_option("europe")
    page.get_by_label("Your name").fill("Noor Test")
    page.get_by_label("Your mail address").fill(address)
    page.get_by_label("Your role").fill("Coordinator")
    page.get_by_label("Title", exact=True).fill(title)
    page.get_by_label("Description").fill("Two mayors and a nurse talk about care in our metropolis. " * 6)
    page.get_by_label("Gender equality").first.check()
    page.get_by_label("How does it fit the theme?").fill("It is about care.")
    page.get_by_label("5 Gender equality").check()
    page.get_by_label("Starts").fill("15:00")
    page.get_by_label("Ends", exact=True).fill("16:30")
    page.get_by_label("Platform").select_option("zoom-webinar")
    page.get_by_role("group", name="Spoken languages").get_by_label("English").check()
    for box in page.locator("#section-declarations input[name^='declarations.']").all():
        box.check()


def hand_in(page: Page) -> None:
    """Press the button."""
    page.get_by_role("button", name="Hand in", exact=True).click()


def receipt_of(page: Page) -> str:
    """Return the number on the page of thanks."""
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you")
    return page.locator(".receipt").inner_text()


def test_whole_form_with_scripts_saves_itself_and_gives_a_receipt(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(FORM)
    fill(page)
    expect(page.locator("#saved")).to_contain_text(re.compile(r"Saved \d"), timeout=PATIENCE_MS)
    hand_in(page)
    assert re.fullmatch(r"WMD-[0-9A-Z]{6}", receipt_of(page))


def test_whole_form_without_scripts(browser: Browser, site: LiveSite, watch: Watch) -> None:
    watch.expected.add(422)
    context = browser.new_context(base_url=site.base_url, java_script_enabled=False, locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    watch.attach(context)
    page = context.new_page()
    page.goto(FORM)
    hand_in(page)
    expect(page.locator("#summary")).to_contain_text("need your attention")
    page.locator("#summary a", has_text="Your name").click()
    expect(page.locator(":target")).to_have_attribute("name", "contact.name")
    page.get_by_role("button", name="Add a session").click()
    expect(page.get_by_role("group", name="Session 2")).to_be_visible()
    page.get_by_role("button", name="Remove this session 2").click()
    expect(page.get_by_role("group", name="Session 2")).to_have_count(0)
    fill(page, "Care without scripts", "lina@people.example")
    hand_in(page)
    assert receipt_of(page)
    context.close()


def test_whole_form_by_keyboard_alone(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(FORM)
    typed = {
        "organisation.name": "Area Key", "organisation.city": "Barcelona",
        "organisation.country": "Spain", "contact.name": "Key Test",
        "contact.address": "key@people.example", "contact.role_title": "Coordinator", "texts.en.title": "By keyboard",
        "texts.en.description": "Words about care in the metropolis, typed key by key.",
        "review.theme_fit": "It fits.",
    }  # fmt: skip
    chosen = {
        "organisation.kind": "Metro", "organisation.region": "Europe", "platform": "Zoom w",
    }  # fmt: skip
    ticked = {("topics", "gender-equality"), ("sdgs", "5"), ("spoken", "en")}
    for _ in range(400):
        page.keyboard.press("Tab")
        name, value, kind = page.evaluate(
            "() => { const e = document.activeElement; return [e.name || '', e.value || '', e.type || ''] }"
        )
        if name in typed:
            page.keyboard.type(typed.pop(name))
        elif name in chosen:
            page.keyboard.type(chosen.pop(name))
        elif (name, value) in ticked or name.startswith("declarations."):
            page.keyboard.press("Space")
        elif kind == "time" and name.startswith("sessions"):
            # The parts of a time field are typed one after the other.
            page.keyboard.type("1500" if name.endswith("starts") else "1630")
        elif (name, value) == ("action", "hand-in"):
            page.keyboard.press("Enter")
            break
    assert (typed, chosen) == ({}, {})
    assert receipt_of(page)


def test_double_click_hands_in_once(context: BrowserContext, site: LiveSite) -> None:
    page = context.new_page()
    page.goto(FORM)
    fill(page, "Clicked twice", "twice@people.example")
    expect(page.locator("#saved")).to_contain_text(re.compile(r"Saved \d"), timeout=PATIENCE_MS)
    page.get_by_role("button", name="Hand in", exact=True).dblclick()
    number = receipt_of(page)
    page.go_back()
    assert receipt_of(page) == number
    kept = page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('wmd-draft'))")
    assert kept == []


def test_two_tabs_are_both_shown(context: BrowserContext, watch: Watch) -> None:
    watch.expected.add(409)
    first = context.new_page()
    first.goto(FORM)
    first.get_by_label("Title", exact=True).fill("The first tab")
    first.get_by_role("button", name="Save the draft").last.click()
    expect(first.get_by_text("Your draft is saved.")).to_be_visible()
    second = context.new_page()
    second.goto(first.url)
    second.get_by_label("Title", exact=True).fill("The second tab")
    second.get_by_role("button", name="Save the draft").last.click()
    expect(second.get_by_text("Your draft is saved.")).to_be_visible()
    first.get_by_label("Title", exact=True).fill("The first tab again")
    first.get_by_role("button", name="Save the draft").last.click()
    expect(first.get_by_role("heading", level=1)).to_have_text("Two versions of your draft")
    expect(first.get_by_text("The second tab")).to_be_visible()
    expect(first.get_by_text("The first tab again")).to_be_visible()
    first.get_by_role("button", name="Save what I chose").click()
    expect(first.get_by_label("Title", exact=True)).to_have_value("The first tab again")


def test_choice_of_the_other_version_is_not_undone_by_what_the_device_kept(
    context: BrowserContext, watch: Watch
) -> None:
    watch.expected.add(409)
    first = context.new_page()
    first.goto(FORM)
    first.get_by_label("Title", exact=True).fill("The first tab")
    first.get_by_role("button", name="Save the draft").last.click()
    expect(first.get_by_text("Your draft is saved.")).to_be_visible()
    second = context.new_page()
    second.goto(first.url)
    second.get_by_label("Title", exact=True).fill("The second tab")
    second.get_by_role("button", name="Save the draft").last.click()
    expect(second.get_by_text("Your draft is saved.")).to_be_visible()
    first.get_by_label("Title", exact=True).fill("Given up")
    first.get_by_role("button", name="Save the draft").last.click()
    first.get_by_role("link", name="Go on with what was saved meanwhile").click()
    expect(first.get_by_label("Title", exact=True)).to_have_value("The second tab")
    first.reload()
    expect(first.get_by_label("Title", exact=True)).to_have_value("The second tab")
    expect(first.locator("#saved")).to_be_empty()


def test_next_empty_form_is_empty(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(FORM)
    page.get_by_label("Title", exact=True).fill("Saved at once")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("link", name="Back to the form").click()
    expect(page.get_by_label("Title", exact=True)).to_have_value("Saved at once")
    page.goto(FORM)
    expect(page.locator("#saved")).to_be_empty()
    expect(page.get_by_label("Title", exact=True)).to_have_value("")


def test_entry_of_a_calendar_is_not_undone_by_what_the_device_kept(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(FORM)
    page.get_by_label("Title", exact=True).fill("Typed by hand")
    page.get_by_role("button", name="Save the draft").last.click()
    expect(page.get_by_text("Your draft is saved.")).to_be_visible()
    page.get_by_role("button", name="Fill from your calendar (.ics)").click()
    page.locator("input[type=file]").set_input_files(
        {"name": "mine.ics", "mimeType": "text/calendar", "buffer": CALENDAR.encode()}
    )
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_role("heading", name="From my calendar")).to_be_visible()
    for box in page.locator("main input[name=take]").all():
        box.check()
    page.get_by_role("button", name="Take over what is ticked").click()
    expect(page.get_by_label("Title", exact=True)).to_have_value("From my calendar")
    expect(page.get_by_label("Starts")).to_have_value("17:00")
    expect(page.locator("#saved")).to_be_empty()


def test_lost_line_keeps_the_words_on_the_device(context: BrowserContext, watch: Watch) -> None:
    page = context.new_page()
    page.goto(FORM)
    page.get_by_label("Title", exact=True).fill("Before the line broke")
    expect(page.locator("#saved")).to_contain_text(re.compile(r"Saved \d"), timeout=PATIENCE_MS)
    context.set_offline(True)
    page.get_by_label("Title", exact=True).fill("While the line was broken")
    expect(page.locator("#saved")).to_contain_text("kept on this device", timeout=PATIENCE_MS)
    watch.problems.clear()
    context.set_offline(False)
    page.reload()
    expect(page.get_by_label("Title", exact=True)).to_have_value("While the line was broken")
    expect(page.locator("#saved")).to_contain_text(re.compile(r"Saved \d"), timeout=PATIENCE_MS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_form_with_everything_open_satisfies_axe_and_fits_a_phone(
    context: BrowserContext, watch: Watch, scheme: Literal["light", "dark"]
) -> None:
    watch.expected.add(422)
    page = context.new_page()
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(FORM)
    page.get_by_role("button", name="Add a session").click()
    expect(page.get_by_role("group", name="Session 2")).to_be_visible()
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    page.get_by_role("button", name="Add a speaker").first.click()
    expect(page.get_by_role("group", name="Speaker 1")).to_be_visible()
    page.locator("#f-sessions-0 summary", has_text="Panels").click()
    page.locator("button[value='add-panel-0']").click()
    page.get_by_role("button", name="Add a speaker in panel 1").click()
    page.get_by_label("Another language").fill("Spanish")
    page.get_by_role("button", name="Add this language").click()
    expect(page.get_by_label("Guiding questions (Spanish)")).to_be_visible()
    hand_in(page)
    expect(page.locator("#summary")).to_be_visible()
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert too_wide(page, 360) == []
    assert violations(page) == []
    # The foot stays in reach, and leaves room for what has the focus.
    assert page.locator(".form-foot").evaluate("each => each.getBoundingClientRect().height") <= 110
    for path in ("/demo/submit/thanks?r=WMD-222222", "/organiser/"):
        page.goto(path)
        assert too_wide(page, 360) == []
        assert violations(page) == []


@pytest.mark.parametrize("scripts", [True, False])
def test_panels_are_added_moved_and_previewed(browser: Browser, site: LiveSite, watch: Watch, scripts: bool) -> None:
    context = browser.new_context(base_url=site.base_url, java_script_enabled=scripts, locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    watch.attach(context)
    page = context.new_page()
    page.goto(FORM)
    fill(page, f"Care in panels, {'with' if scripts else 'without'} scripts", "pia@people.example")
    page.locator("summary", has_text="Panels").click()
    for title, questions in (("Second", "Two?"), ("First", "One?\nAnd then?")):
        page.get_by_role("button", name="Add a panel").click()
        panel = page.get_by_role("group", name=re.compile("^Panel ")).last
        panel.get_by_label("Title of the panel").fill(title)
        panel.get_by_label("Guiding questions").fill(questions)
    page.get_by_role("button", name="Move this panel up 2").click()
    expect(page.get_by_role("group", name="Panel 1").get_by_label("Title of the panel")).to_have_value("First")
    page.get_by_role("button", name="Preview", exact=True).click()
    expect(page.locator(".preview-bar")).to_be_visible()
    assert page.locator("div.panel h3").all_inner_texts() == ["First", "Second"]
    assert page.locator(".questions li").all_inner_texts() == ["One?", "And then?", "Two?"]
    context.close()
