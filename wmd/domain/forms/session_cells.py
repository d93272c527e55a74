"""Sessions as they were typed, as parts of the event's document."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from wmd.domain.content import SessionContent
from wmd.domain.content_json import STORED
from wmd.domain.documents.shape import wall_text, write_object
from wmd.domain.forms.panel_cells import read_panels
from wmd.domain.forms.people_cells import read_speakers
from wmd.domain.forms.scalars import Cells
from wmd.domain.forms.typed import MOST_SESSIONS

if TYPE_CHECKING:
    from wmd.domain.forms.reading import Form

_BY_FORM = frozenset({"starts", "ends", "starts_on", "ends_on", "all_day", "zone", "time_text", "time_confirmed"})


def read_sessions(cells: Cells, form: Form, country: str) -> tuple[list[dict[str, object]], dict[str, str]]:
    """Return the sessions' documents and the names of people new here, by their stand-in.

    ``country`` is the code of the host's: whose cities are proposed for one that is not known.
    """
    before = {session.id: session for session in form.base.sessions if session.id} if form.base else {}
    people: dict[str, str] = {}
    sessions = [
        _session(cells, form, f"sessions[{index}]", country, before, people)
        for index in range(min(cells.count("sessions"), MOST_SESSIONS))
    ]
    return sessions, people


def _session(
    cells: Cells, form: Form, path: str, country: str, before: dict[str, SessionContent], people: dict[str, str]
) -> dict[str, object]:
    base = before.get(cells.text(f"{path}.id"))
    document = {
        name: value
        for name, value in (write_object(base, STORED) if base else {"id": ""}).items()
        if name not in _BY_FORM
    }
    document["zone"] = cells.named(f"{path}.zone", country=country)
    document["time_text"] = cells.text(f"{path}.time_text")
    document["time_confirmed"] = cells.ticked(f"{path}.time_confirmed")
    document |= _times(cells, path)
    language = cells.original()
    titles = dict(base.title) if base else {}
    titles.pop(language, None)
    if title := cells.text(f"{path}.title"):
        titles[language] = title
    document["title"] = titles
    document["speakers"] = read_speakers(cells, form, path, base.speakers if base else (), people)
    if cells.text(f"{path}.panels_asked"):
        document["panels"] = read_panels(cells, form, path, base.panels if base else (), people)
    return document


def _times(cells: Cells, path: str) -> dict[str, object]:
    """Return the wall times or days of a session; none while the date is still to be confirmed."""
    if cells.ticked(f"{path}.to_confirm"):
        return {}
    on = cells.date(f"{path}.date")
    last_on = cells.date(f"{path}.ends_date")
    if cells.ticked(f"{path}.all_day"):
        days = {"starts_on": on, "ends_on": last_on or on}
        return {"all_day": True} | {name: day.isoformat() for name, day in days.items() if day is not None}
    starts, ends = cells.time(f"{path}.starts"), cells.time(f"{path}.ends")
    found: dict[str, object] = {}
    if on is not None and starts is not None:
        found["starts"] = wall_text(_wall(on, starts))
    if on is not None and ends is not None:
        ends_on = last_on or on
        if last_on is None and ends == time(0, 0):
            # "Until midnight" is the end of that day; nobody means its beginning.
            ends_on = on + timedelta(days=1) if on < date.max else on
        found["ends"] = wall_text(_wall(ends_on, ends))
    return found


def _wall(on: date, at: time) -> datetime:
    return datetime.combine(on, at)
