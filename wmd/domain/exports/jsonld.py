"""An event as schema.org ``Event``, for search engines and assistants (https://schema.org/Event).

Google's notes on cancelled, postponed and online events are followed:
https://developers.google.com/search/docs/appearance/structured-data/event
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from wmd.domain.exports.addresses import event_page, organisation_page, take_part
from wmd.domain.exports.timetable import words_in
from wmd.domain.pictures import SMALL_WITHIN, fitted, media_path
from wmd.domain.programme import EditionView, EventView, ImageView, OrganiserView, SessionView
from wmd.domain.vocabulary import EventFormat, SessionStatus

Thing = dict[str, object]

_STATUS = {
    SessionStatus.SCHEDULED: "https://schema.org/EventScheduled",
    SessionStatus.CANCELLED: "https://schema.org/EventCancelled",
    SessionStatus.POSTPONED: "https://schema.org/EventPostponed",
}
_MODE = {
    EventFormat.ONLINE: "https://schema.org/OnlineEventAttendanceMode",
    EventFormat.IN_PERSON: "https://schema.org/OfflineEventAttendanceMode",
    EventFormat.HYBRID: "https://schema.org/MixedEventAttendanceMode",
}


def event(
    described: EventView, sessions: Sequence[SessionView], edition: EditionView, base_url: str, *, language: str = "en"
) -> Thing:
    """Return an event with its sessions as schema.org data.

    One session gives the event its times; several become ``subEvent``, and the event spans them. ``sessions`` is
    not empty; ``base_url`` has no slash at its end.
    """
    text = described.text(language)
    thing: Thing = {
        "@context": "https://schema.org",
        "@type": "Event",
        "@id": event_page(base_url, edition, described),
        "url": event_page(base_url, edition, described),
        "name": text.title,
    }
    if text.summary:
        thing["description"] = text.summary
    if described.image is not None:
        thing["image"] = [_image(described.image, base_url, language)]
    thing |= _when(sessions)
    thing["eventStatus"] = _STATUS[_status(sessions)]
    thing["eventAttendanceMode"] = _MODE[described.format]
    thing["location"] = _location(described, described.code, base_url)
    thing["organizer"] = [_organizer(each, edition, base_url) for each in described.organisers]
    thing["inLanguage"] = list(described.spoken or (described.language,))
    if not described.cost:
        thing["isAccessibleForFree"] = True
    if len(sessions) > 1:
        thing["subEvent"] = [_part(each, described, thing, base_url, language) for each in sessions]
    return thing


def dumps(thing: Thing) -> str:
    r"""Return the data as JSON that is safe inside a ``script`` element.

    ``<``, ``>`` and ``&`` are written as ``\u003c`` and so on, because HTML ends a script at ``</script`` and reads
    ``<!--`` specially wherever they stand (HTML, 4.12.1.3); U+2028 and U+2029, because they end a line in older
    JavaScript.
    """
    text = json.dumps(thing, ensure_ascii=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _part(session: SessionView, described: EventView, whole: Thing, base_url: str, language: str) -> Thing:
    return {
        "@type": "Event",
        "name": words_in(session.title, language) or described.text(language).title,
        "url": whole["url"],
        **_when([session]),
        "eventStatus": _STATUS[session.status],
        "eventAttendanceMode": whole["eventAttendanceMode"],
        "location": _location(described, session.code, base_url),
    }


def _status(sessions: Sequence[SessionView]) -> SessionStatus:
    """Return how the whole event stands: it takes place as long as one part does; else postponed before cancelled."""
    states = {session.status for session in sessions}
    order = (SessionStatus.SCHEDULED, SessionStatus.POSTPONED, SessionStatus.CANCELLED)
    return next(status for status in order if status in states)


def _when(sessions: Sequence[SessionView]) -> Thing:
    """Return start and end over these sessions, without the cancelled ones unless there are no others."""
    alive = [session for session in sessions if session.status is not SessionStatus.CANCELLED] or sessions
    first = min(alive, key=lambda session: session.starts_at)
    last = max(alive, key=lambda session: session.ends_at)
    return {
        "startDate": first.starts_on.isoformat() if first.all_day else _offset(first, "starts_at"),
        "endDate": last.ends_on.isoformat() if last.all_day else _offset(last, "ends_at"),
    }


def _offset(session: SessionView, name: str) -> str:
    instant = session.starts_at if name == "starts_at" else session.ends_at
    return instant.astimezone(ZoneInfo(session.zone)).isoformat()


def _location(described: EventView, code: str, base_url: str) -> object:
    online: Thing = {"@type": "VirtualLocation", "url": take_part(base_url, code)}
    if described.format is EventFormat.ONLINE:
        return online
    place = _place(described)
    return [place, online] if described.format is EventFormat.HYBRID else place


def _place(described: EventView) -> Thing:
    venue = described.venue
    address: Thing = {
        "@type": "PostalAddress",
        "streetAddress": venue.address if venue else "",
        "addressLocality": (venue.city if venue else "") or described.host_city,
        "addressCountry": (venue.country if venue else "") or described.host_country,
    }
    place: Thing = {
        "@type": "Place",
        "name": (venue.name if venue else "") or described.host_city,
        "address": {name: value for name, value in address.items() if value},
    }
    if venue and venue.latitude is not None and venue.longitude is not None:
        place["geo"] = {"@type": "GeoCoordinates", "latitude": venue.latitude, "longitude": venue.longitude}
    return place


def _image(image: ImageView, base_url: str, language: str) -> Thing:
    width, height = fitted(image.width, image.height, SMALL_WITHIN)
    thing: Thing = {
        "@type": "ImageObject",
        "url": base_url + media_path(image.id, image.media_type, small=True),
        "width": width,
        "height": height,
    }
    if alt := words_in(image.alt, language):
        thing["caption"] = alt
    if image.credit:
        thing["creditText"] = image.credit
    return thing


def _organizer(organiser: OrganiserView, edition: EditionView, base_url: str) -> Thing:
    page = organisation_page(base_url, edition, organiser.code, organiser.slug)
    return {"@type": "Organization", "name": organiser.name, "url": page}
