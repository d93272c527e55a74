"""Words of mails that staff write in place of the built-in ones, per edition and language."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.findings import N_, Finding, Level
from wmd.domain.mail_kinds import KINDS
from wmd.domain.mail_words import check_words
from wmd.errors import InvalidContentError
from wmd.models import EditableText, Edition
from wmd.services.actors import Actor
from wmd.services.mail_texts import PREFIX
from wmd.services.states import audit

#: Languages in which words can always be written; an edition may have more.
LANGUAGES = ("en", "es", "fr")


def written_texts(dbs: Session) -> list[EditableText]:
    """Return all words of mails that staff wrote."""
    return list(
        dbs.scalars(
            select(EditableText)
            .where(EditableText.key.startswith(PREFIX))
            .order_by(EditableText.key, EditableText.edition, EditableText.language)
        )
    )


def find_text(dbs: Session, kind: str, edition: str, language: str) -> EditableText | None:
    """Return the words that staff wrote for a kind, edition (or all: a blank) and language."""
    return dbs.scalars(
        select(EditableText).where(
            EditableText.key == PREFIX + kind, EditableText.edition == edition, EditableText.language == language
        )
    ).first()


def save_text(
    dbs: Session, kind: str, edition: str, language: str, *, subject: str, body: str, actor: Actor, now: datetime
) -> None:
    """Store words for a kind. Raises InvalidContentError with findings beside the fields, and then changes nothing."""
    subject, body = subject.strip(), body.replace("\r\n", "\n").strip() + "\n"
    findings = [each for each in check_words(KINDS[kind], subject, body) if each.level is Level.ERROR]
    if edition and dbs.scalar(select(Edition.id).where(Edition.slug == edition)) is None:
        findings.append(Finding("mail.no-edition", Level.ERROR, "edition", N_("There is no such edition.")))
    if findings:
        raise InvalidContentError(findings)
    row = find_text(dbs, kind, edition, language)
    before = ["", ""]
    if row is None:
        row = EditableText(edition=edition, key=PREFIX + kind, language=language)
        dbs.add(row)
    else:
        before = [row.subject, row.body]
    row.subject, row.body, row.changed_by, row.changed_at = subject, body, actor.name, now
    detail = {"subject": [before[0], subject], "body": [before[1], body]}
    audit(
        dbs, actor=actor.name, action="write", kind="mail-text", subject_id=_name(kind, edition, language),
        detail=detail, now=now,
    )  # fmt: skip
    dbs.flush()


def restore_text(dbs: Session, row: EditableText, *, actor: Actor, now: datetime) -> None:
    """Go back to the built-in words."""
    name = _name(row.key.removeprefix(PREFIX), row.edition, row.language)
    detail = {"subject": [row.subject, ""], "body": [row.body, ""]}
    audit(dbs, actor=actor.name, action="restore", kind="mail-text", subject_id=name, detail=detail, now=now)
    dbs.delete(row)
    dbs.flush()


def _name(kind: str, edition: str, language: str) -> str:
    return "/".join((kind, edition or "all", language))
