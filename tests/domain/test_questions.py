"""An edition's questions: what is a fit answer to each kind, and how it is kept."""

from __future__ import annotations

import pytest

from wmd.domain.questions import Asked, check_answers, kept_answer

CHOICES = {"a": {"en": "Apples"}, "b": {"en": "Bread"}}


def question(kind: str, *, required: bool = False, public: bool = True) -> Asked:
    return Asked("q", kind, {"en": "What?"}, choices=CHOICES, is_required=required, is_public=public)


@pytest.mark.parametrize(
    ("kind", "answer", "codes"),
    [
        ("text", "Soup\nand bread", []),
        ("text", "write to soup@example.org", ["text.email"]),
        ("text", "a\x00b", ["text.control"]),
        ("text", "x" * 5_001, ["text.too-long"]),
        ("choice", "a", []),
        ("choice", "c", ["answer.choice"]),
        ("yes-no", "yes", []),
        ("yes-no", "perhaps", ["answer.yes-no"]),
        ("number", "40", []),
        ("number", "-2,5", []),
        ("number", "forty", ["answer.number"]),
        ("number", "9" * 400, ["answer.number"]),
        ("number", "", []),
    ],
)
def test_answer_is_checked_by_the_kind_of_its_question(kind: str, answer: str, codes: list[str]) -> None:
    found = check_answers([question(kind)], {"q": answer})

    assert [finding.code for finding in found] == codes
    assert {finding.where for finding in found} <= {"answers.q"}


@pytest.mark.parametrize("kind", ["text", "choice", "yes-no", "number"])
def test_required_question_needs_an_answer(kind: str) -> None:
    assert [finding.code for finding in check_answers([question(kind, required=True)], {"q": "  "})] == [
        "answer.missing"
    ]


def test_private_answer_may_hold_an_address_but_not_a_book() -> None:
    private = question("text", public=False)
    assert check_answers([private], {"q": "ada@example.org"}) == []
    assert [finding.code for finding in check_answers([private], {"q": "x" * 5_001})] == ["text.too-long"]


@pytest.mark.parametrize(("typed", "kept"), [("2,50", "2.5"), ("100", "100"), (" ", ""), (" x ", "x")])
def test_number_is_kept_with_a_point(typed: str, kept: str) -> None:
    assert kept_answer(question("number"), typed) == kept
