"""``changes.atom``: what changed in the programme, newest first (Atom 1.0, RFC 4287).

Every instant comes from the data, never from a clock, so that the same programme gives the same bytes. Entries are
told apart by tag URIs (RFC 4151) made of the site's host, the edition and the change's number.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring
from zoneinfo import ZoneInfo

from wmd.domain.exports.addresses import event_page, short
from wmd.domain.exports.timetable import clean
from wmd.domain.findings import N_
from wmd.domain.programme import ChangeView, EventView, Programme, SessionView

ATOM = "http://www.w3.org/2005/Atom"
#: A tag URI names a day on which its host was ours; this one is part of every id and never changes.
TAG_DATE = "2021-10-07"
MAX_ENTRIES = 200

#: The English sentences, by kind of change, and ``feed``, ``gone``, ``before`` and ``after``; marked for gettext.
WORDS: Mapping[str, str] = {
    "added": N_("New: {title}"),
    "moved": N_("New time: {title}"),
    "place": N_("New place: {title}"),
    "cancelled": N_("Cancelled: {title}"),
    "postponed": N_("Postponed: {title}"),
    "revived": N_("Takes place again: {title}"),
    "link": N_("New way to take part: {title}"),
    "text": N_("Changed: {title}"),
    "hidden": N_("No longer listed: {title}"),
    "other": N_("Changed: {title}"),
    "feed": N_("What changed: {title}"),
    "gone": N_("an event"),
    "before": N_("Before: {value}"),
    "after": N_("Now: {value}"),
}


def build(programme: Programme, base_url: str, words: Mapping[str, str] = WORDS, *, language: str = "en") -> bytes:
    """Return the newest changes as an Atom feed in UTF-8.

    ``words`` holds the sentences of :data:`WORDS` in the reader's language. A change of an event that is no longer
    public says so without its title. Times are written in the event's zone, named.
    """
    edition = programme.edition
    host = urlsplit(base_url).hostname or "localhost"
    home = f"{base_url}/{edition.slug}/changes"
    changes = sorted(programme.changes, key=lambda change: (change.at, change.id), reverse=True)[:MAX_ENTRIES]
    updated = changes[0].at if changes else programme.published_at

    feed = Element("feed", {"xmlns": ATOM, "xml:lang": language})
    _text(feed, "id", f"tag:{host},{TAG_DATE}:{edition.slug}/changes")
    _text(feed, "title", words["feed"].format(title=edition.name))
    _text(feed, "updated", _instant(updated))
    SubElement(feed, "link", rel="self", type="application/atom+xml", href=f"{home}.atom")
    SubElement(feed, "link", rel="alternate", type="text/html", href=home)
    _text(SubElement(feed, "author"), "name", edition.name)
    for change in changes:
        _entry(feed, change, programme, base_url, host, words, language)
    body: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def _entry(
    feed: Element,
    change: ChangeView,
    programme: Programme,
    base_url: str,
    host: str,
    words: Mapping[str, str],
    language: str,
) -> None:
    event = programme.events.get(change.event_code)
    title = event.text(language).title if event else words["gone"]
    address = event_page(base_url, programme.edition, event) if event else short(base_url, change.event_code)
    entry = SubElement(feed, "entry")
    _text(entry, "id", f"tag:{host},{TAG_DATE}:{programme.edition.slug}/change/{change.id}")
    _text(entry, "title", words.get(change.kind, words["other"]).format(title=title))
    _text(entry, "updated", _instant(change.at))
    SubElement(entry, "link", rel="alternate", type="text/html", href=address)
    session = _session_of(change, event)
    lines = [
        words[side].format(value=said)
        for side, values in (("before", change.before), ("after", change.after))
        if session and (said := _times_said(values, session))
    ]
    _text(entry, "summary", "\n".join(lines) or words.get(change.kind, words["other"]).format(title=title))


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = clean(text)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _session_of(change: ChangeView, event: EventView | None) -> SessionView | None:
    sessions = event.sessions if event else ()
    return next((session for session in sessions if change.session_code in {session.code, None}), None)


def _times_said(values: Mapping[str, object], session: SessionView) -> str:
    """Return ``starts_at`` and ``ends_at`` among the values as wall times with their zone, or dates when all-day.

    What a change holds beside them may be an address or a text; a feed must not repeat one taken back since.
    """
    zone = str(values.get("zone") or session.zone)
    instants = [_instant_of(values.get("starts_at")), _instant_of(values.get("ends_at"))]
    local = [instant.astimezone(ZoneInfo(zone)) for instant in instants if instant]
    if not local:
        return ""
    if session.all_day:
        # The end of an all-day session is the midnight after its last day.
        dates = [local[0].date(), *((end - timedelta(microseconds=1)).date() for end in local[1:])]
        return " – ".join(dict.fromkeys(day.isoformat() for day in dates))
    return f"{' – '.join(instant.strftime('%Y-%m-%d %H:%M') for instant in local)} ({zone})"


def _instant_of(value: object) -> datetime | None:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return None
    return instant if isinstance(instant, datetime) and instant.tzinfo is not None else None
