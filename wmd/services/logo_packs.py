"""Logo packs: what staff uploaded for an edition, released per approved event to whoever accepts its terms."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from wmd.domain.codes import Mint
from wmd.domain.findings import N_, Finding, Level
from wmd.errors import InvalidContentError, NotAllowedMoveError
from wmd.models import Edition, LogoPack, LogoRelease, Submission
from wmd.services.states import audit

LARGEST_BYTES = 20_000_000
_LONGEST_TERMS = 20_000
#: What a pack may be, by its first bytes: the media type and the end of its file name.
_KINDS = ((b"PK\x03\x04", "application/zip", "zip"), (b"\x89PNG\r\n\x1a\n", "image/png", "png"))


def kind_of(data: bytes) -> tuple[str, str] | None:
    """Return media type and extension of a pack by its first bytes; None for anything but a zip or a PNG."""
    return next(((media_type, end) for head, media_type, end in _KINDS if data.startswith(head)), None)


def find_pack(dbs: Session, edition_id: int) -> LogoPack | None:
    """Return the pack that an edition gives out now, without its bytes."""
    return dbs.scalars(select(LogoPack).where(LogoPack.edition_id == edition_id, LogoPack.retired_at.is_(None))).first()


def put_pack(
    dbs: Session, edition: Edition, *, name: str, data: bytes, terms: str, version: str, actor: str, mint: Mint,
    now: datetime,
) -> LogoPack:  # fmt: skip
    """Give an edition another pack, stored as it is; the one before is given out no more.

    Raises InvalidContentError with what is missing. Releases of the pack before stay on record.
    """
    findings = _check(name, data, terms, version)
    if findings:
        raise InvalidContentError(findings)
    before = find_pack(dbs, edition.id)
    if before is not None:
        before.retired_at = now
        # Written first: the database holds that only one is given out.
        dbs.flush()
    pack = LogoPack(
        id=mint.uuid(), edition_id=edition.id, name=name.strip(), data=data, terms=terms.strip(),
        terms_version=version.strip(), uploaded_by=actor, created_at=now,
    )  # fmt: skip
    dbs.add(pack)
    audit(
        dbs, actor=actor, action="upload", kind="logo-pack", subject_id=pack.id, before=before.id if before else "",
        after=pack.terms_version, now=now,
    )  # fmt: skip
    dbs.flush()
    return pack


def _check(name: str, data: bytes, terms: str, version: str) -> list[Finding]:
    def fault(code: str, where: str, text: str) -> Finding:
        return Finding(code, Level.ERROR, where, text)

    found = []
    if not name.strip() or len(name) > 200:
        found.append(fault("pack.name", "name", N_("Give the pack a name of at most 200 characters.")))
    if not version.strip() or len(version) > 50:
        found.append(fault("pack.version", "version", N_("Say which version of the terms this is, such as 2026-1.")))
    if not terms.strip() or len(terms) > _LONGEST_TERMS:
        found.append(fault("pack.terms", "terms", N_("Write down the terms that partners accept.")))
    if len(data) > LARGEST_BYTES:
        found.append(fault("pack.large", "file", N_("The file is larger than 20 MB.")))
    elif kind_of(data) is None:
        found.append(fault("pack.kind", "file", N_("Choose a zip or a PNG file.")))
    return found


def find_release(dbs: Session, pack: LogoPack, submission: Submission) -> LogoRelease | None:
    """Return that somebody accepted the pack's terms for an event; None when nobody did."""
    return dbs.get(LogoRelease, (pack.id, submission.id))


def release(
    dbs: Session, pack: LogoPack, submission: Submission, *, person_id: str, version: str, now: datetime
) -> LogoRelease:
    """Note that a person accepted the terms for an approved event. Once is enough for all of its contacts.

    Raises NotAllowedMoveError when the event is not approved, belongs to another edition, or the terms that were read
    (``version``) are not those that hold now.
    """
    if submission.state != "approved" or submission.edition_id != pack.edition_id or pack.retired_at is not None:
        msg = f"submission {submission.id} gets no pack while it is {submission.state}"
        raise NotAllowedMoveError(msg)
    if version != pack.terms_version:
        msg = "the terms changed meanwhile"
        raise NotAllowedMoveError(msg)
    known = find_release(dbs, pack, submission)
    if known is not None:
        return known
    row = LogoRelease(
        pack_id=pack.id, submission_id=submission.id, person_id=person_id, terms_version=version, accepted_at=now
    )
    dbs.add(row)
    audit(
        dbs, actor=f"person:{person_id}", action="release", kind="logo-pack", subject_id=submission.id, before="",
        after=f"{pack.id}:{version}", now=now,
    )  # fmt: skip
    dbs.flush()
    return row


def bytes_of_pack(dbs: Session, pack: LogoPack) -> bytes:
    """Read the bytes of a pack."""
    return dbs.scalars(select(LogoPack).where(LogoPack.id == pack.id).options(undefer(LogoPack.data))).one().data
