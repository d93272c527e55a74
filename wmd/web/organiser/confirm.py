"""``/organiser/confirm``: the mailed link that shows that a submission's address is its sender's."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.devices import device_words
from wmd.models import MailToken, Person, Submission
from wmd.services.confirming import confirm_submission, disown_submission, may_sign_in
from wmd.services.mail_tokens import Standing, consume, find, standing
from wmd.services.sign_in import person_signs_in
from wmd.web.account.sign_in import show_form, welcome
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.means import secret_box
from wmd.web.reading import read_now
from wmd.web.visitors import visitor

bp = Blueprint("confirm", __name__)


def show_link(secret: str, status: int = 200) -> Response:
    """Return the page with the buttons, or the one that says why the link works no more. Nothing is used up."""
    dbs, now = db.session(), read_now()
    token = find(dbs, "confirm-submission", secret)
    submission = dbs.get(Submission, token.subject_id) if token is not None else None
    state = _standing(token, submission)
    is_good = state == "good" and submission is not None
    response = make_response(
        render_template(
            "organiser/submissions/confirm.html", submission=submission if is_good else None, state=state,
            secret=secret, who=visitor(), signs_in=token is not None and may_sign_in(token, now),
        ),
        status if is_good else 410,
    )  # fmt: skip
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _standing(token: MailToken | None, submission: Submission | None) -> Standing:
    if token is None:
        return "expired"
    found = standing(token, now=read_now())
    if found == "revoked" and submission is not None and submission.state != "unconfirmed":
        return "used"  # Another link that asked the same was answered.
    return found


def _stale() -> Response:
    return show_link(request.form.get("t", ""), 422)


@bp.get("/confirm")
def show() -> Response:
    """Show what the link confirms, and its buttons: mail scanners come here before people do."""
    return show_link(request.args.get("t", ""))


@bp.post("/confirm")
@on_stale_form(_stale)
def use() -> ResponseReturnValue:
    """Confirm. A link as young as a sign-in link signs in too; an older one may have been read by others since."""
    dbs, now, secret = db.session(), read_now(), request.form.get("t", "")
    token = consume(dbs, "confirm-submission", secret, now=now)
    person = dbs.get(Person, token.person_id) if token is not None and token.person_id else None
    submission = dbs.get(Submission, token.subject_id) if token is not None else None
    if token is None or person is None or submission is None or person.erased_at is not None:
        db.session.rollback()
        return show_link(secret)
    if request.form.get("answer") == "no":
        disown_submission(dbs, submission, person.id, now=now)
        db.session.commit()
        return redirect("/organiser/confirm/not-mine", 303)
    confirm_submission(dbs, submission, actor=f"person:{person.id}", box=secret_box(), now=now)
    target = f"/organiser/submissions/{submission.id}"
    if not may_sign_in(token, now):
        db.session.commit()
        return _confirmed(person, target)
    row, _, cookie = person_signs_in(
        dbs, person, device=device_words(request.user_agent.string), present=visitor().session, how="confirm", now=now
    )
    db.session.commit()
    return welcome(row, person, cookie, target)


def _confirmed(person: Person, target: str) -> ResponseReturnValue:
    """Lead on to the event, by way of signing in. No address goes into a URL, so the form is the answer itself."""
    if visitor().person_id == person.id:
        return redirect(target, 303)
    words = gettext("Thank you: it is confirmed. Sign in to see where your event stands.")
    return show_form(address=person.address, next_path=target, notice=words)


@bp.get("/confirm/not-mine")
def not_mine() -> str:
    """Say what happens now."""
    return render_template("organiser/submissions/not_mine.html")
