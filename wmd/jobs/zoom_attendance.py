"""The job that reads how many came to a session that is over. No transaction is open while Zoom is asked."""

from __future__ import annotations

import logging

from wmd.domain.zoom.answers import Participant, RoomKind
from wmd.domain.zoom.faults import AuthLost, Fix, Garbled, Gone, Refused, RetryAt, ZoomFault
from wmd.domain.zoom.registering import attendance
from wmd.gateways.zoom.client import ZoomClient
from wmd.jobs.tools import Tools
from wmd.services import room_attendance
from wmd.services.room_attendance import Asked, Numbers
from wmd.services.zoom_accounts import OWN

log = logging.getLogger(__name__)


def count_who_came(tools: Tools) -> int:
    """Read the numbers that are due; return of how many sessions there are some now."""
    dbs, done = tools.dbs, 0
    asked = room_attendance.claim_sessions(dbs, now=tools.now)
    dbs.commit()
    broken: Exception | None = None
    for each in asked:
        client = tools.zoom(each.account_id)
        if client is None or tools.stopping.is_set():
            # It is due again when its lease is over.
            continue
        try:
            done += _count(tools, client.at_leisure(), each)
        except Exception as error:
            # It holds up no other session, and comes back when its lease is over.
            dbs.rollback()
            log.exception("attendance_not_counted", extra={"binding": each.binding_id})
            broken = error
    if broken is not None:
        raise broken
    return done


def _count(tools: Tools, client: ZoomClient, asked: Asked) -> bool:
    """Read and write down the numbers of one session; return whether there are some."""
    dbs, numbers, at = tools.dbs, None, None
    try:
        numbers = _read(client, asked, tools)
    except ZoomFault as fault:
        at = fault.at if isinstance(fault, RetryAt) else None
        log.info(
            "attendance_not_read",
            extra={"binding": asked.binding_id, "fault": type(fault).__name__, "reason": fault.reason},
        )
    if numbers is None:
        room_attendance.record_nothing(dbs, asked, at=at, now=tools.clock())
    else:
        room_attendance.record(dbs, asked, numbers, tools.digest, now=tools.clock())
    dbs.commit()
    return numbers is not None


def _read(client: ZoomClient, asked: Asked, tools: Tools) -> Numbers | None:
    """Return the numbers of a session, None where Zoom says that nothing took place about then."""
    near = [each.uuid for each in client.instances(asked.kind, asked.zoom_id) if asked.is_of(each.starts_at)]
    if not near:
        return None
    crew = asked.crew | _crew(client, asked, tools)
    stays: list[tuple[str, Participant]] = []
    for uuid in near:
        page = client.past_participants(asked.kind, uuid)
        if not page.is_complete:
            raise Garbled("list is not whole")
        stays += [(tools.digest(each.email.lower()) if each.email else "", each) for each in page]
    return Numbers(attendance(stays, crew), _registered(client, asked, tools, crew), _absent(client, asked, near))


def _crew(client: ZoomClient, asked: Asked, tools: Tools) -> frozenset[str]:
    """Return by digest who held it, as far as Zoom still says: some of it is gone with the room."""
    found: set[str] = set()
    try:
        # A partner's token speaks for one user alone, whose number it does not take.
        user = asked.host_id if asked.account_id == OWN else "me"
        if user:
            found.add(tools.digest(client.user(user).email.lower()))
        if asked.kind is RoomKind.WEBINAR:
            found |= {tools.digest(each.email.lower()) for each in client.panelists(asked.zoom_id) if each.email}
    except (Gone, Refused, Fix):
        log.info("crew_not_read", extra={"binding": asked.binding_id})
    return frozenset(found)


def _registered(client: ZoomClient, asked: Asked, tools: Tools, crew: frozenset[str]) -> int | None:
    try:
        page = client.registrants(asked.kind, asked.zoom_id, "approved")
    except (Gone, Refused, Fix):
        return None
    keys = {tools.digest(each.email.lower()) for each in page}
    return len(keys - crew) if page.is_complete else None


def _absent(client: ZoomClient, asked: Asked, near: list[str]) -> int | None:
    """Return how many registered and did not come; where the host began anew, nobody can say it of the whole."""
    if asked.kind is not RoomKind.WEBINAR or len(near) > 1:
        return None
    try:
        page = client.absentees(near[0])
    except (Gone, Refused, Fix, AuthLost):
        return None
    return len({each.email.lower() for each in page}) if page.is_complete else None
