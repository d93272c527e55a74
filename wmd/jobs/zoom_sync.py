"""The job that reads rooms on Zoom: claim, ask outside of any transaction, write down, one commit for each room."""

from __future__ import annotations

import logging
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.codes import Mint
from wmd.domain.zoom.answers import RoomKind
from wmd.domain.zoom.faults import Gone, ZoomFault
from wmd.gateways.zoom.client import ZoomClient
from wmd.jobs.tools import Tools
from wmd.models import JobTick
from wmd.services import binding_sync
from wmd.services.binding_sync import ACTOR, Claim, SyncMeans
from wmd.services.bindings import follow_publication, unbound

log = logging.getLogger(__name__)

#: What this job is called in the table of jobs.
NAME: Final = "zoom-sync"
#: Rooms that a worker claims at once: few, so that their lease is never used up.
BATCH: Final = 10
#: Workers of one run. Most of the time each waits for Zoom, with nothing open: also SQLite, which has one writer, bears
#: several.
WORKERS: Final = 4
#: How long one run goes on claiming, and most of the batches of one worker; the next tick goes on.
RUN: Final = timedelta(seconds=60)
MOST_BATCHES: Final = 200
#: Events from before there were bindings that one run ties to their links.
ADOPTED: Final = 500


def sync_rooms(tools: Tools, only: str = "") -> int:
    """Read the rooms that are due; return how many, and how many events got a binding that had none.

    ``only``: this binding alone, due or not.
    """
    done = 0 if only else _adopt(tools)
    accounts = [each for each in binding_sync.due_accounts(tools.dbs, now=tools.now, only=only) if tools.zoom(each)]
    tools.dbs.rollback()
    if not accounts:
        return done
    lists = HostLists()
    try:
        if only:
            return done + _work(tools, accounts, lists, only)
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="zoom-sync") as pool:
            return done + sum(pool.map(lambda _: _work_alone(tools, accounts, lists), range(WORKERS)))
    finally:
        log.info("rooms_read", extra={name: lists.tally[name] for name in ("calls", "changes", "faults")})


class HostLists:
    """The lists of rooms of hosts, each asked for once in a run, and only when a room of theirs is not found."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, RoomKind], frozenset[str] | None] = {}
        self._lock = Lock()
        #: What the run did: calls, changes, faults.
        self.tally: Counter[str] = Counter()

    def count(self, name: str) -> None:
        """Count one thing that the run did."""
        with self._lock:
            self.tally[name] += 1

    def has(self, client: ZoomClient, claimed: Claim) -> bool | None:
        """Return whether a room stands in its host's list; None where that could not be read to its end."""
        key = (claimed.account_id, claimed.host_id, claimed.room)
        with self._lock:
            if key not in self._known:
                self.tally["calls"] += 1
                self._known[key] = _ids_in_list(client, claimed)
            found = self._known[key]
        return None if found is None else claimed.zoom_id in found


def _ids_in_list(client: ZoomClient, claimed: Claim) -> frozenset[str] | None:
    ask = client.list_webinars if claimed.room is RoomKind.WEBINAR else client.list_meetings
    if not claimed.host_id:
        return None
    try:
        page = ask(claimed.host_id)
    except ZoomFault as fault:
        log.info("host_list_not_read", extra={"fault": type(fault).__name__, "reason": fault.reason})
        return None
    return frozenset(each.id for each in page) if page.is_complete else None


def _adopt(tools: Tools) -> int:
    """Tie events to their links that were published before there were bindings; asked for once an hour."""
    ran_at = tools.dbs.scalar(select(JobTick.good_at).where(JobTick.name == NAME))
    if ran_at is not None and _hour(ran_at) == _hour(tools.now):
        return 0
    ids = list(tools.dbs.scalars(unbound().limit(ADOPTED)))
    if ids:
        follow_publication(tools.dbs, ids, actor=ACTOR, mint=Mint(), now=tools.now)
    tools.dbs.commit()
    return len(ids)


def _hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _work_alone(tools: Tools, accounts: list[str], lists: HostLists) -> int:
    with tools.new_session() as dbs:
        return _work(replace(tools, dbs=dbs), accounts, lists, "")


def _work(tools: Tools, accounts: list[str], lists: HostLists, only: str) -> int:
    """Read batch after batch until nothing is due, time is over, or the process shall end."""
    done, dbs, broken = 0, tools.dbs, None
    for _ in range(MOST_BATCHES):
        if tools.stopping.is_set() or tools.clock() - tools.now > RUN:
            break
        claims = binding_sync.claim(dbs, now=tools.clock(), limit=BATCH, accounts=accounts, only=only)
        dbs.commit()
        for place, claimed in enumerate(claims):
            if tools.stopping.is_set():
                binding_sync.release(dbs, claims[place:])
                dbs.commit()
                break
            try:
                done += _read(tools, dbs, claimed, lists)
            except Exception as error:
                # It holds up no other, and comes back when its lease is over.
                dbs.rollback()
                log.exception("room_not_read", extra={"binding": claimed.id})
                broken = error
        if not claims or only:
            break
    if broken is not None:
        raise broken
    return done


def _read(tools: Tools, dbs: Session, claimed: Claim, lists: HostLists) -> bool:
    """Ask for one room and write down what was said; return whether that was still ours to do."""
    means = SyncMeans(tools.box, Mint(), _share, lambda: lists.count("changes"))
    client = tools.zoom(claimed.account_id)
    assert client is not None  # noqa: S101 -- only accounts with one were claimed for
    client = client.at_leisure()
    lists.count("calls")
    try:
        room = client.room(claimed.room, claimed.zoom_id)
    except ZoomFault as fault:
        lists.count("faults")
        asks = isinstance(fault, Gone) and binding_sync.wants_list(claimed, tools.clock())
        is_listed = lists.has(client, claimed) if asks else None
        written = binding_sync.record_fault(dbs, claimed, fault, means, is_listed=is_listed, now=tools.clock())
        log.info("room_not_read", extra={"binding": claimed.id, "fault": type(fault).__name__, "reason": fault.reason})
    else:
        written = binding_sync.record_room(dbs, claimed, room, means, now=tools.clock())
    dbs.commit()
    return written


def _share(seconds: float) -> float:
    """Return a random share of some seconds: what failed together shall not come back together."""
    return random.uniform(0.0, seconds)  # noqa: S311 -- spreads load, hides nothing
