"""The day-of desk: which sessions stand where, how links stand, whom one may call, and what it costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import documents
from tests.attendees import attend, follow, register
from tests.cast import Cast, make_cast
from tests.conftest import LEAD_STARTED_AT as NOW
from tests.services.test_desk import counted
from tests.submissions import MONA
from wmd.models import Event, EventSession, Person, ProblemReport, Submission, WebinarBinding, ZoomDrift
from wmd.services.actors import Actor
from wmd.services.bindings import standing_binding
from wmd.services.day_desk import Day, Link, find_shown, link_of, read_day
from wmd.services.publishing import Setting

RITA = Actor("person:rita", "rita", "reader")


@pytest.fixture
def cast(dbs: Session) -> Cast:
    """The fixed cast; the main contact of organisation A has a telephone."""
    found = make_cast(dbs, NOW)
    dbs.get_one(Person, "ana").phone = "+34 600 000 000"
    dbs.commit()
    return found


def publish(dbs: Session, setting: Setting, *starts: datetime, **changes: Any) -> list[Event]:
    """Publish an event of one hour for each start, of organisation A, and return them in this order."""
    events = [
        documents.event(
            f"event-{number}",
            sessions=[documents.session(starts=_wall(at), ends=_wall(at + timedelta(hours=1)), zone="UTC")],
            **changes,
        )
        for number, at in enumerate(starts)
    ]
    documents.apply(dbs, setting, documents.document(*events))
    for submission in dbs.scalars(select(Submission)):
        submission.organisation_id = "organisation-a"
    dbs.commit()
    return list(dbs.scalars(select(Event).order_by(Event.key)))


def _wall(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M}"


def bind(dbs: Session, event: Event, **changes: Any) -> WebinarBinding:
    """Let the link of an event be one that works."""
    values: dict[str, Any] = {
        "state": "ok", "registration": "open", "seen_at": NOW - timedelta(hours=1),
    }  # fmt: skip
    row = standing_binding(dbs, event.id)
    assert row is not None
    for name, value in (values | changes).items():
        setattr(row, name, value)
    dbs.flush()
    return row


def drift(dbs: Session, binding: WebinarBinding, **changes: Any) -> ZoomDrift:
    """Let the time of a room differ."""
    values: dict[str, Any] = {
        "id": f"drift-{binding.id}", "binding_id": binding.id, "field": "time", "digest": "x", "found_at": NOW,
        "ours": {"starts_at": "2021-10-07T14:00:00Z", "ends_at": "2021-10-07T15:00:00Z"},
        "theirs": {"starts_at": "2021-10-07T16:00:00Z", "ends_at": "2021-10-07T17:00:00Z"},
    }  # fmt: skip
    row = ZoomDrift(**(values | changes))
    dbs.add(row)
    dbs.flush()
    return row


def keys(day: Day) -> list[list[str]]:
    """Return which events stand where."""
    return [[row.event.key for row in part] for part in (day.on_now, day.coming, day.later)]


def test_sessions_stand_where_the_hour_puts_them(dbs: Session, cast: Cast, setting: Setting) -> None:
    hours = [-2, -0.5, 0, 2.9, 3.1, 23, 25]
    publish(dbs, setting, *(NOW + timedelta(hours=each) for each in hours))

    day = read_day(dbs, actor=MONA, now=NOW)
    assert keys(day) == [["event-1", "event-2"], ["event-3"], ["event-4", "event-5"]]
    assert day.has_more is False


def test_row_says_all_that_is_asked_when_something_goes_wrong(dbs: Session, cast: Cast, setting: Setting) -> None:
    (event,) = publish(dbs, setting, NOW + timedelta(hours=1))
    binding = bind(dbs, event, state="drift")
    slot = dbs.scalars(select(EventSession)).one()
    drift(dbs, binding, session_id=slot.id)
    drift(dbs, binding, id="of-another", session_id="another")
    drift(dbs, binding, id="over", field="title", state="over", closed_at=NOW)
    dbs.add(ProblemReport(id="open", event_id=event.id, what="link", created_at=NOW))
    dbs.add(ProblemReport(id="spam", event_id=event.id, what="link", created_at=NOW, suspect_at=NOW))
    register(dbs, attend(dbs, "has", NOW), event, NOW)
    register(dbs, attend(dbs, "waits", NOW), event, NOW, state="waiting")
    follow(dbs, attend(dbs, "follows", NOW), event, NOW)
    dbs.commit()

    (row,) = read_day(dbs, actor=MONA, now=NOW).coming
    assert [(who.name, who.phone) for who in row.contacts] == [("Ana", "+34 600 000 000"), ("Cleo", "")]
    assert (row.title, row.problems, tuple(row.counts)) == ("Care in the city", 1, (1, 1, 1))
    assert [each.id for each in row.drifts] == [f"drift-{binding.id}"]
    assert row.link == Link("drift", NOW - timedelta(hours=1), "open", is_looked_at=True)
    assert row.change is not None
    assert (row.change.kind, row.wants, row.is_off) == ("added", True, False)


def test_reader_sees_no_number_and_nobody_sees_what_is_not_theirs(dbs: Session, cast: Cast, setting: Setting) -> None:
    (event,) = publish(dbs, setting, NOW)
    event.region, event.language = "asia-pacific", "en"
    dbs.commit()

    (row,) = read_day(dbs, actor=RITA, now=NOW).on_now
    assert {who.phone for who in row.contacts} == {""}
    for limits in ({"regions": frozenset({"europe"})}, {"languages": frozenset({"fr"})}):
        actor = replace(MONA, **limits)
        assert keys(read_day(dbs, actor=actor, now=NOW)) == [[], [], []]
        assert find_shown(dbs, event.code, actor) is None
    assert find_shown(dbs, event.code, MONA) is event
    event.hidden_at = NOW
    dbs.commit()
    assert keys(read_day(dbs, actor=MONA, now=NOW)) == [[], [], []]
    assert find_shown(dbs, event.code, MONA) is None


def test_event_of_no_organisation_is_answered_for_by_who_handed_it_in(
    dbs: Session, cast: Cast, setting: Setting
) -> None:
    publish(dbs, setting, NOW)
    submission = dbs.scalars(select(Submission)).one()
    submission.organisation_id, submission.person_id = None, "stranger"
    dbs.commit()

    assert [who.name for who in read_day(dbs, actor=MONA, now=NOW).on_now[0].contacts] == ["Stranger"]


def test_what_lasts_for_days_is_folded_and_what_is_off_stays(dbs: Session, cast: Cast, setting: Setting) -> None:
    publish(dbs, setting, NOW, NOW)
    lasting, off = dbs.scalars(select(EventSession).order_by(EventSession.code))
    lasting.all_day = True
    off.status = "cancelled"
    dbs.commit()

    day = read_day(dbs, actor=MONA, now=NOW)
    assert [[row.session.id for row in part] for part in (day.on_now, day.coming, day.later)] == [
        [off.id], [], [lasting.id]
    ]  # fmt: skip
    assert (day.on_now[0].is_off, day.on_now[0].wants) == (True, False)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"state": "ok"}, "works"),
        ({"state": "draft"}, "unchecked"),
        ({"state": "checking"}, "unchecked"),
        ({"state": "missing", "missing_since": NOW}, "doubt"),
        ({"state": "trashed"}, "gone"),
        ({"state": "gone"}, "gone"),
        ({"state": "auth_lost"}, "lost"),
        ({"state": "unreachable", "failing_since": NOW}, "unreachable"),
        ({"state": "ended"}, "over"),
        ({"state": "drift"}, "drift"),
    ],
)
def test_link_stands_as_its_binding_does(changes: dict[str, Any], kind: str) -> None:
    event = Event(format="online", registration_here=False, registration_url="https://x.example", stream_url="")
    binding = WebinarBinding(registration="full", seen_at=NOW - timedelta(hours=2), **changes)

    found = link_of(event, binding, NOW)
    assert (found.kind, found.registration) == (kind, "full")
    assert found.at == (NOW if kind in {"doubt", "unreachable"} else NOW - timedelta(hours=2))
    event.link_wrong_at = NOW
    assert link_of(event, binding, NOW).kind == "wrong"
    event.format = "in-person"
    assert link_of(event, binding, NOW) == Link("in-person")


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"registration_url": "https://x.example"}, "unchecked"),
        ({"stream_url": "https://x.example"}, "unchecked"),
        ({}, "none"),
        ({"registration_here": True}, "none"),
        ({"registration_here": True, "private_link_id": "x"}, "here"),
    ],
)
def test_event_without_a_binding_says_whether_one_gets_in_at_all(changes: dict[str, Any], kind: str) -> None:
    values: dict[str, Any] = {"format": "online", "registration_here": False, "registration_url": "", "stream_url": ""}
    assert link_of(Event(**(values | changes)), None, NOW).kind == kind


def test_desk_takes_as_many_queries_for_three_events_as_for_one(dbs: Session, cast: Cast, setting: Setting) -> None:
    counts = []
    for number in (1, 3):
        events = publish(dbs, setting, *([NOW] * number))
        for event in events:
            if event.key != "event-0" or number == 1:
                drift(dbs, bind(dbs, event, state="drift"))
        dbs.commit()
        with counted() as statements:
            day = read_day(dbs, actor=MONA, now=NOW)
        assert len(day.on_now) == number
        counts.append(len([each for each in statements if not each.startswith("BEGIN")]))
    assert counts == [12, 12]
