"""The subscribe page: the links carry exactly the selection, and the address can be taken along."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Browse
from tests.e2e.live import LiveSite

pytestmark = pytest.mark.e2e

ASKED = "topic=gender-equality&language=es"


@pytest.mark.parametrize("query", ["", f"?{ASKED}"], ids=["everything", "a selection"])
def test_every_link_carries_exactly_the_selection(browse: Browse, site: LiveSite, query: str) -> None:
    page = browse(f"/2021/subscribe{query}")
    feed = f"{site.base_url}/2021/calendar.ics{query}"
    bare = feed.partition("://")[2]
    expect(page.locator(".feed .address code")).to_have_text(feed)
    links = {
        urlsplit(href).netloc: href
        for href in page.locator(".feed .links a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    }
    own = urlsplit(site.base_url).netloc
    assert links.keys() == {own, "calendar.google.com", "outlook.live.com", "outlook.office.com"}
    assert links[own] == f"webcal://{bare}"
    assert parse_qs(urlsplit(links["calendar.google.com"]).query)["cid"] == [f"webcal://{bare}"]
    for host in ("outlook.live.com", "outlook.office.com"):
        assert parse_qs(urlsplit(links[host]).query)["url"] == [feed]
    answer = site.get(feed.removeprefix(site.base_url))
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"


def test_feed_of_a_selection_holds_what_its_page_shows(browse: Browse, site: LiveSite) -> None:
    page = browse(f"/2021/programme?{ASKED}")
    shown = page.locator(".row").count()
    body = site.get(f"/2021/calendar.ics?{ASKED}").body
    assert shown > 3
    assert body.count(b"BEGIN:VEVENT") == shown


def test_address_is_copied_and_the_copy_is_said(browse: Browse, site: LiveSite) -> None:
    page = browse(f"/2021/subscribe?{ASKED}", permissions=["clipboard-read", "clipboard-write"])
    button = page.locator(".feed .copy")
    expect(button).to_have_text("Copy address")
    button.click()
    expect(button).to_have_text("Copied")
    expect(page.get_by_role("status").last).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == f"{site.base_url}/2021/calendar.ics?{ASKED}"
    expect(button).to_have_text("Copy address")


def test_page_that_a_feed_cannot_hold_is_dropped_from_the_address(browse: Browse, site: LiveSite) -> None:
    page = browse("/2021/subscribe?topic=gender-equality&upcoming=1&page=2")
    assert page.url == f"{site.base_url}/2021/subscribe?topic=gender-equality"


def test_day_is_subscribed_in_the_readers_own_zone(browse: Browse, site: LiveSite) -> None:
    page = browse("/2021/programme?day=2021-10-08", zone="Pacific/Auckland")
    expect(page.locator(".pick summary")).to_contain_text("Auckland")
    page.get_by_role("link", name="Subscribe to exactly this selection").click()
    assert page.url == f"{site.base_url}/2021/subscribe?day=2021-10-08&tz=Pacific/Auckland"
    expect(page.locator(".feed h3")).to_contain_text("days as in Auckland")


def test_empty_selection_can_be_subscribed_all_the_same(browse: Browse, site: LiveSite) -> None:
    page = browse("/2021/subscribe?topic=gender-equality&language=zh")
    expect(page.locator("main")).to_contain_text("Nothing matches at present")
    body = site.get("/2021/calendar.ics?topic=gender-equality&language=zh").body
    assert body.startswith(b"BEGIN:VCALENDAR\r\n")
    assert b"BEGIN:VEVENT" not in body
