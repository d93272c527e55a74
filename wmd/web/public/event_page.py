"""What an event page shows: a pure function of the programme, the viewer and the instant of looking."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from wmd.domain.agenda import State, next_change, related, state_of
from wmd.domain.change_notes import fresh_changes, note_of_event
from wmd.domain.exports import jsonld
from wmd.domain.following import standing_of
from wmd.domain.ical import deeplinks
from wmd.domain.index import Index
from wmd.domain.programme import (
    AnswerView,
    EventView,
    PanelView,
    Programme,
    SessionView,
    SpeakerView,
    TextView,
    VenueView,
)
from wmd.domain.status import NOTHING, EventStatus
from wmd.domain.vocabulary import YES_NO, Answer, OrganiserRole, SessionStatus, SpeakerRole
from wmd.web import names
from wmd.web.catalogue import gettext
from wmd.web.markdown import to_html
from wmd.web.public import addresses
from wmd.web.public.changelog import change_item, change_items
from wmd.web.public.pictures import PictureItem, picture_item
from wmd.web.public.rows import Eyes, earliest, organiser_name, positions_of, row_items, state_item, tagged
from wmd.web.public.ticket import Ticket, main_session, ticket_of, time_items

_RELATED = 4
_CHANGES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class EventPage:
    """What an event page shows, in the order of the page; ``called_off`` when a note says that all of it is off."""

    ticket: Ticket
    notes: list[dict[str, str]]
    reason: dict[str, str] | None
    called_off: bool
    is_ahead: bool
    description: Markup
    lang: str
    dir: str
    translation_note: str
    original: dict[str, Any] | None
    sessions: list[dict[str, Any]]
    organisers: list[dict[str, str]]
    languages: list[dict[str, str]]
    access: list[dict[str, str]]
    practical: list[dict[str, str]]
    venue: dict[str, str] | None
    links: list[dict[str, str]]
    calendar: list[dict[str, Any]]
    related: list[dict[str, Any]]
    changes: list[dict[str, Any]]
    changed: dict[str, Any] | None
    valid_until: datetime | None
    jsonld: Markup
    image: PictureItem | None
    answers: list[dict[str, str]]


def event_model(
    programme: Programme, index: Index, event: EventView, eyes: Eyes, base_url: str, status: EventStatus = NOTHING
) -> EventPage:
    """Return the page of an event for a viewer at an instant; ``base_url`` has no final slash."""
    text = event.text(eyes.language)
    foreign = text.language != eyes.language
    ticket = ticket_of(event, programme, eyes, status)
    others = related(index, event, eyes.now, _RELATED)
    data = jsonld.dumps(jsonld.event(event, event.sessions, programme.edition, base_url, language=eyes.language))
    return EventPage(
        ticket=ticket,
        notes=_notes(event),
        reason=_reason(event, eyes.language),
        is_ahead=standing_of(event, eyes.now) == "ahead",
        called_off=ticket.off and len({session.status for session in event.sessions}) == 1,
        description=to_html(text.description),
        lang=text.language if foreign else "",
        dir=names.direction(text.language) if foreign else "",
        translation_note=_translation_note(event, text, eyes.language),
        original=_original(event, text, eyes.language),
        sessions=[_session(event, session, eyes) for session in event.sessions],
        organisers=_organisers(programme, event, eyes.language),
        languages=_languages(event, eyes.language),
        access=_access(event),
        practical=_practical(event, eyes.language),
        venue=_venue(event.venue, eyes.language) if event.venue else None,
        links=_links(event, eyes.now),
        calendar=calendar_links(event, main_session(event, eyes.now), text, base_url),
        related=row_items(programme, positions_of(programme, others), eyes, dated=True),
        changes=_changes(programme, event, eyes),
        changed=_changed(programme, event, eyes),
        valid_until=earliest(
            ticket.valid_until, *(next_change(session, eyes.now) for other in others for session in other.sessions)
        ),
        jsonld=Markup(data),  # noqa: S704 -- dumps() escapes what could end the script element
        image=picture_item(event.image, event.language, eyes.language) if event.image else None,
        answers=_answers(event, eyes.language),
    )


def _notes(event: EventView) -> list[dict[str, str]]:
    """Return what must be seen before anything else: cancelled or postponed, wholly or in part."""
    states = [session.status for session in event.sessions]
    notes = []
    for status, whole, part in (
        (
            SessionStatus.CANCELLED,
            gettext("This event has been cancelled."),
            gettext("Part of this event has been cancelled: see its sessions below."),
        ),
        (
            SessionStatus.POSTPONED,
            gettext("This event has been postponed. Its new time is not known yet; the old one no longer holds."),
            gettext("Part of this event has been postponed: see its sessions below."),
        ),
    ):
        if status in states:
            notes.append({"kind": "off", "text": whole if all(each is status for each in states) else part})
    return notes


def _changed(programme: Programme, event: EventView, eyes: Eyes) -> dict[str, Any] | None:
    """Return the newest change that people are told of, with before and after, as long as it is new."""
    change = note_of_event(fresh_changes(programme, eyes.now), event, eyes.now)
    return change_item(change, programme, eyes.zone, eyes.language) if change else None


def _reason(event: EventView, language: str) -> dict[str, str] | None:
    """Return the organiser's words on what is cancelled or postponed, in the reader's language if they exist."""
    if not event.public_reason or all(each.status is SessionStatus.SCHEDULED for each in event.sessions):
        return None
    words, tag = names.best_text(event.public_reason, language, event.language)
    return {"text": words, "lang": tag, "dir": names.direction(tag)}


def _translation_note(event: EventView, text: TextView, language: str) -> str:
    original = names.language_name(event.language, language)
    if text.language != language:
        wanted = names.language_name(language, language)
        return gettext(
            "Not translated into %(language)s. Original in %(original)s.", language=wanted, original=original
        )
    if text.origin == "machine":
        return gettext("Translated by a machine. Original in %(original)s.", original=original)
    if text.origin == "human":
        return gettext("Translation. Original in %(original)s.", original=original)
    return ""


def _original(event: EventView, text: TextView, language: str) -> dict[str, Any] | None:
    """Return the organiser's own words when another language is shown."""
    if text.language == event.language:
        return None
    own = event.original
    return {
        "heading": gettext("Original in %(language)s", language=names.language_name(own.language, language)),
        "title": own.title,
        "summary": own.summary,
        "description": to_html(own.description),
        "lang": own.language,
        "dir": names.direction(own.language),
    }


