"""What a form is read against, for who fills it: a new event, or a change of one that was handed in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.content import EventContent
from wmd.domain.documents.field_rules import error
from wmd.domain.findings import N_
from wmd.domain.forms.fields import SECTIONS
from wmd.domain.forms.reading import Form, ReadForm
from wmd.domain.forms.writing import type_event
from wmd.models import Declaration, Edition, FieldComment, Organisation, Person, Revision, Submission
from wmd.services.contacts import organisations_of
from wmd.services.drafts import Owner
from wmd.services.images import find_image, owns
from wmd.services.intake import latest_revision, read_content
from wmd.services.profiles import profile_of
from wmd.services.submissions import read_edition_form

_ALL = frozenset(section.slug for section in SECTIONS)


def new_form(dbs: Session, edition: Edition, person_id: str | None, now: datetime) -> Form:
    """Return what a new event's form is read against; who is signed in may choose among their organisations."""
    form = read_edition_form(dbs, edition, now)
    if person_id is None:
        return form
    own = {row.key: profile_of(row) for row in organisations_of(dbs, person_id) if row.merged_into_id is None}
    return replace(form, organisations=own, sections=_ALL - {"contact"})


def editing_form(
    dbs: Session, edition: Edition, submission: Submission, now: datetime, *, staff_base: Revision | None = None
) -> Form:
    """Return what a change of a submission is read against: its newest revision, and what was declared already.

    Staff change ``staff_base``; they declare nothing in an organiser's name.
    """
    revision = staff_base or latest_revision(dbs, submission)
    base = read_content(revision) if revision is not None else None
    form = read_edition_form(dbs, edition, now)
    declared = {
        (row.kind, row.version)
        for row in dbs.scalars(select(Declaration).where(Declaration.submission_id == submission.id))
    }
    missing = {kind: version for kind, version in form.declarations.items() if (kind, version) not in declared}
    if submission.source != "form":
        # Who imported it, or entered it for them, answered for it: a later change is no new event.
        missing = {}
    if staff_base is not None:
        questions = tuple(replace(asked, is_required=False) for asked in form.questions)
        missing, form = {}, replace(form, settings=replace(form.settings, for_staff=True), questions=questions)
    hidden = {"organisation", "contact"} | (set() if missing else {"declarations"})
    return replace(
        form, base=base, people=people_in(dbs, base) if base else {}, declarations=missing, sections=_ALL - hidden,
        # The deadline is for new ones: a change of what is there may come at any time.
        is_late=False,
    )  # fmt: skip


def people_in(dbs: Session, content: EventContent) -> dict[str, str]:
    """Return the names of the people an event names, by id; an erased one has none."""
    ids = {
        speaker.person_id
        for session in content.sessions
        for speaker in (*session.speakers, *(one for panel in session.panels for one in panel.speakers))
        if speaker.person_id
    }
    if not ids:
        return {}
    rows = dbs.scalars(select(Person).where(Person.id.in_(sorted(ids))))
    return {row.id: row.name for row in rows}


def typed_of(dbs: Session, content: EventContent) -> dict[str, str]:
    """Return an event as it would have been typed, with the names that belong to its ids and keys."""
    keys = [organiser.key for organiser in content.organisers]
    rows = dbs.scalars(select(Organisation).where(Organisation.key.in_(keys)))
    names = {row.key: row.names.get(row.language) or next(iter(row.names.values()), row.key) for row in rows}
    return type_event(content, people=people_in(dbs, content), organisations=names)


def comments_on(dbs: Session, submission_id: str) -> dict[str, list[str]]:
    """Return the moderators' remarks that are not settled yet, by the path of their field."""
    found: dict[str, list[str]] = {}
    rows = dbs.scalars(
        select(FieldComment)
        .where(FieldComment.submission_id == submission_id, FieldComment.settled_at.is_(None))
        .order_by(FieldComment.id)
        .limit(500)
    )
    for row in rows:
        found.setdefault(row.path, []).append(row.body)
    return found


def with_own_picture(dbs: Session, read: ReadForm, base: EventContent | None, owner: Owner) -> ReadForm:
    """Return what was read without a picture that is somebody else's, or is not there any more."""
    if read.content is None or read.content.image is None:
        return read
    known = base.image.id if base and base.image else ""
    if read.content.image.id == known or _owns(dbs, read.content.image.id, owner):
        return read
    finding = error("image.unknown", "image.id", N_("This picture is not there any more. Choose it again."))
    return replace(read, content=replace(read.content, image=None), findings=(*read.findings, finding))


def _owns(dbs: Session, image_id: str, owner: Owner) -> bool:
    image = find_image(dbs, image_id)
    return image is not None and owns(image, person_id=owner.person_id, session_id=owner.session_id)
