"""Letters of organisers to those who registered: read here before they go out."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.errors import InvalidContentError
from wmd.models import RegistrantLetter
from wmd.services.audience import count_audiences
from wmd.services.moderation import NotYoursError
from wmd.services.registrant_letters import decide_letter, waiting_letters
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.findings import messages_of
from wmd.web.guards import for_staff, visitor
from wmd.web.means import secret_box
from wmd.web.reading import read_now

bp = Blueprint("letters", __name__, url_prefix="/letters")


def show_letters(status: int = 200, messages: dict[str, list[str]] | None = None, at: str = "") -> Response:
    """Return the letters that wait; ``messages`` are about the one whose id is ``at``."""
    dbs = db.session()
    waiting = waiting_letters(dbs, visitor().actor)
    counts = count_audiences(dbs, {letter.event_id for letter, _ in waiting})
    shown = render_template(
        "staff/letters/list.html", waiting=waiting, counts=counts, messages=messages or {}, at=at,
        typed=request.form.get("reason", "") if request.method == "POST" else "",
        may_decide=visitor().actor.role != "reader", done=request.args.get("done", ""),
    )  # fmt: skip
    return make_response(shown, status)


@bp.get("")
@for_staff("reader")
def index() -> ResponseReturnValue:
    """List the letters that wait for a moderator."""
    return show_letters()


@for_staff("moderator")
def _stale(letter_id: str) -> ResponseReturnValue:
    words = gettext("This page was open for too long. Nothing you typed is lost: please send it again.")
    return show_letters(422, {"reason": [words]}, letter_id)


@bp.post("/<letter_id>")
@on_stale_form(_stale)
@for_staff("moderator")
def decide(letter_id: str) -> ResponseReturnValue:
    """Let a letter go out, or say why not."""
    dbs = db.session()
    letter = dbs.get(RegistrantLetter, letter_id)
    verdict = request.form.get("verdict", "")
    if letter is None or verdict not in {"approved", "refused"}:
        abort(404)
    try:
        done = decide_letter(
            dbs,
            letter,
            verdict,
            request.form.get("reason", ""),
            actor=visitor().actor,
            box=secret_box(),
            now=read_now(),
        )
    except NotYoursError:
        abort(404)
    except InvalidContentError as error:
        dbs.rollback()
        return show_letters(422, messages_of(error.findings), letter_id)
    dbs.commit()
    return redirect(f"/staff/letters?done={verdict if done else 'before'}", 303)