def _session(event: EventView, session: SessionView, eyes: Eyes) -> dict[str, Any]:
    mine, others = time_items(event, session, eyes, every_day=True)
    title, tag = names.best_text(session.title, eyes.language, event.language)
    state = state_of(session, eyes.now)
    return {
        "code": session.code,
        "title": title,
        "lang": tag if tag != eyes.language else "",
        "dir": names.direction(tag) if tag and tag != eyes.language else "",
        "mine": mine,
        "others": others,
        "state": {"kind": "ended", "label": gettext("Ended")} if state == "ended" else _mark(state, event),
        "off": state in {"cancelled", "postponed"},
        "panels": [_panel(event, panel, eyes.language) for panel in session.panels],
        "speakers": _speakers(session.speakers, event, eyes.language),
        "download": addresses.download(session.code),
    }


def _mark(state: State, event: EventView) -> dict[str, str] | None:
    """Return the mark of one session among several: that the event leads the edition stands above them all."""
    found = state_item(state, event)
    return found if found and found["kind"] != "lead" else None


def _panel(event: EventView, panel: PanelView, language: str) -> dict[str, Any]:
    title, tag = names.best_text(panel.title, language, event.language)
    described, _ = names.best_text(panel.description, language, event.language)
    questions = [names.best_text(question, language, event.language) for question in panel.questions]
    return {
        "title": title,
        "lang": tag if tag != language else "",
        "dir": names.direction(tag) if tag and tag != language else "",
        "description": to_html(described) if described else "",
        "questions": [
            {
                "text": words_,
                "lang": tag_ if tag_ != language else "",
                "dir": names.direction(tag_) if tag_ != language else "",
            }
            for words_, tag_ in questions
        ],
        "speakers": _speakers(panel.speakers, event, language),
    }


