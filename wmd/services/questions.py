"""The questions that an edition asks organisers: in order, their answers checked, and what of them is public."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.content import EventContent
from wmd.domain.documents.shape import child
from wmd.domain.documents.text_rules import LONGEST_TEXT, PublicText, lint_text
from wmd.domain.findings import N_, Finding, Level
from wmd.domain.programme import AnswerView
from wmd.domain.vocabulary import YES_NO
from wmd.models import Edition, Question

#: A private answer may be long, but is no attachment.
LONGEST_ANSWER = 5_000
_NUMBER = re.compile(r"-?\d{1,15}(?:[.,]\d{1,6})?")


def questions_of(dbs: Session, edition: Edition, *, retired: bool = False) -> list[Question]:
    """Return an edition's questions in order; ``retired`` adds those that are no longer asked."""
    wanted = select(Question).where(Question.edition_id == edition.id)
    if not retired:
        wanted = wanted.where(Question.retired_at.is_(None))
    return list(dbs.scalars(wanted.order_by(Question.position, Question.id)))


def check_answers(questions: Sequence[Question], answers: Mapping[str, str]) -> list[Finding]:
    """Return what is wrong with the answers to these questions; paths are ``answers.<slug>``.

    Answers to questions that are not asked (any more) are left alone: an edit must not lose them.
    """
    return [finding for question in questions for finding in _check(question, answers.get(question.slug, "").strip())]


def _check(question: Question, answer: str) -> Iterator[Finding]:
    where = child("answers", question.slug)
    if not answer:
        if question.is_required:
            yield Finding("answer.missing", Level.ERROR, where, N_("This question needs an answer."))
        return
    if question.kind == "yes-no" and answer not in YES_NO:
        yield Finding("answer.yes-no", Level.ERROR, where, N_("Choose yes or no."))
    if question.kind == "choice" and answer not in {choice["value"] for choice in question.choices}:
        yield Finding("answer.choice", Level.ERROR, where, N_("Choose one of the answers offered."))
    if question.kind == "number" and not _NUMBER.fullmatch(answer):
        yield Finding("answer.number", Level.ERROR, where, N_("Write a number in digits, such as 40 or 2.5."))
    if question.kind == "text":
        yield from _check_text(question, answer, where)


def _check_text(question: Question, answer: str, where: str) -> Iterator[Finding]:
    if question.is_public:
        yield from lint_text(PublicText(where, answer, LONGEST_ANSWER, lines_allowed=True))
    elif len(answer) > LONGEST_ANSWER or len(answer) > LONGEST_TEXT:
        text = N_("This has {length} characters; at most {longest} fit.")
        params = {"length": len(answer), "longest": LONGEST_ANSWER}
        yield Finding("text.too-long", Level.ERROR, where, text, params)


def read_answers(questions: Sequence[Question], typed: Mapping[str, str]) -> dict[str, str]:
    """Return the answers as they are kept, from what was typed under ``answers.<slug>``; blanks are left out.

    A number is kept with a point, as it is computed with.
    """
    found: dict[str, str] = {}
    for question in questions:
        answer = typed.get(child("answers", question.slug), "").strip()
        if question.kind == "number" and _NUMBER.fullmatch(answer):
            answer = f"{Decimal(answer.replace(',', '.')).normalize():f}"
        if answer:
            found[question.slug] = answer
    return found


def public_answers(content: EventContent, questions: Sequence[Question]) -> tuple[AnswerView, ...]:
    """Return the answers that readers see, in the order of the questions; a private one never leaves the desk.

    A retired question's answer is no longer shown.
    """
    return tuple(
        AnswerView(question.slug, dict(question.label), words)
        for question in questions
        if question.is_public
        and question.retired_at is None
        and (words := _words(question, content.answers.get(question.slug, ""), content.language))
    )


def _words(question: Question, answer: str, language: str) -> dict[str, str]:
    """Return an answer in words by language: those of the choice, or what was typed, in the event's language."""
    if not answer:
        return {}
    if question.kind == "yes-no":
        # Said in the reader's language when shown.
        return {"": answer} if answer in YES_NO else {}
    if question.kind == "number":
        return {"": answer}
    if question.kind == "choice":
        return next((dict(choice["label"]) for choice in question.choices if choice["value"] == answer), {})
    return {language: answer}
