"""What pages say of a link: last seen working, full or closed on Zoom, being renewed, its time in dispute."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.bindings import bind
from tests.conftest import LEAD_STARTED_AT, Databases
from tests.factories import code, make_event, make_programme, make_session
from tests.web.machine import Machine, machine_on
from tests.web.public.conftest import WEEK_BEFORE, Visit, main_of, words_of
from wmd.db import db
from wmd.domain.programme import EventView
from wmd.domain.status import DISPUTE, DOUBT, EventStatus, Status, turns_at
from wmd.models import Event
from wmd.services.versions import raise_status

PATH = f"/2021/events/{code(1)}-side-event-1"
SESSION = make_session(1)
STARTS, ENDS = SESSION.starts_at, SESSION.ends_at
SEEN = datetime(2021, 9, 30, 10, 0, tzinfo=UTC)
THEIRS = STARTS + timedelta(hours=1)
WITH_US = replace(
    make_event(1), registration=make_event(1).registration._replace(url="", is_here=True, has_waiting_list=True)
)  # fmt: skip


def known(**changes: object) -> Status:
    return Status(2, {code(1): EventStatus(code(1), **changes)})  # type: ignore[arg-type]


def ticket(visit: Visit, status: Status, event: EventView | None = None, now: datetime = WEEK_BEFORE) -> str:
    """Return the words of the card beside an event."""
    html = visit(make_programme([event or make_event(1)]), known=status, now=now).page(PATH)
    return words_of(html.partition('<div class="do">')[2].partition("</aside>")[0])


def test_event_page_says_when_the_link_was_last_seen_working(visit: Visit) -> None:
    assert "The link was last seen working on Thu 30 Sept, 12:00 (Madrid, UTC+2)." in ticket(visit, known(seen_at=SEEN))
    assert "last seen" not in ticket(visit, Status(1))


@pytest.mark.parametrize(
    ("registration", "label"), [("full", "Full on Zoom"), ("closed", "Registration closed on Zoom")]
)
def test_page_that_is_full_or_closed_shuts_the_button_and_says_what_one_can_do(
    visit: Visit, registration: str, label: str
) -> None:
    text = ticket(visit, known(seen_at=SEEN, registration=registration))
    assert text.startswith(f"{label} Zoom’s page said that ")
    assert "Let us remind you" in text
    assert "Remind me" in text
    assert "last seen working" not in text


@pytest.mark.parametrize("registration", ["none", "open", "manual", "unknown"])
def test_page_that_is_open_or_unknown_leaves_the_button(visit: Visit, registration: str) -> None:
    assert ticket(visit, known(registration=registration)) == ticket(visit, Status(1))


def test_link_that_is_gone_is_offered_nowhere_on_the_page(visit: Visit) -> None:
    html = visit(make_programme([make_event(1)]), known=known(is_renewing=True)).page(PATH)
    card = html.partition('<div class="do">')[2].partition("</aside>")[0]
    assert words_of(card).startswith("The link is being renewed The registration page is gone.")
    assert (f'href="/go/{code(1)}"' in card, "Remind me" in card) == (False, True)
    assert "WN_" not in html


def test_event_whose_places_are_taken_says_that_one_can_wait_or_not(visit: Visit) -> None:
    taken = known(is_taken=True)
    assert ticket(visit, taken, WITH_US).startswith("Full – wait for a place")
    without = replace(WITH_US, registration=WITH_US.registration._replace(has_waiting_list=False))
    assert ticket(visit, taken, without).startswith("Full All places are taken.")
    assert ticket(visit, Status(1), WITH_US).startswith("Register")
    assert not ticket(visit, taken, make_event(1)).startswith("Full")


def test_link_said_to_be_wrong_is_the_room_where_people_register_with_us(visit: Visit) -> None:
    there, with_us = (ticket(visit, Status(1), replace(event, link_wrong=True)) for event in (make_event(1), WITH_US))
    room = "The way into the room is being renewed. Places stand"
    assert ("We know that this link does not work." in there, room in there) == (True, False)
    assert ("this link does not work" in with_us, room in with_us) == (False, True)


def test_room_that_is_full_leads_to_our_own_waiting_list(visit: Visit) -> None:
    text = ticket(visit, known(registration="full", is_room=True), WITH_US)
    assert text.startswith("Register Zoom says that its room is full. Register here all the same: there is a waiting")


def test_room_that_is_gone_takes_registrations_with_us_all_the_same(visit: Visit) -> None:
    text = ticket(visit, known(is_renewing=True, is_room=True), WITH_US)
    assert text.startswith("Register The link into the room is being renewed. Register all the same")


def test_doubt_is_said_after_half_an_hour_and_not_before(visit: Visit) -> None:
    status = known(doubtful_from=WEEK_BEFORE + DOUBT)
    before = ticket(visit, status)
    after = ticket(visit, status, now=WEEK_BEFORE + DOUBT)
    assert before == ticket(visit, Status(1))
    assert "could not be found when we last looked" in after
    assert "Register on Zoom" in after


@pytest.mark.parametrize(
    ("now", "is_said"),
    [(STARTS - DISPUTE - timedelta(seconds=1), False), (STARTS - DISPUTE, True), (STARTS, True), (ENDS, False)],
)
def test_dispute_is_said_from_a_day_before_and_the_programmes_time_stands(
    visit: Visit, now: datetime, is_said: bool
) -> None:
    status = known(disputed={SESSION.code: THEIRS})
    text = visit(make_programme([make_event(1)]), known=status, now=now).text(PATH)
    assert ("The organisers are confirming the time of this event." in text) == is_said
    assert "15:00–16:30" in text
    assert "16:00" not in text.replace("16:00–", "")


def test_dispute_about_one_of_several_sessions_names_it(visit: Visit) -> None:
    later = make_session(2, starts=datetime(2021, 10, 7, 18, 0), event_code=code(1))  # noqa: DTZ001
    event = make_event(1, sessions=[SESSION, later])
    text = visit(make_programme([event]), known=known(disputed={later.code: None}), now=STARTS).text(PATH)
    assert "confirming the time of the session on Thu 7 Oct, 18:00 (Madrid, UTC+2)." in text


def test_page_is_right_until_doubt_or_dispute_begins() -> None:
    event = make_event(1)
    status = EventStatus(code(1), doubtful_from=WEEK_BEFORE + DOUBT, disputed={SESSION.code: THEIRS})
    instants = []
    now: datetime | None = WEEK_BEFORE
    while (now := turns_at(event, status, now)) is not None:
        instants.append(now)
    assert instants == [WEEK_BEFORE + DOUBT, STARTS - DISPUTE, ENDS]


@pytest.mark.parametrize(
    ("status", "heading", "leads_on"),
    [
        (known(registration="full"), "Full on Zoom", True),
        (known(registration="closed"), "Registration closed on Zoom", True),
        (known(is_renewing=True), "The link is being renewed", False),
    ],
)
def test_go_shows_its_page_instead_of_leading_there(visit: Visit, status: Status, heading: str, leads_on: bool) -> None:
    visitor = visit(make_programme([make_event(1)]), known=status)
    for spelling in (code(1), SESSION.code):
        main = main_of(visitor.page(f"/go/{spelling}"))
        assert re.findall(r'role="note"><b>([^<]*)</b>', main) == [heading]
        assert f'href="/e/{code(1)}/remind"' in main
        assert ("example.zoom.us/webinar/register" in main) == leads_on


def test_go_leads_on_where_only_the_time_is_in_dispute(visit: Visit) -> None:
    visitor = visit(make_programme([make_event(1)]), known=known(disputed={SESSION.code: THEIRS}), now=STARTS)
    assert visitor.get(f"/go/{code(1)}").status_code == 302


def test_pages_that_ask_for_an_address_say_that_the_time_is_being_confirmed(visit: Visit) -> None:
    visitor = visit(make_programme([make_event(1)]), known=known(disputed={SESSION.code: THEIRS}), now=STARTS)
    assert "The organisers are confirming the time" in words_of(main_of(visitor.page(f"/e/{code(1)}/remind")))


@pytest.fixture(scope="module")
def demo(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The demonstration behind the layer of published bytes, with looks at links."""
    folder = tmp_path_factory.mktemp("status")
    with machine_on(databases.copy("sqlite", folder, demo=True), folder) as found:
        yield found


def test_only_pages_that_show_the_status_are_made_anew_with_it(demo: Machine) -> None:
    demo.clock.now = LEAD_STARTED_AT
    event = next(each for each in demo.programme().events.values() if each.key == "side-26-medellin-laderas")
    page, programme, feed = f"/2021/events/{event.code}-{event.slug}", "/2021/programme", "/2021/calendar.ics"
    before = {path: demo.get(path) for path in (page, programme, feed)}

    with demo.app.app_context():
        row = db.session.scalars(select(Event).where(Event.code == event.code)).one()
        bind(db.session(), row, LEAD_STARTED_AT, state="gone", link=row.registration_url)
        raise_status(db.session())
        db.session.commit()
    demo.app.extensions["wmd.library"].refresh()

    after = {path: demo.get(path) for path in before}
    changed = {path for path in before if before[path].headers["ETag"] != after[path].headers["ETag"]}
    assert changed == {page}
    assert "The link is being renewed" in after[page].get_data(as_text=True)
    assert demo.get(f"/go/{event.code}").status_code == 200
