"""A calendar entry of one's own, as fields of the form: what it says, and what of it is taken over.

Links are sorted by what they are: a join link goes to its private field and is cut from every text, with the line it
stands in. Nothing that is typed already is replaced unless the person says so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from wmd.domain.content import EventContent
from wmd.domain.documents import read_ics
from wmd.domain.documents.read_ics import IcsDefaults
from wmd.domain.findings import N_, Finding, Level
from wmd.domain.forms.named import code_of
from wmd.domain.forms.typed import Typed, count_of
from wmd.domain.forms.writing import type_event
from wmd.domain.links import find_emails, find_private_links, take_out_refused

#: A calendar of one's own; a whole programme comes another way.
LARGEST_BYTES = 500_000
MOST_ENTRIES = 50
_CELLS = ("date", "starts", "ends", "ends_date", "zone", "all_day", "title")
_NAMES = ("title", "description", "sessions", "registration.url", "registration.join_link", "web_url")

#: What each part that can be taken over is called.
LABELS: Mapping[str, str] = {
    "title": N_("Title"),
    "description": N_("Description"),
    "sessions": N_("Days and times"),
    "registration.url": N_("Registration page"),
    "registration.join_link": N_("Join link"),
    "web_url": N_("Page of the event"),
}


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """One event of a file as typed fields; ``cut`` counts lines left out: they hold a private link or an address.

    ``typed`` may hold a join link: it is a secret.
    """

    title: str
    typed: Typed = field(repr=False)
    cut: int = 0


@dataclass(frozen=True, slots=True)
class Offer:
    """One part that can be taken over: its name, what stands in the form now, what would stand there, the default."""

    name: str
    before: str = field(repr=False)
    after: str = field(repr=False)
    is_free: bool = False


def read_entries(data: bytes, *, language: str, zone: str) -> tuple[list[OwnEntry], list[Finding]]:
    """Return the events of a calendar file, and every finding about it (their lines are those of the file)."""
    if len(data) > LARGEST_BYTES:
        text = N_("The file is larger than {kilobytes} kB. Export only your own event.")
        return [], [Finding("ics.large", Level.ERROR, "ics", text, {"kilobytes": LARGEST_BYTES // 1000})]
    defaults = IcsDefaults(organiser="", language=language, zone=zone)
    read = read_ics.read(data, "calendar.ics", edition_slug="", defaults=defaults)
    entries = [_entry(event, read.join_links.get(event.key, ""), language) for event in read.file.events[:MOST_ENTRIES]]
    said = ("ics.", "file.", "time.", "link.host-key", "link.personal-ticket")
    return entries, [finding for finding in read.findings if finding.code.startswith(said)]


def _entry(event: EventContent, join_link: str, language: str) -> OwnEntry:
    written = type_event(event, people={}, organisations={})
    text = event.texts[language]
    description, cut = _public(text.description)
    title, cut_title = _public(text.title)
    typed = {f"texts.{language}.title": title, f"texts.{language}.description": description}
    for index in range(len(event.sessions)):
        path = f"sessions[{index}]"
        typed |= {f"{path}.{cell}": written.get(f"{path}.{cell}", "") for cell in _CELLS}
    for name in ("registration.url", "web_url"):
        typed[name] = written.get(name, "")
    typed["registration.join_link"] = take_out_refused(join_link)[0]
    return OwnEntry(title, typed, cut + cut_title)


def _public(text: str) -> tuple[str, int]:
    """Return a text without the lines that hold a way into a room or somebody's address, and how many they were."""
    lines = text.split("\n")
    kept = [line for line in lines if not find_private_links(line) and not find_emails(line)]
    return "\n".join(kept).strip(), len(lines) - len(kept)


def offers(typed: Typed, entry: OwnEntry, language: str) -> list[Offer]:
    """Return what an entry offers, in the order of the form; what it does not say is not offered."""
    found = []
    for name in _NAMES:
        before, after = _shown(typed, name, language), _shown(entry.typed, name, language)
        if after and after != before:
            found.append(Offer(name, before, after, is_free=not before))
    return found


def _shown(typed: Typed, name: str, language: str) -> str:
    if name == "sessions":
        return "\n".join(filter(None, (_times(typed, index) for index in range(min(count_of(typed, name), 100)))))
    if name == "registration.join_link":
        # Never shown, not even to who gave it.
        return "•••" if typed.get(name, "").strip() else ""
    return typed.get(f"texts.{language}.{name}" if name in {"title", "description"} else name, "").strip()


def _times(typed: Typed, index: int) -> str:
    cell = {name: typed.get(f"sessions[{index}].{name}", "").strip() for name in _CELLS}
    if not cell["starts"] and not cell["all_day"]:
        return ""
    until = " – ".join(filter(None, (cell["starts"], cell["ends"])))
    cell["zone"] = code_of("zones", cell["zone"]) or cell["zone"]
    return ", ".join(filter(None, (cell["date"], until, cell["ends_date"], cell["zone"], cell["title"])))


def take_over(typed: Typed, entry: OwnEntry, names: Collection[str], language: str) -> dict[str, str]:
    """Return the form with these parts of an entry; sessions keep their speakers, and more of them stay.

    What was confirmed or quoted about an old time is forgotten with it.
    """
    result = dict(typed)
    for name in (each for each in names if each in _NAMES):
        if name == "sessions":
            for index in range(count_of(entry.typed, name)):
                path = f"sessions[{index}]"
                result |= {f"{path}.{cell}": entry.typed.get(f"{path}.{cell}", "") for cell in _CELLS}
                result |= {f"{path}.{cell}": "" for cell in ("time_text", "time_confirmed", "to_confirm")}
            continue
        key = f"texts.{language}.{name}" if name in {"title", "description"} else name
        result[key] = entry.typed.get(key, "")
    return result
