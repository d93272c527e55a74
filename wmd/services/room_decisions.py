"""Deciding on a difference between programme and room: nothing is public before a person has pressed a button.

Staff take what Zoom says (an edit like any other, published through the one door), let ours stand, or send ours to a
room that we made. An organiser hands in what Zoom says, or says that the programme is right, which staff then read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.changesets import changes, take
from wmd.domain.content import EventContent
from wmd.domain.times import zone
from wmd.domain.vocabulary import RegistrationState
from wmd.domain.zoom.states import State
from wmd.errors import NotAllowedMoveError
from wmd.models import (
    AuditEntry,
    EventSession,
    PrivateLink,
    Revision,
    Submission,
    WebinarBinding,
    ZoomAccount,
    ZoomDrift,
)
from wmd.services.actors import Actor
from wmd.services.drifts import close, open_drifts
from wmd.services.edits import receive_edit
from wmd.services.intake import next_revision, read_content
from wmd.services.managed_rooms import coming_dates, queue
from wmd.services.moderation import lock_submission, waiting_revision
from wmd.services.private_links import YEAR, keep_link, open_link
from wmd.services.staff_edits import approved_revision, staff_edit
from wmd.services.standing import Means
from wmd.services.states import audit
from wmd.services.verdicts import versions
from wmd.services.versions import raise_status

#: What the programme says where Zoom says this; what is not here has no counterpart.
_REGISTRATION: Final[Mapping[str, RegistrationState]] = {
    "open": RegistrationState.OPEN, "manual": RegistrationState.OPEN, "full": RegistrationState.FULL,
    "closed": RegistrationState.CLOSED,
}  # fmt: skip
#: Differences whose being taken changes only what we expect of the room.
_EXPECTED: Final = frozenset({"type", "host"})
#: What of ours can be sent to a room that we made.
SENT: Final = frozenset({"time", "title"})


def can_take(drift: ZoomDrift) -> bool:
    """Whether what Zoom says can be put into the programme. A title is ours, and a session without a date stays."""
    theirs = drift.theirs
    if drift.field == "time":
        return bool(theirs.get("starts_at"))
    if drift.field == "registration":
        return str(theirs.get("registration")) in _REGISTRATION
    return drift.field in {"link", "join", *_EXPECTED}


def can_send(drift: ZoomDrift, binding: WebinarBinding) -> bool:
    """Whether ours can be sent to Zoom: only to what we made."""
    return binding.kind == "managed" and drift.field in SENT


def take_theirs(
    dbs: Session, binding: WebinarBinding, drift: ZoomDrift, means: Means, *, actor: Actor, now: datetime
) -> None:
    """Put what Zoom says into the programme, as a member of the staff; published at once.

    Raises NotAllowedMoveError for a difference that was decided on or cannot be taken, InvalidContentError where what
    Zoom says cannot be published, DecidedMeanwhileError as every edit.
    """
    _require_open(dbs, drift, None if drift.field in _EXPECTED else _submission(dbs, binding))
    if not can_take(drift):
        msg = f"what Zoom says of {drift.field} cannot be taken"
        raise NotAllowedMoveError(msg)
    if drift.field in _EXPECTED:
        binding.room = str(binding.snapshot.get("kind") or binding.room) if drift.field == "type" else binding.room
        binding.host_id = str(binding.snapshot.get("host_id") or "") if drift.field == "host" else binding.host_id
    else:
        submission = _submission(dbs, binding)
        base = approved_revision(dbs, submission)
        if base is None:
            msg = f"submission {submission.id} is not published"
            raise NotAllowedMoveError(msg)
        content = _with_theirs(dbs, read_content(base), drift, means, now)
        staff_edit(dbs, submission.id, content, base.id, means, actor=actor, now=now)
    _decide(dbs, binding, drift, "theirs", actor, now)


def keep_ours(dbs: Session, binding: WebinarBinding, drift: ZoomDrift, *, actor: Actor, now: datetime) -> None:
    """Let the programme stand although Zoom says something else, until either moves."""
    _require_open(dbs, drift)
    _decide(dbs, binding, drift, "ours", actor, now)


def send_ours(dbs: Session, binding: WebinarBinding, drift: ZoomDrift, *, actor: Actor, now: datetime) -> None:
    """Have a room that we made changed to what the programme says. The difference closes when Zoom says it too."""
    _require_open(dbs, drift)
    if not can_send(drift, binding):
        msg = f"{drift.field} of binding {binding.id} cannot be sent to Zoom"
        raise NotAllowedMoveError(msg)
    _send(dbs, binding, drift, actor, now)


def _send(dbs: Session, binding: WebinarBinding, drift: ZoomDrift, actor: Actor, now: datetime) -> None:
    queue(dbs, binding, "update", actor=actor.name, now=now)
    audit(
        dbs, actor=actor.name, action="send-ours", kind="drift", subject_id=drift.id, before="open",
        detail={"field": ["", drift.field]}, now=now,
    )  # fmt: skip
    dbs.flush()


def can_send_own(dbs: Session, binding: WebinarBinding, drift: ZoomDrift, *, actor: Actor, now: datetime) -> bool:
    """Whether somebody may have our time sent to a room of their own: the person who connected the account it is in,
    with the right for it, and where the room has one time. Staff never may.
    """
    account = dbs.get(ZoomAccount, binding.account_id) if binding.account_id else None
    if binding.kind != "connected" or drift.field != "time" or account is None or account.state != "connected":
        return False
    kind = str(binding.snapshot.get("kind") or binding.room)
    has_right = bool({f"{kind}:update:{kind}", f"{kind}:write"} & set(account.scopes))
    is_theirs = actor.person_id is not None and account.connected_by == actor.person_id
    dates = coming_dates(dbs, binding.event_id, now=now)
    is_plain = not binding.snapshot.get("occurrences") and bool(dates) and dates[0].id == drift.session_id
    return has_right and is_theirs and is_plain and not dates[0].all_day


def send_own(dbs: Session, binding: WebinarBinding, drift: ZoomDrift, *, actor: Actor, now: datetime) -> None:
    """Have a partner's room moved to the programme's time, as the partner who connected it presses it.

    Raises NotAllowedMoveError for a difference that was decided on, and for everybody else.
    """
    _require_open(dbs, drift)
    if not can_send_own(dbs, binding, drift, actor=actor, now=now):
        msg = f"{drift.field} of binding {binding.id} cannot be sent to Zoom"
        raise NotAllowedMoveError(msg)
    _send(dbs, binding, drift, actor, now)


def propose_theirs(
    dbs: Session, binding: WebinarBinding, drift: ZoomDrift, means: Means, *, actor: Actor, now: datetime
) -> Revision:
    """Hand in, as the organiser, what Zoom says: it waits for staff together with what waits already.

    Raises NotAllowedMoveError for a difference that was decided on or changes nothing of the programme.
    """
    submission = _submission(dbs, binding)
    _require_open(dbs, drift, submission)
    base = approved_revision(dbs, submission)
    if base is None or not can_take(drift) or drift.field in _EXPECTED:
        msg = f"what Zoom says of {drift.field} cannot be handed in"
        raise NotAllowedMoveError(msg)
    content, waiting = read_content(base), waiting_revision(dbs, submission.id)
    if waiting is not None:
        began, proposed, standing = versions(dbs, submission, waiting)
        if began is not None and standing is not None:
            content = take(began, proposed, standing, [change.path for change in changes(began, proposed)])
    revision = next_revision(
        dbs, submission, _with_theirs(dbs, content, drift, means, now), base=base, source="organiser", actor=actor.name,
        mint=means.setting.mint, now=now,
    )  # fmt: skip
    _say(dbs, drift, "theirs", actor, now)
    receive_edit(dbs, submission.id, means, now=now)
    return revision


def uphold_ours(dbs: Session, drift: ZoomDrift, *, actor: Actor, now: datetime) -> None:
    """Say, as the organiser, that the programme is right. The difference stays: staff see it, and what was said."""
    _require_open(dbs, drift)
    _say(dbs, drift, "ours", actor, now)


def said_by_organisers(dbs: Session, drift_ids: list[str]) -> dict[str, str]:
    """Return what organisers last said of these differences: ``ours`` or ``theirs``, by the difference's id."""
    rows = dbs.execute(
        select(AuditEntry.subject_id, AuditEntry.after)
        .where(
            AuditEntry.subject_id.in_(drift_ids), AuditEntry.subject_kind == "drift",
            AuditEntry.action == "answer-drift",
        )
        .order_by(AuditEntry.id)
    )  # fmt: skip
    return dict(rows.tuples().all())


