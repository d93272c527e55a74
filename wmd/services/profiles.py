"""Profiles of organisations: proposed by their contacts as revisions, decided by staff, shown once approved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from wmd.domain.codes import Mint, readable_slug
from wmd.domain.content import SCHEMA_VERSION, ImageContent, OrganisationContent
from wmd.domain.content_check import check_organisation
from wmd.domain.content_json import STORED, organisation_from_json, organisation_to_json
from wmd.domain.findings import errors
from wmd.errors import InvalidContentError, NotAllowedMoveError, NotPublishableError
from wmd.models import Decision, Edition, EditionOrganisation, Event, Organisation, Revision
from wmd.secretbox import SecretBox
from wmd.services.actors import Actor, theirs
from wmd.services.decision_mail import tell_of_profile
from wmd.services.publishing import Setting, publish_again, shows
from wmd.services.states import audit, move
from wmd.services.versions import raise_version, touch_site

_Row = TypeVar("_Row", bound=tuple[Any, ...])


def profile_of(row: Organisation) -> OrganisationContent:
    """Return an organisation's row as content: the profile as it stands."""
    image = ImageContent(row.image_id, dict(row.image_alt), row.image_credit) if row.image_id else None
    return OrganisationContent(
        key=row.key, names=dict(row.names), language=row.language, acronym=row.acronym, kind=row.kind, city=row.city,
        country=row.country, region=row.region, website=row.website, public_email=row.public_email,
        social=tuple(row.social), is_member=row.is_member, image=image, is_demo=row.is_demo, code=row.code,
    )  # fmt: skip


def read_profile(revision: Revision) -> OrganisationContent:
    """Return what a revision of a profile proposes. Raises NotPublishableError when it cannot be read."""
    content, findings = organisation_from_json(revision.content, "organisation", STORED)
    if content is None:
        msg = f"revision {revision.id} cannot be read: {findings[0].say() if findings else 'unknown'}"
        raise NotPublishableError(msg)
    return content


def waiting_profile(dbs: Session, organisation: Organisation) -> Revision | None:
    """Return the proposed profile that waits for staff."""
    return dbs.scalars(
        select(Revision).where(Revision.organisation_id == organisation.id, Revision.state == "pending")
    ).first()


def last_refusal(dbs: Session, organisation: Organisation) -> str:
    """Return why the newest proposal was refused; a blank when it was not."""
    newest = dbs.scalars(
        select(Revision).where(Revision.organisation_id == organisation.id).order_by(Revision.number.desc()).limit(1)
    ).first()
    if newest is None or newest.state != "refused":
        return ""
    return dbs.scalar(select(Decision.reason).where(Decision.revision_id == newest.id)) or ""


def count_waiting_profiles(dbs: Session, *, actor: Actor) -> int:
    """Return how many proposed profiles wait that a member of the staff may see."""
    return dbs.scalar(_waiting(select(func.count()).select_from(Revision), actor)) or 0


def _waiting(wanted: Select[_Row], actor: Actor) -> Select[_Row]:
    return wanted.join(Organisation, Organisation.id == Revision.organisation_id).where(
        Revision.kind == "organisation", Revision.state == "pending", Organisation.state != "merged",
        theirs(actor, Organisation.region),
    )  # fmt: skip


def waiting_profiles(dbs: Session, *, actor: Actor, limit: int = 100) -> list[tuple[Revision, Organisation]]:
    """Return proposed profiles that a member of the staff may see, with their organisations, the oldest first."""
    found = dbs.execute(
        _waiting(select(Revision, Organisation), actor).order_by(Revision.created_at, Revision.id).limit(limit)
    )
    return [(revision, organisation) for revision, organisation in found.tuples()]


def hand_in_profile(
    dbs: Session, organisation: Organisation, content: OrganisationContent, *, actor: str, mint: Mint, now: datetime
) -> Revision | None:
    """Propose a profile: the next revision, pending, in place of one that still waits. None when nothing differs.

    Key, code and whether it is made up stay as they are. Raises InvalidContentError with what must be mended.
    """
    content = replace(content, key=organisation.key, code=organisation.code, is_demo=organisation.is_demo)
    findings = check_organisation(content)
    if errors(findings):
        raise InvalidContentError([finding.at("organisation") for finding in findings])
    waiting = waiting_profile(dbs, organisation)
    if content == (read_profile(waiting) if waiting is not None else profile_of(organisation)):
        return None
    if waiting is not None:
        move(dbs, waiting, "superseded", actor=actor, now=now)
        # Written first: the database holds that only one profile of an organisation waits.
        dbs.flush()
    number = dbs.scalar(select(func.max(Revision.number)).where(Revision.organisation_id == organisation.id)) or 0
    revision = Revision(
        id=mint.uuid(), organisation_id=organisation.id, number=number + 1, kind="organisation", state="pending",
        schema_version=SCHEMA_VERSION, content=organisation_to_json(content, STORED), source="form", actor=actor,
        created_at=now,
    )  # fmt: skip
    dbs.add(revision)
    audit(
        dbs, actor=actor, action="propose", kind="organisation", subject_id=organisation.id, after=revision.id, now=now
    )
    dbs.flush()
    return revision


