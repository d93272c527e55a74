"""The job that tells Zoom of rooms that are ours: made, changed, deleted. No transaction is open meanwhile."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from typing import Final

from wmd.domain.zoom.answers import RoomKind
from wmd.domain.zoom.faults import Gone, Refused, RetryAt, ZoomFault
from wmd.errors import InvalidContentError, NotAllowedMoveError
from wmd.gateways.zoom.client import ZoomClient
from wmd.jobs.tools import Tools
from wmd.services import managed_rooms, room_pushes
from wmd.services.moderation import DecidedMeanwhileError, NotYoursError
from wmd.services.room_pushes import Claim, Order
from wmd.services.standing import Means

log = logging.getLogger(__name__)

#: Few, so that their lease is never used up.
BATCH: Final = 5
MOST_BATCHES: Final = 60


def push_rooms(tools: Tools, answered: Callable[[], object] = lambda: None) -> int:
    """Tell Zoom what is due; return how much was planned and done.

    ``answered`` is called between what Zoom says and what is written down of it.
    """
    dbs = tools.dbs
    done = managed_rooms.plan(dbs, tools.letterhead.base_url, now=tools.now)
    dbs.commit()
    is_own_there = tools.zoom(None) is not None
    broken: Exception | None = None
    for _ in range(MOST_BATCHES):
        claims = room_pushes.claim(dbs, now=tools.clock(), limit=BATCH, is_own_there=is_own_there)
        dbs.commit()
        for place, claimed in enumerate(claims):
            if tools.stopping.is_set():
                room_pushes.release(dbs, claims[place:], now=tools.clock())
                dbs.commit()
                return done
            try:
                done += _one(tools, claimed, answered)
            except Exception as error:
                # It holds up no other, and comes back when its lease is over.
                dbs.rollback()
                log.exception("room_not_pushed", extra={"push": claimed.id})
                broken = error
        if not claims:
            break
    if broken is not None:
        raise broken
    return done


def _one(tools: Tools, claimed: Claim, answered: Callable[[], object]) -> bool:
    """Do one thing; return whether it was done."""
    dbs = tools.dbs
    order = room_pushes.order_of(dbs, claimed, tools.letterhead.base_url, now=tools.clock())
    dbs.commit()
    client = tools.zoom(order.account_id) if order is not None else None
    if order is None:
        return False
    try:
        if client is None:
            raise RetryAt("server", surely_not_arrived=True)
        if claimed.act == "create":
            return _create(tools, client, claimed, order, answered)
        if claimed.act == "update":
            change = client.update_webinar if order.kind is RoomKind.WEBINAR else client.update_meeting
            change(order.zoom_id, order.made.change(order.names), host=order.host_id)
        else:
            _delete(client, order.zoom_id)
        answered()
        done = room_pushes.record_done(dbs, claimed, order, now=tools.clock())
    except ZoomFault as fault:
        room_pushes.record_fault(dbs, claimed, fault, share=random.random(), now=tools.clock())  # noqa: S311 -- no secret
        log.info(
            "room_not_pushed",
            extra={"push": claimed.id, "act": claimed.act, "fault": type(fault).__name__, "reason": fault.reason},
        )
        done = False
    dbs.commit()
    return done


def _create(tools: Tools, client: ZoomClient, claimed: Claim, order: Order, answered: Callable[[], object]) -> bool:
    """Make a room unless it is made already, read it back, and put its link into the programme."""
    dbs, zoom_id = tools.dbs, order.zoom_id
    means = Means(tools.publishing, tools.box)
    if not zoom_id:
        taken = room_pushes.taken_rooms(dbs, claimed)
        dbs.commit()
        host = client.user_id(tools.zoom_host)
        zoom_id = _made_before(client, host, order.made.marker, taken)
        if not zoom_id:
            zoom_id = client.create_webinar(host, order.made.creation()).id
        answered()
        if not room_pushes.keep_number(dbs, claimed, zoom_id, now=tools.clock()):
            dbs.commit()
            return False
        dbs.commit()
    room = client.room(RoomKind.WEBINAR, zoom_id)
    answered()
    binding = room_pushes.record_room(dbs, claimed, room, order.made, means, now=tools.clock())
    dbs.commit()
    if binding is None:
        return False
    try:
        room_pushes.put_link(dbs, claimed, means, now=tools.clock())
    except (InvalidContentError, NotAllowedMoveError, DecidedMeanwhileError, NotYoursError):
        dbs.rollback()
        log.exception("link_not_put", extra={"push": claimed.id})
        room_pushes.record_link_failed(dbs, claimed, now=tools.clock())
    done = room_pushes.record_done(dbs, claimed, order, now=tools.clock())
    dbs.commit()
    return done


def _made_before(client: ZoomClient, host: str, marker: str, taken: frozenset[str]) -> str:
    """Return the number of a room that stands in the host's list with our marker; "" for none.

    A list that could not be read to its end says nothing: the room may stand in the rest.
    """
    page = client.list_webinars(host)
    found = [each.id for each in page if _is_marked(each.agenda, marker) and each.id not in taken]
    if not found and not page.is_complete:
        raise RetryAt("server", surely_not_arrived=True)
    return found[0] if found else ""


def _is_marked(agenda: str, marker: str) -> bool:
    return agenda.split(maxsplit=1)[:1] == [marker]


def _delete(client: ZoomClient, zoom_id: str) -> None:
    try:
        client.delete_webinar(zoom_id)
    except Gone:
        log.info("room_gone_already")
    except Refused as fault:
        if fault.reason != "over":
            raise