def _say(dbs: Session, drift: ZoomDrift, said: str, actor: Actor, now: datetime) -> None:
    audit(
        dbs, actor=actor.name, action="answer-drift", kind="drift", subject_id=drift.id, after=said,
        detail={"field": ["", drift.field]}, now=now,
    )  # fmt: skip
    dbs.flush()


def _require_open(dbs: Session, drift: ZoomDrift, submission: Submission | None = None) -> None:
    """Hold what a decision touches, in the order in which publishing and the job that reads rooms do."""
    if submission is not None:
        lock_submission(dbs, submission.id)
    held = select(WebinarBinding).where(WebinarBinding.id == drift.binding_id).with_for_update()
    dbs.scalars(held.execution_options(populate_existing=True)).one()
    dbs.refresh(drift, with_for_update=True)
    if drift.state != "open":
        msg = f"difference {drift.id} was decided on already"
        raise NotAllowedMoveError(msg)


def _decide(dbs: Session, binding: WebinarBinding, drift: ZoomDrift, state: str, actor: Actor, now: datetime) -> None:
    """Close a difference, and bring its binding in line with what is left."""
    close(dbs, drift, state, actor=actor.name, person_id=actor.person_id, now=now)
    dbs.flush()
    binding.drift = list(dict.fromkeys(row.field for row in open_drifts(dbs, binding.id)))
    if binding.state == State.DRIFT.value and not binding.drift:
        binding.state = State.OK.value
        audit(
            dbs, actor=actor.name, action="move", kind="binding", subject_id=binding.id, before="drift", after="ok",
            now=now,
        )  # fmt: skip
    dbs.flush()
    if drift.field == "time":
        raise_status(dbs)


