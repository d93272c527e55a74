"""The words of mails: staff write their own per edition and language, try them on a real mail, or go back."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from wmd.db import db
from wmd.domain.findings import Finding
from wmd.domain.mail_kinds import KINDS
from wmd.domain.mail_words import Words, check_words
from wmd.errors import InvalidContentError
from wmd.models import Edition, Message
from wmd.services.letters import shown
from wmd.services.mail_facts import Reading
from wmd.services.mail_texts import read_written
from wmd.services.mail_words_desk import LANGUAGES, find_text, restore_text, save_text, written_texts
from wmd.web.catalogue import gettext
from wmd.web.guards import for_staff, freshness_first, visitor
from wmd.web.reading import read_now
from wmd.web.staff.mail import press

bp = Blueprint("mail_texts", __name__, url_prefix="/mail/texts")

#: Real mails of a kind that words can be tried on.
_SAMPLES = 20


def _editions() -> list[Edition]:
    return list(db.session.scalars(select(Edition).order_by(Edition.main_day.desc()).limit(50)))


def _place() -> tuple[str, str]:
    """Return the edition (a blank: all) and the language that the words are for."""
    edition, language = request.values.get("edition", ""), request.values.get("language", "en")
    if language not in _languages() or (edition and edition not in {each.slug for each in _editions()}):
        abort(404)
    return edition, language


def _languages() -> list[str]:
    return sorted({*LANGUAGES, *(tag.partition("-")[0] for each in _editions() for tag in each.languages)})


@bp.get("")
@for_staff("moderator")
def index() -> ResponseReturnValue:
    """List the kinds of mail, and for which of them words were written."""
    written: dict[str, list[tuple[str, str]]] = {}
    for row in written_texts(db.session()):
        written.setdefault(row.key.removeprefix("mail."), []).append((row.edition, row.language))
    return render_template(
        "staff/mail/texts.html",
        kinds=KINDS,
        written=written,
        spoken=[each for each in _languages() if press().speaks(each)],
    )


def _show(
    kind: str, status: int = 200, *, typed: Words | None = None, findings: tuple[Finding, ...] = (),
    reading: Reading | None = None,
) -> Response:  # fmt: skip
    edition, language = _place()
    dbs = db.session()
    own = find_text(dbs, kind, edition, language)
    in_force = press().words(kind, edition, language, read_written(dbs, [kind]))
    words = typed or in_force
    messages: dict[str, list[str]] = {}
    for each in findings:
        messages.setdefault(each.where, []).append(each.say(gettext))
    return make_response(
        render_template(
            "staff/mail/text.html", kind=KINDS[kind], words=words, in_force=in_force, own=own, edition=edition,
            language=language, editions=_editions(), languages=_languages(), messages=messages, reading=reading,
            samples=_samples(kind), sample=request.form.get("sample", ""), done=request.args.get("done", ""),
        ),
        status,
    )  # fmt: skip


def _samples(kind: str) -> list[Message]:
    newest = select(Message).where(Message.kind == kind).order_by(Message.created_at.desc()).limit(_SAMPLES)
    return list(db.session.scalars(newest))


@bp.get("/<kind>")
@for_staff("moderator")
def one(kind: str) -> ResponseReturnValue:
    """Show the words of one kind for an edition and language, and every place they may have."""
    if kind not in KINDS:
        abort(404)
    # Who may save is asked before typing; a moderator only reads.
    if visitor().actor.role == "administrator" and (asked := freshness_first()) is not None:
        return asked
    return _show(kind)


@bp.post("/<kind>")
@for_staff("administrator", fresh=True)
def save(kind: str) -> ResponseReturnValue:
    """Save the words, try them on a real mail, or go back to the built-in ones."""
    if kind not in KINDS:
        abort(404)
    edition, language = _place()
    form, action = request.form, request.form.get("action", "save")
    typed = Words(form.get("subject", ""), form.get("body", "").replace("\r\n", "\n"), language)
    actor, now = visitor().actor, read_now()
    if action == "restore":
        if row := find_text(db.session(), kind, edition, language):
            restore_text(db.session(), row, actor=actor, now=now)
            db.session.commit()
        return redirect(_address(kind, edition, language, "restored"), 303)
    if action == "preview":
        return _preview(kind, typed)
    try:
        save_text(
            db.session(), kind, edition, language, subject=typed.subject, body=typed.body, actor=actor, now=now
        )  # fmt: skip
    except InvalidContentError as error:
        db.session.rollback()
        return _show(kind, 422, typed=typed, findings=error.findings)
    db.session.commit()
    return redirect(_address(kind, edition, language, "saved"), 303)


def _preview(kind: str, typed: Words) -> Response:
    findings = tuple(check_words(KINDS[kind], typed.subject, typed.body))
    if findings:
        return _show(kind, 422, typed=typed, findings=findings)
    chosen = [each for each in _samples(kind) if each.id == request.form.get("sample", "")] or _samples(kind)[:1]
    reading = shown(db.session(), chosen[0], press(), typed) if chosen else None
    return _show(kind, typed=typed, reading=reading)


def _address(kind: str, edition: str, language: str, done: str) -> str:
    return f"/staff/mail/texts/{kind}?edition={edition}&language={language}&done={done}"
