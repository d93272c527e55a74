"""What staff write to those who registered for an event or follow it: sent at once, let by whoever wrote it.

The same letter to the same people goes out once a day at most, however often it is sent: a second press and a second
tab find the first.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wmd.domain.findings import N_, Finding, Level
from wmd.domain.invisible import without_marks
from wmd.errors import InvalidContentError
from wmd.models import Event, RegistrantLetter
from wmd.services.actors import Actor
from wmd.services.audience import count_readers
from wmd.services.moderation import NotYoursError
from wmd.services.registrant_letters import AUDIENCES, check_letter, readers_of
from wmd.services.states import audit

_NOBODY = N_("Choose to whom it goes.")
_NONE = N_("Nobody of these is there to be written to.")


class Wording(NamedTuple):
    """A letter as it was typed. ``audience``: some of ``registrant_letters.AUDIENCES``."""

    subject: str
    body: str
    language: str
    audience: tuple[str, ...]


def check_wording(dbs: Session, event: Event, wording: Wording) -> int:
    """Return how many people a letter would reach. Raises InvalidContentError beside each field at fault."""
    found: list[Finding] = []
    try:
        check_letter(wording.subject, wording.body)
    except InvalidContentError as error:
        found += error.findings
    count = count_letter_readers(dbs, event, wording.audience) if wording.audience else 0
    if not wording.audience:
        found.append(Finding("letter.audience", Level.ERROR, "audience", _NOBODY))
    elif not count:
        found.append(Finding("letter.nobody", Level.ERROR, "audience", _NONE))
    if found:
        raise InvalidContentError(found)
    return count


def count_letter_readers(dbs: Session, event: Event, audience: Collection[str]) -> int:
    """Return how many people a letter to some of them would reach, each once. One query."""
    wanted = readers_of(audience)
    return count_readers(dbs, event.id, states=wanted.states, followers=wanted.followers)


def send_letter(
    dbs: Session, event: Event, wording: Wording, *, actor: Actor, now: datetime
) -> tuple[RegistrantLetter, bool]:
    """Have a letter go out, and tell whether it is a new one; the job that sends letters puts its mails.

    Raises InvalidContentError, and NotYoursError for whom the event is not.
    """
    if actor.role not in {"moderator", "administrator"} or not actor.may_see(event.region, event.language):
        msg = f"{actor.name} may not write to those of event {event.id}"
        raise NotYoursError(msg)
    token = _token_of(event, wording, now)
    if (known := _known(dbs, token)) is not None:
        return known, False
    count = check_wording(dbs, event, wording)
    letter = RegistrantLetter(
        id=str(uuid.uuid4()), event_id=event.id, author=actor.person_id, language=wording.language,
        subject=without_marks(wording.subject), body=wording.body.strip(), form_token=token, by_staff=True,
        audience=[name for name in AUDIENCES if name in wording.audience], state="approved", created_at=now,
        decided_at=now, decided_by=actor.person_id,
    )  # fmt: skip
    try:
        with dbs.begin_nested():
            dbs.add(letter)
    except IntegrityError:
        # Another tab was quicker.
        known = _known(dbs, token)
        if known is None:
            raise
        return known, False
    audit(
        dbs, actor=actor.name, action="write-letter", kind="registrant-letter", subject_id=letter.id, after="approved",
        detail={"audience": [[], letter.audience], "readers": [0, count]}, now=now,
    )  # fmt: skip
    dbs.flush()
    return letter, True


def _known(dbs: Session, token: str) -> RegistrantLetter | None:
    return dbs.scalars(select(RegistrantLetter).where(RegistrantLetter.form_token == token)).first()


def _token_of(event: Event, wording: Wording, now: datetime) -> str:
    """Return what is the same for the same letter of one day."""
    said = [
        event.id, without_marks(wording.subject), wording.body.strip(), sorted(wording.audience), now.date().isoformat()
    ]  # fmt: skip
    return "staff:" + hashlib.sha256(json.dumps(said).encode()).hexdigest()
