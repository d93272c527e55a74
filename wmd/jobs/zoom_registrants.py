"""The job that carries people to rooms on Zoom and takes them back. No transaction is open while Zoom is asked."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from wmd.domain.zoom.answers import Added, Approval, Question, Registrant, Room, RoomKind
from wmd.domain.zoom.faults import AuthLost, Fix, Garbled, Gone, Refused, RetryAt, RetryPerson, ZoomFault
from wmd.domain.zoom.registering import BATCH_FROM, unanswerable
from wmd.gateways.zoom.client import Status, ZoomClient
from wmd.jobs.tools import Tools
from wmd.services import registrant_pushes, registrant_reconcile, zoom_registrants
from wmd.services.registrant_pushes import UNKNOWN_FOR, Found, Row, Work

log = logging.getLogger(__name__)

RUN: Final = timedelta(seconds=60)
MOST_BATCHES: Final = 100
_SHORT: Final = timedelta(minutes=1)
_LONG: Final = timedelta(minutes=15)
_STATUSES: Final[tuple[Status, ...]] = ("approved", "pending", "denied")
#: Types of rooms that take place once: Zoom takes batches for these alone.
_SINGLE: Final = {RoomKind.WEBINAR: 5, RoomKind.MEETING: 2}


@dataclass(slots=True)
class _Turn:
    """Work on one room: with whom Zoom is asked, and what its lists say once they were asked for.

    ``answered`` is called between what Zoom says and what is written down of it.
    """

    tools: Tools
    client: ZoomClient
    work: Work
    answered: Callable[[], object]
    lists: dict[str, Found] | None = None
    done: int = 0
    waiting: list[Row] = field(default_factory=list)

    def commit(self) -> None:
        self.tools.dbs.commit()

    @property
    def now(self) -> datetime:
        return self.tools.clock()


def push_registrants(tools: Tools, answered: Callable[[], object] = lambda: None) -> int:
    """Carry over who is due, take back who gave their place back; return how many were planned and settled."""
    dbs = tools.dbs
    done = zoom_registrants.plan(dbs, tools.digest, now=tools.now)
    dbs.commit()
    done += reconcile_rooms(tools)
    accounts = [each for each in registrant_pushes.due_accounts(dbs, now=tools.now) if tools.zoom(each)]
    dbs.commit()
    passed: set[str] = set()
    broken: Exception | None = None
    for _ in range(MOST_BATCHES):
        if tools.stopping.is_set() or tools.clock() - tools.now > RUN:
            break
        work = registrant_pushes.claim(dbs, accounts, tools.box, now=tools.clock(), passed=passed)
        dbs.commit()
        if work is None:
            break
        if not work.rows:
            # Another worker has them.
            passed.add(work.binding_id)
            continue
        client = tools.zoom(work.account_id)
        assert client is not None  # noqa: S101 -- only accounts with one were claimed for
        turn = _Turn(tools, client, work, answered)
        try:
            _work(turn)
        except Exception as error:
            # It holds up no other room, and comes back when its lease is over.
            dbs.rollback()
            log.exception("registrants_not_carried", extra={"binding": work.binding_id})
            passed.add(work.binding_id)
            broken = error
        done += turn.done
    if broken is not None:
        raise broken
    return done


def _work(turn: _Turn) -> None:
    """Take back, ask about who waits, and carry over; what Zoom says of all of them ends the turn."""
    for part, states in ((_take_back, ("unwanted",)), (_ask_about, ("pending",)), (_carry_over, ("queued",))):
        rows = turn.work.of(*states)
        if not rows:
            continue
        turn.waiting = list(rows)
        try:
            part(turn, rows)
        except ZoomFault as fault:
            _hold(turn, turn.waiting, fault)


def _hold(turn: _Turn, rows: Sequence[Row], fault: ZoomFault) -> None:
    """Let everybody wait for a fault that is none of theirs."""
    # A room that is not found may be taken out of the trash; what was wanted of it waits.
    pause = _LONG if isinstance(fault, (AuthLost, Fix, Gone)) else _SHORT
    later = turn.now + pause * (0.5 + random.random() / 2)  # noqa: S311 -- spreads load, hides nothing
    until = fault.at if isinstance(fault, RetryAt) and fault.at is not None else later
    registrant_pushes.wait(turn.tools.dbs, turn.work, rows, max(until, turn.now + timedelta(seconds=5)),
                           fault=fault.reason)  # fmt: skip
    turn.commit()
    log.info(
        "registrants_wait",
        extra={"binding": turn.work.binding_id, "fault": type(fault).__name__, "reason": fault.reason},
    )


# Comparing


def reconcile_rooms(tools: Tools) -> int:
    """Compare the people of rooms with Zoom's lists, each room once a night; return how many rooms."""
    dbs, done = tools.dbs, 0
    for room in registrant_reconcile.claim_rooms(dbs, now=tools.now):
        dbs.commit()
        client, began_at = tools.zoom(room.account_id), tools.clock()
        if client is None or tools.stopping.is_set():
            continue
        try:
            everybody = whole_lists(client.at_leisure(), room.kind, room.zoom_id, tools.digest)
        except ZoomFault as fault:
            is_late = not isinstance(fault, (Refused, Gone, Fix))
            registrant_reconcile.try_again(dbs, room, wanted=is_late)
            log.info(
                "registrants_not_compared",
                extra={"binding": room.id, "fault": type(fault).__name__, "reason": fault.reason},
            )
        else:
            registrant_reconcile.reconcile(dbs, room, everybody, tools.box, began_at=began_at, now=tools.clock())
            done += 1
        dbs.commit()
    dbs.commit()
    return done


