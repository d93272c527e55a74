"""An event's content in rows for a moderator: each field's path, name and value, empty ones left out.

The paths are those of the document (``sessions[0].starts``), as findings and field comments name them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from wmd.domain.changesets import ABSENT, LABELS, Change
from wmd.domain.content import (
    EventContent,
    OrganiserContent,
    PanelContent,
    QuestionContent,
    RegistrationContent,
    SessionContent,
    SpeakerContent,
)
from wmd.domain.findings import N_
from wmd.domain.forms.fields import FIELDS
from wmd.domain.questions import Asked
from wmd.domain.times import UnknownZone, WallTimeError
from wmd.domain.vocabulary import TOOLKIT_TOPICS, YES_NO, OrganiserRole
from wmd.errors import NotPublishableError
from wmd.models import Organisation
from wmd.services.projection import slot_of
from wmd.web import names, words
from wmd.web.asked_words import asked_words
from wmd.web.catalogue import gettext
from wmd.web.organiser.options import FIXED

_KINDS = {
    "activity": "activity", "format": "format", "platform": "platform", "region": "region", "un_region": "un_region",
    "audience": "audience", "sdgs": "sdg",
}  # fmt: skip
#: Values that are a choice of the form, by the field they stand in: the form's list has the words.
_CHOICES = {
    "access": "accesses",
    "access_facts": "yes-no-unknown",
    "urban_october": "yes-no-please",
    "reminders": "reminders",
}
STATUS_WORDS = {"scheduled": N_("takes place"), "postponed": N_("postponed"), "cancelled": N_("cancelled")}
_ORIGINS = {
    "original": N_("original"), "human": N_("translated by a person"), "machine": N_("translated by a machine"),
}  # fmt: skip
_LANGUAGE_FIELDS = frozenset({"spoken", "interpreted", "captioned", "signed", "language"})
_TECHNICAL = frozenset({"id", "key", "code", "uid", "sequence", "created_at", "last_modified_at", "is_demo"})


@dataclass(frozen=True, slots=True)
class Line:
    """One field: its path, what it is called, its value in words; ``lang`` of text in a language of its own."""

    path: str
    label: str
    value: str
    lang: str = ""
    dir: str = ""
    is_link: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """Fields that belong together under a heading."""

    title: str
    lines: tuple[Line, ...]
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What ids and keys in a content stand for."""

    people: Mapping[str, str]
    organisations: Mapping[str, Organisation]
    zone: str
    questions: Mapping[str, Asked] = field(default_factory=dict)


def blocks(content: EventContent, known: Known) -> list[Block]:
    """Return all of a content that says something, in the order of the form."""
    found = []
    for tag in sorted(content.texts, key=lambda one: one != content.language):
        text = content.texts[tag]
        lines = [
            Line(f"texts.{tag}.{name}", gettext(LABELS[name]), getattr(text, name), tag, names.direction(tag))
            for name in ("title", "summary", "description")
            if getattr(text, name)
        ]
        original = gettext(_ORIGINS["original" if tag == content.language else text.origin.value])
        found.append(Block(f"{names.language_name(tag)} ({original})", tuple(lines)))
    for index, session in enumerate(content.sessions):
        found.append(_session(session, index, known))
    plain = [
        Line(one.name, gettext(LABELS.get(one.name, one.name)), value, is_link=value.startswith("https://"))
        for one in fields(EventContent)
        if one.name not in {"texts", "sessions", "review", "answers"} | _TECHNICAL
        and (value := say(getattr(content, one.name), one.name, known))
    ]
    found.append(Block(gettext("The event"), tuple(plain)))
    if content.answers:
        lines = [
            Line(f"answers.{slug}", _question(slug, known), _answer(slug, value, known))
            for slug, value in content.answers.items()
        ]
        found.append(Block(gettext("Answers"), tuple(lines)))
    if content.review is not None:
        lines = [
            Line(f"review.{one.name}", gettext(FIELDS[f"review.{one.name}"].label), value)
            for one in fields(content.review)
            if (value := say(getattr(content.review, one.name), one.name, known))
        ]
        found.append(Block(gettext("For the moderators only"), tuple(lines), is_private=True))
    return [block for block in found if block.lines]


