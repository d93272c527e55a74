"""What makes the questions to those who register with us fit to be asked, and one way in of two."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from wmd.domain.content import EventContent, SignUpQuestionContent
from wmd.domain.documents.field_rules import error
from wmd.domain.documents.shape import child
from wmd.domain.findings import N_, Finding
from wmd.domain.vocabulary import Access

KINDS: Final = ("text", "choice", "yes-no", "number")
MOST_QUESTIONS: Final = 20
MOST_CHOICES: Final = 30


def lint_sign_up(content: EventContent) -> Iterator[Finding]:
    """Yield what is wrong with registering here. The words themselves are looked at with all other public texts."""
    registration = content.registration
    if registration.with_us and registration.url:
        text = N_("People register either on your own page or with us: take out the page, or the tick.")
        yield error("registration.two-ways", "registration.with_us", text)
    if registration.with_us and content.access is Access.INVITATION:
        text = N_("An event by invitation takes no registrations here.")
        yield error("registration.invitation-here", "registration.with_us", text)
    if len(registration.questions) > MOST_QUESTIONS:
        text = N_("Ask at most {most} questions.")
        yield error("registration.questions-many", "registration.questions", text, most=MOST_QUESTIONS)
    for index, question in enumerate(registration.questions[:MOST_QUESTIONS]):
        yield from _question(question, child("registration.questions", index))


def _question(question: SignUpQuestionContent, where: str) -> Iterator[Finding]:
    if not any(words.strip() for words in question.label.values()):
        yield error("registration.question-empty", child(where, "label"), N_("Write the question."))
    if question.kind not in KINDS:
        yield error("registration.question-kind", child(where, "kind"), N_("Choose how it is answered."))
    offered = [words.strip() for words in question.choices]
    if question.kind == "choice" and not 2 <= len(set(filter(None, offered))) == len(offered) <= MOST_CHOICES:
        text = N_("A choice needs at least two different answers, and at most {most}.")
        yield error("registration.question-choices", child(where, "choices"), text, most=MOST_CHOICES)
