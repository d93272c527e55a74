"""Error pages: designed, with a way on, and without internals."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Browse, Watch
from tests.e2e.kinds import STATUSES, address_of
from tests.e2e.live import HIDDEN, LiveSite

pytestmark = pytest.mark.e2e

HEADINGS = {
    "400": "We could not read this request",
    "404": "There is no page at this address",
    "410": "This page is no longer public",
    "500": "Something went wrong on our side",
}


@pytest.mark.parametrize("kind", STATUSES)
def test_error_page_says_what_happened_and_leads_on(browse: Browse, site: LiveSite, watch: Watch, kind: str) -> None:
    watch.expected.add(STATUSES[kind])
    page = browse(address_of(kind, site))
    expect(page.locator("h1")).to_have_text(HEADINGS[kind])
    expect(page.locator(".eyebrow").first).to_have_text(f"Error {kind}")
    assert page.locator("h1").evaluate("each => getComputedStyle(each).fontFamily").startswith("Display")
    with page.expect_navigation() as navigation:
        page.locator("main .button").first.click()
    answer = navigation.value
    assert answer is not None
    assert answer.status == 200


def test_400_names_the_parameter_at_fault(browse: Browse, watch: Watch) -> None:
    watch.expected.add(400)
    page = browse("/2021/programme?topic=cheese&language=es")
    expect(page.locator("main code").first).to_have_text("topic=cheese")


def test_405_is_designed(site: LiveSite) -> None:
    answer = site.get("/2021/programme", method="POST")
    assert answer.status == 405
    assert "<h1>This address cannot be used in this way</h1>" in answer.text


def test_410_tells_nothing_of_what_was_there(browse: Browse, site: LiveSite, watch: Watch) -> None:
    watch.expected.add(410)
    page = browse(f"/e/{site.gone[0]}")
    expect(page.locator("main")).to_contain_text("It was taken down on 7 October 2021.")
    assert HIDDEN not in page.content()
    assert site.get(f"/demo/events/{site.gone[0]}-passeio").status == 410
    assert site.get(f"/go/{site.gone[0]}").status == 410


def test_500_shows_a_number_to_quote_and_no_internals(browse: Browse, site: LiveSite, watch: Watch) -> None:
    watch.expected.add(500)
    page = browse("/fault")
    shown = page.content()
    number = page.locator("main code").inner_text()
    assert re.fullmatch(r"[0-9A-Za-z-]{8,}", number)
    assert re.findall(r"Traceback|ZeroDivision|File &quot;|\.py\b|werkzeug", shown) == []
    assert site.get("/fault").headers["x-request-id"] != number


@pytest.mark.parametrize("kind", STATUSES)
def test_error_answers_are_kept_by_nobody_and_guarded_by_the_policy(site: LiveSite, kind: str) -> None:
    answer = site.get(address_of(kind, site))
    assert answer.status == STATUSES[kind]
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert '<meta name="robots" content="noindex">' in answer.text


def test_feed_address_that_was_never_valid_is_refused_in_plain_words(site: LiveSite) -> None:
    answer = site.get("/2021/calendar.ics?topic=cheese")
    assert answer.status == 400
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "topic=cheese" in answer.text.splitlines()[0]
