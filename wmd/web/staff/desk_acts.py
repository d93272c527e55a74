"""What the buttons of the desk do: each reads its fields of the form and calls one service."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import request
from sqlalchemy import select

from wmd.db import db
from wmd.domain.findings import N_, Finding, Level
from wmd.domain.times import WallTimeError, to_instant
from wmd.errors import InvalidContentError
from wmd.models import Edition, Event, Submission
from wmd.services import co_organisers, edits, merging, moderation, threads, verdicts
from wmd.services.confirming import follow_confirmation
from wmd.services.desk_item import moderators, read_item
from wmd.services.moderation import Seen
from wmd.services.states import audit
from wmd.services.verdicts import Said
from wmd.web.guards import visitor
from wmd.web.means import means

#: These ask for the second factor once more: they cannot be taken back.
DANGEROUS = frozenset({"merge"})


def _seen(submission: Submission) -> Seen:
    form = request.form
    decision_id = read_number(form.get("decision_id", ""))
    return Seen(submission.id, form.get("revision_id", ""), form.get("state", ""), decision_id)


def read_number(text: str) -> int:
    """Return the number of a decision that a form carries; 0 for none, and for what never was one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def _said() -> Said:
    comments = tuple(
        (name.removeprefix("comment."), body.strip()[:2000])
        for name, body in request.form.items()
        if name.startswith("comment.") and body.strip()
    )
    return Said(tuple(request.form.getlist("reasons")), request.form.get("own", "")[:4000], comments)


def _approve(submission: Submission, now: datetime) -> None:
    publish_on = read_moment("publish_day", "publish_time", submission.edition_id)
    verdicts.approve(
        db.session(), _seen(submission), means(), actor=visitor().actor, now=now, publish_on=publish_on
    )  # fmt: skip


def read_moment(day: str, clock: str, edition_id: int) -> datetime | None:
    """Return the instant that two typed fields name on the clocks of the edition; None when no day was typed.

    Raises InvalidContentError when it cannot be read.
    """
    typed_day, typed_clock = request.form.get(day, "").strip(), request.form.get(clock, "").strip() or "09:00"
    if not typed_day:
        return None
    try:
        wall = datetime.fromisoformat(f"{typed_day}T{typed_clock}")
    except ValueError:
        text = N_("Write a day such as 2026-10-01, and a time such as 09:00.")
        raise InvalidContentError([Finding("time.unreadable", Level.ERROR, day, text)]) from None
    edition = db.session().get_one(Edition, edition_id)
    try:
        return to_instant(wall.replace(tzinfo=None), edition.zone)
    except WallTimeError as error:
        raise InvalidContentError([Finding(error.code, Level.ERROR, clock, error.text, error.params)]) from None


def _some(submission: Submission, now: datetime) -> None:
    """Take the ticked changes: all, some or none, as the moderator ticked them."""
    item = read_item(db.session(), submission)
    taken = set(request.form.getlist("take"))
    offered = {change.path for change in item.edit}
    seen, actor = _seen(submission), visitor().actor
    if taken >= offered:
        verdicts.approve(db.session(), seen, means(), actor=actor, now=now)
    elif not taken & offered:
        verdicts.refuse(db.session(), seen, _said(), means(), actor=actor, now=now)
    else:
        verdicts.take_some(db.session(), seen, taken, _said(), means(), actor=actor, now=now)


def _changes(submission: Submission, now: datetime) -> None:
    verdicts.ask_for_changes(db.session(), _seen(submission), _said(), means(), actor=visitor().actor, now=now)


def _refuse(submission: Submission, now: datetime) -> None:
    tell = request.form.get("tell") == "yes" or submission.suspect_at is None
    verdicts.refuse(db.session(), _seen(submission), _said(), means(), actor=visitor().actor, now=now, tell=tell)


def _claim(submission: Submission, now: datetime) -> None:
    take_over = request.form.get("take_over") == "yes"
    moderation.claim(db.session(), submission.id, actor=visitor().actor, take_over=take_over, now=now)


def _release(submission: Submission, now: datetime) -> None:
    moderation.release(db.session(), submission.id, actor=visitor().actor, now=now)


def _hand_over(submission: Submission, now: datetime) -> None:
    to = request.form.get("to", "")
    if to not in dict(moderators(db.session())):
        raise InvalidContentError([Finding("to.unknown", Level.ERROR, "to", N_("Choose a moderator."))])
    moderation.hand_over(db.session(), submission.id, to, actor=visitor().actor, now=now)


def _question(submission: Submission, now: datetime) -> None:
    body = request.form.get("question", "")
    threads.ask_question(db.session(), submission.id, body, means(), actor=visitor().actor, now=now)


def _note(submission: Submission, now: datetime) -> None:
    threads.write_note(db.session(), submission.id, request.form.get("note", ""), actor=visitor().actor, now=now)


def _looked(submission: Submission, now: datetime) -> None:
    edits.looked_at(db.session(), submission.id, actor=visitor().actor, now=now)


def _ask_partner(submission: Submission, now: datetime) -> None:
    organisation_id = request.form.get("organisation_id", "")
    sent = co_organisers.ask_again(
        db.session(), submission.id, organisation_id, means(), actor=visitor().actor, now=now
    )  # fmt: skip
    if not sent:
        text = N_("No address is known of this organisation: give it a contact first.")
        raise InvalidContentError([Finding("partner.unreachable", Level.ERROR, "organisation_id", text)])


def _believe_partner(submission: Submission, now: datetime) -> None:
    organisation_id = request.form.get("organisation_id", "")
    co_organisers.believe(db.session(), submission.id, organisation_id, means(), actor=visitor().actor, now=now)


def _merge(submission: Submission, now: datetime) -> None:
    code = request.form.get("into", "").strip().upper()[:6]
    target = (
        db.session()
        .scalars(select(Submission).join(Event, Event.id == Submission.event_id).where(Event.code == code))
        .first()
    )
    if target is None or not visitor().actor.may_see(target.region, target.language):
        raise InvalidContentError([Finding("into.unknown", Level.ERROR, "into", N_("There is no event of this code."))])
    actor = visitor().actor
    if submission.state == "approved":
        merging.merge_published(db.session(), submission.id, target.id, means(), actor=actor, now=now)
    else:
        merging.merge_waiting(db.session(), _seen(submission), target.id, means(), actor=actor, now=now)


def _reopen(submission: Submission, now: datetime) -> None:
    verdicts.reopen(db.session(), submission.id, means(), actor=visitor().actor, now=now)


def _not_spam(submission: Submission, now: datetime) -> None:
    moderation.require_moderator(submission, visitor().actor)
    if submission.suspect_at is not None:
        submission.suspect_at = None
        audit(
            db.session(), actor=visitor().actor.name, action="not-spam", kind="submission", subject_id=submission.id,
            now=now,
        )  # fmt: skip
        follow_confirmation(db.session(), submission, actor=visitor().actor.name, box=means().box, now=now)


ACTS: dict[str, Callable[[Submission, datetime], None]] = {
    "approve": _approve, "some": _some, "changes": _changes, "refuse": _refuse, "claim": _claim, "release": _release,
    "hand-over": _hand_over, "question": _question, "note": _note, "looked": _looked, "ask-partner": _ask_partner,
    "believe-partner": _believe_partner,
    "merge": _merge, "not-spam": _not_spam, "reopen": _reopen,
}  # fmt: skip
