"""Questions that an edition asks organisers, as values: what a fit answer to each is, and how it is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from wmd.domain.content import Words
from wmd.domain.documents.shape import child
from wmd.domain.documents.text_rules import PublicText, lint_text
from wmd.domain.findings import N_, Finding, Level
from wmd.domain.vocabulary import YES_NO

#: A private answer may be long, but is no attachment.
LONGEST_ANSWER = 5_000
_NUMBER = re.compile(r"-?\d{1,15}(?:[.,]\d{1,6})?")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: kind is text, choice, yes-no or number; ``choices`` maps a value to its words by language."""

    slug: str
    kind: str
    label: Words
    hint: Words = field(default_factory=dict)
    choices: Mapping[str, Words] = field(default_factory=dict)
    is_required: bool = False
    is_public: bool = False


def check_answers(asked: Sequence[Asked], answers: Mapping[str, str]) -> list[Finding]:
    """Return what is wrong with the answers to these questions; paths are ``answers.<slug>``.

    Answers to questions that are not asked (any more) are left alone: an edit must not lose them.
    """
    return [finding for question in asked for finding in _check(question, answers.get(question.slug, "").strip())]


def _check(question: Asked, answer: str) -> Iterator[Finding]:
    where = child("answers", question.slug)
    if not answer:
        if question.is_required:
            yield Finding("answer.missing", Level.ERROR, where, N_("This question needs an answer."))
        return
    if question.kind == "yes-no" and answer not in YES_NO:
        yield Finding("answer.yes-no", Level.ERROR, where, N_("Choose yes or no."))
    if question.kind == "choice" and answer not in question.choices:
        yield Finding("answer.choice", Level.ERROR, where, N_("Choose one of the answers offered."))
    if question.kind == "number" and not _NUMBER.fullmatch(answer):
        yield Finding("answer.number", Level.ERROR, where, N_("Write a number in digits, such as 40 or 2.5."))
    if question.kind == "text":
        yield from _check_text(question, answer, where)


def _check_text(question: Asked, answer: str, where: str) -> Iterator[Finding]:
    if question.is_public:
        yield from lint_text(PublicText(where, answer, LONGEST_ANSWER, lines_allowed=True))
    elif len(answer) > LONGEST_ANSWER:
        text = N_("This has {length} characters; at most {longest} fit.")
        params = {"length": len(answer), "longest": LONGEST_ANSWER}
        yield Finding("text.too-long", Level.ERROR, where, text, params)


def kept_answer(question: Asked, typed: str) -> str:
    """Return an answer as it is kept: a number with a point, as it is computed with; a blank for none."""
    answer = typed.strip()
    if question.kind == "number" and _NUMBER.fullmatch(answer):
        return f"{Decimal(answer.replace(',', '.')).normalize():f}"
    return answer