# Taking back


def _take_back(turn: _Turn, rows: Sequence[Row]) -> None:
    known = []
    for row in rows:
        if row.zoom_registrant:
            known.append((row, row.zoom_registrant))
            continue
        # Whether Zoom has them was never known.
        found = _lists(turn).get(row.address_key)
        if found is None:
            _settled(turn, [row], "cancelled")
        else:
            known.append((row, found.id))
    if not known:
        return
    try:
        _cancel(turn, known)
    except (RetryPerson, Refused, Fix) as fault:
        if isinstance(fault, Fix) and fault.scopes:
            raise
        for each in known:
            _cancel_alone(turn, each)


def _cancel(turn: _Turn, known: Sequence[tuple[Row, str]]) -> None:
    work = turn.work
    # An address that was changed here since is not the one that Zoom knows them by.
    is_same = [turn.tools.digest(row.address.lower()) == row.address_key for row, _ in known]
    named = [(id_, row.address if same else "") for (row, id_), same in zip(known, is_same, strict=True)]
    turn.client.set_registrant_status(work.kind, work.zoom_id, "cancel", named)
    turn.answered()
    _settled(turn, [row for row, _ in known], "cancelled")


def _cancel_alone(turn: _Turn, one: tuple[Row, str]) -> None:
    """Take back one whose like were refused together. Whom Zoom does not know any more is not there."""
    try:
        _cancel(turn, [one])
    except RetryPerson as fault:
        registrant_pushes.wait(turn.tools.dbs, turn.work, [one[0]], fault.at, fault="person")
        turn.commit()
        turn.waiting.remove(one[0])
    except (Refused, Gone):
        _settled(turn, [one[0]], "cancelled")
    except Fix as fault:
        if fault.scopes:
            raise
        _settled(turn, [one[0]], "cancelled")


def _settled(turn: _Turn, rows: Sequence[Row], state: str, fault: str = "") -> None:
    registrant_pushes.record_state(turn.tools.dbs, turn.work, rows, state, fault, now=turn.now)
    turn.commit()
    turn.done += len(rows)
    turn.waiting = [row for row in turn.waiting if row not in rows]


# Those for whom the host decides


def _ask_about(turn: _Turn, rows: Sequence[Row]) -> None:
    for row in rows:
        work = turn.work
        try:
            said = turn.client.registrant(work.kind, work.zoom_id, row.zoom_registrant)
        except (Gone, Fix) as fault:
            if isinstance(fault, Fix) and fault.scopes:
                raise
            found = Found(row.zoom_registrant, "gone")
        else:
            found = _found(said)
        _record(turn, row, found)


def _found(said: Registrant) -> Found:
    return Found(said.id, said.status or "approved", said.join_url or "")


def _record(turn: _Turn, row: Row, found: Found) -> None:
    turn.answered()
    turn.done += registrant_pushes.record(turn.tools.dbs, turn.work, row, found, turn.tools.box, now=turn.now)
    turn.commit()
    turn.waiting = [each for each in turn.waiting if each.id != row.id]


# Carrying over


def _carry_over(turn: _Turn, rows: Sequence[Row]) -> None:
    work = turn.work
    room = turn.client.room(work.kind, work.zoom_id)
    if room.approval is Approval.NONE:
        if work.is_managed:
            # Zoom is told by another job that people register in it now.
            raise RetryAt("server", surely_not_arrived=True)
        _settled(turn, rows, "rejected", "not-registrable")
        return
    questions = turn.client.questions(work.kind, work.zoom_id)
    crew = _crew(turn, room)
    left = _without_known(turn, _without_crew(turn, rows, crew))
    left = _without_asked(turn, left, questions)
    if room.type == _SINGLE[room.kind] and len(left) >= BATCH_FROM:
        left = _batch(turn, room, left)
    for row in left:
        _single(turn, room, row)


def _crew(turn: _Turn, room: Room) -> frozenset[str]:
    """Return by digest who holds the event: they have links of their own."""
    addresses = [room.host_email, *room.alternative_hosts]
    if room.kind is RoomKind.WEBINAR:
        addresses += [each.email for each in turn.client.panelists(room.id)]
    found = frozenset(turn.tools.digest(each.lower()) for each in addresses if each)
    registrant_pushes.note_crew(turn.tools.dbs, turn.work, found)
    turn.commit()
    return found


def _without_crew(turn: _Turn, rows: Sequence[Row], crew: frozenset[str]) -> list[Row]:
    if own := [row for row in rows if row.address_key in crew]:
        _settled(turn, own, "filtered")
    return [row for row in rows if row.address_key not in crew]


