"""``programme.csv``: one line per session, for a spreadsheet. Opens right in Excel and never calculates.

Columns, in this order; the heading is the label that the caller gives for the key, else the key itself:

=================== ==================================================================================
``event``           public code of the event
``session``         public code of the session
``status``          ``scheduled``, ``postponed`` or ``cancelled``
``title``           the event's title in the asked language, else English, else the original
``session_title``   the session's own title, when it has one
``original_title``  the title in the event's own language
``language``        language of the original
``starts``          wall time in ``zone``, ``2021-10-07 15:00``; a date for an all-day session
``ends``            the same; for an all-day session its last day
``zone``            IANA zone of the two
``starts_utc``      instant, ``2021-10-07T13:00:00Z``; empty for an all-day session, which has dates only
``ends_utc``        the same
``all_day``         ``yes`` or ``no``
``format``          ``online``, ``hybrid`` or ``in-person``
``activity``        kind of activity
``access``          ``open``, ``registration`` or ``invitation``
``organisers``      names, the lead first, separated by a semicolon, as are all lists below
``organiser_kinds`` kinds of the organisers, in the same order
``topics``          slugs
``sdgs``            numbers
``series``          slug
``region``          Metropolis's region
``un_region``       UN-Habitat's region
``city``            where the host is
``country``         ISO 3166-1 alpha-2
``venue``           name, address and city of the venue
``latitude``        degrees, WGS 84
``longitude``       degrees
``spoken``          language tags
``interpreted``     language tags
``captioned``       language tags
``signed``          language tags
``registration``    state of registration
``page``            address of the event's page
``take_part``       address to take part in this session
``web``             the organiser's own page
``recording``       address of the recording
``hashtags``        without the sign
``lead``            ``yes`` for the edition's lead event
``demonstration``   ``yes`` for made-up data
``summary``         in the language of the title
=================== ==================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC
from zoneinfo import ZoneInfo

from wmd.domain.documents.write_csv import Cell, csv_rows
from wmd.domain.exports.addresses import event_page, take_part
from wmd.domain.exports.timetable import clean, words_in
from wmd.domain.programme import EditionView, EventView, Programme, SessionView

COLUMNS: tuple[str, ...] = (
    "event", "session", "status", "title", "session_title", "original_title", "language", "starts", "ends", "zone",
    "starts_utc", "ends_utc", "all_day", "format", "activity", "access", "organisers", "organiser_kinds", "topics",
    "sdgs", "series", "region", "un_region", "city", "country", "venue", "latitude", "longitude", "spoken",
    "interpreted", "captioned", "signed", "registration", "page", "take_part", "web", "recording", "hashtags", "lead",
    "demonstration", "summary",
)  # fmt: skip


def build(
    programme: Programme,
    base_url: str,
    labels: Mapping[str, str] | None = None,
    *,
    language: str = "en",
    positions: Iterable[int] | None = None,
) -> bytes:
    """Return the programme, or the sessions at ``positions``, as a CSV file.

    ``labels`` are headings by column key, in the reader's language. ``base_url`` has no slash at its end.
    """
    headings = labels or {}
    shown = range(len(programme.sessions)) if positions is None else positions
    rows: list[list[Cell]] = [[headings.get(column, column) for column in COLUMNS]]
    for position in shown:
        session, event = programme.sessions[position], programme.owners[position]
        cells = _event_cells(event, language) | _session_cells(session, language)
        cells |= _address_cells(base_url, programme.edition, event, session)
        rows.append([_cell(cells[column]) for column in COLUMNS])
    return csv_rows(rows)


def _cell(value: Cell) -> Cell:
    return clean(value) if isinstance(value, str) else value


def _list(values: Iterable[object]) -> str:
    return "; ".join(map(str, values))


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"


def _session_cells(session: SessionView, language: str) -> dict[str, Cell]:
    zone = ZoneInfo(session.zone)
    cells: dict[str, Cell] = {
        "session": session.code,
        "status": session.status.value,
        "session_title": words_in(session.title, language),
        "zone": session.zone,
        "all_day": _yes(session.all_day),
    }
    if session.all_day:
        dates: dict[str, Cell] = {"starts": session.starts_on.isoformat(), "ends": session.ends_on.isoformat()}
        return cells | dates | {"starts_utc": "", "ends_utc": ""}
    for name, instant in (("starts", session.starts_at), ("ends", session.ends_at)):
        cells[name] = instant.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        cells[f"{name}_utc"] = instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return cells


def _event_cells(event: EventView, language: str) -> dict[str, Cell]:
    text = event.text(language)
    venue = event.venue
    return {
        "event": event.code,
        "title": text.title,
        "original_title": event.original.title,
        "language": event.language,
        "format": event.format.value,
        "activity": event.activity,
        "access": event.access.value,
        "organisers": _list(organiser.name for organiser in event.organisers),
        "organiser_kinds": _list(organiser.kind for organiser in event.organisers),
        "topics": _list(event.topics),
        "sdgs": _list(event.sdgs),
        "series": event.series or "",
        "region": event.region,
        "un_region": event.un_region,
        "city": event.host_city,
        "country": event.host_country,
        "venue": ", ".join(filter(None, (venue.name, venue.address, venue.city))) if venue else "",
        "latitude": venue.latitude if venue else None,
        "longitude": venue.longitude if venue else None,
        "spoken": _list(event.spoken),
        "interpreted": _list(event.interpreted),
        "captioned": _list(event.captioned),
        "signed": _list(event.signed),
        "registration": event.registration.state.value,
        "web": event.web_url,
        "recording": event.recording_url,
        "hashtags": _list(event.hashtags),
        "lead": _yes(event.is_lead),
        "demonstration": _yes(event.is_demo),
        "summary": text.summary,
    }


def _address_cells(base_url: str, edition: EditionView, event: EventView, session: SessionView) -> dict[str, Cell]:
    return {"page": event_page(base_url, edition, event), "take_part": take_part(base_url, session.code)}
