"""The questions of an edition, as staff sets them: added, worded, ordered, retired. An answer's slug never changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wmd.domain.codes import readable_slug
from wmd.domain.documents.field_rules import error, lint_needed, lint_texts
from wmd.domain.documents.text_rules import PublicText
from wmd.domain.findings import N_, Finding, errors
from wmd.errors import InvalidContentError
from wmd.models import Edition, Event, Question, Revision, Submission
from wmd.services.publishing import Setting, publish_again
from wmd.services.settings import Sheet, note_changes
from wmd.services.versions import lock_edition, raise_version

LANGUAGES = ("en", "es", "fr")
KINDS = ("text", "choice", "yes-no", "number")
MOST_QUESTIONS = 30
MOST_CHOICES = 30


def find_question(dbs: Session, edition: Edition, slug: str) -> Question | None:
    """Return one question of an edition, retired or not."""
    return dbs.scalars(select(Question).where(Question.edition_id == edition.id, Question.slug == slug)).first()


def question_sheet(question: Question) -> Sheet:
    """Return a question as text; its choices stand one on a line, in the same order in each language."""
    sheet: Sheet = {"kind": question.kind, "position": str(question.position)}
    for language in LANGUAGES:
        sheet[f"label.{language}"] = question.label.get(language, "")
        sheet[f"hint.{language}"] = question.hint.get(language, "")
        sheet[f"choices.{language}"] = "\n".join(choice["label"].get(language, "") for choice in question.choices)
    sheet |= {name: "yes" if getattr(question, name) else "" for name in ("is_required", "is_public")}
    return sheet | {"retired": "yes" if question.retired_at else ""}


def is_answered(dbs: Session, question: Question) -> bool:
    """Whether any submission of the edition ever answered it."""
    answered = (
        select(Revision.id)
        .join(Submission, Submission.id == Revision.submission_id)
        .where(
            Submission.edition_id == question.edition_id,
            func.coalesce(Revision.content["answers"][question.slug].as_string(), "") != "",
        )
        .limit(1)
    )
    return dbs.scalars(answered).first() is not None


def add_question(dbs: Session, edition: Edition, sheet: Mapping[str, str], *, actor: str, now: datetime) -> Question:
    """Add a question; its slug is made from its English words. Raises InvalidContentError."""
    lock_edition(dbs, edition)
    taken = set(dbs.scalars(select(Question.slug).where(Question.edition_id == edition.id)))
    if len(taken) >= MOST_QUESTIONS:
        words = N_("An edition asks at most {most} questions.")
        raise InvalidContentError([error("question.many", "label.en", words, most=MOST_QUESTIONS)])
    values = _read(sheet, choices=[], is_kind_fixed="")
    stem = readable_slug({"en": values["label"]["en"]}, "en")[:40].strip("-") or "question"
    slug = next(s for n in range(1, MOST_QUESTIONS + 2) if (s := stem if n == 1 else f"{stem}-{n}") not in taken)
    question = Question(edition_id=edition.id, slug=slug, **values)
    dbs.add(question)
    dbs.flush()
    note_changes(dbs, "question", str(question.id), {}, question_sheet(question), action="make", actor=actor, now=now)
    raise_version(dbs, edition, now=now)
    return question


def save_question(
    dbs: Session, edition: Edition, question: Question, sheet: Mapping[str, str], setting: Setting, *, actor: str,
    now: datetime,
) -> None:  # fmt: skip
    """Save a question. What of its answers is public changes at once, on pages as well. Raises InvalidContentError."""
    lock_edition(dbs, edition)
    dbs.refresh(question)
    before = question_sheet(question)
    fixed = question.kind if is_answered(dbs, question) else ""
    values = _read(sheet, choices=question.choices if fixed else [], is_kind_fixed=fixed)
    was_public = question.is_public and question.retired_at is None
    for name, value in values.items():
        setattr(question, name, value)
    question.retired_at = (question.retired_at or now) if sheet.get("retired") else None
    dbs.flush()
    if not note_changes(dbs, "question", str(question.id), before, question_sheet(question), actor=actor, now=now):
        return
    if was_public or (question.is_public and question.retired_at is None):
        # Events own copies of the answers they show.
        publish_again(dbs, Event.edition_id == edition.id, setting, actor=actor, now=now, silent=True)
    raise_version(dbs, edition, now=now)


def _read(sheet: Mapping[str, str], *, choices: list[dict[str, object]], is_kind_fixed: str) -> dict[str, Any]:
    """Return a question's columns from a sheet. ``choices`` and kind are what answers already refer to."""
    findings: list[Finding] = []
    words = {
        part: {lang: text for lang in LANGUAGES if (text := sheet.get(f"{part}.{lang}", "").strip())}
        for part in ("label", "hint")
    }
    findings += lint_needed("label.en", words["label"].get("en", ""))
    findings += errors(
        list(lint_texts(PublicText(f"{part}.{lang}", text) for part in words for lang, text in words[part].items()))
    )
    kind = is_kind_fixed or sheet.get("kind", "")
    if kind not in KINDS:
        findings.append(error("question.kind", "kind", N_("Choose a kind of answer.")))
    place = sheet.get("position", "").strip() or "1"
    if not (place.isascii() and place.isdigit() and 1 <= int(place) <= 999):
        findings.append(error("question.place", "position", N_("Write a number from 1 to 999.")))
    offered = _choices(sheet, choices, findings) if kind == "choice" else []
    if findings:
        raise InvalidContentError(findings)
    flags = {name: sheet.get(name) == "yes" for name in ("is_required", "is_public")}
    return {**words, **flags, "kind": kind, "position": int(place), "choices": offered}


def _choices(
    sheet: Mapping[str, str], known: list[dict[str, object]], findings: list[Finding]
) -> list[dict[str, object]]:
    """Return the choices: one on each line, in every language that has any. Known ones keep their value and place."""
    lines = {
        lang: [line.strip() for line in sheet.get(f"choices.{lang}", "").splitlines() if line.strip()]
        for lang in LANGUAGES
    }
    english = lines["en"]
    if not 2 <= len(english) <= MOST_CHOICES:
        text = N_("Write from 2 to {most} answers, one on each line.")
        findings.append(error("question.choices", "choices.en", text, most=MOST_CHOICES))
    if len(english) < len(known):
        text = N_("Answers that were offered stay: change their words, and put new ones at the end.")
        findings.append(error("question.choice-gone", "choices.en", text))
    for lang in LANGUAGES[1:]:
        if lines[lang] and len(lines[lang]) != len(english):
            text = N_("Write as many lines as in English, in the same order, or none.")
            findings.append(error("question.lines", f"choices.{lang}", text))
    values: list[str] = [str(choice["value"]) for choice in known]
    for line in english[len(known) :]:
        stem = re.sub(r"[^a-z0-9]+", "-", line.casefold()).strip("-")[:40] or "answer"
        number = 1
        while (value := stem if number == 1 else f"{stem}-{number}") in values:
            number += 1
        values.append(value)
    return [
        {
            "value": value,
            "label": {lang: lines[lang][at] for lang in LANGUAGES if at < len(lines[lang])},
        }
        for at, value in enumerate(values[: len(english)])
    ]
