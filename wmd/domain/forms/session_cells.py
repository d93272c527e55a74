"""Sessions and speakers as they were typed, as parts of the event's document."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from wmd.domain.content import SessionContent, SpeakerContent
from wmd.domain.content_json import STORED
from wmd.domain.documents.shape import wall_text, write_object
from wmd.domain.forms.scalars import Cells
from wmd.domain.forms.typed import MOST_SESSIONS, MOST_SPEAKERS, count_of

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
        for index in range(min(count_of(cells.typed, "sessions"), MOST_SESSIONS))
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
    known = {speaker.id: speaker for speaker in base.speakers if speaker.id} if base else {}
    document["speakers"] = _speakers(cells, form, path, known, people)
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


def _speakers(
    cells: Cells, form: Form, path: str, known: dict[str, SpeakerContent], people: dict[str, str]
) -> list[dict[str, object]]:
    language = cells.original()
    found = []
    for index in range(min(count_of(cells.typed, f"{path}.speakers"), MOST_SPEAKERS)):
        place = f"{path}.speakers[{index}]"
        name, title = cells.text(f"{place}.name"), cells.text(f"{place}.title")
        organisation = cells.text(f"{place}.organisation")
        if not (name or title or organisation):
            continue
        before = known.get(cells.text(f"{place}.id"))
        titles = dict(before.title) if before else {}
        titles.pop(language, None)
        if title:
            titles[language] = title
        document: dict[str, object] = {
            "id": before.id if before else "",
            "role": cells.text(f"{place}.role") or "speaker",
            "title": titles,
            "organisation": organisation,
        }
        if name and cells.ticked(f"{place}.consent"):
            document["person_id"] = _person(form, place, name, before, people)
        found.append(document)
    return found


def _person(form: Form, place: str, name: str, before: SpeakerContent | None, people: dict[str, str]) -> str:
    """Return the id of a person of this event by that name, or a stand-in for a new one.

    A changed name is another person: nobody is renamed in what is published already.
    """
    if before is not None and before.person_id and form.people.get(before.person_id) == name:
        return before.person_id
    for identity, known in form.people.items():
        if known == name:
            return identity
    for stand_in, given in people.items():
        if given == name:
            return stand_in
    people[f"new:{place}"] = name
    return f"new:{place}"
