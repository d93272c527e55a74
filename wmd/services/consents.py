"""Consents: given to a version of the words, withdrawn at any time, listed for whom they concern."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from wmd.models import Consent
from wmd.services.states import audit


def give_consent(dbs: Session, person_id: str, kind: str, version: str, *, actor: str, now: datetime) -> Consent:
    """Note that a person consents to ``kind`` in this version of its words.

    To the same version once: a repeat returns the standing one. A newer version takes the place of the older one, which
    stays as a row.
    """
    standing = standing_consent(dbs, person_id, kind)
    if standing is not None and standing.version == version:
        return standing
    if standing is not None:
        standing.withdrawn_at = now
        # Written first: the database holds that one consent of a kind stands.
        dbs.flush()
    given = Consent(person_id=person_id, kind=kind, version=version, given_at=now)
    dbs.add(given)
    audit(
        dbs, actor=actor, action="consent", kind="person", subject_id=person_id,
        detail={kind: [standing.version if standing else "", version]}, now=now,
    )  # fmt: skip
    dbs.flush()
    return given


def withdraw_consent(dbs: Session, person_id: str, kind: str, *, actor: str, now: datetime) -> bool:
    """Take a consent back; tell whether one stood."""
    standing = standing_consent(dbs, person_id, kind)
    if standing is None:
        return False
    standing.withdrawn_at = now
    audit(
        dbs, actor=actor, action="withdraw-consent", kind="person", subject_id=person_id,
        detail={kind: [standing.version, ""]}, now=now,
    )  # fmt: skip
    dbs.flush()
    return True


def withdraw_all(dbs: Session, person_id: str, *, now: datetime) -> None:
    """Take back whatever stands; the rows stay as the proof that there was a consent."""
    standing = (Consent.person_id == person_id) & Consent.withdrawn_at.is_(None)
    dbs.execute(update(Consent).where(standing).values(withdrawn_at=now))


def standing_consent(dbs: Session, person_id: str, kind: str) -> Consent | None:
    """Return the consent of a kind that holds."""
    return dbs.scalars(
        select(Consent).where(Consent.person_id == person_id, Consent.kind == kind, Consent.withdrawn_at.is_(None))
    ).first()


def consents_of(dbs: Session, person_id: str) -> list[Consent]:
    """Return every consent a person ever gave, the newest first."""
    return list(dbs.scalars(select(Consent).where(Consent.person_id == person_id).order_by(Consent.id.desc())))
