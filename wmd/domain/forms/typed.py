"""What was typed, as a flat mapping from a field's name to its text, and what the buttons of the form do to it.

A field with several values (topics, languages) holds them one on each line. The mapping is bounded: what does not fit
is said in a finding, and what was typed is kept as far as it fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from wmd.domain.content import EditionContent
from wmd.domain.documents.field_rules import error
from wmd.domain.findings import N_, Finding
from wmd.domain.forms.fields import MANY, is_field, pattern_of
from wmd.domain.forms.named import code_of

Typed = Mapping[str, str]

MOST_FIELDS = 10_000
MOST_SESSIONS = 100
MOST_SPEAKERS = 60
MOST_LANGUAGES = 12
MOST_PARTNERS = 30
#: Kept of one field: far more than any may have, so that a person can shorten it.
LONGEST_KEPT = 200_000
#: Kept of all fields together.
MOST_KEPT = 2_000_000

_INDEX = re.compile(r"\[(\d{1,6})\]")
_ACTION = re.compile(r"(add|remove)-([a-z]+)(?:-([A-Za-z0-9-]{1,40}))?")


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
    sessions = count_of(typed, "sessions")
    speakers = max((count_of(typed, f"sessions[{index}].speakers") for index in range(min(sessions, 1000))), default=0)
    counted = (
        ("sessions", sessions, MOST_SESSIONS, N_("There are {count} sessions; one event can have {most}.")),
        ("sessions[0].speakers", speakers, MOST_SPEAKERS, N_("There are {count} speakers; a session can have {most}.")),
        ("texts", len(languages_of(typed)), MOST_LANGUAGES, N_("There are texts in {count} languages; {most} fit.")),
        ("organisers", count_of(typed, "organisers"), MOST_PARTNERS, N_("There are {count} partners; {most} fit.")),
    )
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
    return {f"{path}.date": day, f"{path}.starts": "", f"{path}.ends": "", f"{path}.zone": zone}


def act(typed: Typed, action: str) -> tuple[dict[str, str], str]:
    """Do what a button says that adds or removes a part; return what is typed then, and the name to go to.

    Unknown actions change nothing. ``add-session``, ``remove-session-2``, ``add-language``, ``remove-language-es``,
    ``add-speaker-0``, ``remove-speaker-0-1``, ``add-organiser``, ``remove-organiser-1``.
    """
    found = _ACTION.fullmatch(action)
    if found is None:
        return dict(typed), ""
    verb, part, rest = found[1], found[2], found[3] or ""
    if part == "language":
        return _language(typed, verb, rest)
    numbers = [int(number) for number in rest.split("-") if number.isdecimal() and len(number) <= 6]
    group = _group(part, verb, numbers)
    if not group:
        return dict(typed), ""
    if verb == "remove":
        return _without(typed, group, numbers[-1])
    return _with_one_more(typed, group)


def _group(part: str, verb: str, numbers: list[int]) -> str:
    """Return the group that a button is about; empty when it does not say which part."""
    is_inner = part == "speaker"
    if len(numbers) != is_inner + (verb == "remove"):
        return ""
    if is_inner:
        return f"sessions[{numbers[0]}].speakers"
    return {"session": "sessions", "organiser": "organisers"}.get(part, "")


def _with_one_more(typed: Typed, group: str) -> tuple[dict[str, str], str]:
    number = count_of(typed, group)
    # The first organiser is the one who hands in; partners follow.
    number = max(number, 1) if group == "organisers" else number
    path = f"{group}[{number}]"
    if group == "sessions":
        before = f"sessions[{number - 1}]"
        more = session_of(path, zone=typed.get(f"{before}.zone", ""), day=typed.get(f"{before}.date", ""))
        return {**typed, **more}, f"{path}.date"
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


def _language(typed: Typed, verb: str, tag: str) -> tuple[dict[str, str], str]:
    if verb == "remove":
        kept = {name: value for name, value in typed.items() if not name.startswith(f"texts.{tag}.")}
        return (kept, "new_language") if languages_of(kept) else (dict(typed), "new_language")
    tag = tag or code_of("languages", typed.get("new_language", ""))
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag) or tag in languages_of(typed):
        return dict(typed), "new_language"
    more = {f"texts.{tag}.{part}": "" for part in ("title", "summary", "description")}
    return {**typed, **more, "new_language": ""}, f"texts.{tag}.title"


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
    before = f"texts.{known[0]}."
    return {
        (f"texts.{language}.{name.removeprefix(before)}" if name.startswith(before) else name): value
        for name, value in typed.items()
    }
