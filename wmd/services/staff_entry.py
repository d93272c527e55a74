"""Entering an event for an organisation that cannot do it itself: begun by staff, completed in their editor."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.content import EventContent, OrganiserContent, SessionContent, TextContent
from wmd.domain.findings import N_, Finding, Level
from wmd.domain.identities import adopt
from wmd.domain.iso_codes import LANGUAGES
from wmd.errors import InvalidContentError
from wmd.models import Edition, Organisation, OrganisationContact, Submission
from wmd.services.actors import Actor
from wmd.services.intake import next_revision
from wmd.services.organisations import lock_organisation
from wmd.services.standing import Means
from wmd.services.states import audit
from wmd.services.submissions import RECEIPT


def enter_event(
    dbs: Session,
    edition: Edition,
    organisation: Organisation,
    title: str,
    language: str,
    means: Means,
    *,
    actor: Actor,
    now: datetime,
) -> Submission:
    """Begin an event in an organisation's name; it waits on the desk, and its contacts see it as theirs.

    Raises InvalidContentError without a title or with an unknown language, NotYoursError for whom the organisation is
    none of.
    """
    lock_organisation(dbs, organisation.id, actor)
    found = []
    if not title.strip():
        found.append(Finding("content.missing", Level.ERROR, "title", N_("This is needed.")))
    if language.partition("-")[0] not in LANGUAGES:
        found.append(Finding("language.unknown", Level.ERROR, "language", N_("This is no code of a language.")))
    if found:
        raise InvalidContentError(found)
    mint = means.setting.mint
    content = EventContent(
        key="", language=language, texts={language: TextContent(title.strip())},
        sessions=(SessionContent(id="", zone=edition.zone),), organisers=(OrganiserContent(organisation.key),),
        region=organisation.region, host_city=organisation.city, host_country=organisation.country,
        spoken=(language,),
    )  # fmt: skip
    main = dbs.scalars(
        select(OrganisationContact.person_id)
        .where(OrganisationContact.organisation_id == organisation.id, OrganisationContact.removed_at.is_(None))
        .order_by(OrganisationContact.is_main.desc())
        .limit(1)
    ).first()
    submission = Submission(
        id=mint.uuid(), edition_id=edition.id, source="staff", state="submitted", event_id=mint.uuid(),
        organisation_id=organisation.id, person_id=main, receipt=RECEIPT + mint.code(), waiting_since=now,
        created_at=now,
    )  # fmt: skip
    dbs.add(submission)
    dbs.flush()
    audit(
        dbs, actor=actor.name, action="submit", kind="submission", subject_id=submission.id, after="submitted",
        now=now,
    )  # fmt: skip
    next_revision(
        dbs, submission, adopt(content, None, mint), base=None, source="staff", actor=actor.name, mint=mint, now=now
    )
    return submission