def _submission(dbs: Session, binding: WebinarBinding) -> Submission:
    found = dbs.scalars(select(Submission).where(Submission.event_id == binding.event_id)).first()
    if found is None:
        msg = f"nothing was handed in for event {binding.event_id}"
        raise NotAllowedMoveError(msg)
    return found


def _with_theirs(dbs: Session, content: EventContent, drift: ZoomDrift, means: Means, now: datetime) -> EventContent:
    """Return an event's content with one thing as Zoom says it."""
    registration = content.registration
    if drift.field == "link":
        return replace(content, registration=replace(registration, url=str(drift.theirs["link"])))
    if drift.field == "join":
        link_id = _own_copy(dbs, str(drift.theirs.get("link_id", "")), means, now)
        return replace(content, registration=replace(registration, private_link_id=link_id))
    if drift.field == "registration":
        state = _REGISTRATION[str(drift.theirs["registration"])]
        return replace(content, registration=replace(registration, state=state))
    held = dbs.get_one(EventSession, drift.session_id)
    starts_at = datetime.fromisoformat(str(drift.theirs["starts_at"]))
    said = datetime.fromisoformat(str(drift.theirs.get("ends_at") or drift.theirs["starts_at"]))
    # A room that says no length lasts as long as it was to.
    ends_at = said if said > starts_at else starts_at + (held.ends_at - held.starts_at)
    sessions = [
        replace(
            each, all_day=False, starts_on=None, ends_on=None, time_text="", time_confirmed=False,
            starts=starts_at.astimezone(zone(each.zone)).replace(tzinfo=None),
            ends=ends_at.astimezone(zone(each.zone)).replace(tzinfo=None),
        )
        if each.id == drift.session_id
        else each
        for each in content.sessions
    ]  # fmt: skip
    return replace(content, sessions=tuple(sessions))


def _own_copy(dbs: Session, link_id: str, means: Means, now: datetime) -> str:
    """Seal a room's private link once more, as the event's: either may be emptied while the other is needed."""
    row = dbs.get(PrivateLink, link_id)
    raw = open_link(means.box, row) if row is not None else ""
    if row is None or not raw:
        msg = f"link {link_id} is not kept any more"
        raise NotAllowedMoveError(msg)
    return keep_link(
        dbs, means.box, raw, known_id=None, ends_at=row.ends_at, latest_at=now + YEAR, mint=means.setting.mint, now=now
    )
