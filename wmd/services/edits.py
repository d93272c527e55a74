"""An organiser's edit of what was approved: what happens to it the moment it comes in, by the table of risks."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.changesets import changes
from wmd.domain.content import EventContent
from wmd.domain.content_json import event_to_json
from wmd.domain.findings import Level
from wmd.domain.risk import Risk, highest, is_urgent
from wmd.models import Edition, EventSession, Organisation, Submission
from wmd.services.actors import Actor
from wmd.services.event_checks import check_content
from wmd.services.moderation import lock_submission, require_moderator, waiting_revision
from wmd.services.standing import Means
from wmd.services.states import audit
from wmd.services.verdicts import approve_held, versions

#: Who decides in the name of the table of risks.
BY_TABLE = "job:trusted-wording"
_STEP = re.compile(r"[^.\[\]]+")
MATERIAL, URGENT = "material", "urgent"


def receive_edit(dbs: Session, submission_id: str, means: Means, *, now: datetime) -> bool:
    """Sort an edit that was just handed in; tell whether it was published at once.

    The wording of a trusted organisation is published and marked for a later look, unless the checks find something
    that they did not find before. Everything else waits, a material change shortly before a session as urgent. Does
    nothing for what was never approved.
    """
    submission = lock_submission(dbs, submission_id)
    revision = waiting_revision(dbs, submission.id)
    if submission.state != "approved" or revision is None:
        return False
    base, proposed, standing = versions(dbs, submission, revision)
    if base is None or standing is None:
        return False
    found = changes(base, proposed)
    if _may_publish(dbs, submission, standing, proposed, highest(found)):
        submission.later_look_at = now
        approve_held(dbs, submission, revision, means, actor=BY_TABLE, now=now)
        return True
    starts = dbs.scalars(select(EventSession.starts_at).where(EventSession.event_id == submission.event_id))
    marks = {MATERIAL: highest(found) is Risk.MATERIAL, URGENT: is_urgent(found, starts, now)}
    others = [flag for flag in submission.flags if flag not in marks]
    submission.flags = [*others, *(flag for flag, holds in marks.items() if holds)]
    submission.waiting_since = submission.waiting_since or now
    dbs.flush()
    return False


def _may_publish(
    dbs: Session, submission: Submission, standing: EventContent, proposed: EventContent, risk: Risk
) -> bool:
    organisation = dbs.get(Organisation, submission.organisation_id or "")
    if risk is not Risk.WORDING or organisation is None or organisation.trusted_at is None:
        return False
    if submission.suspect_at is not None or submission.claimed_by is not None:
        return False
    edition = dbs.get_one(Edition, submission.edition_id)
    before, after = (
        [
            (one, _said_at(content, one.where))
            for one in check_content(dbs, edition, content)
            if one.level is not Level.NOTE
        ]
        for content in (standing, proposed)
    )
    return all(one in before for one in after)


def _said_at(content: EventContent, where: str) -> object:
    """Return what stands where a finding points: what was found before says nothing of new words in its place."""
    found: Any = event_to_json(content)
    for step in _STEP.findall(where):
        if isinstance(found, dict):
            found = found.get(step)
        elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found


def looked_at(dbs: Session, submission_id: str, *, actor: Actor, now: datetime) -> None:
    """Note that a member of the staff has looked at what was published without a person's decision."""
    submission = lock_submission(dbs, submission_id)
    require_moderator(submission, actor)
    if submission.later_look_at is None:
        return
    submission.later_look_at = None
    audit(dbs, actor=actor.name, action="looked-at", kind="submission", subject_id=submission.id, now=now)
    dbs.flush()
