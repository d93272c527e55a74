"""Everything once with scripts switched off: nothing needs them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Browse
from tests.e2e.kinds import KINDS, STATUSES, address_of
from tests.e2e.live import LiveSite

pytestmark = pytest.mark.e2e


def test_every_kind_of_page_is_whole_without_scripts(browse: Browse, site: LiveSite, watch: object) -> None:
    getattr(watch, "expected").update(STATUSES.values())  # noqa: B009
    page = browse("/", java_script_enabled=False)
    for kind in KINDS:
        answer = page.goto(address_of(kind, site))
        assert answer is not None
        assert answer.status == STATUSES.get(kind, 200), kind
        expect(page.locator("h1")).to_have_count(1)
        assert page.locator("main").inner_text().strip().count(" ") > 10, kind
        # A button that does nothing without its script is not shown.
        assert page.locator("button:visible:not(form button)").count() == 0, kind


def test_a_reader_without_scripts_finds_an_event_registers_and_subscribes(browse: Browse, site: LiveSite) -> None:
    page = browse("/", java_script_enabled=False)
    page.get_by_role("link", name="See the programme").first.click()
    page.get_by_role("searchbox").fill("obra pública")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Care is public works too").click()
    expect(page.locator("h1")).to_have_text("Care is public works too: day centres within ten blocks")
    way_in = page.locator(".ticket a.button:not(.quiet)")
    expect(way_in).to_have_attribute("href", f"/go/{site.event('Cuidar también').code}")
    page.locator("details.calendar summary").click()
    expect(page.locator("details.calendar a").first).to_be_visible()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Subscribe").click()
    expect(page.locator(".feed .address code")).to_have_text(f"{site.base_url}/2021/calendar.ics")
    expect(page.locator(".feed .copy")).to_be_hidden()


def test_filters_open_on_a_phone_without_scripts(browse: Browse) -> None:
    page = browse("/2021/programme", java_script_enabled=False, viewport={"width": 360, "height": 740})
    page.locator(".filters > summary").click()
    page.get_by_role("link", name="Gender equality").first.click()
    expect(page.locator(".chosen")).to_contain_text("Gender equality")
