"""The fields of the form as one table, and what an edition makes of it.

A field is named by its path in the content document (``texts.en.title``, ``sessions[0].zone``), so that a finding about
the content lands beside it. In a pattern ``[]`` stands for a number and ``*`` for a key: ``sessions[].zone``,
``texts.*.title``. What an organiser is asked for follows the forms of comparable campaigns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from wmd.domain.findings import N_


class Need(StrEnum):
    """When a field must be filled: to hand in, before it can be published, or never."""

    REQUIRED = "required"
    TO_PUBLISH = "to-publish"
    OPTIONAL = "optional"


class Section(NamedTuple):
    """One headed part of the form."""

    slug: str
    title: str
    lead: str = ""


SECTIONS: tuple[Section, ...] = (
    Section("organisation", N_("Your organisation")),
    Section("contact", N_("How we reach you"), N_("Only the organisers of World Metropolitan Day see this.")),
    Section("texts", N_("The event in words")),
    Section("about", N_("What it is about")),
    Section("when", N_("When")),
    Section("way-in", N_("Where, and how people take part")),
    Section("languages", N_("Languages and access")),
    Section("partners", N_("Together with"), N_("We ask each of them by mail before we show its name.")),
    Section("picture", N_("Picture")),
    Section("questions", N_("A few questions of this edition")),
    Section("review", N_("For the team"), N_("Never published.")),
    Section("declarations", N_("To finish")),
)


@dataclass(frozen=True, slots=True)
class FormField:
    """One field: ``control`` says how it is drawn, ``options`` which list of choices it offers.

    Controls: text, textarea, email, tel, url, number, date, time, select, radio, many (several check boxes), checkbox,
    hidden, and named: a typed name, proposed by one long list for the whole page and kept as a code. A field ``folded``
    stands among those that may be left out.
    """

    pattern: str
    section: str
    control: str
    label: str
    hint: str = ""
    need: Need = Need.OPTIONAL
    options: str = ""
    folded: bool = False


_R, _P = Need.REQUIRED, Need.TO_PUBLISH


def _f(
    pattern: str,
    control: str,
    label: str,
    hint: str = "",
    *,
    need: Need = Need.OPTIONAL,
    options: str = "",
    folded: bool = False,
) -> tuple[str, str, str, str, Need, str, bool]:
    return pattern, control, label, hint, need, options, folded


def _people(path: str) -> tuple[tuple[str, str, str, str, Need, str, bool], ...]:
    """Return the fields of a person in a session or panel."""
    return (
        _f(f"{path}.id", "hidden", ""),
        _f(f"{path}.name", "text", N_("Name")),
        _f(f"{path}.title", "text", N_("Role title"), N_("Such as “Mayor of …”.")),
        _f(f"{path}.organisation", "text", N_("Organisation")),
        _f(f"{path}.role", "select", N_("Part"), options="speaker-roles"),
        _f(f"{path}.consent", "checkbox", N_("This person knows that the name will be published"),
           N_("Without it we show only the role title.")),
    )  # fmt: skip


_TABLE = {
    "organisation": (
        _f("organisation.key", "select", N_("For which organisation?"), options="organisations"),
        _f("organisation.name", "text", N_("Name"), N_("As it should be shown, in its own language."), need=_R),
        _f("organisation.name_en", "text", N_("Name in English"), N_("If it has one."), folded=True),
        _f("organisation.acronym", "text", N_("Acronym"), folded=True),
        _f("organisation.kind", "select", N_("What kind of organisation is it?"), need=_R, options="kinds"),
        _f("organisation.city", "text", N_("City"), need=_R),
        _f("organisation.country", "named", N_("Country"), N_("In English, or as it is called there."), need=_R,
           options="countries"),
        _f("organisation.region", "select", N_("Region"), need=_R, options="regions"),
        _f("organisation.website", "url", N_("Website"), folded=True),
        _f(
            "organisation.public_email", "email", N_("Public mail address"),
            N_("The team gives it to people with questions. It is not shown on your page."), folded=True,
        ),
        _f("organisation.social", "text", N_("Social media"), N_("Addresses of pages, with blanks between."),
           folded=True),
        _f(
            "organisation.is_member", "radio", N_("Is it a member of Metropolis?"), options="yes-no-unsure",
            folded=True,
        ),
    ),
    "contact": (
        _f("contact.name", "text", N_("Your name"), need=_R),
        _f("contact.address", "email", N_("Your mail address"), N_("We write to you here, and nowhere else."), need=_R),
        _f("contact.role_title", "text", N_("Your role"), N_("Such as “Head of international relations”."), need=_R),
        _f("contact.phone", "tel", N_("Telephone"), N_("Only for the days around the event."), folded=True),
        _f("contact.language", "select", N_("In which language shall we write?"), options="mail-languages",
           folded=True),
        _f("contact.zone", "named", N_("In which city are you?"), N_("Times in our mails are those of its clock."),
           options="zones", folded=True),
        _f("contact2.name", "text", N_("A second person: name"), N_("Who answers when you are away."), folded=True),
        _f("contact2.address", "email", N_("A second person: mail address"), folded=True),
    ),
    "texts": (
        _f("language", "named", N_("In which language do you write this?"),
           N_("You can add other languages below."), need=_R, options="languages"),
        _f("texts.*.title", "text", N_("Title"), N_("At most 120 characters."), need=_R),
        _f("texts.*.summary", "text", N_("One line about it"), N_("For lists and cards: at most 160 characters."),
           need=_P),
        _f("texts.*.description", "textarea", N_("Description"),
           N_("50 to 500 words: what happens, for whom, and why it is worth an hour. Leave a line empty to begin a "
              "new paragraph."), need=_R),
        _f("texts.*.origin", "hidden", ""),
        _f("new_language", "named", N_("Another language"), options="languages"),
    ),
    "about": (
        _f("activity", "select", N_("What kind of event is it?"), need=_R, options="activities"),
        _f("topics", "many", N_("Topics"), N_("Choose up to three."), need=_R, options="topics"),
        _f("review.theme_fit", "textarea", N_("How does it fit the theme?"),
           N_("One or two sentences for the team; not published."), need=_R),
        _f("sdgs", "many", N_("Sustainable Development Goals"), N_("The main ones, up to three."), need=_R,
           options="sdgs"),
        _f("audience", "many", N_("Whom is it for?"), options="audiences", folded=True),
        _f("series", "select", N_("Part of a series"), options="series", folded=True),
        _f("hashtags", "text", N_("Hashtags"), N_("With blanks between."), folded=True),
    ),
    "when": (
        _f("sessions[].id", "hidden", ""),
        _f("sessions[].to_confirm", "checkbox", N_("The date is still to be confirmed")),
        _f("sessions[].all_day", "checkbox", N_("Whole days, without times")),
        _f("sessions[].date", "date", N_("Day"), need=_R),
        _f("sessions[].starts", "time", N_("Starts"), N_("On the clock of the city that you name below."), need=_R),
        _f("sessions[].ends", "time", N_("Ends"), need=_R),
        _f("sessions[].ends_date", "date", N_("Ends on another day"), N_("Only if it does.")),
        _f("sessions[].zone", "named", N_("Whose clock counts? Name the city."),
           N_("A large city with the same clock will do."), need=_R, options="zones"),
        _f("sessions[].title", "text", N_("Title of this session"), N_("Only if there are several.")),
        _f("sessions[].time_text", "text", N_("The time as you announce it"),
           N_("Such as “15:00 CET”. We compare the two and tell you if they disagree.")),
        _f("sessions[].time_confirmed", "checkbox", N_("Yes, the time and the city above are right")),
        *_people("sessions[].speakers[]"),
        _f("sessions[].panels_asked", "hidden", ""),
        _f("sessions[].panels[].id", "hidden", ""),
        _f("sessions[].panels[].title.*", "text", N_("Title of the panel")),
        _f("sessions[].panels[].description.*", "textarea", N_("What it is about")),
        _f("sessions[].panels[].questions.*", "textarea", N_("Guiding questions"), N_("One on each line.")),
        *_people("sessions[].panels[].speakers[]"),
    ),
    "way-in": (
        _f("format", "radio", N_("How do people take part?"), need=_R, options="formats"),
        _f("access", "radio", N_("Who may take part?"), need=_R, options="accesses"),
        _f("registration.url", "url", N_("Registration page"),
           N_("The page where people sign up, not the link into the room."), need=_P),
        _f("registration.sign_up_asked", "hidden", ""),
        _f("registration.with_us", "checkbox", N_("Let people register here"),
           N_("If you have no registration page: we keep the list, run a waiting list when the places run out, remind "
              "people, and give each their own way in. A join link without a registration page means the same.")),
        _f("registration.state", "select", N_("Registration"), options="registration-states"),
        _f("registration.closes_on", "date", N_("Registration closes on"), N_("The last day to register.")),
        _f("registration.closes_time", "time", N_("Registration closes at"),
           N_("On the clock of the first session; empty: the end of that day.")),
        _f("registration.no_waiting_list", "checkbox", N_("No waiting list"),
           N_("Where people register here: when all places are taken, it is full."), folded=True),
        _f("registration.questions[].id", "hidden", ""),
        _f("registration.questions[].label", "text", N_("Question")),
        _f("registration.questions[].kind", "select", N_("How is it answered?"), options="sign-up-kinds"),
        _f("registration.questions[].choices", "textarea", N_("Answers to choose from"),
           N_("Only where one of several answers is to be chosen: each answer on a line of its own.")),
        _f("registration.questions[].required", "checkbox", N_("Everybody must answer it")),
        _f("registration.join_link", "url", N_("Join link"),
           N_("If you have no registration page: the link into the room. We keep it encrypted and never show it; "
              "people sign up with us."), folded=True),
        _f("registration.forget_link", "checkbox", N_("Forget the join link that is kept"), folded=True),
        _f("platform", "select", N_("Platform"), options="platforms"),
        _f("web_url", "url", N_("Page of the event"), folded=True),
        _f("stream_url", "url", N_("Live stream"), folded=True),
        _f("recording_url", "url", N_("Recording"), folded=True),
        _f("cost", "text", N_("Cost"), N_("Leave it empty if it is free."), folded=True),
        _f("capacity", "number", N_("Places"), N_("Leave it empty if there is no limit."), folded=True),
        _f("reminders", "many", N_("When shall those who attend be reminded?"),
           N_("Leave it empty for the usual times: mostly a day and an hour before, when it begins, and afterwards. "
              "Attendees may choose for themselves."), options="reminders", folded=True),
        _f("host_city", "text", N_("City that hosts it"), N_("If it is not your organisation’s."), folded=True),
        _f("host_country", "named", N_("Country that hosts it"), N_("If it is not your organisation’s."),
           options="countries", folded=True),
        _f("region", "select", N_("Region it belongs to"), N_("If it is not your organisation’s."), options="regions",
           folded=True),
        _f("un_region", "select", N_("Region of UN-Habitat"), options="un-regions", folded=True),
        _f("venue.name", "text", N_("Venue"), folded=True),
        _f("venue.address", "textarea", N_("Address of the venue"), folded=True),
        _f("venue.city", "text", N_("City of the venue")),
        _f("venue.country", "named", N_("Country of the venue"), options="countries", folded=True),
        _f("venue.latitude", "text", N_("Latitude"), N_("Such as 41.3874."), folded=True),
        _f("venue.longitude", "text", N_("Longitude"), N_("Such as 2.1686."), folded=True),
    ),
    "languages": (
        _f("spoken", "many", N_("Spoken languages"), need=_R, options="common-languages"),
        _f("interpreted", "many", N_("Interpretation into"), options="common-languages", folded=True),
        _f("captioned", "many", N_("Live captions in"), options="common-languages", folded=True),
        _f("signed", "many", N_("Sign languages"), options="sign-languages", folded=True),
        _f("spoken_more", "text", N_("Other spoken languages"), N_("Their names, with commas between.")),
        _f("access_facts.*", "select", N_("Access"), options="yes-no-unknown", folded=True),
        _f("access_note", "textarea", N_("More about access, or whom to ask"), folded=True),
    ),
    "partners": (
        _f("organisers[].key", "hidden", ""),
        _f("organisers[].name", "text", N_("Organisation"), need=_R),
        _f("organisers[].role", "select", N_("Part"), options="partner-roles"),
        _f("organisers[].address", "email", N_("Mail address of a person there"),
           N_("We ask this person to confirm.")),
    ),
    "picture": (
        _f("image.id", "hidden", ""),
        _f("image.alt", "text", N_("What the picture shows"), N_("For people who cannot see it.")),
        _f("image.credit", "text", N_("Whom the picture is from")),
    ),
    "questions": (_f("answers.*", "text", N_("Answer")),),
    "review": (
        _f("review.outcomes", "textarea", N_("What do you hope comes out of it?"), folded=True),
        _f("review.expected", "number", N_("How many people do you expect?"), folded=True),
        _f("review.urban_october", "radio", N_("Is it registered with Urban October?"), options="yes-no-please",
           folded=True),
        _f("review.women", "number", N_("Women on the panels"), N_("If you give no names yet."), folded=True),
        _f("review.men", "number", N_("Men on the panels"), folded=True),
        _f("review.others", "number", N_("Others on the panels"), folded=True),
        _f("review.not_stated", "number", N_("Not stated"), folded=True),
        _f("review.note", "textarea", N_("Anything else we should know?"), folded=True),
        _f("late_note", "textarea", N_("Why is it late?"), N_("The deadline has passed; a word of why helps us.")),
    ),
    "declarations": (
        _f("declarations.*", "checkbox", ""),
        _f("news", "checkbox", N_("Send me news of World Metropolitan Day"),
           N_("A few mails a year; you can stop them at any time.")),
    ),
}  # fmt: skip

FIELDS: Mapping[str, FormField] = {
    row[0]: FormField(row[0], section, *row[1:]) for section, rows in _TABLE.items() for row in rows
}

#: Declarations in the order they are asked, in today's words; an edition counts the versions of its own.
DECLARATIONS: Mapping[str, str] = {
    "free": N_("The event is free of charge, or its cost is stated, and it sells nothing."),
    "open": N_("It is open to everybody it is announced for, without discrimination."),
    "responsible": N_("We are responsible for content and costs; being listed is no endorsement."),
    "rights": N_("We may use the pictures and texts, and the speakers know that they are announced."),
    "privacy": N_("I have read the privacy notice."),
    "changes": N_("We will say here when something changes or the event is cancelled."),
    "report": N_("We will send a short report within 14 days of the event."),
}

#: Fields whose several values stand in one typed text, one on each line.
MANY = frozenset(pattern for pattern, field in FIELDS.items() if field.control == "many")

#: Fields in which a country, a language or a city is typed by its name.
NAMED = frozenset(pattern for pattern, field in FIELDS.items() if field.control == "named")

#: A finding about a part of the content that is typed elsewhere.
ALIASES: Mapping[str, str] = {
    "sessions[].starts_on": "sessions[].date",
    "sessions[].ends_on": "sessions[].ends_date",
    "organisation.names": "organisation.name",
    "organisation.language": "language",
    "registration": "registration.url",
    "registration.closes_at": "registration.closes_on",
    "venue": "venue.city",
    "texts": "language",
    # Words in no language of the event: beside the heading of their panel.
    "sessions[].panels[].title": "sessions[].panels[]",
    "sessions[].panels[].description": "sessions[].panels[]",
    "sessions[].panels[].questions[].text": "sessions[].panels[]",
}

_NUMBER = re.compile(r"\[(\d{1,6})\]")
_KEYED = ("texts", "access_facts", "answers", "declarations")
_PANEL_WORDS = re.compile(r"(sessions\[\]\.panels\[\]\.(?:title|description|questions))\.[^.\[\]]+")
_QUESTION = re.compile(r"(sessions\[\d+\]\.panels\[\d+\]\.questions)\[\d+\]\.text\.([^.\[\]]+)")


def pattern_of(name: str) -> str:
    """Return the pattern of a field's name: ``sessions[3].zone`` is ``sessions[].zone``."""
    pattern = _NUMBER.sub("[]", name)
    first, dot, rest = pattern.partition(".")
    if first in _KEYED and dot:
        _, dot, tail = rest.partition(".")
        return f"{first}.*{dot}{tail}"
    words = _PANEL_WORDS.fullmatch(pattern)
    return f"{words[1]}.*" if words else pattern


