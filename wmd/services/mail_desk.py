"""The staff's view of the outbox: find mails, hold and release them, send one again, take one back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.orm import Session

from wmd.domain.findings import N_
from wmd.domain.mail_kinds import KINDS
from wmd.errors import NotAllowedMoveError
from wmd.models import (
    EventSession,
    MailSwitch,
    Message,
    Organisation,
    OrganisationContact,
    Person,
    Submission,
    Suppression,
)
from wmd.secretbox import SecretBox
from wmd.services.actors import Actor
from wmd.services.outbox import UNSENT, put_message
from wmd.services.states import audit

PAGE: Final = 50

STATE_LABELS: Final[dict[str, str]] = {
    "queued": N_("waiting"),
    "sending": N_("being sent"),
    "sent": N_("sent"),
    "failed": N_("failed"),
    "cancelled": N_("taken back"),
    "expired": N_("came too late"),
    "skipped": N_("left out"),
}


@dataclass(frozen=True, slots=True)
class MailFilter:
    """What the list shows: ``organisation`` is a code, ``about`` a part of an event's title or a receipt.

    ``state`` may also be ``held`` or ``uncertain``.
    """

    state: str = ""
    kind: str = ""
    organisation: str = ""
    about: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class MailLine:
    """One line of the list."""

    message: Message
    name: str
    title: str


def list_mails(dbs: Session, wanted: MailFilter, actor: Actor) -> tuple[list[MailLine], int]:
    """Return one page of mails, the newest first, and how many there are in all."""
    found = _filtered(select(Message, Person.name, Submission.title), wanted, actor)
    total = dbs.scalar(_filtered(select(func.count(Message.id)), wanted, actor)) or 0
    page = found.order_by(Message.created_at.desc(), Message.id).limit(PAGE).offset((wanted.page - 1) * PAGE)
    rows = dbs.execute(page).all()
    titles = _titles(dbs, {message.subject_id for message, _, title in rows if not title})
    return [
        MailLine(message, name or "", title or titles.get(message.subject_id, "")) for message, name, title in rows
    ], total


def _titles(dbs: Session, subject_ids: Collection[str]) -> Mapping[str, str]:
    """Return the titles of events that mails are about, by the event's or the session's id. One query."""
    wanted = sorted(filter(None, subject_ids))
    rows = dbs.execute(
        select(Submission.event_id, EventSession.id, Submission.title)
        .outerjoin(EventSession, EventSession.event_id == Submission.event_id)
        .where(or_(Submission.event_id.in_(wanted), EventSession.id.in_(wanted)))
    )
    return {id_: title for event_id, session_id, title in rows.tuples() for id_ in (event_id, session_id) if id_}


def count_mails(dbs: Session, actor: Actor) -> dict[str, int]:
    """Return how many mails are in each state, and how many are held or uncertain."""
    states = _seen_by(select(Message.state, func.count()), actor).group_by(Message.state)
    counts: dict[str, int] = dict(dbs.execute(states).tuples().all())
    flags = _seen_by(
        select(
            func.count(Message.id).filter(_flag("held")), func.count(Message.id).filter(_flag("uncertain"))
        ), actor,
    )  # fmt: skip
    held, uncertain = dbs.execute(flags).one()
    return {**counts, "held": held, "uncertain": uncertain}


def find_mail(dbs: Session, message_id: str, actor: Actor) -> MailLine | None:
    """Return one mail, if this staff member may see what it is about."""
    statement = _seen_by(select(Message, Person.name, Submission.title), actor).where(Message.id == message_id)
    row = dbs.execute(statement).first()
    if row is None:
        return None
    title = row[2] or _titles(dbs, [row[0].subject_id]).get(row[0].subject_id, "")
    return MailLine(row[0], row[1] or "", title)


def _seen_by(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Join what a mail is about; who is limited to regions or languages sees only mails about events of these."""
    joined = (
        statement.select_from(Message)
        .outerjoin(Person, Person.id == Message.person_id)
        .outerjoin(Submission, Submission.id == Message.subject_id)
    )
    if actor.regions:
        joined = joined.where(Submission.region.in_(actor.regions))
    if actor.languages:
        joined = joined.where(Submission.language.in_(actor.languages))
    return joined


def _flag(name: str) -> ColumnElement[bool]:
    if name == "held":
        return Message.held_at.is_not(None) & UNSENT
    return Message.uncertain_at.is_not(None)


def _filtered(statement: Select[Any], wanted: MailFilter, actor: Actor) -> Select[Any]:
    found = _seen_by(statement, actor)
    if wanted.state in {"held", "uncertain"}:
        found = found.where(_flag(wanted.state))
    elif wanted.state:
        found = found.where(Message.state == wanted.state)
    if wanted.kind:
        found = found.where(Message.kind == wanted.kind)
    if wanted.organisation:
        of_it = (
            select(OrganisationContact.person_id)
            .join(Organisation, Organisation.id == OrganisationContact.organisation_id)
            .where(Organisation.code == wanted.organisation)
        )
        found = found.where(Message.person_id.in_(of_it))
    if wanted.about:
        plain = wanted.about.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        found = found.where(
            or_(Submission.title.ilike(f"%{plain}%", escape="\\"), Submission.receipt == wanted.about.upper(),
                Message.subject_id == wanted.about)
        )  # fmt: skip
    return found


