"""What is published is noted to be told, in the same transaction: when, together with what, and of what not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests import documents
from tests.mails import count_statements
from wmd.models import Change, ChangeNotice, Edition, Event
from wmd.services.change_notices import changes_in, note_changes
from wmd.services.hiding import hide
from wmd.services.publishing import Setting

#: Six days before the session of the documents, 7 October 2021, 15:00 in Madrid.
NOW = datetime(2021, 10, 1, 9, tzinfo=UTC)
STARTS = datetime(2021, 10, 7, 13, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def publish(dbs: Session, setting: Setting, now: datetime, key: str = "one", **changes: Any) -> None:
    """Import the event with some fields of its session changed; ``event`` changes those of the event."""
    of_event = changes.pop("event", {})
    if changes:
        of_event = {**of_event, "sessions": [documents.session(**{"time_text": "", **changes})]}
    documents.apply(dbs, setting, documents.document(documents.event(key, **of_event)), now)


def move(dbs: Session, setting: Setting, now: datetime, hour: int, key: str = "one") -> None:
    publish(dbs, setting, now, key, starts=f"2021-10-07T{hour}:00", ends=f"2021-10-07T{hour + 1}:30")


def notices(dbs: Session) -> list[tuple[int, int, datetime, bool]]:
    """Return first and newest change, hour and lateness of each notice."""
    rows = dbs.scalars(select(ChangeNotice).order_by(ChangeNotice.id))
    return [(row.first_id, row.through_id, row.due_at, row.is_late) for row in rows]


def test_new_event_is_no_notice(dbs: Session, setting: Setting) -> None:
    publish(dbs, setting, NOW)
    assert notices(dbs) == []


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"texts": {"en": {"title": "Another title", "summary": "", "description": ""}}}, "text"),
        ({"registration": {"state": "full", "url": documents.event()["registration"]["url"]}}, "link"),
    ],
)
def test_wording_is_no_notice(dbs: Session, setting: Setting, changes: dict[str, Any], kind: str) -> None:
    publish(dbs, setting, NOW)
    publish(dbs, setting, NOW + MINUTE, event=changes)
    assert notices(dbs) == []
    assert dbs.scalars(select(Change.kind).order_by(Change.id)).all() == ["added", kind]


VENUE = {"name": "City Hall", "address": "Main Street 1", "city": "Nairobi", "country": "KE"}


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"starts": "2021-10-07T17:00", "ends": "2021-10-07T18:00"}, "moved"),
        ({"status": "cancelled"}, "cancelled"),
        ({"status": "postponed"}, "postponed"),
        ({"event": {"format": "hybrid", "venue": VENUE}}, "place"),
        ({"event": {"registration": {"state": "open", "url": "https://example.org/register"}}}, "link"),
    ],
)
def test_time_place_state_and_link_are_noted(
    dbs: Session, setting: Setting, changes: dict[str, Any], kind: str
) -> None:
    publish(dbs, setting, NOW)
    publish(dbs, setting, NOW + MINUTE, **changes)

    change = dbs.scalars(select(Change).order_by(Change.id.desc()).limit(1)).one()
    assert change.kind == kind
    assert notices(dbs) == [(change.id, change.id, NOW + 16 * MINUTE, False)]


FREE = {"registration": {"state": "not-needed"}}
STREAM, PAGE = "https://stream.example.org/one", "https://page.example.org/one"


@pytest.mark.parametrize(
    ("before", "after", "noted", "told"),
    [
        ({"stream_url": STREAM}, {"stream_url": "https://stream.example.org/two"}, 1, 1),
        ({"web_url": PAGE}, {"web_url": "https://page.example.org/two"}, 1, 1),
        ({"web_url": PAGE}, {"web_url": PAGE, "stream_url": STREAM}, 1, 1),
        ({"stream_url": STREAM}, {"stream_url": STREAM, "web_url": PAGE}, 0, 0),
        ({"stream_url": STREAM}, {}, 1, 0),
    ],
)
def test_free_event_that_leads_elsewhere_is_noted(
    dbs: Session, setting: Setting, before: dict[str, Any], after: dict[str, Any], noted: int, told: int
) -> None:
    publish(dbs, setting, NOW, event={**FREE, **before})
    publish(dbs, setting, NOW + MINUTE, event={**FREE, **after})
    links = dbs.scalars(select(Change).where(Change.kind == "link")).all()
    assert (len(links), len(notices(dbs))) == (noted, told)
    assert "example.org" not in str([(each.before, each.after) for each in links])


def test_stream_beside_a_page_of_registration_is_wording(dbs: Session, setting: Setting) -> None:
    publish(dbs, setting, NOW)
    publish(dbs, setting, NOW + MINUTE, event={"stream_url": STREAM})
    assert notices(dbs) == []


def test_change_of_the_venue_holds_no_address(dbs: Session, setting: Setting) -> None:
    for minute, name in enumerate(("City Hall", "Town Hall")):
        publish(dbs, setting, NOW + minute * MINUTE, event={"format": "hybrid", "venue": {**VENUE, "name": name}})
    change = dbs.scalars(select(Change).where(Change.kind == "place")).one()
    assert {key: value for key, value in change.after.items() if key != "venue"} == {
        "format": "hybrid", "city": "Nairobi", "country": "KE",
    }  # fmt: skip
    assert change.before["venue"] != change.after["venue"]
    assert "Hall" not in str(change.before) + str(change.after)
    assert "Main Street" not in str(change.before) + str(change.after)


def test_change_of_a_link_does_not_hold_it(dbs: Session, setting: Setting) -> None:
    publish(dbs, setting, NOW)
    publish(dbs, setting, NOW + MINUTE, event={"registration": {"state": "open", "url": "https://example.org/new"}})
    change = dbs.scalars(select(Change).where(Change.kind == "link")).one()
    assert [sorted(side) for side in (change.before, change.after)] == [["link", "state"], ["link", "state"]]
    assert "example" not in str(change.after)
    assert "zoom" not in str(change.before)


def test_several_changes_are_one_notice_that_waits_for_more_but_not_for_ever(dbs: Session, setting: Setting) -> None:
    publish(dbs, setting, NOW)
    for minutes, hour in ((1, 16), (10, 17), (24, 18), (38, 19)):
        move(dbs, setting, NOW + minutes * MINUTE, hour)
    assert notices(dbs) == [(2, 5, NOW + 46 * MINUTE, False)]
    assert [each.id for each in changes_in(dbs, dbs.scalars(select(ChangeNotice)).all()).popitem()[1]] == [2, 3, 4, 5]


def test_near_session_is_told_soon_and_late_to_staff(dbs: Session, setting: Setting) -> None:
    publish(dbs, setting, NOW)
    now = STARTS - timedelta(hours=2)
    move(dbs, setting, now, 18)
    move(dbs, setting, now + MINUTE, 19)
    assert notices(dbs) == [(2, 3, now + 3 * MINUTE, True)]


@pytest.mark.parametrize(("hours", "is_late"), [(72, False), (71, True)])
def test_change_less_than_72_hours_before_is_late(dbs: Session, setting: Setting, hours: int, is_late: bool) -> None:
    publish(dbs, setting, NOW)
    now = STARTS - timedelta(hours=hours)
    publish(dbs, setting, now, status="cancelled")
    assert notices(dbs) == [(2, 2, now + 15 * MINUTE, is_late)]


def test_change_of_what_is_over_is_no_notice(dbs: Session, setting: Setting) -> None:
    publish(dbs, setting, NOW)
    publish(dbs, setting, STARTS + timedelta(hours=2), status="cancelled")
    assert notices(dbs) == []


def test_what_is_already_being_told_takes_nothing_more_in(dbs: Session, setting: Setting) -> None:
    publish(dbs, setting, NOW)
    move(dbs, setting, NOW + MINUTE, 16)
    dbs.execute(update(ChangeNotice).values(began_at=NOW + 16 * MINUTE))
    dbs.commit()
    move(dbs, setting, NOW + 17 * MINUTE, 17)
    assert notices(dbs) == [(2, 2, NOW + 16 * MINUTE, False), (3, 3, NOW + 32 * MINUTE, False)]


def test_notice_that_a_scheduler_owes_already_is_not_put_off(dbs: Session, setting: Setting) -> None:
    publish(dbs, setting, NOW)
    move(dbs, setting, NOW + MINUTE, 16)
    move(dbs, setting, NOW + 20 * MINUTE, 17)
    assert notices(dbs) == [(2, 3, NOW + 16 * MINUTE, False)]


def test_new_date_of_a_known_event_is_told(dbs: Session, setting: Setting) -> None:
    publish(dbs, setting, NOW)
    another = documents.session(key="second", starts="2021-10-08T15:00", ends="2021-10-08T16:00", time_text="")
    publish(dbs, setting, NOW + MINUTE, event={"sessions": [documents.session(), another]})
    assert dbs.scalars(select(Change.kind).order_by(Change.id)).all() == ["added", "added"]
    assert notices(dbs) == [(2, 2, NOW + 16 * MINUTE, False)]


def test_hiding_an_event_is_a_notice_like_another(dbs: Session, setting: Setting) -> None:
    publish(dbs, setting, NOW)
    hide(dbs, dbs.scalars(select(Event)).one(), setting, actor="person:m", now=NOW)
    dbs.commit()
    assert notices(dbs) == [(2, 2, NOW + 15 * MINUTE, False)]


@pytest.mark.parametrize("count", [1, 3])
def test_noting_takes_as_many_statements_for_three_events_as_for_one(
    dbs: Session, setting: Setting, count: int
) -> None:
    events = [documents.event(f"e{number}") for number in range(count)]
    documents.apply(dbs, setting, documents.document(*events), NOW)
    for each in events:
        each["sessions"] = [documents.session(status="cancelled")]
    documents.apply(dbs, setting, documents.document(*events), NOW + MINUTE)
    ids = dbs.scalars(select(ChangeNotice.event_id)).all()
    edition = dbs.scalars(select(Edition)).one()
    assert len(ids) == count
    dbs.commit()
    dbs.refresh(edition)
    with count_statements(dbs) as so_far:
        note_changes(dbs, edition, ids, now=NOW + MINUTE)
    # Changes, sessions, notices, the changes in them, and one for all notices that move on (when their hour does).
    assert so_far() <= 5