def is_field(name: str) -> bool:
    """Whether the form has a field of this name: whatever else is posted is not looked at."""
    return pattern_of(name) in FIELDS


def _typed_as(where: str) -> str:
    """Return the path of a finding with what is typed elsewhere replaced."""
    if question := _QUESTION.fullmatch(where):
        # All questions of a panel in one language are typed in one field.
        return f"{question[1]}.{question[2]}"
    numbers = _NUMBER.findall(where)
    pattern = pattern_of(where) if where.partition(".")[0] not in _KEYED else where
    if pattern.startswith("organisation.names."):
        pattern = "organisation.names"
    if pattern not in ALIASES:
        return where
    typed = ALIASES[pattern]
    for number in numbers:
        typed = typed.replace("[]", f"[{number}]", 1)
    return typed


def field_of(where: str) -> str:
    """Return the field that a finding about ``where`` in the content stands beside: the nearest one above it.

    A part without a field of its own (a whole session, all texts) is its own anchor: its heading.
    """
    where = _typed_as(where)
    path = where
    while path:
        if is_field(path):
            return path
        shorter = max(path.rfind("."), path.rfind("["))
        path = path[:shorter] if shorter > 0 else ""
    return where


#: Without these there is nothing to look at; what publishing needs besides is checked when it is published.
_NEEDED_FROM_STAFF = frozenset({"language", "texts.*.title", "organisers[].name", "format", "access"})


@dataclass(frozen=True, slots=True)
class FieldSettings:
    """What an edition made of the optional fields: a pattern and ``hidden``, ``shown`` or ``required``.

    What must always be filled cannot be hidden; a setting for it is not heard. ``for_staff``: who mends somebody
    else's event sees every field and is not asked for what its organiser alone can answer.
    """

    states: Mapping[str, str]
    for_staff: bool = False

    def is_shown(self, pattern: str) -> bool:
        """Whether the edition asks for this field at all."""
        field = FIELDS[pattern]
        return self.for_staff or field.need is not Need.OPTIONAL or self.states.get(pattern) != "hidden"

    def is_required(self, pattern: str) -> bool:
        """Whether it must be filled to hand in."""
        field = FIELDS[pattern]
        if self.for_staff:
            return pattern in _NEEDED_FROM_STAFF
        return field.need is Need.REQUIRED or self.states.get(pattern) == "required"