def _without_known(turn: _Turn, rows: Sequence[Row]) -> list[Row]:
    """Look whether Zoom has those of whom nobody knows it; return who is to be sent."""
    left = []
    for row in rows:
        found = _lists(turn).get(row.address_key) if row.is_unknown else None
        if found is None:
            left.append(row)
        else:
            _record(turn, row, found)
    return left


def _without_asked(turn: _Turn, rows: Sequence[Row], questions: Sequence[Question]) -> list[Row]:
    if asked := [row for row in rows if unanswerable(questions, row.name)]:
        _settled(turn, asked, "rejected", "questions")
    return [row for row in rows if row not in asked]


def _lists(turn: _Turn) -> dict[str, Found]:
    """Return everybody whom Zoom has, by digest. A list that is not whole says of nobody that they are not there."""
    if turn.lists is None:
        turn.lists = whole_lists(turn.client, turn.work.kind, turn.work.zoom_id, turn.tools.digest)
    return turn.lists


def whole_lists(client: ZoomClient, kind: RoomKind, zoom_id: str, digest: Callable[[str], str]) -> dict[str, Found]:
    """Return everybody in a room's three lists by digest; who is approved counts before who waits or was denied.

    Raises ZoomFault, also for a list that could not be read to its end.
    """
    found: dict[str, Found] = {}
    for status in _STATUSES:
        page = client.registrants(kind, zoom_id, status)
        if not page.is_complete:
            raise Garbled("list is not whole")
        for each in page:
            found.setdefault(digest(each.email.lower()), Found(each.id, status, each.join_url or ""))
    return found


def _batch(turn: _Turn, room: Room, rows: Sequence[Row]) -> list[Row]:
    """Send many at once; return who is left to be sent one by one: Zoom may leave some out, or refuse all for one."""
    work, dbs = turn.work, turn.tools.dbs
    marked = registrant_pushes.mark(dbs, work, rows, now=turn.now)
    turn.commit()
    if not marked:
        return []
    at_once = room.approval is Approval.AUTOMATIC
    try:
        added = turn.client.add_batch(room.kind, room.id, [row.wish for row in marked], auto_approve=at_once)
    except (Refused, Fix, RetryPerson) as fault:
        if isinstance(fault, Fix) and fault.scopes:
            raise
        return marked
    except (RetryAt, Garbled) as fault:
        _lost(turn, marked, fault)
        return []
    by_key = {turn.tools.digest(each.email.lower()): each for each in added if each.email}
    turn.answered()
    for row in marked:
        if row.address_key in by_key:
            _record(turn, row, _of_added(by_key[row.address_key], room))
    return [row for row in marked if row.address_key not in by_key]


def _of_added(added: Added, room: Room) -> Found:
    waits = added.join_url is None and room.approval is Approval.MANUAL
    return Found(added.registrant_id, "pending" if waits else "approved", added.join_url or "")


def _single(turn: _Turn, room: Room, row: Row) -> None:
    """Send one; a fault of theirs alone settles them, any other ends the turn."""
    work, dbs = turn.work, turn.tools.dbs
    marked = registrant_pushes.mark(dbs, work, [row], now=turn.now)
    turn.commit()
    if not marked:
        return
    try:
        added = turn.client.add_registrant(room.kind, room.id, row.wish, occurrence_ids=row.occurrences)
    except RetryPerson as fault:
        registrant_pushes.wait(dbs, work, [row], fault.at, fault="person", parked=True)
        turn.commit()
        turn.waiting = [each for each in turn.waiting if each.id != row.id]
    except Refused as fault:
        _refused(turn, row, fault)
    except Fix as fault:
        if fault.scopes:
            raise
        _settled(turn, [row], "rejected", "fields")
    except (RetryAt, Garbled) as fault:
        if isinstance(fault, RetryAt) and fault.surely_not_arrived:
            raise
        _lost(turn, [row], fault)
        raise
    else:
        _record(turn, row, _of_added(added, room))


def _refused(turn: _Turn, row: Row, fault: Refused) -> None:
    if fault.reason == "host":
        _settled(turn, [row], "filtered")
        return
    reason = fault.reason if fault.reason in {"full", "over", "not-registrable", "address"} else "other"
    rest = [each for each in turn.waiting if each.id != row.id] if reason in {"full", "over"} else []
    _settled(turn, [row, *rest], "rejected", reason)


def _lost(turn: _Turn, rows: Sequence[Row], fault: RetryAt | Garbled) -> None:
    """Let those wait of whom nobody knows now whether Zoom has them, or who did not get through at all."""
    is_unknown = not (isinstance(fault, RetryAt) and fault.surely_not_arrived)
    until = fault.at if isinstance(fault, RetryAt) and fault.at is not None else turn.now + UNKNOWN_FOR
    registrant_pushes.wait(turn.tools.dbs, turn.work, rows, max(until, turn.now + UNKNOWN_FOR),
                           fault="unknown" if is_unknown else fault.reason, is_unknown=is_unknown)  # fmt: skip
    turn.commit()
    ids = {row.id for row in rows}
    turn.waiting = [each for each in turn.waiting if each.id not in ids]