def _session(session: SessionContent, index: int, known: Known) -> Block:
    where = f"sessions[{index}]"
    title, _ = names.best_text(session.title, "en")
    lines = [Line(f"{where}.starts", gettext("When"), when(session, known.zone))]
    if session.time_text:
        lines.append(Line(f"{where}.time_text", gettext("In the organiser's words"), session.time_text))
    if session.status.value != "scheduled":
        lines.append(Line(f"{where}.status", gettext("State"), gettext(STATUS_WORDS[session.status.value])))
    lines += _speakers(session.speakers, where, known)
    for place, panel in enumerate(session.panels):
        at = f"{where}.panels[{place}]"
        lines.append(Line(f"{at}.title", gettext("Panel"), say(panel.title, "title", known)))
        if panel.description:
            lines.append(Line(f"{at}.description", gettext("Description"), say(panel.description, "", known)))
        lines += [
            Line(f"{at}.questions[{number}].text", gettext("Question"), say(question.text, "text", known))
            for number, question in enumerate(panel.questions)
        ]
        lines += _speakers(panel.speakers, at, known)
    number = gettext("Session %(number)d", number=index + 1)
    return Block(f"{number}: {title}" if title else number, tuple(lines))


def _speakers(speakers: tuple[SpeakerContent, ...], where: str, known: Known) -> Iterator[Line]:
    for number, speaker in enumerate(speakers):
        yield Line(f"{where}.speakers[{number}].title", gettext("Speaker"), _speaker(speaker, known))


def _speaker(speaker: SpeakerContent, known: Known) -> str:
    name = known.people.get(speaker.person_id or "", "")
    title, _ = names.best_text(speaker.title, "en")
    return ", ".join(filter(None, (name, title, speaker.organisation))) + f" ({_choice('speaker-roles', speaker.role)})"


def _choice(of: str, value: str) -> str:
    """Return a stored choice in the words of the form."""
    return gettext(FIXED[of].get(str(value), str(value)))


def _question(slug: str, known: Known) -> str:
    """Return the words of an edition's own question; of one that is not asked any more its slug."""
    asked = known.questions.get(slug)
    return names.best_text(asked.label, "en")[0] if asked else slug.replace("-", " ")


def _answer(slug: str, value: str, known: Known) -> str:
    """Return an answer as its question offered it."""
    asked = known.questions.get(slug)
    if asked is not None and value in asked.choices:
        return names.best_text(asked.choices[value], "en")[0]
    return gettext(YES_NO[value]) if asked is not None and asked.kind == "yes-no" and value in YES_NO else value


def when(session: SessionContent, edition_zone: str) -> str:
    """Return a session's time in its own zone and in the edition's, each with its zone; or what is missing."""
    try:
        slot = slot_of(session)
    except (WallTimeError, UnknownZone, NotPublishableError) as error:
        return gettext("cannot be read: %(why)s", why=error)
    if session.all_day:
        return f"{words.day_span(slot.starts_on, slot.ends_on)} ({words.zone_words(session.zone, slot.starts_at)})"
    said = []
    for zone in dict.fromkeys((session.zone, edition_zone)):
        day = words.short_day(words.day_of(slot.starts_at, zone))
        span = words.span(slot.starts_at, slot.ends_at, zone)
        said.append(f"{day} {span} {words.zone_words(zone, slot.starts_at)}")
    return " = ".join(said)


def say(value: Any, name: str, known: Known) -> str:  # noqa: ANN401, PLR0911 -- any value of a content
    """Return a value of a content in words; a blank for what is empty."""
    if value is None or value is ABSENT or value in ("", ()):
        return ""
    if isinstance(value, bool):
        return gettext("yes") if value else ""
    if isinstance(value, tuple | list):
        return "; ".join(filter(None, (say(one, name, known) for one in value)))
    if isinstance(value, Mapping):
        return "; ".join(
            f"{_key(tag, name, known)}: {text}" for tag, one in value.items() if (text := say(one, name, known))
        )
    if isinstance(value, Enum):
        return _coded(str(value.value), name)
    if isinstance(value, datetime | date):
        return value.isoformat(" ", "minutes") if isinstance(value, datetime) else value.isoformat()
    if is_dataclass(value):
        return _part(value, known)
    return _coded(str(value), name)


