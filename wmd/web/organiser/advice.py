"""Advice while somebody types: a form comes in, the advice on it goes out, and nothing is written."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, jsonify, make_response, render_template, request

from wmd.db import db
from wmd.domain.advice import MOST_SESSIONS, Advice, Choice, CityTime
from wmd.domain.forms.fields import FIELDS, pattern_of
from wmd.domain.forms.reading import read_form
from wmd.domain.forms.typed import Typed, count_of
from wmd.domain.programme import Programme
from wmd.domain.similar import Likeness
from wmd.domain.slots import SlotFacts
from wmd.services.advice import Beside, advise
from wmd.services.form_reading import new_form
from wmd.services.references import find_edition
from wmd.web import words
from wmd.web.catalogue import gettext
from wmd.web.organiser.options import shown_name, with_cities
from wmd.web.organiser.own_drafts import edition_of, form_of, own_draft, submission_of
from wmd.web.organiser.posting import posted_fields
from wmd.web.public import addresses
from wmd.web.reading import read_now, read_programme
from wmd.web.visitors import visitor

bp = Blueprint("advice", __name__)

#: How many times one browser or network may ask within a minute; somebody who types asks every few seconds.
MOST_A_MINUTE = 60
_MOST_KNOWN = 5_000


@dataclass(slots=True)
class Pace:
    """Counts per process and minute who asks. Kept in memory because asking must not write to the database."""

    most: int = MOST_A_MINUTE
    _minute: int = 0
    _counts: dict[str, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def is_too_fast(self, who: str, now_s: float) -> bool:
        """Count one time and say whether it was one too many within this minute."""
        minute = int(now_s // 60)
        with self._lock:
            if minute != self._minute or len(self._counts) > _MOST_KNOWN:
                self._minute, self._counts = minute, {}
            self._counts[who] = self._counts.get(who, 0) + 1
            return self._counts[who] > self.most


#: Under this name each application keeps its own count.
_PACE = "wmd.advice_pace"


def pace_of(app: Flask) -> Pace:
    """Return the count of an application, made when it is first asked for."""
    pace: Pace = app.extensions.setdefault(_PACE, Pace())
    return pace


@bp.post("/advice")
def show() -> Response:
    """Return the advice on a form as far as it is typed: HTML to put beside the fields, or JSON where asked for.

    ``draft`` names the draft in the query, or ``edition`` the edition of one that is not begun yet.
    """
    who = visitor()
    asks = who.session.id if who.session else request.remote_addr or ""
    if pace_of(current_app).is_too_fast(asks, time.monotonic()):
        abort(429)
    dbs = db.session()
    if draft_id := request.args.get("draft", ""):
        draft = own_draft(draft_id)
        edition, submission, form = edition_of(draft), submission_of(draft), form_of(draft)
    else:
        found = find_edition(dbs, request.args.get("edition", ""))
        if found is None:
            abort(404)
        edition, submission, form = found, None, new_form(dbs, found, who.person_id, read_now())
    typed, _ = posted_fields()
    programme = read_programme(edition.slug)
    beside = Beside(edition, programme, who.actor, submission)
    found_advice = advise(dbs, read_form(typed, form), typed, beside)
    items = advice_items(found_advice, programme)
    # Nothing was changed; what reading may have prepared is let go.
    dbs.rollback()
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        response = jsonify(advice=items)
    else:
        response = make_response(render_template("organiser/drafts/advice.html", advice=items, places=places_of(typed)))
    response.headers["Cache-Control"] = "no-store"
    return response


def advice_items(found: Sequence[Advice], programme: Programme) -> list[dict[str, Any]]:
    """Return advice for the ``advice`` macro of ``organiser/drafts/_advice.html``: words, and facts ready to show."""
    return [
        {
            "kind": one.kind,
            "where": one.where,
            "place": _place(one),
            "level": one.level.value,
            "text": replace(one, params=with_cities(one.params)).say(gettext),
            "facts": list(_facts(one, programme)),
        }
        for one in found
    ]


def _place(one: Advice) -> str:
    """Return where in the form advice stands: beside its session, with the texts, or with the links."""
    if one.where.startswith("sessions["):
        return one.where.partition("]")[0] + "]"
    return "way-in" if one.kind == "link" else "texts"


def places_of(typed: Typed) -> list[str]:
    """Return the places for advice in a form."""
    sessions = min(count_of(typed, "sessions"), MOST_SESSIONS)
    return ["texts", *(f"sessions[{index}]" for index in range(sessions)), "way-in"]


def _facts(one: Advice, programme: Programme) -> Iterator[dict[str, Any]]:
    for fact in one.facts:
        if isinstance(fact, CityTime):
            yield _city(fact)
        elif isinstance(fact, Choice):
            said = replace(fact, params=with_cities(fact.params)).say(gettext)
            yield {"text": said, "sets": {name: _typed(name, value) for name, value in fact.sets.items()}}
        elif isinstance(fact, Likeness):
            yield _likeness(fact, programme)
        else:
            yield _slot(fact, programme, str(one.params["zone"]))


def _typed(name: str, value: str) -> str:
    """Return a value as somebody would type it into its field."""
    field = FIELDS[pattern_of(name)]
    return shown_name(field.options, value) if field.control == "named" else value


def _city(fact: CityTime) -> dict[str, Any]:
    return {
        "place": words.place_of(fact.zone),
        "time": words.span(fact.starts_at, fact.ends_at, fact.zone)
        if fact.ends_at > fact.starts_at
        else words.clock(fact.starts_at, fact.zone),
        "offset": words.utc_offset(fact.starts_at, fact.zone),
        "shift": words.shift_label(fact.shift),
        "night": fact.at_night,
        "starts_iso": words.iso(fact.starts_at),
    }


def _likeness(fact: Likeness, programme: Programme) -> dict[str, Any]:
    event = programme.events.get(fact.known.ref)
    return {
        "title": fact.known.titles[0] if fact.known.titles else "",
        "url": addresses.event(programme.edition.slug, event) if event else "",
        "waiting": fact.known.is_pending,
        "same_organiser": fact.same_organiser,
        "same_day": fact.same_day,
    }


def _slot(fact: SlotFacts, programme: Programme, zone: str) -> dict[str, Any]:
    events = [programme.events[code] for code in fact.codes if code in programme.events]
    return {
        "when": _when(fact.starts_at, fact.ends_at, zone),
        "count": fact.count,
        "events": [
            {"title": event.text("en").title, "url": addresses.event(programme.edition.slug, event)} for event in events
        ],
    }


def _when(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    return gettext(
        "%(time)s (%(zone)s)", time=words.span(starts_at, ends_at, zone), zone=words.short_zone(zone, starts_at)
    )
