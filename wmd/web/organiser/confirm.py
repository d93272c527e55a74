"""``/organiser/confirm``: the mailed link that shows that a submission's address is its sender's."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.devices import device_words
from wmd.models import Person, Submission
from wmd.services.mail_tokens import consume, find, standing
from wmd.services.sign_in import person_signs_in
from wmd.services.submissions import confirm_submission
from wmd.web.account.sign_in import welcome
from wmd.web.csrf import on_stale_form
from wmd.web.reading import read_now
from wmd.web.visitors import visitor

bp = Blueprint("confirm", __name__)


def show_link(secret: str, status: int = 200) -> Response:
    """Return the page with the button, or the one that says why the link works no more. Nothing is used up."""
    dbs, now = db.session(), read_now()
    token = find(dbs, "confirm-submission", secret)
    state = standing(token, now=now) if token is not None else "expired"
    submission = dbs.get(Submission, token.subject_id) if token is not None else None
    is_good = state == "good" and submission is not None
    response = make_response(
        render_template(
            "organiser/submissions/confirm.html", submission=submission if is_good else None, state=state,
            secret=secret, who=visitor(),
        ),
        status if is_good else 410,
    )  # fmt: skip
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _stale() -> Response:
    return show_link(request.form.get("t", ""), 422)


@bp.get("/confirm")
def show() -> Response:
    """Show what the link confirms, and a button: mail scanners come here before people do."""
    return show_link(request.args.get("t", ""))


@bp.post("/confirm")
@on_stale_form(_stale)
def use() -> ResponseReturnValue:
    """Confirm, and sign the person in: whoever has the link has the mailbox."""
    dbs, now, secret = db.session(), read_now(), request.form.get("t", "")
    token = consume(dbs, "confirm-submission", secret, now=now)
    person = dbs.get(Person, token.person_id) if token is not None and token.person_id else None
    submission = dbs.get(Submission, token.subject_id) if token is not None else None
    if person is None or submission is None or person.erased_at is not None:
        db.session.rollback()
        return show_link(secret)
    confirm_submission(dbs, submission, actor=f"person:{person.id}", now=now)
    row, _, cookie = person_signs_in(
        dbs, person, device=device_words(request.user_agent.string), present=visitor().session, how="confirm", now=now
    )
    db.session.commit()
    return welcome(row, person, cookie, f"/organiser/submissions/{submission.id}")
