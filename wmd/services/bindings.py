"""What ties events to rooms: every listed event with a way in has one primary binding, which follows what is published.

A binding of kind ``link`` only knows the pasted text. Staff, or a partner, may say which room it is: then the same row
becomes one that is read (``lookup``, ``connected``), and its history stays. What is tied to an event changes nothing
of the event, and nothing here speaks to Zoom.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from sqlalchemy import Select, and_, case, delete, exists, insert, or_, select, update
from sqlalchemy.orm import Session

from wmd.db import among
from wmd.domain.codes import Mint
from wmd.domain.zoom.answers import Room
from wmd.domain.zoom.links import is_same_page
from wmd.domain.zoom.states import State
from wmd.errors import NotAllowedMoveError
from wmd.models import (
    AuditEntry,
    BindingSession,
    Event,
    EventSession,
    WebinarBinding,
    ZoomPush,
    ZoomRegistrant,
)
from wmd.services.alarms import clear_alarm
from wmd.services.drifts import close, open_drifts
from wmd.services.states import audit
from wmd.services.versions import raise_status

#: Kinds whose room is read; the others are only looked at.
READ_KINDS: Final = ("lookup", "managed", "connected")
_CHUNK: Final = 1000
#: Stamps of sessions are whole seconds.
_STAMP: Final = timedelta(seconds=1)
_LISTED = and_(Event.hidden_at.is_(None), Event.merged_into_id.is_(None))
_HAS_WAY_IN = or_(Event.registration_url != "", Event.private_link_id.is_not(None))
_DATES: Final = select(EventSession.id, EventSession.event_id, EventSession.status, EventSession.last_modified_at)
_STANDS = and_(WebinarBinding.is_primary, WebinarBinding.ended_at.is_(None))


class _Way(NamedTuple):
    """What a binding follows of an event."""

    event_id: str
    link: str
    private_link_id: str | None
    is_listed: bool

    @property
    def is_wanted(self) -> bool:
        return self.is_listed and bool(self.link or self.private_link_id)


class _Date(NamedTuple):
    id: str
    event_id: str
    status: str
    last_modified_at: datetime


@dataclass(slots=True)
class _Batch:
    """Rows to be written together: an import brings thousands."""

    bindings: list[dict[str, object]] = field(default_factory=list)
    sessions: list[dict[str, object]] = field(default_factory=list)
    trail: list[dict[str, object]] = field(default_factory=list)

    def write(self, dbs: Session) -> None:
        """Insert all of it."""
        tables = ((WebinarBinding, self.bindings), (BindingSession, self.sessions), (AuditEntry, self.trail))
        for model, rows in tables:
            if rows:
                dbs.execute(insert(model), rows)

    def note(self, binding_id: str, action: str, before: str, after: str, actor: str, now: datetime) -> None:
        self.trail.append(
            {
                "at": now, "actor": actor, "action": action, "subject_kind": "binding", "subject_id": binding_id,
                "before": before, "after": after, "detail": {},
            }
        )  # fmt: skip


def follow_publication(dbs: Session, event_ids: Collection[str], *, actor: str, mint: Mint, now: datetime) -> None:
    """Let the bindings of these events follow what was just published, hidden or called off.

    An event with a way in gets a binding; one whose link leads to another page gets another, and its former one ends;
    the same page keeps its own, whatever else changed. What changed is looked at again at once. A handful of queries
    for a thousand events.
    """
    ids = sorted(set(event_ids))
    for start in range(0, len(ids), _CHUNK):
        _follow(dbs, ids[start : start + _CHUNK], actor, mint, now)
    dbs.flush()


def unbound() -> Select[tuple[str]]:
    """Return the query for listed events that should have a binding and have none: from before there were any."""
    bound = exists().where(WebinarBinding.event_id == Event.id, _STANDS)
    takes_place = exists().where(EventSession.event_id == Event.id, EventSession.status != "cancelled")
    return select(Event.id).where(_LISTED, _HAS_WAY_IN, takes_place, ~bound)


def room_alarm(binding_id: str) -> str:
    """Return the key of the alarm that a room is gone."""
    return f"room:{binding_id}"


def standing_binding(dbs: Session, event_id: str) -> WebinarBinding | None:
    """Return the primary binding of an event."""
    return dbs.scalars(select(WebinarBinding).where(WebinarBinding.event_id == event_id, _STANDS)).first()


def bind_room(
    dbs: Session,
    event: Event,
    room: Room,
    *,
    kind: Literal["lookup", "connected"],
    account_id: str,
    actor: str,
    mint: Mint,
    now: datetime,
) -> WebinarBinding:
    """Say which room an event takes place in, as it was just read through an account of ours or of a partner's.

    The event's binding becomes one of this kind, in place. Where it was another room, what is known of that one goes,
    and people registered in it are to be registered in this one. Raises NotAllowedMoveError for an event that is not
    listed, and where we made the room ourselves.
    """
    binding = standing_binding(dbs, event.id)
    if event.hidden_at is not None or event.merged_into_id is not None:
        msg = f"event {event.code} is not listed"
        raise NotAllowedMoveError(msg)
    if binding is None:
        binding = WebinarBinding(
            id=mint.uuid(), event_id=event.id, kind="link", link=event.registration_url, created_at=now
        )
        dbs.add(binding)
        dbs.flush()
        held = dbs.scalars(
            select(EventSession.id).where(EventSession.event_id == event.id, EventSession.status != "cancelled")
        )
        dbs.add_all(BindingSession(binding_id=binding.id, session_id=session_id) for session_id in held)
    if binding.kind == "managed":
        msg = f"the room of event {event.code} was made by us"
        raise NotAllowedMoveError(msg)
    before = (binding.kind, binding.zoom_id)
    if binding.zoom_id != room.id:
        leave_room(dbs, binding, actor=actor, now=now)
    if binding.kind == "link":
        # The private link of the event itself is not the room's, and lives as long as the event says.
        binding.join_link_id = None
    binding.kind, binding.account_id = kind, account_id
    binding.room, binding.zoom_id, binding.zoom_uuid = room.kind.value, room.id, room.uuid
    binding.host_id = room.host_id
    check_again(binding, now=now)
    detail = {"room": [before[1], room.id]} if before[1] != room.id else {}
    audit(
        dbs, actor=actor, action="bind", kind="binding", subject_id=binding.id, before=before[0], after=kind,
        detail=detail, now=now,
    )  # fmt: skip
    dbs.flush()
    raise_status(dbs)
    return binding


def unbind(dbs: Session, binding: WebinarBinding, *, actor: str, mint: Mint, now: datetime) -> None:
    """Read a room no more: what the event says of its link stands alone again.

    Raises NotAllowedMoveError for a binding that is over, that is only a link, or whose room we made.
    """
    if binding.ended_at is not None or binding.kind not in {"lookup", "connected"}:
        msg = f"binding {binding.id} is tied to no room of somebody's"
        raise NotAllowedMoveError(msg)
    end_binding(dbs, binding, actor=actor, now=now)
    dbs.flush()
    event = dbs.get_one(Event, binding.event_id)
    way, batch = _Way(event.id, event.registration_url, event.private_link_id, is_listed=True), _Batch()
    if way.is_wanted:
        held = dbs.execute(_DATES.where(EventSession.event_id == event.id, EventSession.status != "cancelled"))
        _begin(batch, way, [_Date(*row) for row in held.tuples()], actor, mint, now)
    batch.write(dbs)
    raise_status(dbs)


def end_binding(dbs: Session, binding: WebinarBinding, *, actor: str, now: datetime) -> None:
    """End a binding: another takes its place, or its event is off."""
    binding.ended_at, binding.next_try_at, binding.claim_token, binding.lease_until = now, None, None, None
    if binding.seen_at is not None or binding.state not in {State.DRAFT.value, State.CHECKING.value}:
        # Pages may say something of it, which is no more: of a link that was gone, that it is being renewed.
        raise_status(dbs)
    _close_drifts(dbs, binding, actor, now)
    clear_alarm(dbs, room_alarm(binding.id), now=now)
    waiting = update(ZoomPush).where(
        ZoomPush.binding_id == binding.id, ZoomPush.state == "queued", ZoomPush.act != "delete"
    )
    dbs.execute(waiting.values(state="dropped", done_at=now))
    audit(
        dbs, actor=actor, action="end-binding", kind="binding", subject_id=binding.id, before=binding.state,
        after="ended", now=now,
    )  # fmt: skip


def check_again(binding: WebinarBinding, *, now: datetime) -> None:
    """Let a binding be read now, as if nothing were known against it."""
    binding.state = State.CHECKING.value
    binding.fail_count = binding.miss_count = 0
    binding.failing_since = binding.missing_since = None
    binding.next_try_at = binding.hinted_at = now


def read_now(binding: WebinarBinding, *, now: datetime) -> None:
    """Let a binding be read as soon as a job comes by: somebody pressed a button, or Zoom gave a hint."""
    binding.hinted_at = binding.next_try_at = now


def hint_room(dbs: Session, zoom_id: str, *, zoom_account: str = "", now: datetime) -> int:
    """Let the bindings of a room be read now, since Zoom said that something happened there; return how many.

    A hint may say anything: it is only a reason to look. ``zoom_account`` is not compared: a room has one number in
    all of Zoom.
    """
    found = dbs.scalars(
        select(WebinarBinding).where(
            WebinarBinding.zoom_id == zoom_id, WebinarBinding.zoom_id != "", WebinarBinding.ended_at.is_(None)
        )
    ).all()
    for binding in found:
        read_now(binding, now=now)
    dbs.flush()
    return len(found)


def reconcile_soon(dbs: Session, zoom_id: str) -> int:
    """Let the registrants of a room be compared anew before the night, since Zoom said that they changed; return in
    how many bindings.
    """
    found = dbs.scalars(
        select(WebinarBinding).where(
            WebinarBinding.zoom_id == zoom_id, WebinarBinding.zoom_id != "", WebinarBinding.ended_at.is_(None)
        )
    ).all()
    for binding in found:
        binding.reconciled_on = None
    dbs.flush()
    return len(found)


def resume_account(dbs: Session, account_id: str, *, actor: str, now: datetime) -> int:
    """Read the rooms of an account again that was connected again; return how many."""
    lost = dbs.scalars(
        select(WebinarBinding).where(
            WebinarBinding.account_id == account_id, WebinarBinding.state == State.AUTH_LOST.value,
            WebinarBinding.ended_at.is_(None),
        )
    ).all()  # fmt: skip
    for binding in lost:
        check_again(binding, now=now)
        audit(
            dbs, actor=actor, action="move", kind="binding", subject_id=binding.id, before=State.AUTH_LOST.value,
            after=State.CHECKING.value, now=now,
        )  # fmt: skip
    dbs.flush()
    return len(lost)


def leave_room(dbs: Session, binding: WebinarBinding, *, actor: str, now: datetime) -> None:
    """Forget what was known of the room before."""
    _close_drifts(dbs, binding, actor, now)
    clear_alarm(dbs, room_alarm(binding.id), now=now)
    binding.drift, binding.snapshot, binding.snapshot_hash = [], {}, ""
    binding.registration, binding.seen_at = "unknown", None
    binding.crew, binding.reconciled_on = [], None
    # Which session another room is, its own time says.
    dates = update(BindingSession).where(BindingSession.binding_id == binding.id)
    dbs.execute(dates.values(occurrence_id="", is_matched=False))
    mine = ZoomRegistrant.binding_id == binding.id
    # Nobody is left in a room that is none of theirs: what was to be taken back there is.
    forgotten = or_(ZoomRegistrant.source == "zoom", ZoomRegistrant.registration_id.is_(None))
    dbs.execute(delete(ZoomRegistrant).where(mine, forgotten))
    dbs.execute(update(ZoomRegistrant).where(mine, ZoomRegistrant.state == "unwanted").values(state="cancelled"))
    if not binding.push:
        # The organiser wants nobody carried: the tickets of the room before open nothing, and there are no others.
        dbs.execute(delete(ZoomRegistrant).where(mine))
        return
    again = update(ZoomRegistrant).where(
        mine, ZoomRegistrant.state.in_(("registered", "pending", "rejected", "parked", "filtered", "sending"))
    )
    # Tickets of a room that is gone open nothing; who had one is told when there is another. The next room may be one
    # that was theirs before: it is asked whom it has before anybody is sent.
    had_ticket = case((ZoomRegistrant.state == "registered", "renewed"), else_="")
    dbs.execute(
        again.values(
            state="queued", fault=had_ticket, zoom_registrant="", join_link="", attempts=0, claim_token=None,
            lease_until=None, not_before=now, sent_at=now, told_at=None,
        )
    )  # fmt: skip


def _close_drifts(dbs: Session, binding: WebinarBinding, actor: str, now: datetime) -> None:
    for row in open_drifts(dbs, binding.id):
        close(dbs, row, "over", actor=actor, now=now)
    binding.drift = []
    dbs.flush()


def _follow(dbs: Session, event_ids: Sequence[str], actor: str, mint: Mint, now: datetime) -> None:
    asked = {"p_ids": list(event_ids)}
    found = select(Event.id, Event.registration_url, Event.private_link_id, Event.hidden_at, Event.merged_into_id)
    ways = [
        _Way(event_id, link, private_link_id, hidden_at is None and merged_into_id is None)
        for event_id, link, private_link_id, hidden_at, merged_into_id in dbs.execute(
            found.where(among(Event.id, "p_ids")), asked
        ).tuples()
    ]
    dates: dict[str, list[_Date]] = {}
    for row in dbs.execute(_DATES.where(among(EventSession.event_id, "p_ids")), asked).tuples():
        if row[2] != "cancelled":
            dates.setdefault(row[1], []).append(_Date(*row))
    mine = select(WebinarBinding).where(among(WebinarBinding.event_id, "p_ids"), WebinarBinding.is_primary)
    standing = {row.event_id: row for row in dbs.scalars(mine.where(WebinarBinding.ended_at.is_(None)), asked)}
    bound = _bound(dbs, [row.id for row in standing.values()])
    batch, wanting, is_seen = _Batch(), [], False
    for way in sorted(ways):
        held, binding = dates.get(way.event_id, []), standing.get(way.event_id)
        # A room that somebody chose, or had made, stays also before the event says a link.
        has_room = binding is not None and binding.kind != "link"
        is_wanted = (way.is_wanted or (has_room and way.is_listed)) and bool(held)
        if binding is not None and is_wanted and _stays(binding, way):
            is_seen |= binding.state == State.ENDED.value
            _keep(dbs, binding, way, held, bound.get(binding.id, set()), batch, now)
            continue
        if binding is not None:
            is_seen = True
            end_binding(dbs, binding, actor=actor, now=now)
            is_wanted = way.is_wanted and bool(held)
        if is_wanted:
            wanting.append(way)
    # What ended is written before what takes its place: one primary binding stands per event.
    dbs.flush()
    former = _former(dbs, wanting)
    for way in wanting:
        again, held = former.get(way.event_id), dates[way.event_id]
        if again is None:
            _begin(batch, way, held, actor, mint, now)
        else:
            is_seen = True
            _return(again, batch, actor, now)
            _keep(dbs, again, way, held, _bound(dbs, [again.id]).get(again.id, set()), batch, now)
    dbs.flush()
    batch.write(dbs)
    if is_seen:
        # What readers were told of the former room holds no more.
        raise_status(dbs)


def _bound(dbs: Session, binding_ids: Sequence[str]) -> dict[str, set[str]]:
    """Return the sessions that these bindings have."""
    found: dict[str, set[str]] = {}
    if binding_ids:
        rows = select(BindingSession.binding_id, BindingSession.session_id)
        for binding_id, session_id in dbs.execute(
            rows.where(among(BindingSession.binding_id, "p_ids")), {"p_ids": list(binding_ids)}
        ).tuples():
            found.setdefault(binding_id, set()).add(session_id)
    return found


def _former(dbs: Session, ways: Iterable[_Way]) -> dict[str, WebinarBinding]:
    """Return the last binding of each of these events that ended, where it was to the same page: it comes back.

    What becomes of a room that we made ourselves, ``managed_rooms.py`` knows: it may be deleted meanwhile.
    """
    wanting = {way.event_id: way for way in ways}
    if not wanting:
        return {}
    rows = dbs.scalars(
        select(WebinarBinding)
        .where(
            among(WebinarBinding.event_id, "p_ids"), WebinarBinding.is_primary, WebinarBinding.ended_at.is_not(None)
        )
        .order_by(WebinarBinding.ended_at, WebinarBinding.created_at, WebinarBinding.id),
        {"p_ids": list(wanting)},
    )  # fmt: skip
    # The last one of each event is what is left.
    return {row.event_id: row for row in rows if _stays(row, wanting[row.event_id])}


def _stays(binding: WebinarBinding, way: _Way) -> bool:
    """Whether what an event says now is still what its binding is tied to."""
    if binding.kind == "link" and not way.link:
        return not binding.link and binding.join_link_id == way.private_link_id
    if not way.link:
        return True
    if _is_same(binding.link, way.link) or _is_same(str(binding.snapshot.get("registration_url") or ""), way.link):
        return True
    # Staff said which room it is before the event had any link: the link is that room's, or will differ from it.
    return binding.kind != "link" and not binding.link


def _is_same(one: str, other: str) -> bool:
    return one == other or is_same_page(one, other)


def _keep(
    dbs: Session,
    binding: WebinarBinding,
    way: _Way,
    held: Sequence[_Date],
    bound: Collection[str],
    batch: _Batch,
    now: datetime,
) -> None:
    """Let a binding that stays follow the event's sessions and the text of its link."""
    wanted = {each.id for each in held}
    if gone := sorted(set(bound) - wanted):
        dbs.execute(
            delete(BindingSession).where(BindingSession.binding_id == binding.id, BindingSession.session_id.in_(gone))
        )
    batch.sessions += [{"binding_id": binding.id, "session_id": id_} for id_ in sorted(wanted - set(bound))]
    if way.link and binding.link != way.link:
        binding.link = way.link
    if binding.kind == "link" and binding.join_link_id != way.private_link_id:
        binding.join_link_id = way.private_link_id
    # A session's stamp rises when anything of its entry changes; it has no fractions of a second.
    is_changed = gone or wanted - set(bound) or any(each.last_modified_at >= now - _STAMP for each in held)
    if is_changed and binding.state != State.AUTH_LOST.value:
        if binding.state == State.ENDED.value:
            binding.state = State.CHECKING.value
        binding.next_try_at = now


def _begin(batch: _Batch, way: _Way, held: Sequence[_Date], actor: str, mint: Mint, now: datetime) -> None:
    """Tie an event to the link that it says."""
    binding_id = mint.uuid()
    batch.bindings.append(
        {
            "id": binding_id, "event_id": way.event_id, "kind": "link", "link": way.link,
            "join_link_id": way.private_link_id, "state": State.CHECKING.value, "next_try_at": now, "created_at": now,
        }
    )  # fmt: skip
    batch.sessions += [{"binding_id": binding_id, "session_id": each.id} for each in held]
    batch.note(binding_id, "bind", "", "link", actor, now)


def _return(binding: WebinarBinding, batch: _Batch, actor: str, now: datetime) -> None:
    """Let a binding that had ended stand again."""
    binding.ended_at = None
    check_again(binding, now=now)
    batch.note(binding.id, "bind", State.ENDED.value, binding.kind, actor, now)