def _key(key: str, name: str, known: Known) -> str:
    """Return what an entry of a table is called: an access fact, a question, or the language of a text."""
    if name == "access_facts":
        return names.label("access_fact", key)
    return _question(key, known) if name == "answers" else names.language_name(key)


def _coded(value: str, name: str) -> str:  # noqa: PLR0911 -- one answer for each kind of field
    if name in _CHOICES:
        return _choice(_CHOICES[name], value)
    if name == "status":
        return gettext(STATUS_WORDS.get(value, value))
    if name == "origin":
        return gettext(_ORIGINS.get(value, value))
    if name == "topics":
        return gettext(dict(TOOLKIT_TOPICS).get(value, value))
    if name in _LANGUAGE_FIELDS:
        return names.language_name(value)
    if name.endswith("country"):
        return names.country_name(value)
    return names.label(_KINDS[name], value) if name in _KINDS else value


def _part(value: Any, known: Known) -> str:  # noqa: ANN401 -- any part of a content
    if isinstance(value, OrganiserContent):
        row = known.organisations.get(value.key)
        lead = value.role is OrganiserRole.LEAD
        part = gettext("leads it") if lead else _choice("partner-roles", value.role)
        return f"{row.names.get(row.language, value.key) if row else value.key} ({part})"
    if isinstance(value, SpeakerContent):
        return _speaker(value, known)
    if isinstance(value, RegistrationContent):
        private = gettext("a private join link is kept") if value.private_link_id else ""
        opens = [
            gettext(words_, moment=words.moment(at, known.zone))
            for words_, at in ((N_("from %(moment)s"), value.opens_at), (N_("until %(moment)s"), value.closes_at))
            if at is not None
        ]
        here = gettext("people register with us") if value.takes_here else ""
        waits = gettext("no waiting list") if value.no_waiting_list else ""
        asked = [gettext("asked: %(question)s", question=asked_words(each)) for each in value.questions]
        state = _choice("registration-states", value.state)
        return ", ".join(filter(None, (state, *opens, value.url, private, here, waits, *asked)))
    if isinstance(value, QuestionContent | PanelContent):
        return say(value.text if isinstance(value, QuestionContent) else value.title, "", known)
    if isinstance(value, SessionContent):
        title, _ = names.best_text(value.title, "en")
        return " – ".join(filter(None, (title, when(value, known.zone))))
    shown = (say(getattr(value, one.name), one.name, known) for one in fields(value) if one.name not in _TECHNICAL)
    return "; ".join(filter(None, shown))


def _whole(panel: PanelContent, known: Known) -> str:
    """Return all of a panel that comes or goes: its title, what it is about, its questions and its people."""
    parts = (panel.title, panel.description, *(question.text for question in panel.questions), *panel.speakers)
    return "\n".join(filter(None, (say(part, "", known) for part in parts)))


def describe(change: Change, known: Known) -> tuple[str, str]:
    """Return a change's two sides in words."""
    if change.path.endswith(".time"):
        return tuple(_times(side, change.names, known) for side in (change.before, change.after))  # type: ignore[return-value]
    name = change.path.rpartition(".")[2]
    sides = []
    for side in (change.before, change.after):
        if len(change.names) > 1:
            parts = (say(one, field, known) for one, field in zip(side, change.names, strict=True))
            sides.append("; ".join(filter(None, parts)))
        elif isinstance(side, PanelContent):
            sides.append(_whole(side, known))
        else:
            sides.append(say(side, name, known))
    return sides[0], sides[1]


def _times(side: tuple[Any, ...], field_names: tuple[str, ...], known: Known) -> str:
    return when(SessionContent(id="", **dict(zip(field_names, side, strict=True))), known.zone)
