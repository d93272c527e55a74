"""The questions to those who register here, ready for the template of the form."""

from __future__ import annotations

from typing import Any

from wmd.domain.documents.sign_up_rules import MOST_QUESTIONS
from wmd.domain.forms.sign_up_cells import GROUP
from wmd.domain.forms.typed import original_of
from wmd.web import names
from wmd.web.catalogue import gettext
from wmd.web.organiser.form_sessions import TypedSessions

_PARTS = ("label", "kind", "choices", "required")


def sign_up_questions(page: TypedSessions) -> list[dict[str, object]]:
    """Return the questions, each with its fields and what its buttons call it by."""
    count = min(page.counts.get(GROUP, 0), MOST_QUESTIONS)
    return [_question(page, number, count) for number in range(count)]


def _question(page: TypedSessions, number: int, count: int) -> dict[str, object]:
    path = f"{GROUP}[{number}]"
    return {
        "path": path,
        "number": number,
        "action": f"question-{number}",
        "id": page.typed.get(f"{path}.id", ""),
        "first": number == 0,
        "last": number == count - 1,
        "fields": [_item(page, path, part) for part in _PARTS],
    }


def _item(page: TypedSessions, path: str, part: str) -> dict[str, Any]:
    item = page.item(f"{path}.{part}")
    if part in {"label", "choices"}:
        tag = original_of(page.typed)
        item |= {"lang": tag, "dir": names.direction(tag)}
    if part in {"label", "kind"}:
        # A question has both; a row in which nothing is typed is none.
        item["optional"] = False
    return item


def label_of_question(where: str, label: str) -> str:
    """Return what a field of a question is called, with the number of the question."""
    number = where[len(GROUP) + 1 :].partition("]")[0]
    return gettext("Question %(number)d to those who register, %(label)s", number=int(number) + 1, label=label)
