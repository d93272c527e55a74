"""Webinars that we make ourselves: a member of the staff asks for one, and from then on it follows what is published.

Nothing here speaks to Zoom: what Zoom is to be told stands in ``zoom_pushes`` and is sent by a job
(``room_pushes.py``). What is due is asked of the tables: a room whose event has another version than the one that was
last compared. What somebody changed at Zoom is none of that: it is a difference for people to decide on.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from wmd.domain.codes import Mint
from wmd.domain.findings import N_
from wmd.domain.zoom.made_rooms import MadeRoom, made_room
from wmd.domain.zoom.states import State
from wmd.errors import NotAllowedMoveError
from wmd.models import BindingSession, Event, EventSession, EventText, WebinarBinding, ZoomPush
from wmd.services.alarms import clear_alarm, raise_alarm
from wmd.services.bindings import leave_room, standing_binding
from wmd.services.drifts import event_of
from wmd.services.link_state import mark_link
from wmd.services.states import audit
from wmd.services.versions import raise_status
from wmd.services.zoom_accounts import OWN

ACTOR: Final = "job:zoom-push"
#: Rooms that one run looks through for news; the next tick goes on.
MOST: Final = 200
#: So long the room of an event that was hidden is kept.
HIDDEN_FOR: Final = timedelta(days=1)
#: States in which a room is lost, so that another may be made.
LOST: Final = frozenset({State.GONE.value, State.TRASHED.value})

NOT_LISTED: Final = N_("The event is not listed.")
HAS_LINK: Final = N_("The event has a registration page of its own already.")
HAS_ROOM: Final = N_("The event is tied to a room already.")
NOT_ONE_DATE: Final = N_("A webinar is made for one date that is still to come, with an hour of beginning and end.")
#: Why no webinar can be made, in words.
REASONS: Final = (NOT_LISTED, HAS_LINK, HAS_ROOM, NOT_ONE_DATE)


def finding_alarm(binding_id: str) -> str:
    """Return the key of the alarm that something about a room of ours wants a look."""
    return f"made-room:{binding_id}"


# Asking for one


def why_not(dbs: Session, event: Event, *, now: datetime) -> str:
    """Return why no webinar can be made for an event, in words to be translated; "" where one can."""
    if event.hidden_at is not None or event.merged_into_id is not None:
        return NOT_LISTED
    binding = standing_binding(dbs, event.id)
    is_lost = binding is not None and binding.state in LOST
    if binding is not None and binding.kind != "link" and not is_lost and not _has_failed(dbs, binding):
        return HAS_ROOM
    if event.registration_url and not is_lost and (binding is None or binding.kind != "managed"):
        return HAS_LINK
    dates = coming_dates(dbs, event.id, now=now)
    return "" if len(dates) == 1 and not dates[0].all_day else NOT_ONE_DATE


def _has_failed(dbs: Session, binding: WebinarBinding) -> bool:
    """Whether a room that we were to make could not be made."""
    waits = select(ZoomPush.id).where(ZoomPush.binding_id == binding.id, ZoomPush.state.in_(("queued", "sending")))
    return binding.kind == "managed" and not binding.zoom_id and dbs.scalar(waits.limit(1)) is None


def make_webinar(dbs: Session, event: Event, *, actor: str, mint: Mint, now: datetime) -> WebinarBinding:
    """Have a webinar made for an event: its binding becomes one of ours in draft, and the job makes it.

    The account's row is there (``zoom_accounts.own_account``). Whoever presses it has decided that the link of the
    new webinar becomes the event's. Raises NotAllowedMoveError with the reason (:data:`REASONS`) where none can be.
    """
    dbs.execute(select(Event.id).where(Event.id == event.id).with_for_update())
    if reason := why_not(dbs, event, now=now):
        raise NotAllowedMoveError(reason)
    binding = standing_binding(dbs, event.id)
    if binding is None:
        binding = WebinarBinding(id=mint.uuid(), event_id=event.id, kind="link", created_at=now)
        dbs.add(binding)
        dbs.flush()
    _hold_dates(dbs, binding, now=now)
    before, was_lost = binding.kind, binding.state in LOST
    leave_room(dbs, binding, actor=actor, now=now)
    _be_draft(dbs, binding)
    binding.kind, binding.account_id = "managed", OWN
    clear_alarm(dbs, finding_alarm(binding.id), now=now)
    queue(dbs, binding, "create", actor=actor, now=now)
    audit(
        dbs, actor=actor, action="make-room", kind="binding", subject_id=binding.id, before=before, after="managed",
        now=now,
    )  # fmt: skip
    if was_lost and (event.registration_url or event.private_link_id):
        # What is published leads into the lost room until the new one is made, which may take as long as Zoom is away.
        mark_link(dbs, event, wrong=True, actor=actor, now=now)
    dbs.flush()
    raise_status(dbs)
    return binding


def _be_draft(dbs: Session, binding: WebinarBinding) -> None:
    """Know no room yet, and have nothing read."""
    binding.room = binding.zoom_id = binding.zoom_uuid = binding.host_id = ""
    binding.state, binding.next_try_at, binding.hinted_at = State.DRAFT.value, None, None
    binding.claim_token = binding.lease_until = None
    binding.sent, binding.sent_version = {}, 0
    # The former room's own life is over: what was asked of it says nothing of the next one.
    dbs.execute(delete(ZoomPush).where(ZoomPush.binding_id == binding.id, ZoomPush.act == "delete"))


def _hold_dates(dbs: Session, binding: WebinarBinding, *, now: datetime) -> None:
    held = set(dbs.scalars(select(BindingSession.session_id).where(BindingSession.binding_id == binding.id)))
    for session in coming_dates(dbs, binding.event_id, now=now):
        if session.id not in held:
            dbs.add(BindingSession(binding_id=binding.id, session_id=session.id))


def coming_dates(dbs: Session, event_id: str, *, now: datetime) -> Sequence[EventSession]:
    """Return the sessions that take place and are not over, the first first."""
    return dbs.scalars(
        select(EventSession)
        .where(EventSession.event_id == event_id, EventSession.status == "scheduled", EventSession.ends_at > now)
        .order_by(EventSession.starts_at, EventSession.id)
    ).all()


def queue(dbs: Session, binding: WebinarBinding, act: str, *, actor: str, now: datetime) -> bool:
    """Have Zoom told of something, unless that waits already; several changes become one."""
    waits = select(ZoomPush.id).where(
        ZoomPush.binding_id == binding.id, ZoomPush.act == act, ZoomPush.state == "queued"
    )
    if dbs.scalar(waits) is not None:
        return False
    dbs.add(
        ZoomPush(
            id=str(uuid.uuid4()), binding_id=binding.id, act=act, actor=actor, not_before=now, created_at=now
        )
    )  # fmt: skip
    dbs.flush()
    return True


# What is published


def room_of_event(dbs: Session, binding: WebinarBinding, base_url: str, *, now: datetime) -> MadeRoom:
    """Return what Zoom is to be told of an event as it is published now."""
    event = event_of(dbs, binding)
    dates = coming_dates(dbs, event.id, now=now)
    first = dates[0] if dates and not dates[0].all_day else None
    texts = dict(
        dbs.execute(
            select(EventText.field, EventText.body).where(
                EventText.owner_id == event.id, EventText.language == event.language,
                EventText.field.in_(("title", "summary")),
            )
        )
        .tuples()
        .all()
    )  # fmt: skip
    return made_room(
        title=texts.get("title", event.code), marker=f"{base_url}/e/{event.code}", about=texts.get("summary", ""),
        zone=first.zone if first else "UTC", starts_at=first.starts_at if first else None,
        ends_at=first.ends_at if first else None, takes_people=binding.push or not event.registration_here,
        capacity=None if event.registration_here else event.capacity,
    )  # fmt: skip


def plan(dbs: Session, base_url: str, *, now: datetime) -> int:
    """Queue what Zoom is to be told of what was published since the last look; return how much. The caller commits."""
    return _plan_revived(dbs, now) + _plan_off(dbs, now) + _plan_news(dbs, base_url, now)


_MANAGED = and_(WebinarBinding.kind == "managed", WebinarBinding.is_primary)
_STANDS = and_(_MANAGED, WebinarBinding.ended_at.is_(None))


def _plan_news(dbs: Session, base_url: str, now: datetime) -> int:
    """Queue an update where what is published is otherwise than what Zoom was last told."""
    rows = dbs.execute(
        select(WebinarBinding, Event.version)
        .join(Event, Event.id == WebinarBinding.event_id)
        .where(_STANDS, WebinarBinding.zoom_id != "", WebinarBinding.sent_version != Event.version)
        .order_by(WebinarBinding.id)
        .limit(MOST)
    ).tuples()
    done = 0
    for binding, version in rows.all():
        if not binding.sent:
            # Its creation is not over: that tells Zoom everything, and remembers what it told.
            continue
        if room_of_event(dbs, binding, base_url, now=now).news(binding.sent):
            done += queue(dbs, binding, "update", actor=ACTOR, now=now)
        binding.sent_version = version
    dbs.flush()
    return done


def _plan_off(dbs: Session, now: datetime) -> int:
    """Queue the deletion of rooms whose event is off; a room that another took the place of is for staff to see."""
    known = exists().where(ZoomPush.binding_id == WebinarBinding.id, ZoomPush.act == "delete")
    rows = dbs.scalars(
        select(WebinarBinding)
        .where(_MANAGED, WebinarBinding.ended_at.is_not(None), WebinarBinding.zoom_id != "", ~known)
        .order_by(WebinarBinding.id)
        .limit(MOST)
    ).all()
    for binding in rows:
        event = event_of(dbs, binding)
        is_off = _is_off(dbs, event, now)
        dbs.add(
            ZoomPush(
                id=str(uuid.uuid4()), binding_id=binding.id, act="delete", actor=ACTOR,
                not_before=_off_for_good_at(dbs, event, now), created_at=now,
                state="queued" if is_off else "dropped", done_at=None if is_off else now,
            )
        )  # fmt: skip
        if not is_off and coming_dates(dbs, event.id, now=now):
            message = f"Event {event.code} has another link now. The webinar that was made for it is still on Zoom."
            raise_alarm(dbs, finding_alarm(binding.id), message, now=now)
    dbs.flush()
    return len(rows)


def _is_off(dbs: Session, event: Event, now: datetime) -> bool:
    """Whether nothing of an event takes place any more although it was still to come."""
    ahead = select(func.count()).where(EventSession.event_id == event.id, EventSession.ends_at > now)
    is_off = event.hidden_at is not None or event.merged_into_id is not None
    on = select(EventSession.id).where(
        EventSession.event_id == event.id, or_(EventSession.status == "postponed", EventSession.status == "scheduled")
    )
    return bool(dbs.scalar(ahead)) and (is_off or dbs.scalar(on.limit(1)) is None)


def _off_for_good_at(dbs: Session, event: Event, now: datetime) -> datetime:
    """Return when the room of an event that is off may go: at once, unless it is only hidden.

    Who hides an event may show it again within the day, and everybody's ticket would be of a room that is no more.
    """
    on = select(EventSession.id).where(EventSession.event_id == event.id, EventSession.status != "cancelled")
    if event.hidden_at is None or event.merged_into_id is not None or dbs.scalar(on.limit(1)) is None:
        return now
    return max(now, event.hidden_at + HIDDEN_FOR)


def _plan_revived(dbs: Session, now: datetime) -> int:
    """Bring back rooms whose event takes place again: what was not deleted stays, else another is made.

    Nobody has pressed anything then: the link of the new one is a difference to be decided on, and the old one is
    known to lead nowhere.
    """
    off = (
        select(WebinarBinding, ZoomPush)
        .join(ZoomPush, and_(ZoomPush.binding_id == WebinarBinding.id, ZoomPush.act == "delete"))
        .where(_STANDS, ZoomPush.state != "sending")
        .order_by(WebinarBinding.id)
        .limit(MOST)
    )
    for binding, push in dbs.execute(off).tuples().all():
        was_deleted = push.state == "done"
        dbs.delete(push)
        clear_alarm(dbs, finding_alarm(binding.id), now=now)
        # Zoom may have been told nothing of what changed while it was off.
        binding.sent_version = 0
        dbs.flush()
        if was_deleted:
            leave_room(dbs, binding, actor=ACTOR, now=now)
            _be_draft(dbs, binding)
    asked = exists().where(
        ZoomPush.binding_id == WebinarBinding.id, ZoomPush.act == "create",
        ZoomPush.state.in_(("queued", "sending", "failed")),
    )  # fmt: skip
    roomless = select(WebinarBinding).where(_STANDS, WebinarBinding.zoom_id == "", ~asked)
    rows = dbs.scalars(roomless.order_by(WebinarBinding.id).limit(MOST)).all()
    for binding in rows:
        event = event_of(dbs, binding)
        binding.state, binding.next_try_at = State.DRAFT.value, None
        if event.registration_url:
            mark_link(dbs, event, wrong=True, actor=ACTOR, now=now)
            raise_status(dbs)
        queue(dbs, binding, "create", actor=ACTOR, now=now)
        audit(
            dbs, actor=ACTOR, action="make-room", kind="binding", subject_id=binding.id, before="managed",
            after="managed", now=now,
        )  # fmt: skip
    dbs.flush()
    return len(rows)
