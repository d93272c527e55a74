"""The event page: the way in, calendars, sessions, and the lead event's questions in its own words."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.demo_documents import LEAD_PANELS, LEAD_TITLE
from tests.e2e.conftest import Browse
from tests.e2e.live import LiveSite

pytestmark = pytest.mark.e2e

OPEN = "Cuidar también es obra pública"
LEAD = "Caring metropolises"


def test_closed_registration_is_explained_and_leads_nowhere(browse: Browse, site: LiveSite) -> None:
    page = browse(site.path(LEAD))
    button = page.locator(".ticket .do .button").first
    expect(button).to_have_text("Registration closed")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_accessible_description("The organisers have closed registration.")
    expect(page.locator(".ticket")).to_contain_text("On now")
    assert page.locator("main a[href*='zoom.us']").count() == 0


def test_open_registration_leads_through_the_stable_address_to_the_organisers_page(
    browse: Browse, site: LiveSite
) -> None:
    page = browse(site.path(OPEN))
    button = page.locator(".ticket .do .button").first
    expect(button).to_have_text("Register on Zoom")
    event = site.event(OPEN)
    expect(button).to_have_attribute("href", f"/go/{event.code}")
    answer = site.get(f"/go/{event.code}")
    assert (answer.status, answer.headers["location"]) == (302, event.registration.url)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_way_to_a_closed_event_says_why_and_leads_back(browse: Browse, site: LiveSite) -> None:
    page = browse(f"/go/{site.event(LEAD).code}")
    expect(page.get_by_role("note")).to_contain_text("Registration is closed")
    page.get_by_role("link", name="See the event").click()
    assert page.url == site.base_url + site.path(LEAD)


def test_event_with_only_a_private_link_never_shows_it(browse: Browse, site: LiveSite) -> None:
    page = browse(site.path("Homes & health"))
    assert "/j/" not in page.content()
    assert "pwd=" not in page.content()
    assert site.get(f"/go/{site.event('Homes & health').code}").status == 200


def test_calendar_links_open_with_one_click_and_carry_the_event(browse: Browse, site: LiveSite) -> None:
    page = browse(site.path(OPEN))
    menu = page.locator("details.calendar")
    expect(menu.get_by_role("link").first).to_be_hidden()
    menu.locator("summary").click()
    links = {
        link.inner_text().split("\n")[0]: link.get_attribute("href") or "" for link in menu.get_by_role("link").all()
    }
    event = site.event(OPEN)
    starts, ends = event.sessions[0].starts_at, event.sessions[0].ends_at
    title = "Care is public works too: day centres within ten blocks"

    google = parse_qs(urlsplit(links["Google Calendar"]).query)
    assert urlsplit(links["Google Calendar"]).netloc == "calendar.google.com"
    assert google["text"] == [title]
    assert google["dates"] == [f"{starts:%Y%m%dT%H%M%SZ}/{ends:%Y%m%dT%H%M%SZ}"]
    for name, host in (("Outlook.com", "outlook.live.com"), ("Microsoft 365", "outlook.office.com")):
        asked = parse_qs(urlsplit(links[name]).query)
        assert urlsplit(links[name]).netloc == host
        assert asked["subject"] == [title]
        assert [datetime.fromisoformat(asked[key][0]) for key in ("startdt", "enddt")] == [starts, ends]
    yahoo = parse_qs(urlsplit(links["Yahoo"]).query)
    assert yahoo["TITLE"] == [title]
    assert datetime.strptime(yahoo["ST"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) == starts
    for address in links.values():
        assert f"/e/{event.code}" in address.replace("%2F", "/")


def test_calendar_file_is_downloaded(browse: Browse, site: LiveSite) -> None:
    page = browse(site.path(OPEN))
    page.locator("details.calendar summary").click()
    with page.expect_download() as download:
        page.locator("details.calendar a[download]").click()
    assert download.value.suggested_filename.endswith(".ics")
    text = download.value.path().read_bytes()
    assert text.startswith(b"BEGIN:VCALENDAR\r\n")
    assert text.count(b"BEGIN:VEVENT") == 1


def test_event_that_is_over_takes_nobody_and_can_still_be_kept(browse: Browse, site: LiveSite) -> None:
    page = browse(site.path("Thirty crossings"))
    expect(page.locator(".ticket .button")).to_have_text(["This event is over", "Add to my calendar"])
    expect(page.locator(".ticket a.button")).to_have_count(0)


def test_lead_event_shows_both_panels_and_all_six_questions_in_their_words(browse: Browse, site: LiveSite) -> None:
    page = browse(site.path(LEAD))
    expect(page.locator("h1")).to_have_text(LEAD_TITLE)
    panels = page.locator("main .panel")
    expect(panels).to_have_count(2)
    for panel, (title, questions) in zip(panels.all(), LEAD_PANELS, strict=True):
        expect(panel.locator("h2, h3").first).to_contain_text(title)
        expect(panel.locator(".questions li")).to_have_text(questions)


def test_event_of_several_sessions_shows_each_with_its_times(browse: Browse, site: LiveSite) -> None:
    page = browse(site.path("Care Week of the Ring"), zone="America/Bogota")
    event = site.event("Care Week of the Ring")
    for session in event.sessions:
        part = page.locator(f"#session-{session.code}")
        expect(part).to_be_visible()
        expect(part).to_contain_text("Brussels")
    expect(page.locator(f"#session-{event.sessions[-1].code}")).to_contain_text("09:00–10:00")


def test_short_address_leads_to_the_event_and_to_its_session(browse: Browse, site: LiveSite) -> None:
    event = site.event("Care Week of the Ring")
    page = browse(f"/e/{event.code}")
    assert page.url == site.base_url + site.path("Care Week of the Ring")
    page.goto(f"/e/{event.sessions[2].code}")
    assert page.url.endswith(f"#session-{event.sessions[2].code}")
    expect(page.locator(f"#session-{event.sessions[2].code}")).to_be_in_viewport()


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Plazas abiertas", "This event has been cancelled."),
        ("Datos con vecinos", "This event has been postponed."),
    ],
)
def test_event_that_is_off_says_so_before_anything_else(browse: Browse, site: LiveSite, title: str, words: str) -> None:
    page = browse(site.path(title))
    expect(page.locator(".head").get_by_role("note")).to_contain_text(words)
    expect(page.locator("details.calendar")).to_have_count(0)
    expect(page.locator(".ticket a.button")).to_have_count(0)


def test_words_in_another_script_are_marked_with_their_language_and_direction(browse: Browse, site: LiveSite) -> None:
    page = browse(site.path("حافلة الجبل"))
    spoken = "each => [each.closest('[lang]').lang, each.closest('[dir]').dir]"
    assert page.locator("h1").get_by_text("حافلة الجبل").evaluate(spoken) == ["ar", "rtl"]
    assert page.locator(".prose").first.evaluate(spoken) == ["ar", "rtl"]
    assert page.locator(".ticket").evaluate(spoken) == ["en", "ltr"]
    expect(page.locator("html")).to_have_attribute("dir", "ltr")


def test_translated_event_keeps_its_original_within_reach(browse: Browse, site: LiveSite) -> None:
    page = browse(site.path("Cuidar también es obra pública"))
    expect(page.locator("h1")).to_have_text("Care is public works too: day centres within ten blocks")
    page.get_by_role("link", name="Read the original").click()
    original = page.locator("#original")
    expect(original).to_be_in_viewport()
    expect(original).to_have_attribute("lang", "es")
    expect(original.locator("h2")).to_have_text("Cuidar también es obra pública: centros de día a diez cuadras")


def test_all_day_session_ends_with_its_last_day_where_it_takes_place(browse: Browse) -> None:
    """The exhibition lasts through Friday in Brussels: until Friday 22:00 in UTC, 33 hours from now."""
    page = browse("/", zone="America/Bogota")
    row = page.locator(".row.is-live", has_text="Exhibition: letters from home carers").first
    expect(row.locator(".relative")).to_have_text("ends in 33 hours")


def test_event_of_a_series_leads_to_its_series(browse: Browse, site: LiveSite) -> None:
    event = next(event for event in site.programme().events.values() if event.series)
    page = browse(f"/2021/events/{event.code}-{event.slug}")
    page.locator(".head a[href^='/series/']").click()
    page.wait_for_url(f"**/series/{event.series}")
    expect(page.locator("h1")).to_have_text(site.programme().series[str(event.series)].name)
    expect(page.locator(".row .title", has_text=event.text("en").title).first).to_be_visible()


def test_relative_time_stands_beside_the_absolute_one_and_moves(browse: Browse, site: LiveSite) -> None:
    page = browse(site.path(LEAD))
    expect(page.locator(".ticket .relative")).to_have_text("ends in 89 minutes")
    expect(page.locator(".ticket .mine .state")).to_have_text("On now")
    page.context.clock.set_fixed_time(datetime(2021, 10, 7, 14, 31, tzinfo=UTC))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(".ticket .relative")).to_have_text("")
    expect(page.locator(".ticket .mine .state")).to_have_text("Ended")
    expect(page.locator(".ticket .mine time")).to_have_text("15:00–16:30")