def _speakers(speakers: Iterable[SpeakerView], event: EventView, language: str) -> list[dict[str, str]]:
    roles = {SpeakerRole.MODERATOR: gettext("Moderator"), SpeakerRole.OPENING: gettext("Opening")}
    return [
        {
            "name": speaker.name,
            "title": tagged(*names.best_text(speaker.title, language, event.language), language),
            # An organisation is named once, in the language the event was written in.
            "organisation": tagged(speaker.organisation, event.language, language),
            "role": roles.get(speaker.role, ""),
        }
        for speaker in speakers
    ]


def _organisers(programme: Programme, event: EventView, language: str) -> list[dict[str, str]]:
    roles = {OrganiserRole.CO: gettext("Co-organiser"), OrganiserRole.SUPPORTER: gettext("With the support of")}
    found = []
    for organiser in event.organisers:
        name, tag, original, own = organiser_name(organiser, programme, language)
        known = programme.organisations.get(organiser.code)
        slug = known.slug if known else organiser.slug
        found.append(
            {
                "url": addresses.organisation(programme.edition.slug, organiser.code, slug),
                "name": tagged(name, tag, language),
                "original": tagged(original, own, language),
                "role": roles.get(organiser.role, ""),
                "kind": names.label("organiser", organiser.kind),
            }
        )
    return found


def _listed(items: Iterable[str]) -> str:
    """Return several values as a list in HTML, or a blank for none."""
    lines = Markup("").join(Markup("<li>{}</li>").format(item) for item in items)
    return Markup("<ul>{}</ul>").format(lines) if lines else ""


def _fact(title: str, value: str) -> dict[str, str]:
    return {"title": title, "value": value}


def _languages(event: EventView, language: str) -> list[dict[str, str]]:
    """Return languages as separate facts; what nobody said is left out, never guessed."""
    facts = (
        (gettext("Spoken"), event.spoken),
        (gettext("Interpretation into"), event.interpreted),
        (gettext("Live captions in"), event.captioned),
        (gettext("Sign language"), event.signed),
    )
    return [_fact(title, ", ".join(names.language_names(tags, language))) for title, tags in facts if tags]


def _access(event: EventView) -> list[dict[str, str]]:
    answers = {Answer.YES: gettext("Yes"), Answer.NO: gettext("No"), Answer.UNKNOWN: gettext("Not known yet")}
    facts = [
        _fact(names.label("access_fact", fact), answers[answer])
        for fact, answer in event.access_facts.items()
        if answer is not Answer.UNKNOWN
    ]
    return facts + ([_fact(gettext("About access"), event.access_note)] if event.access_note else [])


def _practical(event: EventView, language: str) -> list[dict[str, str]]:
    place = ", ".join(
        filter(None, (event.host_city, names.country_name(event.host_country, language) if event.host_country else ""))
    )
    facts = [
        _fact(gettext("What"), names.label("activity", event.activity)),
        _fact(gettext("How"), names.label("format", event.format.value)),
        _fact(gettext("On"), names.label("platform", event.platform) if event.platform else ""),
        _fact(gettext("Hosted in"), place),
        _fact(gettext("Cost"), event.cost or gettext("Free")),
        _fact(gettext("For"), ", ".join(names.label("audience", each) for each in event.audience)),
        _fact(gettext("Places"), str(event.capacity) if event.capacity else ""),
        _fact(gettext("Region"), names.label("region", event.region)),
        _fact(
            gettext("Sustainable Development Goals"),
            _listed(f"{number}. {names.label('sdg', number)}" for number in event.sdgs),
        ),
        _fact(gettext("Hashtags"), " ".join(f"#{tag.removeprefix('#')}" for tag in event.hashtags)),
    ]
    return [fact for fact in facts if fact["value"]]


