"""What stands of a submission: the approved revision that staff replace, and its publication."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.content import EventContent
from wmd.domain.findings import errors
from wmd.errors import InvalidContentError
from wmd.models import Decision, Edition, Revision, Submission
from wmd.secretbox import SecretBox
from wmd.services.event_checks import check_content
from wmd.services.intake import next_revision, standing_revision
from wmd.services.moderation import supersede_standing
from wmd.services.publishing import Setting, publish
from wmd.services.states import audit


@dataclass(frozen=True, slots=True)
class Means:
    """What a verdict needs beside the database."""

    setting: Setting
    box: SecretBox


def require_sound(dbs: Session, submission: Submission, content: EventContent) -> None:
    """Raise InvalidContentError with what stops a publication."""
    found = errors(check_content(dbs, dbs.get_one(Edition, submission.edition_id), content))
    if found:
        raise InvalidContentError(found)


def put_standing(
    dbs: Session,
    submission: Submission,
    content: EventContent,
    base: Revision | None,
    means: Means,
    *,
    source: str,
    actor: str,
    reason: str = "",
    now: datetime,
) -> Revision:
    """Make a revision that is approved from the start, beside whatever waits for a person, with its decision.

    ``source`` is staff, moderation or organiser (who cancels, say); ``reason`` is said to those who are written to.
    What stood before is superseded.
    """
    base = base or standing_revision(dbs, submission)
    supersede_standing(dbs, submission, actor=actor, now=now)
    revision = next_revision(
        dbs, submission, content, base=base, source=source, actor=actor, mint=means.setting.mint, now=now, decided=True
    )
    audit(dbs, actor=actor, action="move", kind="revision", subject_id=revision.id, after="approved", now=now)
    dbs.add(
        Decision(
            revision_id=revision.id, verdict="approved", moderator=actor, reason=reason, own=reason, decided_at=now
        )
    )
    dbs.flush()
    return revision


def publish_if_due(dbs: Session, submission: Submission, means: Means, *, actor: str, now: datetime) -> None:
    """Publish what is approved of a submission, unless its day has not come."""
    if submission.publish_on is not None and submission.publish_on > now:
        return
    submission.publish_on = None
    dbs.flush()
    approved = dbs.scalars(
        select(Revision).where(Revision.submission_id == submission.id, Revision.state == "approved")
    ).one()
    edition = dbs.get_one(Edition, submission.edition_id)
    publish(dbs, edition, [approved], means.setting, actor=actor, now=now)
