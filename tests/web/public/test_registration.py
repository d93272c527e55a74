from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import make_event, make_programme, make_session
from tests.web.public.conftest import WEEK_BEFORE, Visit, main_of, words_of
from wmd.domain.programme import EventView, RegistrationView
from wmd.domain.vocabulary import Access, RegistrationState, SessionStatus
from wmd.web.public.registration import Door, Registration, registration_of

URL = "https://example.zoom.us/webinar/register/WN_TG7X-dycRuOObP11RPHuqA"
LATER = WEEK_BEFORE + timedelta(days=2)
EARLIER = WEEK_BEFORE - timedelta(days=2)
ENDS = datetime(2021, 10, 7, 14, 30, tzinfo=UTC)


def registering(
    state: RegistrationState,
    url: str = URL,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    **changes: object,
) -> EventView:
    return make_event(1, registration=RegistrationView(state, url, opens_at, closes_at), **changes)


def with_status(*states: SessionStatus) -> EventView:
    sessions = [make_session(at, status=state, event_code="E22223") for at, state in enumerate(states, 1)]
    return make_event(1, sessions=sessions)


CASES: dict[str, tuple[EventView, Registration]] = {
    "open": (registering(RegistrationState.OPEN), Registration(Door.OPEN, changes_at=ENDS)),
    "open until": (
        registering(RegistrationState.OPEN, closes_at=LATER),
        Registration(Door.OPEN, closes_at=LATER, changes_at=LATER),
    ),
    "closed by its date": (
        registering(RegistrationState.OPEN, closes_at=EARLIER),
        Registration(Door.CLOSED, closes_at=EARLIER, changes_at=ENDS),
    ),
    "opens by its date": (
        registering(RegistrationState.OPEN, opens_at=LATER),
        Registration(Door.NOT_YET, opens_at=LATER, changes_at=LATER),
    ),
    "not yet, with a date that has passed": (
        registering(RegistrationState.NOT_YET, opens_at=EARLIER),
        Registration(Door.OPEN, changes_at=ENDS),
    ),
    "not yet, no date": (registering(RegistrationState.NOT_YET), Registration(Door.NOT_YET, changes_at=ENDS)),
    "full": (registering(RegistrationState.FULL), Registration(Door.FULL, changes_at=ENDS)),
    "closed": (registering(RegistrationState.CLOSED), Registration(Door.CLOSED, changes_at=ENDS)),
    "missing": (registering(RegistrationState.MISSING, ""), Registration(Door.MISSING, changes_at=ENDS)),
    "open without a link": (registering(RegistrationState.OPEN, ""), Registration(Door.MISSING, changes_at=ENDS)),
    "not needed, with a stream": (
        registering(RegistrationState.NOT_NEEDED, "", stream_url="https://video.example/live"),
        Registration(Door.FREE, changes_at=ENDS),
    ),
    "not needed, nowhere to go": (
        registering(RegistrationState.NOT_NEEDED, ""),
        Registration(Door.MISSING, changes_at=ENDS),
    ),
    "by invitation": (
        registering(RegistrationState.OPEN, access=Access.INVITATION),
        Registration(Door.INVITATION),
    ),
    "cancelled": (with_status(SessionStatus.CANCELLED), Registration(Door.CANCELLED)),
    "postponed": (with_status(SessionStatus.POSTPONED), Registration(Door.POSTPONED)),
    "one of two cancelled": (
        with_status(SessionStatus.CANCELLED, SessionStatus.SCHEDULED),
        Registration(Door.OPEN, changes_at=ENDS),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_registration_of_an_event_a_week_before(name: str) -> None:
    event, expected = CASES[name]
    assert registration_of(event, WEEK_BEFORE) == expected


def test_registration_of_an_event_that_has_ended_is_over() -> None:
    assert registration_of(make_event(1), ENDS) == Registration(Door.OVER)


BUTTONS = {
    "open": "Register on Zoom",
    "closed": "Registration closed The organisers have closed registration.",
    "closed by its date": "Registration closed Registration closed Tue 28 Sept, 14:00 (Madrid, UTC+2).",
    "opens by its date": "Registration not open yet Registration opens Sat 2 Oct, 14:00 (Madrid, UTC+2).",
    "full": "Full All places are taken.",
    "missing": "No registration link yet The organisers have not sent their link yet.",
    "by invitation": "By invitation only The organisers invite participants themselves.",
    "not needed, with a stream": "Take part No registration needed: simply come.",
}


@pytest.mark.parametrize("name", BUTTONS)
def test_event_page_button_says_how_registration_stands(name: str, visit: Visit) -> None:
    event, expected = CASES[name]
    html = visit(make_programme([event])).page(f"/2021/events/{event.code}-{event.slug}")
    ticket = html.partition('<aside class="card ticket"')[2].partition("</aside>")[0]
    assert BUTTONS[name] in words_of(ticket)
    assert (f'<a class="button" href="/go/{event.code}"' in ticket) is (expected.door in {Door.OPEN, Door.FREE})
    assert ('aria-disabled="true"' in ticket) is (expected.door not in {Door.OPEN, Door.FREE})
    assert URL not in main_of(html)


@pytest.mark.parametrize("name", ["cancelled", "postponed"])
def test_event_page_says_once_that_an_event_is_off(name: str, visit: Visit) -> None:
    event, _ = CASES[name]
    html = visit(make_programme([event])).page(f"/2021/events/{event.code}-{event.slug}")
    ticket = words_of(html.partition('<aside class="card ticket"')[2].partition("</aside>")[0])
    assert (
        ticket.partition("Spoken")[0]
        .rpartition(" UTC ")[0]
        .endswith("It was to take place: Time in Barcelona (CEST, UTC+2) 15:00–16:30 Thursday 7 October 2021")
    )
    assert main_of(html).partition("What changed")[0].lower().count(f"has been {name}") == 1
    assert name not in ticket.lower()


def test_event_page_is_valid_until_registration_closes(visit: Visit) -> None:
    event = registering(RegistrationState.OPEN, closes_at=LATER)
    visitor = visit(make_programme([event]))
    path = f"/2021/events/{event.code}-{event.slug}"
    assert "Register on Zoom" in visitor.text(path)
    visitor.clock.now = LATER
    assert "Registration closed" in visitor.text(path)
    assert "Register on Zoom" not in visitor.text(path)


def test_registration_state_is_read_from_the_organiser_when_sessions_differ() -> None:
    event = replace(CASES["full"][0], sessions=(make_session(1), make_session(2, event_code="E22223")))
    assert registration_of(event, WEEK_BEFORE).door is Door.FULL
