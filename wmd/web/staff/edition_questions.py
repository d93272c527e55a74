"""The questions of an edition: administrators add, word, order and retire them, moderators read them."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, render_template
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.findings import N_
from wmd.models import Edition, Question
from wmd.services import question_settings
from wmd.services.publishing import Setting
from wmd.services.questions import questions_of
from wmd.services.settings import Sheet
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.guards import for_staff
from wmd.web.reading import read_now
from wmd.web.staff.settings import LANGUAGES, actor, edition_or_404
from wmd.web.staff.sheets import Group, Item, Page, may_change, save, show, stale

bp = Blueprint("edition_questions", __name__, url_prefix="/settings/editions/<slug>")

KINDS = {
    "text": N_("Text"),
    "choice": N_("One of several answers"),
    "yes-no": N_("Yes or no"),
    "number": N_("Number"),
}


def _setting() -> Setting:
    found: Setting = current_app.extensions["wmd.publishing"]
    return found


def _page(edition: Edition, question: Question | None) -> Page:
    spoken = [(tag, gettext(words)) for tag, words in LANGUAGES]
    here = f"/staff/settings/editions/{edition.slug}"
    fixed = question is not None and question_settings.is_answered(db.session(), question)
    kinds = [(kind, gettext(words)) for kind, words in KINDS.items() if not fixed or kind == question.kind]  # type: ignore[union-attr]
    kind_hint = gettext("It was answered already, so that its kind stays.") if fixed else ""
    asked = [Item(f"label.{tag}", name, is_required=tag == "en", lang=tag) for tag, name in spoken]
    hints = [Item(f"hint.{tag}", name, lang=tag) for tag, name in spoken]
    answers = [Item(f"choices.{tag}", name, "textarea", lang=tag) for tag, name in spoken]
    rest = [
        Item("kind", gettext("Kind of answer"), "select", kind_hint, kinds),
        Item("position", gettext("Place among the questions"), "number"),
        Item("is_required", gettext("It must be answered"), "checkbox"),
        Item("is_public", gettext("Everybody sees the answers"), "checkbox"),
    ]
    if question is not None:
        rest.append(Item("retired", gettext("No longer asked"), "checkbox", gettext("Answers are kept.")))
    groups = [
        Group(gettext("The question"), asked),
        Group(gettext("A hint below it"), hints),
        Group(gettext("What an answer is"), rest),
        Group(gettext("Answers to choose from"), answers, gettext("One on each line, in the same order everywhere.")),
    ]
    stored = question_settings.question_sheet(question) if question else {}
    path = f"{here}/questions/{question.slug}" if question else f"{here}/new-question"
    title = question.label.get("en", question.slug) if question else gettext("New question")
    return Page(title, path, (f"{here}/questions", gettext("Questions")), groups, stored)


def _question(edition: Edition, name: str) -> Question:
    found = question_settings.find_question(db.session(), edition, name)
    if found is None:
        abort(404)
    return found


@bp.get("/questions")
@for_staff("moderator")
def index(slug: str) -> str:
    """List an edition's questions, also those that are no longer asked."""
    edition = edition_or_404(slug)
    return render_template(
        "staff/settings/questions.html", edition=edition, questions=questions_of(db.session(), edition, retired=True),
        kinds={kind: gettext(words) for kind, words in KINDS.items()}, may_change=may_change(),
    )  # fmt: skip


@for_staff("administrator")
def _stale(slug: str, name: str = "") -> ResponseReturnValue:
    edition = edition_or_404(slug)
    return stale(_page(edition, _question(edition, name) if name else None))


@bp.get("/new-question")
@for_staff("administrator")
def new(slug: str) -> Response:
    """Show the sheet of a new question."""
    return show(_page(edition_or_404(slug), None), values={"kind": "text", "position": "1"})


@bp.post("/new-question")
@on_stale_form(_stale)
@for_staff("administrator")
def add(slug: str) -> ResponseReturnValue:
    """Add a question."""
    edition = edition_or_404(slug, locked=True)

    def apply(sheet: Sheet) -> str:
        question_settings.add_question(db.session(), edition, sheet, actor=actor(), now=read_now())
        return f"/staff/settings/editions/{slug}/questions"

    return save(_page(edition, None), apply)


@bp.get("/questions/<name>")
@for_staff("moderator")
def one(slug: str, name: str) -> Response:
    """Show one question."""
    edition = edition_or_404(slug)
    return show(_page(edition, _question(edition, name)))


@bp.post("/questions/<name>")
@on_stale_form(_stale)
@for_staff("administrator")
def change(slug: str, name: str) -> ResponseReturnValue:
    """Save one question."""
    edition = edition_or_404(slug, locked=True)
    question = _question(edition, name)

    def apply(sheet: Sheet) -> str:
        question_settings.save_question(
            db.session(), edition, question, sheet, _setting(), actor=actor(), now=read_now()
        )
        return f"/staff/settings/editions/{slug}/questions/{name}?saved=1"

    return save(_page(edition, question), apply)
