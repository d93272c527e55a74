"""Staff write to those who registered for an event or follow it: typed, looked at with the number of readers, sent."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.errors import InvalidContentError
from wmd.models import Event
from wmd.services.audience import count_audience
from wmd.services.day_desk import title_of
from wmd.services.registrant_letters import AUDIENCES, LONGEST_BODY, LONGEST_SUBJECT, letters_of
from wmd.services.staff_letters import Wording, check_wording, send_letter
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.findings import messages_of
from wmd.web.guards import for_staff, visitor
from wmd.web.names import language_name
from wmd.web.reading import read_now, viewer
from wmd.web.staff.day import shown_event

bp = Blueprint("day_letters", __name__, url_prefix="/day/<code>/letter")

#: Languages of letters beside the event's own.
_LANGUAGES = ("en", "es", "fr")
_DONE = {"sent", "before"}


def _typed(event: Event) -> Wording:
    if request.method != "POST":
        audience = ("registered", "waiting") if event.registration_here else ("followers",)
        return Wording("", "", event.language or "en", audience)
    said = request.form
    return Wording(
        said.get("subject", ""), said.get("body", "").replace("\r\n", "\n"), said.get("language", "")[:20] or "en",
        tuple(name for name in AUDIENCES if name in said.getlist("audience")),
    )  # fmt: skip


def _show(
    event: Event, wording: Wording, status: int = 200, *, messages: dict[str, list[str]] | None = None,
    readers: int | None = None,
) -> Response:  # fmt: skip
    """Return the page: the form, or with ``readers`` what would be sent to how many."""
    dbs, who = db.session(), visitor()
    languages = dict.fromkeys([event.language or "en", *_LANGUAGES])
    counts = count_audience(dbs, event.id)
    shown = render_template(
        "staff/day/letter.html", event=event, title=title_of(dbs, event), typed=wording, messages=messages or {},
        readers=readers, letters=letters_of(dbs, event.id, limit=20), longest=(LONGEST_SUBJECT, LONGEST_BODY),
        audiences=[
            (name, f"{gettext(words)} ({number})")
            for (name, words), number in zip(
                AUDIENCES.items(), (counts.registrants, counts.waiting, counts.followers), strict=True
            )
        ],
        audience_words=AUDIENCES, languages=[(tag, language_name(tag)) for tag in languages],
        zone=viewer((who.person.zone if who.person else "") or "UTC").zone,
        done=request.args.get("done", "") if request.args.get("done") in _DONE else "",
    )  # fmt: skip
    return make_response(shown, status)


@bp.get("")
@for_staff("moderator")
def form(code: str) -> ResponseReturnValue:
    """Show the form, and what was written before."""
    event = shown_event(code)
    return _show(event, _typed(event))


@for_staff("moderator")
def _stale(code: str) -> Response:
    event = shown_event(code)
    words = gettext("This page was open for too long. Nothing you typed is lost: please send it again.")
    return _show(event, _typed(event), 422, messages={"subject": [words]})


@bp.post("")
@on_stale_form(_stale)
@for_staff("moderator")
def write(code: str) -> ResponseReturnValue:
    """Show what would go out to how many, let it be changed, or send it."""
    event, dbs = shown_event(code), db.session()
    wording, act = _typed(event), request.form.get("act", "")
    if act == "change":
        return _show(event, wording)
    try:
        if act != "send":
            return _show(event, wording, readers=check_wording(dbs, event, wording))
        _, is_new = send_letter(dbs, event, wording, actor=visitor().actor, now=read_now())
    except InvalidContentError as error:
        dbs.rollback()
        return _show(shown_event(code), wording, 422, messages=messages_of(error.findings))
    dbs.commit()
    return redirect(f"/staff/day/{code}/letter?done={'sent' if is_new else 'before'}", 303)
