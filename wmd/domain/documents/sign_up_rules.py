"""What makes the questions to those who register with us fit to be asked, and one way in of two."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from wmd.domain.content import EventContent, SignUpQuestionContent
from wmd.domain.documents.field_rules import error, warning
from wmd.domain.documents.shape import child
from wmd.domain.findings import N_, Finding
from wmd.domain.vocabulary import Access

KINDS: Final = ("text", "choice", "yes-no", "number")
MOST_QUESTIONS: Final = 20
MOST_CHOICES: Final = 30

#: Words by which a question asks who somebody is, by language, in small letters and without accents.
_WHO: Final = (
    r"(?:your|full|first|last|family|given)\s+(?:(?:full|first|last|family|given)\s+)?names?", r"surnames?",
    r"e-?mails?", r"mail\s+address", r"(?:tele)?phones?", r"(?:mobile|cell)\s+numbers?", r"whats\s?app",
    r"(?:su|tu|vuestro)s?\s+(?:nombre|apellido)s?", r"nombre\s+completo", r"nombre\s+y\s+apellidos?", r"apellidos?",
    r"correo", r"telefono", r"celular",
    r"(?:votre|ton|vos)\s+(?:pre)?noms?", r"noms?\s+et\s+prenoms?", r"nom\s+complet", r"prenoms?", r"courriels?",
    r"adresse\s+(?:electronique|mail)",
    r"(?:seu|teu)\s+nome", r"nome\s+completo", r"sobrenome", r"apelido", r"telefone", r"telemovel",
    r"nome\s+e\s+cognome", r"cognome",
    r"(?:ihr|dein)\s+name", r"vorname", r"nachname", r"telefon(?:nummer)?", r"handynummer",
    r"اسمك", r"اسمكم", r"الاسم", r"بريدك", r"بريدكم", r"البريد", r"هاتفك", r"هاتفكم", r"الهاتف", r"جوالك", r"الجوال",
)  # fmt: skip
_ASKS_WHO: Final = re.compile(rf"\b(?:{'|'.join(_WHO)})\b")
#: A question that is nothing but this asks it too.
_BARE_NAME: Final = re.compile(r"(?:the\s+)?names?|nombres?|noms?|nome|اسم")


def asks_who(words: str) -> bool:
    """Tell whether a question seems to ask for somebody's name, mail address or telephone.

    A question about the name of a thing ("Which organisation are you from?") does not.
    """
    apart = unicodedata.normalize("NFKD", words.casefold())
    plain = " ".join("".join(each for each in apart if not unicodedata.combining(each)).split())
    return _ASKS_WHO.search(plain) is not None or _BARE_NAME.fullmatch(plain.strip(" :?*.؟")) is not None


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
    if any(asks_who(words) for words in question.label.values()):
        text = N_(
            "We ask for name and address ourselves, and show them to you only where people agree. What is asked here"
            " is shown to you in any case: leave it out if it is to learn who somebody is."
        )
        yield warning("registration.question-who", child(where, "label"), text)
    if question.kind not in KINDS:
        yield error("registration.question-kind", child(where, "kind"), N_("Choose how it is answered."))
    offered = [words.strip() for words in question.choices]
    if question.kind == "choice" and not 2 <= len(set(filter(None, offered))) == len(offered) <= MOST_CHOICES:
        text = N_("A choice needs at least two different answers, and at most {most}.")
        yield error("registration.question-choices", child(where, "choices"), text, most=MOST_CHOICES)
