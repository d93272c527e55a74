"""What was typed, as a flat mapping from a field's name to its text, and what the buttons of the form do to it.

A field with several values (topics, languages) holds them one on each line. The mapping is bounded: what does not fit
is said in a finding, and what was typed is kept as far as it fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from wmd.domain.content import EditionContent
from wmd.domain.documents.field_rules import error
from wmd.domain.documents.sign_up_rules import MOST_QUESTIONS as MOST_SIGN_UP_QUESTIONS
from wmd.domain.findings import N_, Finding
from wmd.domain.forms.fields import MANY, is_field, pattern_of
from wmd.domain.forms.named import code_of

Typed = Mapping[str, str]

MOST_FIELDS = 10_000
MOST_SESSIONS = 100
MOST_SPEAKERS = 60
MOST_PANELS = 20
MOST_QUESTIONS = 30
MOST_LANGUAGES = 12
MOST_PARTNERS = 30
#: Kept of one field: far more than any may have, so that a person can shorten it.
LONGEST_KEPT = 200_000
#: Kept of all fields together.
MOST_KEPT = 2_000_000

_INDEX = re.compile(r"\[(\d{1,6})\]")
_ACTION = re.compile(r"(add|remove|up|down)-([a-z]+)(?:-([A-Za-z0-9-]{1,40}))?")
_PANEL_WORDS = re.compile(r"(sessions\[\d{1,6}\]\.panels\[\d{1,6}\]\.(?:title|description|questions)\.)(.+)")
#: How many numbers name the part that a button's part stands in, and where its group is.
_GROUPS: Mapping[str, tuple[int, str]] = {
    "session": (0, "sessions"),
    "organiser": (0, "organisers"),
    "question": (0, "registration.questions"),
    "speaker": (1, "sessions[{}].speakers"),
    "panel": (1, "sessions[{}].panels"),
    "panelist": (2, "sessions[{}].panels[{}].speakers"),
}


def collect(pairs: Iterable[tuple[str, str]]) -> tuple[dict[str, str], list[Finding]]:
    """Return what was typed from the pairs of a posted form; names that are no field are not looked at.

    Line ends become a line feed. NUL and halves of surrogate pairs, which no database stores, are left out.
    """
    typed: dict[str, str] = {}
    findings: list[Finding] = []
    room = MOST_KEPT
    for name, raw in pairs:
        if not is_field(name):
            continue
        if name not in typed and len(typed) >= MOST_FIELDS:
            text = N_("The form holds more than {most} fields; the others could not be kept.")
            findings.append(error("form.fields", "", text, most=MOST_FIELDS))
            break
        value = _storable(raw)
        kept = value[: min(LONGEST_KEPT, room)]
        if len(kept) < len(value):
            text = N_("This has {length} characters. Only the first {kept} could be kept.")
            findings.append(error("form.too-long", name, text, length=len(value), kept=len(kept)))
        room -= len(kept)
        if pattern_of(name) in MANY and typed.get(name):
            kept = f"{typed[name]}\n{kept}"
        typed[name] = kept
    return typed, findings


def _storable(raw: str) -> str:
    text = raw.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text.encode("utf-8", "ignore").decode()


def values_of(typed: Typed, name: str) -> list[str]:
    """Return the values of a field that may have several, each once."""
    return list(dict.fromkeys(filter(None, (line.strip() for line in typed.get(name, "").split("\n")))))


def count_of(typed: Typed, group: str) -> int:
    """Return how many parts a group has: ``sessions``, ``sessions[0].speakers``, ``organisers``."""
    return 1 + max((number for _, number, _ in _members(typed, group)), default=-1)


def counts_of(typed: Typed) -> dict[str, int]:
    """Return how many parts each group has, for all groups at once: what asks for many of them reads the names once."""
    found: dict[str, int] = {}
    for name in typed:
        for number in _INDEX.finditer(name):
            group = name[: number.start()]
            found[group] = max(found.get(group, 0), int(number[1]) + 1)
    return found


def panel_words(typed: Typed) -> dict[str, dict[str, str]]:
    """Return what is typed of panels by path and language: ``sessions[0].panels[1].title`` -> tag -> text."""
    found: dict[str, dict[str, str]] = {}
    for name, text in typed.items():
        if words := _PANEL_WORDS.fullmatch(name):
            found.setdefault(words[1].removesuffix("."), {})[words[2]] = text
    return found


def _members(typed: Typed, group: str) -> Iterable[tuple[str, int, str]]:
    start = len(group)
    for name in typed:
        if name.startswith(group + "[") and (found := _INDEX.match(name, start)):
            yield name, int(found[1]), name[found.end() :]


def original_of(typed: Typed) -> str:
    """Return the tag of the language that an event is written in; what stands for none is returned as it was typed."""
    said = typed.get("language", "").strip()
    return code_of("languages", said) or said


def languages_of(typed: Typed) -> list[str]:
    """Return the languages texts are typed in, the original's first."""
    found = [name.split(".")[1] for name in typed if name.startswith("texts.") and name.count(".") == 2]
    original = original_of(typed)
    return list(dict.fromkeys([*([original] if original in found else []), *found]))


