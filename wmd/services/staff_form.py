"""The organiser's own form as staff fill it in: a version of staff's, in place of the one it was made from."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.content import EventContent
from wmd.errors import InvalidContentError, NotAllowedMoveError
from wmd.models import Edition, Organisation, Person, Revision, Submission
from wmd.services.actors import Actor
from wmd.services.co_organisers import ask_waiting
from wmd.services.form_parties import Parties, Tools, name_partners
from wmd.services.intake import latest_revision, read_content
from wmd.services.moderation import waiting_revision
from wmd.services.staff_edits import approved_revision, staff_edit
from wmd.services.standing import Means
from wmd.services.submissions import HandIn, Receipt, find_receipt, form_content, one_at_a_time


def base_for_staff(dbs: Session, submission: Submission) -> Revision | None:
    """Return the version that staff change: what waits, else what stands, else the newest."""
    waiting = waiting_revision(dbs, submission.id) or approved_revision(dbs, submission)
    return waiting or latest_revision(dbs, submission)


def hand_in_for_staff(
    dbs: Session, edition: Edition, given: HandIn, means: Means, *, actor: Actor, now: datetime
) -> Receipt:
    """Take a form that staff filled in: published at once if its base was, else it waits in its place.

    A second POST of the same form finds the first one's version. Raises InvalidContentError with what must be mended,
    DecidedMeanwhileError when there is a newer version, NotYoursError for a submission of somebody else's region.
    """
    one_at_a_time(dbs, given.form_token)
    if (earlier := find_receipt(dbs, given.form_token)) is not None:
        return earlier
    submission, content = given.submission, given.read.content
    base = dbs.get(Revision, given.base_revision_id or "")
    if submission is None or base is None:
        msg = "staff change what is there already"
        raise NotAllowedMoveError(msg)
    if content is None or given.read.errors:
        raise InvalidContentError(given.read.findings)
    before = read_content(base)
    tools = Tools(means.box, means.setting.mint, actor.name, now)
    parties = Parties(dbs.get(Person, submission.person_id or ""), _organisation(dbs, submission, before))
    is_published = base.state == "approved"
    full = form_content(dbs, edition, given, content, parties, before, tools, is_published=is_published)
    # Named before anything is published, so that no name is shown that nobody asked.
    name_partners(dbs, submission, parties, tools)
    revision = staff_edit(dbs, submission.id, full, base.id, means, actor=actor, now=now)
    revision.form_token = given.form_token
    if submission.state != "unconfirmed" and submission.suspect_at is None:
        ask_waiting(dbs, submission, actor=tools.actor, box=tools.box, now=tools.now)
    dbs.flush()
    return Receipt(submission.id, revision.id, submission.receipt or "", submission.state, people=dict(parties.people))


def _organisation(dbs: Session, submission: Submission, content: EventContent) -> Organisation:
    """Return who leads the event; of an imported one that nobody answers for yet the one it names first."""
    if submission.organisation_id is not None:
        return dbs.get_one(Organisation, submission.organisation_id)
    return dbs.scalars(select(Organisation).where(Organisation.key == content.organisers[0].key)).one()
