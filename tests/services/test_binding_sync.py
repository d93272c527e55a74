"""What was read is written down: states, differences, mails and the trail, on both databases, without any network."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import documents
from tests.cast import make_cast
from tests.mails import count_statements
from tests.rooms import LINK, MINT, OTHER, ROOM, one_event, own_account
from wmd.domain.zoom.answers import Occurrence, Room, RoomKind
from wmd.domain.zoom.faults import AuthLost, Fix, Garbled, Gone, Refused, RetryAt, ZoomFault
from wmd.models import (
    Alarm,
    AuditEntry,
    BindingSession,
    EventSession,
    Message,
    PrivateLink,
    SiteState,
    Submission,
    WebinarBinding,
    ZoomDrift,
    ZoomWebhook,
)
from wmd.services.binding_sync import Claim, SyncMeans, claim, record_fault, record_room, release, wants_list
from wmd.services.bindings import bind_room, hint_room
from wmd.services.hook_inbox import purpose
from wmd.services.private_links import keep_link, open_link
from wmd.services.publishing import Setting
from wmd.services.staff_mail import put_alarm_mails

#: A week before the event; every test begins here.
NOW = datetime(2021, 9, 28, 12, tzinfo=UTC)
STARTS = datetime(2021, 10, 7, 13, tzinfo=UTC)
MEANS = SyncMeans(documents.BOX, MINT, lambda seconds: seconds)
MOVED = replace(ROOM, starts_at=STARTS + timedelta(hours=1))


@pytest.fixture
def bound(dbs: Session, setting: Setting) -> WebinarBinding:
    account = own_account(dbs, NOW)
    cast = make_cast(dbs, NOW)
    documents.apply(dbs, setting, documents.document(documents.event()), NOW)
    dbs.scalars(select(Submission)).one().organisation_id = cast.a
    binding = bind_room(
        dbs, one_event(dbs), ROOM, kind="lookup", account_id=account, actor="person:mona", mint=MINT, now=NOW
    )
    dbs.commit()
    return binding


def take(dbs: Session, now: datetime = NOW) -> Claim:
    (found,) = claim(dbs, now=now, limit=10, accounts=["own"], only=dbs.scalars(select(WebinarBinding.id)).one())
    dbs.commit()
    return found


def read(dbs: Session, room: Room = ROOM, now: datetime = NOW) -> None:
    assert record_room(dbs, take(dbs, now), room, MEANS, now=now)
    dbs.commit()


def fail(dbs: Session, fault: ZoomFault, now: datetime = NOW, *, is_listed: bool | None = None) -> None:
    assert record_fault(dbs, take(dbs, now), fault, MEANS, is_listed=is_listed, now=now)
    dbs.commit()


def version(dbs: Session) -> int:
    return dbs.scalars(select(SiteState.status_version)).one()


def drifts(dbs: Session) -> list[tuple[str, str]]:
    return [(row.field, row.state) for row in dbs.scalars(select(ZoomDrift).order_by(ZoomDrift.found_at, ZoomDrift.id))]


def mails(dbs: Session, kind: str) -> list[str]:
    rows = dbs.scalars(select(Message).where(Message.kind == kind).order_by(Message.created_at, Message.person_id))
    return [f"{row.person_id} {row.state}" for row in rows]


def test_good_read_fills_the_binding_and_is_silent_the_second_time(dbs: Session, bound: WebinarBinding) -> None:
    before = version(dbs)
    read(dbs)
    assert (bound.state, bound.registration, bound.drift, bound.seen_at) == ("ok", "open", [], NOW)
    assert bound.next_try_at is not None
    assert timedelta(hours=5) < bound.next_try_at - NOW < timedelta(hours=7)
    assert (bound.claim_token, bound.lease_until, bound.hinted_at) == (None, None, None)
    assert version(dbs) == before + 1
    entries = dbs.scalar(select(func.count()).select_from(AuditEntry))
    read(dbs, now=NOW + timedelta(minutes=5))
    assert (version(dbs), dbs.scalar(select(func.count()).select_from(AuditEntry))) == (before + 1, entries)
    read(dbs, now=NOW + timedelta(minutes=61))
    assert version(dbs) == before + 2


def test_join_link_is_sealed_and_stands_nowhere_else(dbs: Session, bound: WebinarBinding) -> None:
    read(dbs)
    row = dbs.get_one(PrivateLink, bound.join_link_id)
    assert open_link(documents.BOX, row) == ROOM.join_url
    assert row.ends_at == STARTS + timedelta(minutes=90)
    first = row.id
    read(dbs)
    assert bound.join_link_id == first
    seen = [bound.snapshot, row.sealed, *[entry.detail for entry in dbs.scalars(select(AuditEntry))]]
    assert [each for each in seen if "/j/" in str(each) or "host@" in str(each)] == []


def paste(dbs: Session, raw: str) -> None:
    """Let the event have a private link of its own."""
    one_event(dbs).private_link_id = keep_link(
        dbs, documents.BOX, raw, known_id=None, ends_at=STARTS, latest_at=STARTS, mint=MINT, now=NOW
    )
    dbs.commit()


def test_pasted_join_link_of_another_room_or_passcode_is_a_difference_without_the_link(
    dbs: Session, bound: WebinarBinding
) -> None:
    there = replace(ROOM, join_url="https://zoom.us/j/84123456789?pwd=new")
    paste(dbs, "https://zoom.us/j/84123456789?pwd=new")
    read(dbs, there)
    assert (bound.state, drifts(dbs)) == ("ok", [])
    paste(dbs, "https://zoom.us/j/89405332981?pwd=old")
    read(dbs, there)
    assert (bound.state, bound.drift) == ("drift", ["join"])
    row = dbs.scalars(select(ZoomDrift)).one()
    assert (row.ours["room"], row.theirs["room"]) == ("…2981", "…6789")
    kept = f"{row.ours} {row.theirs} {[entry.detail for entry in dbs.scalars(select(AuditEntry))]}"
    assert [each for each in ("zoom.us/j", "old", "new", "89405332981") if each in kept] == []
    # Another passcode is another difference.
    read(dbs, replace(ROOM, join_url="https://zoom.us/j/84123456789?pwd=newer"), NOW + timedelta(hours=1))
    assert drifts(dbs) == [("join", "over"), ("join", "open")]


def test_moved_room_is_a_difference_that_changes_nothing_and_is_told_once(dbs: Session, bound: WebinarBinding) -> None:
    read(dbs)
    before = version(dbs)
    event_version = one_event(dbs).version
    read(dbs, MOVED)
    assert (bound.state, bound.drift, drifts(dbs)) == ("drift", ["time"], [("time", "open")])
    assert (version(dbs), one_event(dbs).version) == (before + 1, event_version)
    people = ["adam", "ana", "cleo", "mona", "rita"]
    assert mails(dbs, "room-differs") == [f"{each} queued" for each in people]
    read(dbs, MOVED, NOW + timedelta(days=2))
    assert len(mails(dbs, "room-differs")) == 5
    row = dbs.scalars(select(ZoomDrift)).one()
    assert (row.ours["starts_at"], row.theirs["starts_at"]) == ("2021-10-07T13:00:00Z", "2021-10-07T14:00:00Z")


def test_difference_that_goes_by_itself_closes_and_is_not_told_again(dbs: Session, bound: WebinarBinding) -> None:
    read(dbs, MOVED)
    read(dbs)
    assert (bound.state, bound.drift, drifts(dbs)) == ("ok", [], [("time", "over")])
    read(dbs, MOVED, NOW + timedelta(days=3))
    assert drifts(dbs) == [("time", "over"), ("time", "open")]
    assert len(mails(dbs, "room-differs")) == 5


def test_another_difference_takes_the_place_of_the_first_and_waits_for_the_next_day(
    dbs: Session, bound: WebinarBinding
) -> None:
    read(dbs, MOVED)
    before = version(dbs)
    later = replace(ROOM, starts_at=STARTS + timedelta(hours=2))
    read(dbs, later, NOW + timedelta(hours=1) - timedelta(minutes=1))
    assert drifts(dbs) == [("time", "over"), ("time", "open")]
    assert version(dbs) == before + 1
    assert len(mails(dbs, "room-differs")) == 5
    read(dbs, later, NOW + timedelta(hours=25))
    sent = mails(dbs, "room-differs")
    assert (len(sent), sent.count("ana cancelled"), sent.count("ana queued")) == (10, 1, 1)


def test_difference_shortly_before_the_start_is_told_at_once(dbs: Session, bound: WebinarBinding) -> None:
    near = STARTS - timedelta(hours=47)
    read(dbs, MOVED, near)
    read(dbs, replace(MOVED, host_id="h2"), near + timedelta(minutes=5))
    assert len(mails(dbs, "room-differs")) == 10


def test_difference_for_which_ours_was_kept_stays_decided_until_something_moves(
    dbs: Session, bound: WebinarBinding
) -> None:
    read(dbs, MOVED)
    row = dbs.scalars(select(ZoomDrift)).one()
    row.state, row.closed_at = "ours", NOW
    dbs.commit()
    read(dbs, MOVED)
    assert (bound.state, drifts(dbs)) == ("ok", [("time", "ours")])
    read(dbs, replace(ROOM, starts_at=STARTS + timedelta(hours=3)))
    assert (bound.state, sorted(drifts(dbs))) == ("drift", [("time", "open"), ("time", "over")])


def test_decision_is_over_with_its_difference_and_what_comes_back_is_decided_anew(
    dbs: Session, bound: WebinarBinding
) -> None:
    read(dbs, MOVED)
    row = dbs.scalars(select(ZoomDrift)).one()
    row.state, row.closed_at, row.closed_by = "ours", NOW, "mona"
    dbs.commit()
    read(dbs, ROOM, NOW + timedelta(hours=1))
    assert (bound.state, drifts(dbs), row.closed_by) == ("ok", [("time", "over")], "mona")
    read(dbs, MOVED, NOW + timedelta(days=1, hours=1))
    assert (bound.state, drifts(dbs)) == ("drift", [("time", "over"), ("time", "open")])
    assert len(mails(dbs, "room-differs")) == 10


def test_link_that_zoom_names_otherwise_is_a_difference_and_ours_stays(dbs: Session, bound: WebinarBinding) -> None:
    read(dbs, replace(ROOM, registration_url=OTHER))
    assert (bound.link, bound.snapshot["registration_url"], bound.drift) == (LINK, OTHER, ["link"])


def test_room_that_is_not_found_is_missing_then_gone_then_back(dbs: Session, bound: WebinarBinding) -> None:
    read(dbs)
    now, seen = NOW, []
    for _ in range(4):
        claimed = take(dbs, now)
        listed = False if wants_list(claimed, now) else None
        assert record_fault(dbs, claimed, Gone(code=3001), MEANS, is_listed=listed, now=now)
        dbs.commit()
        assert bound.next_try_at is not None
        seen.append((bound.state, listed, (bound.next_try_at - now).total_seconds() / 60))
        now = bound.next_try_at
    assert seen == [("missing", None, 2), ("missing", None, 10), ("missing", None, 30), ("gone", False, 60)]
    assert (bound.link, bound.seen_at) == (LINK, NOW)
    alarm = dbs.scalars(select(Alarm)).one()
    assert (alarm.cleared_at, one_event(dbs).code in alarm.message) == (None, True)
    assert put_alarm_mails(dbs, box=documents.BOX, now=now) == 1
    assert mails(dbs, "room-lost") == ["ana queued", "cleo queued"]
    read(dbs, now=now)
    assert (bound.state, bound.miss_count, bound.missing_since) == ("ok", 0, None)
    assert dbs.scalars(select(Alarm)).one().cleared_at == now


@pytest.mark.parametrize(
    ("told", "after"),
    [
        (["webinar.deleted"], "trashed"),
        (["webinar.deleted", "webinar.recovered"], "missing"),
        (["webinar.deleted", "webinar.permanently_deleted"], "gone"),
        (["meeting.deleted"], "trashed"),
        (["webinar.updated"], "missing"),
    ],
)
def test_what_zoom_told_of_a_room_confirms_a_read_that_finds_nothing(
    dbs: Session, bound: WebinarBinding, told: list[str], after: str
) -> None:
    for number, name in enumerate(told):
        values = {"event": name, "object_id": ROOM.id, "event_ts": number, "received_at": NOW}
        dbs.add(ZoomWebhook(dedupe_key=str(number), **values))
    dbs.add(ZoomWebhook(dedupe_key="other", event="webinar.deleted", object_id="1", event_ts=9, received_at=NOW))
    dbs.commit()
    fail(dbs, Gone())
    assert bound.state == after


def test_room_that_was_read_after_its_deletion_is_not_believed_to_be_deleted(
    dbs: Session, bound: WebinarBinding
) -> None:
    read(dbs)
    told_at = NOW + timedelta(minutes=1)
    dbs.add(ZoomWebhook(dedupe_key="1", event="webinar.deleted", object_id=ROOM.id, event_ts=1, received_at=told_at))
    dbs.commit()
    fail(dbs, Gone(), NOW + timedelta(minutes=2))
    assert bound.state == "trashed"
    read(dbs, now=NOW + timedelta(hours=1))
    fail(dbs, Gone(), NOW + timedelta(days=4))
    assert bound.state == "missing"


@pytest.mark.parametrize(
    ("payload", "after"),
    [
        ({"operation": "all"}, "trashed"),
        ({"operation": "single"}, "missing"),
        ({"object": {"occurrences": [{"occurrence_id": "1633611600000"}]}}, "missing"),
    ],
)
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_deleted_date_of_a_recurring_room_is_no_deleted_room(
    dbs: Session, bound: WebinarBinding, payload: dict[str, object], after: str
) -> None:
    body = json.dumps({"event": "webinar.deleted", "payload": payload})
    dbs.add(
        ZoomWebhook(
            dedupe_key="1", event="webinar.deleted", object_id=ROOM.id, event_ts=1, received_at=NOW,
            body=documents.BOX.seal(body, purpose=purpose("1")),
        )
    )  # fmt: skip
    dbs.commit()
    fail(dbs, Gone())
    assert bound.state == after


@pytest.mark.parametrize("fault", [AuthLost("token", status=401), Fix("scopes", scopes=("webinar:read:webinar",))])
def test_account_that_zoom_refuses_stops_calls_and_changes_nothing_else(
    dbs: Session, bound: WebinarBinding, fault: ZoomFault
) -> None:
    read(dbs)
    before = version(dbs)
    fail(dbs, fault)
    assert (bound.state, bound.next_try_at, bound.link, version(dbs)) == ("auth_lost", None, LINK, before)
    # That a token was refused is the token store's alarm.
    assert [alarm.key for alarm in dbs.scalars(select(Alarm))] == (["zoom:own"] if isinstance(fault, Fix) else [])
    assert claim(dbs, now=NOW + timedelta(days=1), limit=10, accounts=["own"]) == []
    read(dbs, now=NOW + timedelta(days=1))
    assert [alarm for alarm in dbs.scalars(select(Alarm)) if alarm.cleared_at is None] == []
    assert bound.state == "ok"


@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        (RetryAt("daily", at=NOW + timedelta(hours=3)), timedelta(hours=3, seconds=10)),
        (RetryAt("budget"), timedelta(minutes=1, seconds=10)),
        (RetryAt("server", status=503), timedelta(seconds=2)),
        (RetryAt("network"), timedelta(seconds=2)),
        (Garbled("html"), timedelta(seconds=2)),
    ],
)
def test_fault_of_the_moment_changes_nothing_but_when_to_try_again(
    dbs: Session, bound: WebinarBinding, fault: ZoomFault, wait: timedelta
) -> None:
    read(dbs)
    before = version(dbs)
    fail(dbs, fault)
    assert (bound.state, bound.next_try_at, version(dbs)) == ("ok", NOW + wait, before)


@pytest.mark.parametrize("fault", [Refused("other", status=400, tracking_id="v=2;t=1"), Fix("request", status=400)])
def test_room_that_is_refused_is_asked_for_daily_and_told_of_once(
    dbs: Session, bound: WebinarBinding, fault: ZoomFault
) -> None:
    read(dbs)
    for days in (1, 2, 3):
        now = NOW + timedelta(days=days)
        fail(dbs, fault, now)
        assert (bound.state, bound.next_try_at) == ("unreachable", now + timedelta(days=1))
    assert mails(dbs, "room-refused") == ["ana queued", "cleo queued"]
    (alarm,) = dbs.scalars(select(Alarm))
    assert (alarm.raised_at, one_event(dbs).code in alarm.message) == (NOW + timedelta(days=1), True)
    entry = dbs.scalars(select(AuditEntry).where(AuditEntry.after == "unreachable")).one()
    assert entry.detail == ({"tracking": ["", "v=2;t=1"]} if fault.tracking_id else {})
    read(dbs, now=NOW + timedelta(days=4))
    assert (bound.state, alarm.cleared_at) == ("ok", NOW + timedelta(days=4))
    fail(dbs, fault, STARTS + timedelta(days=400))
    assert (bound.state, bound.next_try_at, len(mails(dbs, "room-refused"))) == ("ended", None, 2)


def test_event_that_is_over_ends_its_binding_and_its_differences(dbs: Session, bound: WebinarBinding) -> None:
    read(dbs, MOVED)
    fail(dbs, Gone(code=3001), STARTS + timedelta(hours=2))
    assert (bound.state, bound.next_try_at, bound.drift, drifts(dbs)) == ("ended", None, [], [("time", "over")])
    assert list(dbs.scalars(select(Alarm))) == []


def test_claim_is_for_one_and_only_for_a_while(dbs: Session, bound: WebinarBinding) -> None:
    (first,) = claim(dbs, now=NOW, limit=10, accounts=["own"])
    dbs.commit()
    assert claim(dbs, now=NOW, limit=10, accounts=["own"]) == []
    (second,) = claim(dbs, now=NOW + timedelta(minutes=5), limit=10, accounts=["own"])
    dbs.commit()
    # Who slept past the lease writes nothing.
    assert not record_room(dbs, first, MOVED, MEANS, now=NOW)
    assert not record_fault(dbs, first, Gone(), MEANS, now=NOW)
    assert (bound.state, bound.claim_token) == ("checking", second.token)
    release(dbs, [first, second])
    dbs.commit()
    assert (bound.claim_token, len(claim(dbs, now=NOW, limit=10, accounts=["own"]))) == (None, 1)


def test_links_and_bindings_that_are_over_or_not_due_are_not_claimed(dbs: Session, bound: WebinarBinding) -> None:
    bound.next_try_at = NOW + timedelta(seconds=1)
    dbs.commit()
    assert claim(dbs, now=NOW, limit=10, accounts=["own"]) == []
    bound.next_try_at, bound.ended_at = NOW, NOW
    dbs.commit()
    assert claim(dbs, now=NOW, limit=10, accounts=["own"]) == []
    bound.ended_at, bound.kind, bound.account_id = None, "link", None
    dbs.commit()
    assert claim(dbs, now=NOW, limit=10, accounts=["own"]) == []


def test_hint_while_a_room_is_read_makes_it_due_again(dbs: Session, bound: WebinarBinding) -> None:
    claimed = take(dbs)
    hint_room(dbs, ROOM.id, now=NOW + timedelta(seconds=1))
    dbs.commit()
    record_room(dbs, claimed, ROOM, MEANS, now=NOW + timedelta(seconds=2))
    dbs.commit()
    assert bound.next_try_at == NOW + timedelta(seconds=2)


def test_room_that_was_chosen_anew_meanwhile_takes_no_answer_of_the_former(dbs: Session, bound: WebinarBinding) -> None:
    claimed = take(dbs)
    other = replace(ROOM, id="84999999999")
    bind_room(dbs, one_event(dbs), other, kind="lookup", account_id="own", actor="person:mona", mint=MINT, now=NOW)
    dbs.commit()
    assert not record_room(dbs, claimed, MOVED, MEANS, now=NOW)


def test_converted_room_is_asked_as_what_it_is_and_differs_until_somebody_decides(
    dbs: Session, bound: WebinarBinding
) -> None:
    read(dbs)
    read(dbs, replace(ROOM, kind=RoomKind.MEETING, type=2))
    assert (bound.room, bound.drift, take(dbs).room) == ("webinar", ["type"], RoomKind.MEETING)


def test_recurring_room_gives_each_session_its_date(dbs: Session, bound: WebinarBinding) -> None:
    dates = (Occurrence("1633611600000", STARTS, 90, is_available=True),)
    read(dbs, replace(ROOM, type=9, starts_at=None, occurrences=dates))
    assert (bound.state, dbs.scalars(select(BindingSession.occurrence_id)).all()) == ("ok", ["1633611600000"])


def test_room_with_one_time_stays_the_room_of_its_session_of_two(
    dbs: Session, setting: Setting, bound: WebinarBinding
) -> None:
    days = [documents.session()]
    days += [
        documents.session(
            key="next", time_text="", time_confirmed=False, starts="2021-10-08T15:00", ends="2021-10-08T16:30"
        )
    ]
    documents.apply(dbs, setting, documents.document(documents.event(sessions=days)), NOW)
    read(dbs)
    held = select(BindingSession.is_matched).join(EventSession, EventSession.id == BindingSession.session_id)
    assert (bound.state, dbs.scalars(held.order_by(EventSession.starts_at)).all()) == ("ok", [True, False])
    # Its host moves it to exactly when the second begins.
    read(dbs, replace(ROOM, starts_at=STARTS + timedelta(days=1)), NOW + timedelta(hours=1))
    assert (bound.state, bound.drift) == ("drift", ["time"])
    # The first is over; whatever the room says of it differs from the second no more.
    read(dbs, ROOM, STARTS + timedelta(hours=2))
    assert (bound.state, bound.drift) == ("ok", [])
    read(dbs, replace(ROOM, starts_at=STARTS + timedelta(days=1)), STARTS + timedelta(hours=3))
    assert (bound.state, dbs.scalars(held.order_by(EventSession.starts_at)).all()) == ("ok", [False, True])


def test_reading_takes_as_many_queries_however_many_there_are(
    dbs: Session, bound: WebinarBinding, setting: Setting
) -> None:
    read(dbs)
    counts = []
    for keys in (["one"], ["one", "two", "three"]):
        documents.apply(dbs, setting, documents.document(*[documents.event(key) for key in keys]), NOW)
        (claimed,) = claim(dbs, now=NOW, limit=1, accounts=["own"], only=bound.id)
        dbs.commit()
        dbs.connection()
        with count_statements(dbs) as count:
            record_room(dbs, claimed, ROOM, MEANS, now=NOW)
        dbs.commit()
        counts.append(count())
    assert counts == [11, 11]