def hold(dbs: Session, row: Message, *, actor: Actor, now: datetime) -> None:
    """Keep a mail that is not out yet until somebody releases it. Raises NotAllowedMoveError when it is too late."""
    _change(dbs, row, "hold", actor, now, held_at=now)


def release(dbs: Session, row: Message, *, actor: Actor, now: datetime) -> None:
    """Let a held mail go out."""
    _change(dbs, row, "release", actor, now, held_at=None)


def cancel(dbs: Session, row: Message, *, actor: Actor, now: datetime) -> None:
    """Take back a mail that is not out yet. Raises NotAllowedMoveError when it is too late."""
    _change(
        dbs, row, "cancel", actor, now, state="cancelled", reason="taken back by staff", sealed="", claim_token=None,
        lease_until=None,
    )  # fmt: skip


def _change(dbs: Session, row: Message, action: str, actor: Actor, now: datetime, **values: Any) -> None:
    """Change a row in one statement that also asks whether it is still here: a worker may have handed it over by now.

    One that has only claimed it looks once more before the handover, and finds the change.
    """
    before = row.state
    found = dbs.execute(
        update(Message)
        .where(Message.id == row.id, UNSENT)
        .values(**values)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    ).first()
    dbs.expire(row)
    if found is None:
        msg = "this mail is out already, or over"
        raise NotAllowedMoveError(msg)
    audit(
        dbs, actor=actor.name, action=action, kind="message", subject_id=row.id, before=before,
        after=str(values.get("state", before)), now=now,
    )  # fmt: skip
    dbs.flush()


def may_resend(row: Message) -> bool:
    """Tell whether a mail can be sent again: over, to a person, and without a personal link, which is forgotten."""
    return (
        row.state in {"sent", "failed", "cancelled", "expired", "skipped"}
        and row.person_id is not None
        and not KINDS[row.kind].has_secret
    )


def resend(dbs: Session, row: Message, *, actor: Actor, box: SecretBox, now: datetime) -> Message:
    """Put a mail into the outbox once more, as a row of its own with its own Message-ID.

    Its words are made anew from what holds now. Raises NotAllowedMoveError where that cannot be.
    """
    if not may_resend(row):
        msg = "this mail cannot be sent again"
        raise NotAllowedMoveError(msg)
    new = put_message(
        dbs, kind=row.kind, dedupe_key=f"again:{row.id}:{now.isoformat()}", cause=actor.name, person_id=row.person_id,
        subject_id=row.subject_id, edition_id=row.edition_id, facts=row.facts, box=box, now=now,
    )  # fmt: skip
    if new is None:
        msg = "this mail was sent again just now"
        raise NotAllowedMoveError(msg)
    audit(
        dbs, actor=actor.name, action="resend", kind="message", subject_id=row.id, before=row.state, after=new.id,
        now=now,
    )  # fmt: skip
    dbs.flush()
    return new


def read_switch(dbs: Session) -> MailSwitch:
    """Return the switch that holds all mail, locked when the caller changes it."""
    return dbs.get_one(MailSwitch, 1)


def hold_all(dbs: Session, reason: str, *, actor: str, now: datetime) -> None:
    """Hold all mail, until :func:`release_all`."""
    switch = dbs.get_one(MailSwitch, 1, with_for_update=True)
    if switch.held_at is None:
        audit(dbs, actor=actor, action="hold", kind="mail", subject_id="all", after="held", now=now)
        switch.held_at = now
    switch.reason = reason.strip()
    dbs.flush()


def release_all(dbs: Session, *, actor: str, now: datetime) -> None:
    """Let mail go out again."""
    switch = dbs.get_one(MailSwitch, 1, with_for_update=True)
    if switch.held_at is not None:
        audit(dbs, actor=actor, action="release", kind="mail", subject_id="all", before="held", now=now)
    switch.held_at, switch.reason = None, ""
    dbs.flush()


def suppression_of(dbs: Session, row: Message, digest: Callable[[str], str]) -> Suppression | None:
    """Return what is known of refusals by the address of a mail's reader."""
    person = dbs.get(Person, row.person_id) if row.person_id else None
    if person is None or not person.address:
        return None
    return dbs.get(Suppression, digest(person.address.lower()))


def lift_suppression(dbs: Session, suppression: Suppression, *, actor: Actor, now: datetime) -> None:
    """Let an address get mail again."""
    audit(
        dbs, actor=actor.name, action="lift-suppression", kind="address", subject_id=suppression.digest[:16],
        before=suppression.reason, now=now,
    )  # fmt: skip
    dbs.delete(suppression)
    dbs.flush()
