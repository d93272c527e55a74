"""The questions that an edition asks organisers: in order, and what of the answers is public."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.content import EventContent
from wmd.domain.programme import AnswerView
from wmd.domain.questions import Asked
from wmd.domain.vocabulary import YES_NO
from wmd.models import Edition, Question


def questions_of(dbs: Session, edition: Edition, *, retired: bool = False) -> list[Question]:
    """Return an edition's questions in order; ``retired`` adds those that are no longer asked."""
    wanted = select(Question).where(Question.edition_id == edition.id)
    if not retired:
        wanted = wanted.where(Question.retired_at.is_(None))
    return list(dbs.scalars(wanted.order_by(Question.position, Question.id)))


def asked_of(question: Question) -> Asked:
    """Return a question's row as the value that forms are read against."""
    return Asked(
        slug=question.slug, kind=question.kind, label=dict(question.label), hint=dict(question.hint),
        choices={str(choice["value"]): dict(choice["label"]) for choice in question.choices},
        is_required=question.is_required, is_public=question.is_public,
    )  # fmt: skip


def asked_in(dbs: Session, edition: Edition) -> tuple[Asked, ...]:
    """Return the questions an edition asks now, in order."""
    return tuple(asked_of(question) for question in questions_of(dbs, edition))


def public_answers(content: EventContent, questions: Sequence[Question]) -> tuple[AnswerView, ...]:
    """Return the answers that readers see, in the order of the questions; a private one never leaves the desk.

    A retired question's answer is no longer shown.
    """
    shown = (asked_of(question) for question in questions if question.is_public and question.retired_at is None)
    return tuple(
        AnswerView(question.slug, dict(question.label), words)
        for question in shown
        if (words := _words(question, content.answers.get(question.slug, ""), content.language))
    )


def _words(question: Asked, answer: str, language: str) -> dict[str, str]:
    """Return an answer in words by language: those of the choice, or what was typed, in the event's language."""
    if not answer:
        return {}
    if question.kind == "yes-no":
        # Said in the reader's language when shown.
        return {"": answer} if answer in YES_NO else {}
    if question.kind == "number":
        return {"": answer}
    if question.kind == "choice":
        return dict(question.choices.get(answer, {}))
    return {language: answer}