def _answers(event: EventView, language: str) -> list[dict[str, str]]:
    """Return the public answers to the edition's questions, each in the language it was given in."""
    found = []
    for answer in event.answers:
        label, tag = names.best_text(answer.label, language, "en")
        bare = answer.words.get("", "")
        value = gettext(YES_NO.get(bare, bare)) if bare else tagged(*_spoken(answer, event, language), language)
        found.append({"title": tagged(label, tag, language), "value": value})
    return found


def _spoken(answer: AnswerView, event: EventView, language: str) -> tuple[str, str]:
    return names.best_text(answer.words, language, event.language)


def _venue(venue: VenueView, language: str) -> dict[str, str]:
    country = names.country_name(venue.country, language) if venue.country else ""
    where = ""
    if venue.latitude is not None and venue.longitude is not None:
        at = f"{venue.latitude:.5f}/{venue.longitude:.5f}"
        pin = f"mlat={venue.latitude:.5f}&mlon={venue.longitude:.5f}"
        where = f"https://www.openstreetmap.org/?{pin}#map=17/{at}"
    lines = [venue.address, ", ".join(filter(None, (venue.city, country)))]
    return {"name": venue.name, "address": "\n".join(filter(None, lines)), "map": where}


def _links(event: EventView, now: datetime) -> list[dict[str, str]]:
    """Return where else an event is to be found; a recording is one only when something has taken place."""
    taken_place = any(each.status is SessionStatus.SCHEDULED and each.ends_at <= now for each in event.sessions)
    pairs = (
        (gettext("Recording"), event.recording_url if taken_place else ""),
        (gettext("Live stream"), event.stream_url),
        (gettext("The organisers’ page"), event.web_url),
    )
    return [{"label": label, "url": url} for label, url in pairs if url.startswith(("https://", "http://"))]


def calendar_links(event: EventView, session: SessionView, text: TextView, base_url: str) -> list[dict[str, Any]]:
    """Return where the session can be put: four web calendars and the file; nothing when it is off.

    What is over can still be put there: people keep their calendars as a record.
    """
    if session.status is not SessionStatus.SCHEDULED:
        return []
    page = base_url + addresses.short(event.code)
    part, _ = names.best_text(session.title, text.language, event.language)
    title = f"{text.title} – {part}" if part and len(event.sessions) > 1 and part != text.title else text.title
    details = "\n\n".join(filter(None, (text.summary, page)))
    venue = event.venue
    location = ", ".join(filter(None, (venue.name, venue.address, venue.city))) if venue else page
    makers = (
        (gettext("Google Calendar"), deeplinks.google),
        (gettext("Outlook.com"), deeplinks.outlook),
        (gettext("Microsoft 365"), deeplinks.office365),
        (gettext("Yahoo"), deeplinks.yahoo),
    )
    links: list[dict[str, Any]] = [
        {"label": label, "url": make(event, session, title=title, details=details, location=location)}
        for label, make in makers
    ]
    file = {
        "label": gettext("Apple and others"),
        "note": gettext(".ics file"),
        "url": addresses.download(event.code),
        "download": True,
    }
    return [*links, file]


def _changes(programme: Programme, event: EventView, eyes: Eyes) -> list[dict[str, Any]]:
    own = [change for change in programme.changes if change.event_code == event.code]
    own.sort(key=lambda change: (change.at, change.id), reverse=True)
    return change_items(own[:_CHANGES_SHOWN], programme, eyes.zone, eyes.language)
