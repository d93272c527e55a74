"""A question by which an organiser learns who somebody is, whether or not they agreed to that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.domain.documents.cast import make_event
from tests.domain.test_content_check import check
from wmd.domain.content import RegistrationContent, SignUpQuestionContent
from wmd.domain.documents.sign_up_rules import asks_who
from wmd.domain.vocabulary import RegistrationState


@pytest.mark.parametrize(
    "words",
    [
        "Your full name", "What is your name?", "Name:", "Family name and first name", "Surname", "Your e-mail address",
        "EMAIL", "Phone number", "Your WhatsApp", "Nombre", "¿Cuál es su nombre?", "Nombre y apellidos",
        "Correo electrónico", "Su teléfono", "Nom et prénom", "Votre nom ?", "Adresse électronique", "Téléphone",
        "Nome completo", "O seu nome", "Vorname", "Telefonnummer", "ما اسمك؟", "الاسم الكامل",
        "رقم الهاتف", "بريدك الإلكتروني",
    ],
)  # fmt: skip
def test_question_for_name_mail_or_telephone_is_found(words: str) -> None:
    assert asks_who(words)


@pytest.mark.parametrize(
    "words",
    [
        "Do you need a lift?", "Which organisation are you from?", "Name one thing that should change.",
        "Name of your city", "¿De qué ciudad es?", "D’où venez-vous ?", "Ville et nom du quartier",
        "Do you come on foot?",
        "هل تحتاج إلى ترجمة؟", "",
    ],
)  # fmt: skip
def test_other_questions_are_left_alone(words: str) -> None:
    assert not asks_who(words)


def test_such_a_question_is_a_warning_beside_its_words() -> None:
    questions = tuple(
        SignUpQuestionContent(f"q{index}", {"en": words})
        for index, words in enumerate(("Do you need a lift?", "Your full name"))
    )
    registration = RegistrationContent(RegistrationState.OPEN, with_us=True, questions=questions)

    assert check(replace(make_event(), registration=registration)) == [
        ("warning:registration.question-who", "registration.questions[1].label")
    ]
