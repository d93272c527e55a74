"""Words that staff writes for an edition: notices of its deadlines, and its declarations, which are versioned.

The words of a declaration in one version never change once stored: they are what somebody agreed to. New words are a
new version, kept beside the old ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.documents.field_rules import error
from wmd.domain.findings import N_, Finding
from wmd.domain.forms.fields import DECLARATIONS
from wmd.errors import InvalidContentError
from wmd.models import Declaration, EditableText, Edition, Submission
from wmd.services.settings import Sheet, note_changes
from wmd.services.versions import lock_edition, raise_version

PHASES = ("before", "open", "late", "closed")
LANGUAGES = ("en", "es", "fr")
LONGEST = 1000


def _rows(dbs: Session, edition: Edition, prefix: str) -> dict[tuple[str, str], EditableText]:
    """Return what is written for one edition, by key and language."""
    rows = dbs.scalars(
        select(EditableText).where(EditableText.edition == edition.slug, EditableText.key.startswith(prefix))
    )
    return {(row.key, row.language): row for row in rows}


def _version(edition: Edition, kind: str) -> str:
    return edition.declarations.get(kind, "1")


def declaration_words(dbs: Session, edition: Edition, language: str) -> dict[str, str]:
    """Return staff's words of the declarations as they are asked now, by kind; others have the built-in ones."""
    rows = _rows(dbs, edition, "declaration.")
    found: dict[str, str] = {}
    for kind in DECLARATIONS:
        key = f"declaration.{kind}.{_version(edition, kind)}"
        row = rows.get((key, language)) or rows.get((key, "en"))
        if row is not None:
            found[kind] = row.body
    return found


def words_sheet(dbs: Session, edition: Edition) -> Sheet:
    """Return the words of deadlines and declarations by language, and which declarations are asked (yes or nothing)."""
    rows = _rows(dbs, edition, "")
    sheet: Sheet = {}
    for phase in PHASES:
        for language in LANGUAGES:
            row = rows.get((f"deadline.{phase}", language))
            sheet[f"deadline.{phase}.{language}"] = row.body if row else ""
    for kind in DECLARATIONS:
        version = _version(edition, kind)
        sheet[f"asked.{kind}"] = "yes" if version else ""
        for language in LANGUAGES:
            row = rows.get((f"declaration.{kind}.{version}", language))
            sheet[f"declaration.{kind}.{language}"] = row.body if row else ""
    return sheet


def save_words(dbs: Session, edition: Edition, sheet: Mapping[str, str], *, actor: str, now: datetime) -> None:
    """Save them; changed words of a declaration become its next version. Raises InvalidContentError."""
    lock_edition(dbs, edition)
    before = words_sheet(dbs, edition)
    typed = {name: sheet.get(name, "").replace("\r\n", "\n").strip() for name in before}
    findings: list[Finding] = [
        error("words.long", name, N_("At most 1000 characters.")) for name, text in typed.items() if len(text) > LONGEST
    ]
    if findings:
        raise InvalidContentError(findings)
    rows = _rows(dbs, edition, "deadline.")
    for phase in PHASES:
        for language in LANGUAGES:
            text = typed[f"deadline.{phase}.{language}"]
            _put(
                dbs, edition, rows.get((f"deadline.{phase}", language)), f"deadline.{phase}", language, text, actor, now
            )
    versions = dict(edition.declarations)
    for kind in DECLARATIONS:
        versions[kind] = _next_version(dbs, edition, kind, before, typed, actor, now)
    edition.declarations = {kind: version for kind, version in versions.items() if version != "1"}
    dbs.flush()
    after = words_sheet(dbs, edition)
    if note_changes(dbs, "edition-words", str(edition.id), before, after, actor=actor, now=now):
        raise_version(dbs, edition, now=now)


def _put(
    dbs: Session, edition: Edition, row: EditableText | None, key: str, language: str, text: str, actor: str,
    now: datetime,
) -> None:  # fmt: skip
    if row is None and text:
        dbs.add(
            EditableText(edition=edition.slug, key=key, language=language, body=text, changed_by=actor, changed_at=now)
        )
    elif row is not None and not text:
        dbs.delete(row)
    elif row is not None and row.body != text:
        row.body, row.changed_by, row.changed_at = text, actor, now


def _next_version(
    dbs: Session, edition: Edition, kind: str, before: Sheet, typed: Sheet, actor: str, now: datetime
) -> str:
    """Return the version of a declaration from now on; empty when it is asked no more."""
    words = {language: typed[f"declaration.{kind}.{language}"] for language in LANGUAGES}
    if not typed[f"asked.{kind}"]:
        return ""
    old = {language: before[f"declaration.{kind}.{language}"] for language in LANGUAGES}
    standing = _version(edition, kind)
    if standing and words == old:
        return standing
    used = _used_versions(dbs, edition, kind) | {standing}
    if not any(words.values()):
        return "1" if used <= {"", "1"} else _fresh(used)
    version = _fresh(used)
    for language, text in words.items():
        _put(dbs, edition, None, f"declaration.{kind}.{version}", language, text, actor, now)
    return version


def _used_versions(dbs: Session, edition: Edition, kind: str) -> set[str]:
    """Return the versions under which words are stored, or under which somebody declared something."""
    stored = {key.rpartition(".")[2] for key, _ in _rows(dbs, edition, f"declaration.{kind}.")}
    declared = (
        select(Declaration.version)
        .join(Submission, Submission.id == Declaration.submission_id)
        .where(Submission.edition_id == edition.id, Declaration.kind == kind)
        .distinct()
    )
    return stored | set(dbs.scalars(declared))


def _fresh(used: set[str]) -> str:
    """Return a version that nothing was ever declared under; the first is that of the built-in words."""
    return str(max([1, *(int(version) for version in used if version.isdigit())]) + 1)
