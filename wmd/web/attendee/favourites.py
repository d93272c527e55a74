"""Favourites: kept by the browser alone, listed here, and turned into reminders when their owner wishes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from wmd.domain.codes import normalise_code
from wmd.domain.following import standing_of
from wmd.domain.programme import EventView, Programme
from wmd.services.follows import MOST_AT_ONCE, EventWish
from wmd.web.attendee.asking import Messages, language_choices, take_wishes, trap, typed_or_known
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.public.events import taking_its_place
from wmd.web.public.page import demo_kind
from wmd.web.public.rows import Eyes, positions_of, row_items
from wmd.web.reading import Viewer, read_now, read_programme, read_site, viewer

bp = Blueprint("favourites", __name__)


class Starred(NamedTuple):
    """What a list of codes stands for; ``unknown`` of them stand for nothing that is listed."""

    events: list[tuple[Programme, EventView]]
    unknown: int


def starred(codes: Sequence[str]) -> Starred:
    """Return the events of some codes, each once, in the order of their time."""
    site = read_site()
    found: dict[str, tuple[Programme, EventView]] = {}
    unknown = 0
    for typed in dict.fromkeys(codes):
        place = site.codes.get(normalise_code(typed) or "")
        programme = read_programme(place[0]) if place else None
        event = taking_its_place(programme, place[1]) if programme and place else None
        if programme is None or event is None:
            unknown += 1
        else:
            found[event.code] = (programme, event)
    ordered = sorted(found.values(), key=lambda pair: (pair[1].sessions[0].starts_at, pair[1].code))
    return Starred(ordered, unknown)


def _rows(chosen: Starred, who: Viewer, now: datetime) -> list[dict[str, object]]:
    eyes = Eyes(who.zone, who.language, now)
    return [
        row_items(programme, positions_of(programme, [event]), eyes, dated=True, mixed=True)[0]
        for programme, event in chosen.events
    ]


def _codes() -> list[str]:
    return request.args.getlist("code")


@bp.get("/favourites")
def show() -> Response:
    """List the events that the address names; a small script names those that this browser keeps."""
    codes = _codes()
    chosen = starred(codes[:MOST_AT_ONCE])
    who, now = viewer("UTC"), read_now()
    page = render_template(
        "attendee/favourites.html", viewer=who, now=now, rows=_rows(chosen, who, now), unknown=chosen.unknown,
        codes=[event.code for _, event in chosen.events], asked=bool(codes), noindex=True, most=MOST_AT_ONCE,
        too_many=len(codes) > MOST_AT_ONCE, demo=demo_kind(None, {id(p): p for p, _ in chosen.events}.values()),
        next_path=_here("/favourites", codes[:MOST_AT_ONCE]),
    )  # fmt: skip
    return make_response(page)


def _here(path: str, codes: Sequence[str]) -> str:
    known = [code for code in map(normalise_code, codes) if code]
    return path + ("?" + "&".join(f"code={code}" for code in known) if known else "")


def show_form(status: int = 200, messages: Messages | None = None) -> Response:
    """Return the form that asks to be reminded of several events."""
    codes = _codes()
    chosen = starred(codes[: MOST_AT_ONCE + 1])
    who, now = viewer("UTC"), read_now()
    ahead = [pair for pair in chosen.events if standing_of(pair[1], now) == "ahead"]
    kept = request.form.getlist("kept") if request.method == "POST" else [event.code for _, event in ahead]
    rows = _rows(Starred(ahead, 0), who, now)
    page = render_template(
        "attendee/remind_several.html", viewer=who, now=now, noindex=True, messages=messages or {}, trap=trap(),
        events=list(zip([event.code for _, event in ahead], rows, strict=True)), kept=kept,
        left_out=len(chosen.events) - len(ahead) + chosen.unknown, typed=typed_or_known(who.zone),
        languages=language_choices(), action=_here("/favourites/remind", codes[: MOST_AT_ONCE + 1]),
        next_path=_here("/favourites/remind", codes[: MOST_AT_ONCE + 1]),
        demo=demo_kind(None, {id(p): p for p, _ in chosen.events}.values()),
    )  # fmt: skip
    return make_response(page, status)


@bp.get("/favourites/remind")
def remind() -> Response:
    """Ask for the address to which reminders of these go."""
    return show_form()


def _stale() -> Response:
    return show_form(422, {"address": [gettext("This page was open for too long. Please send it once more.")]})


@bp.post("/favourites/remind")
@on_stale_form(_stale)
def ask() -> ResponseReturnValue:
    """Keep the wishes and mail one button for all."""
    kept, now = request.form.getlist("kept"), read_now()
    if len(kept) > MOST_AT_ONCE:
        words = gettext("That is too much at once: %(most)d events can be followed with one form.", most=MOST_AT_ONCE)
        return show_form(422, {"kept": [words]})
    chosen = [event for _, event in starred(kept).events if standing_of(event, now) == "ahead"]
    if not chosen:
        return show_form(422, {"kept": [gettext("Choose at least one event that is still to come.")]})
    who = viewer("UTC")
    wishes = [EventWish(event.code, event.text(who.language).title) for event in chosen]
    return take_wishes(wishes, who.zone, show_form)
