"""What the form's own templates ask for: advice on what was saved, the edition's questions, the picture chosen."""

from __future__ import annotations

from typing import Any, Protocol

from flask import Flask, g

from wmd.db import db
from wmd.domain.findings import Finding
from wmd.domain.forms.reading import Form, read_form
from wmd.domain.forms.typed import Typed
from wmd.domain.pictures import media_path
from wmd.domain.questions import Asked
from wmd.domain.vocabulary import YES_NO
from wmd.models import Draft, Edition
from wmd.services.advice import Beside, advise
from wmd.services.images import find_image
from wmd.web import names
from wmd.web.catalogue import gettext
from wmd.web.organiser.advice import advice_items
from wmd.web.organiser.own_drafts import submission_of
from wmd.web.reading import read_programme
from wmd.web.visitors import visitor
from wmd.web.words import select_locale


class TypedPage(Protocol):
    """The page of a form, as far as it is asked here."""

    @property
    def typed(self) -> Typed:
        """What is typed."""

    @property
    def form(self) -> Form:
        """What it is read against."""

    @property
    def findings(self) -> Any:  # noqa: ANN401 -- any sequence of findings
        """What is said beside the fields already."""

    def at(self, where: str) -> Any:  # noqa: ANN401 -- messages for the macros
        """What is said about one field."""


class Sheet(Protocol):
    """A form's edition and its draft, if it has one."""

    edition: Edition
    draft: Draft | None


def advice_address(sheet: Sheet) -> str:
    """Return where a form asks for advice while somebody types."""
    if sheet.draft is not None:
        return f"/organiser/advice?draft={sheet.draft.id}"
    return f"/organiser/advice?edition={sheet.edition.slug}"


def form_advice(page: TypedPage, sheet: Sheet) -> list[dict[str, Any]]:
    """Return the advice on what a form holds now, once for the whole page; nothing for one just begun."""
    if "form_advice" not in g:
        g.form_advice = _advice(page, sheet)
    found: list[dict[str, Any]] = g.form_advice
    return found


def _advice(page: TypedPage, sheet: Sheet) -> list[dict[str, Any]]:
    if not any(page.typed.get(name, "") for name in ("sessions[0].starts", "registration.url", "web_url")):
        return []
    programme = read_programme(sheet.edition.slug)
    submission = submission_of(sheet.draft) if sheet.draft is not None else None
    read = read_form(page.typed, page.form)
    beside = Beside(sheet.edition, programme, visitor().actor, submission)
    said: list[Finding] = list(page.findings)
    # What the form says beside its fields is not said twice.
    return advice_items(advise(db.session(), read, page.typed, beside, with_findings=not said), programme)


def question_items(page: TypedPage) -> list[dict[str, Any]]:
    """Return the edition's questions for the macros of ``_forms.html``."""
    return [_question(question, page) for question in page.form.questions]


def _question(question: Asked, page: TypedPage) -> dict[str, Any]:
    language, name = select_locale(), f"answers.{question.slug}"
    kind = {"choice": "radio", "yes-no": "radio", "number": "text"}.get(question.kind, "textarea")
    hint = names.best_text(question.hint, language)[0]
    audience = gettext("Shown on the page of your event.") if question.is_public else gettext("For the team alone.")
    return {
        "name": name,
        "label": names.best_text(question.label, language)[0],
        "hint": " ".join(filter(None, (hint, audience))),
        "kind": kind,
        "value": page.typed.get(name, ""),
        "required": question.is_required,
        "options": _options(question, language),
        "messages": page.at(name),
        "attrs": {"inputmode": "decimal"} if question.kind == "number" else {},
    }


def _options(question: Asked, language: str) -> list[tuple[str, str]]:
    if question.kind == "yes-no":
        return [(value, gettext(label)) for value, label in YES_NO.items()]
    return [(value, names.best_text(label, language)[0]) for value, label in question.choices.items()]


def own_picture(id_: str) -> str:
    """Return the address of a picture's small form; a blank when it is not there."""
    image = find_image(db.session(), id_)
    return media_path(image.id, image.media_type, small=True) if image is not None else ""


def register(app: Flask) -> None:
    """Give the templates of the form what they ask for."""
    app.jinja_env.globals.update(
        advice_address=advice_address, form_advice=form_advice, question_items=question_items, own_picture=own_picture
    )