def too_many(typed: Typed) -> list[Finding]:
    """Return what there is more of than one event can have."""
    counts = counts_of(typed)
    counted = [
        (
            "sessions",
            counts.get("sessions", 0),
            MOST_SESSIONS,
            N_("There are {count} sessions; one event can have {most}."),
        ),
        ("texts", len(languages_of(typed)), MOST_LANGUAGES, N_("There are texts in {count} languages; {most} fit.")),
        ("organisers", counts.get("organisers", 0), MOST_PARTNERS, N_("There are {count} partners; {most} fit.")),
        (
            "registration.questions",
            counts.get("registration.questions", 0),
            MOST_SIGN_UP_QUESTIONS,
            N_("There are {count} questions to those who register; {most} fit."),
        ),
    ]
    for group, count in counts.items():
        if group.endswith(".speakers"):
            counted.append((group, count, MOST_SPEAKERS, N_("There are {count} speakers; {most} fit.")))
        if group.endswith(".panels"):
            counted.append((group, count, MOST_PANELS, N_("There are {count} panels; a session can have {most}.")))
    return [
        error("form.too-many", where, text, count=count, most=most)
        for where, count, most, text in counted
        if count > most
    ]


def blank(edition: EditionContent, *, zone: str = "", language: str = "en") -> dict[str, str]:
    """Return the form as it stands before anybody typed: one session, one language, plain defaults."""
    return {
        "language": language,
        f"texts.{language}.title": "",
        f"texts.{language}.summary": "",
        f"texts.{language}.description": "",
        "activity": "webinar",
        "format": "online",
        "access": "registration",
        "registration.state": "missing",
        "contact.language": "en",
        **session_of("sessions[0]", zone=zone, day=edition.main_day.isoformat()),
    }


def session_of(path: str, *, zone: str = "", day: str = "") -> dict[str, str]:
    """Return an empty session."""
    return {
        f"{path}.date": day, f"{path}.starts": "", f"{path}.ends": "", f"{path}.zone": zone,
        f"{path}.panels_asked": "yes",
    }  # fmt: skip


def act(typed: Typed, action: str) -> tuple[dict[str, str], str]:
    """Do what a button says that adds, removes or moves a part; return what is typed then, and the name to go to.

    Unknown actions change nothing. ``add-session``, ``remove-session-2``, ``add-language``, ``remove-language-es``,
    ``add-speaker-0``, ``remove-speaker-0-1``, ``add-organiser``, ``remove-organiser-1``; ``add-question``,
    ``up-question-1`` (to those who register) with ``remove`` and ``down`` alike, as are ``add-panel-0``,
    ``up-panel-0-1`` and ``add-panelist-0-1`` (a person in a panel).
    """
    found = _ACTION.fullmatch(action)
    if found is None:
        return dict(typed), ""
    verb, part, rest = found[1], found[2], found[3] or ""
    if part == "language":
        return _language(typed, verb, rest)
    numbers = [int(number) for number in rest.split("-") if number.isdecimal() and len(number) <= 6]
    outer, path = _GROUPS.get(part, (0, ""))
    if not path or len(numbers) != outer + (verb != "add"):
        return dict(typed), ""
    group = path.format(*numbers)
    if verb == "add":
        return _with_one_more(typed, group)
    if verb == "remove":
        return _without(typed, group, numbers[-1])
    return _moved(typed, group, numbers[-1], -1 if verb == "up" else 1)