def approve_profile(
    dbs: Session, revision: Revision, setting: Setting, *, moderator: str, box: SecretBox, now: datetime
) -> None:
    """Take a proposed profile: it becomes the organisation's row, and events that show it are published anew.

    The organisation's contacts are told by mail, as they are of a refusal.

    Raises NotAllowedMoveError when it was decided on already, or the organisation was merged meanwhile.
    """
    organisation = _locked(dbs, revision)
    decision = _decide(dbs, revision, organisation, "approved", "", moderator=moderator, now=now)
    content = read_profile(revision)
    organisation.names, organisation.language = dict(content.names), content.language
    organisation.slug = readable_slug(content.names, content.language)
    for name in ("acronym", "kind", "city", "country", "region", "website", "public_email", "is_member"):
        setattr(organisation, name, getattr(content, name))
    organisation.social = list(content.social)
    organisation.image_id = content.image.id if content.image else None
    organisation.image_alt = dict(content.image.alt) if content.image else {}
    organisation.image_credit = content.image.credit if content.image else ""
    _list(dbs, organisation, actor=moderator, now=now)
    dbs.flush()
    _show_again(dbs, organisation, setting, actor=moderator, now=now)
    tell_of_profile(dbs, revision, decision, code=organisation.code, box=box, now=now)


def refuse_profile(
    dbs: Session, revision: Revision, *, moderator: str, reason: str, box: SecretBox, now: datetime
) -> None:
    """Leave the profile as it stands, with a reason. Raises NotAllowedMoveError when it was decided on already."""
    organisation = _locked(dbs, revision)
    decision = _decide(dbs, revision, organisation, "refused", reason, moderator=moderator, now=now)
    tell_of_profile(dbs, revision, decision, code=organisation.code, box=box, now=now)


def settle_profiles(dbs: Session, organisations: Iterable[Organisation], *, moderator: str, now: datetime) -> None:
    """Take profiles that say just what is shown: of an organisation that became listed with its first event."""
    for organisation in organisations:
        waiting = waiting_profile(dbs, organisation)
        if waiting is not None and read_profile(waiting) == replace(profile_of(organisation), code=""):
            _decide(dbs, waiting, organisation, "approved", "", moderator=moderator, now=now)
    dbs.flush()


def _locked(dbs: Session, revision: Revision) -> Organisation:
    """Hold the organisation, so that of two decisions at once the second sees the first."""
    organisation = dbs.get_one(Organisation, revision.organisation_id, with_for_update=True, populate_existing=True)
    dbs.refresh(revision)
    if revision.state != "pending" or organisation.state == "merged":
        msg = f"revision {revision.id} is {revision.state}: it was decided on already"
        raise NotAllowedMoveError(msg)
    return organisation


def _decide(
    dbs: Session,
    revision: Revision,
    organisation: Organisation,
    verdict: str,
    reason: str,
    *,
    moderator: str,
    now: datetime,
) -> Decision:
    if verdict == "approved":
        standing = select(Revision).where(Revision.organisation_id == organisation.id, Revision.state == "approved")
        for earlier in dbs.scalars(standing):
            move(dbs, earlier, "superseded", actor=moderator, now=now)
        # Written first: the database holds that only one profile stands.
        dbs.flush()
    move(dbs, revision, verdict, actor=moderator, now=now)
    decision = Decision(
        revision_id=revision.id, verdict=verdict, moderator=moderator, reason=reason, own=reason, decided_at=now
    )
    dbs.add(decision)
    dbs.flush()
    return decision


def _list(dbs: Session, organisation: Organisation, *, actor: str, now: datetime) -> None:
    if organisation.state == "proposed":
        organisation.state = "listed"
        audit(
            dbs, actor=actor, action="move", kind="organisation", subject_id=organisation.id, before="proposed",
            after="listed", now=now,
        )  # fmt: skip


def _show_again(dbs: Session, organisation: Organisation, setting: Setting, *, actor: str, now: datetime) -> None:
    """Publish anew, in every edition, what shows the organisation; its page alone where it organises nothing now."""
    remembered = select(EditionOrganisation.edition_id).where(EditionOrganisation.organisation_id == organisation.id)
    # In the order of their ids, in which everybody locks them.
    for edition in dbs.scalars(select(Edition).where(Edition.id.in_(remembered)).order_by(Edition.id)).all():
        in_edition = and_(shows(organisation.id), Event.edition_id == edition.id)
        if not publish_again(dbs, in_edition, setting, actor=actor, now=now):
            raise_version(dbs, edition, now=now)
    touch_site(dbs)
