"""Whose time: from the address, then the cookie, then the browser, then the event's own; always changeable."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Browse
from tests.e2e.live import LiveSite

pytestmark = pytest.mark.e2e

LEAD = "Caring metropolises"


def kept(page: Page) -> list[tuple[str, str]]:
    """Return the cookies of this reader."""
    return [(cookie["name"], cookie["value"]) for cookie in page.context.cookies()]


def test_first_visit_shows_the_times_of_the_readers_own_zone(browse: Browse, site: LiveSite) -> None:
    page = browse(site.path(LEAD), zone="America/Bogota")
    ticket = page.locator(".ticket .mine")
    expect(ticket.locator("time")).to_have_text("08:00–09:30")
    expect(ticket).to_contain_text("Bogotá (UTC−5)")
    expect(ticket).to_contain_text("Thursday 7 October 2021")
    expect(page.locator(".pick summary")).to_contain_text("Bogotá")
    assert kept(page) == [("wmd_zone", "America/Bogota")]


def test_event_page_shows_the_events_own_time_and_utc_beside_it(browse: Browse, site: LiveSite) -> None:
    page = browse(site.path(LEAD), zone="America/Bogota")
    expect(page.locator(".ticket .times dt")).to_have_text(
        ["Your time · Bogotá (UTC−5)", "Barcelona (CEST, UTC+2)", "UTC"]
    )
    expect(page.locator(".ticket .times time")).to_have_text(["08:00–09:30", "15:00–16:30", "13:00–14:30"])


def test_zone_in_the_address_wins_over_the_cookie_and_does_not_change_it(browse: Browse, site: LiveSite) -> None:
    page = browse("/", zone="America/Bogota")
    expect(page.locator(".pick summary")).to_contain_text("Bogotá")
    page.goto(f"{site.path(LEAD)}?tz=Asia/Kolkata")
    expect(page.locator(".ticket .mine time")).to_have_text("18:30–20:00")
    page.goto(site.path(LEAD))
    expect(page.locator(".ticket .mine time")).to_have_text("08:00–09:30")
    assert kept(page) == [("wmd_zone", "America/Bogota")]


def test_first_visit_by_an_address_with_a_zone_leaves_no_cookie(browse: Browse, site: LiveSite) -> None:
    page = browse(f"{site.path(LEAD)}?tz=Asia/Kolkata", zone="America/Bogota")
    expect(page.locator(".ticket .mine time")).to_have_text("18:30–20:00")
    assert kept(page) == []


def test_date_of_another_day_is_said_in_auckland(browse: Browse, site: LiveSite) -> None:
    page = browse(site.path(LEAD), zone="Pacific/Auckland")
    mine = page.locator(".ticket .mine")
    expect(mine.locator("time")).to_have_text("02:00–03:30")
    expect(mine.locator(".plus")).to_have_text("+1 day")
    expect(mine).to_contain_text("Friday 8 October 2021")
    page.goto("/2021/programme?q=Caring+metropolises")
    day = page.locator(".day-group", has=page.locator(".row.is-lead"))
    expect(day.locator("h2").first).to_have_text("Friday 8 October 2021")
    expect(day.locator(".row.is-lead .plus")).to_have_text("Thu 7 Oct there")


def choose(page: Page, zone: str) -> None:
    """Choose a zone in the chooser by hand."""
    page.locator(".pick summary").click()
    page.get_by_label("Show all times in").select_option(zone)
    page.get_by_role("button", name="Show in this time").click()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_chooser_keeps_the_zone_and_comes_back(browse: Browse, site: LiveSite, scripts: bool) -> None:
    page = browse(site.path(LEAD), java_script_enabled=scripts)
    expect(page.locator(".ticket .mine time")).to_have_text("15:00–16:30")
    choose(page, "Asia/Tokyo")
    assert page.url == site.base_url + site.path(LEAD)
    expect(page.locator(".ticket .mine time")).to_have_text("22:00–23:30")
    assert kept(page) == [("wmd_zone", "Asia/Tokyo")]


def test_chooser_keeps_the_filters_and_drops_a_zone_in_the_address(browse: Browse, site: LiveSite) -> None:
    page = browse("/2021/programme?topic=gender-equality&q=budget&tz=Asia/Kolkata")
    expect(page.locator(".day .eyebrow").first).to_contain_text("Kolkata time")
    choose(page, "Africa/Nairobi")
    assert page.url == f"{site.base_url}/2021/programme?topic=gender-equality&q=budget"
    expect(page.locator(".day .eyebrow").first).to_contain_text("Nairobi time")


def test_without_scripts_the_first_visit_shows_the_events_own_time(browse: Browse, site: LiveSite) -> None:
    page = browse(site.path(LEAD), zone="America/Bogota", java_script_enabled=False)
    expect(page.locator(".ticket .mine time")).to_have_text("15:00–16:30")
    expect(page.locator(".ticket .mine dt")).to_contain_text("(CEST, UTC+2)")
    expect(page.locator(".ticket .mine dt")).to_contain_text("Barcelona")
    assert kept(page) == []


def test_second_tab_of_the_same_reader_has_the_chosen_zone(browse: Browse, site: LiveSite) -> None:
    page = browse("/", zone="America/Bogota")
    expect(page.locator(".pick summary")).to_contain_text("Bogotá")
    other = page.context.new_page()
    other.goto(site.path(LEAD))
    choose(other, "Asia/Tokyo")
    expect(other.locator(".ticket .mine time")).to_have_text("22:00–23:30")
    page.reload()
    expect(page.locator(".pick summary")).to_contain_text("Tokyo")


def test_reader_who_refuses_cookies_sees_a_whole_page_once(browse: Browse, site: LiveSite) -> None:
    page = browse("/about", zone="America/Bogota")
    page.context.clear_cookies()
    page.add_init_script("Object.defineProperty(Document.prototype, 'cookie', {get: () => '', set: () => {}});")
    loads: list[str] = []
    page.on("load", lambda loaded: loads.append(loaded.url))
    page.goto(site.path(LEAD))
    page.wait_for_load_state("networkidle")
    expect(page.locator(".ticket .mine time")).to_have_text("15:00–16:30")
    assert loads == [site.base_url + site.path(LEAD)]