def _with_one_more(typed: Typed, group: str) -> tuple[dict[str, str], str]:
    number = count_of(typed, group)
    # The first organiser is the one who hands in; partners follow.
    number = max(number, 1) if group == "organisers" else number
    path = f"{group}[{number}]"
    if group == "sessions":
        before = f"sessions[{number - 1}]"
        more = session_of(path, zone=typed.get(f"{before}.zone", ""), day=typed.get(f"{before}.date", ""))
        return {**typed, **more}, f"{path}.date"
    if group.endswith("panels"):
        more = {f"{path}.title.{tag}": "" for tag in languages_of(typed)}
        return {**typed, **more}, next(iter(more), path)
    if group.endswith("questions"):
        return {**typed, f"{path}.label": "", f"{path}.kind": "text"}, f"{path}.label"
    more = {f"{path}.name": "", f"{path}.role": "speaker" if group.endswith("speakers") else "co"}
    return {**typed, **more}, f"{path}.name"


def _without(typed: Typed, group: str, number: int) -> tuple[dict[str, str], str]:
    """Take one part out; those behind it move up."""
    moved: dict[str, str] = {}
    members = {name: (index, rest) for name, index, rest in _members(typed, group)}
    for name, value in typed.items():
        index, rest = members.get(name, (-1, ""))
        if index == number:
            continue
        moved[f"{group}[{index - 1}]{rest}" if index > number else name] = value
    return moved, group


def _moved(typed: Typed, group: str, number: int, by: int) -> tuple[dict[str, str], str]:
    """Let a part change places with its neighbour; the first does not go up, and the last not down."""
    other = number + by
    if not 0 <= other < count_of(typed, group) or number >= count_of(typed, group):
        return dict(typed), f"{group}[{number}]"
    places = {number: other, other: number}
    members = {name: (index, rest) for name, index, rest in _members(typed, group)}
    moved = {}
    for name, value in typed.items():
        index, rest = members.get(name, (-1, ""))
        moved[f"{group}[{places[index]}]{rest}" if index in places else name] = value
    return moved, f"{group}[{other}]"


def _language(typed: Typed, verb: str, tag: str) -> tuple[dict[str, str], str]:
    if verb == "remove":
        kept = {name: value for name, value in typed.items() if _language_in(name) != tag}
        return (kept, "new_language") if languages_of(kept) else (dict(typed), "new_language")
    tag = tag or code_of("languages", typed.get("new_language", ""))
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag) or tag in languages_of(typed):
        return dict(typed), "new_language"
    more = {f"texts.{tag}.{part}": "" for part in ("title", "summary", "description")}
    return {**typed, **more, "new_language": ""}, f"texts.{tag}.title"


def _language_in(name: str) -> str:
    """Return the language that the name of a field holds, of the event's texts or the words of a panel."""
    if name.startswith("texts.") and name.count(".") == 2:
        return name.split(".")[1]
    words = _PANEL_WORDS.fullmatch(name)
    return words[2] if words else ""


def with_original(typed: Typed) -> dict[str, str]:
    """Return what is typed with texts in the language that is said to be the original's.

    Somebody who chooses another language has typed the texts before, or is about to: with one language they move along.
    """
    language = original_of(typed)
    known = languages_of(typed)
    if not language or language in known or not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", language):
        return dict(typed)
    if len(known) != 1:
        return {**typed, f"texts.{language}.title": typed.get(f"texts.{language}.title", "")}
    return {
        (_in_language(name, language) if _language_in(name) == known[0] else name): value
        for name, value in typed.items()
    }


def _in_language(name: str, tag: str) -> str:
    if words := _PANEL_WORDS.fullmatch(name):
        return words[1] + tag
    return f"texts.{tag}.{name.rpartition('.')[2]}"
