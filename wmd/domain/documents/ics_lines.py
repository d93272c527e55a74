"""Where things stand in an iCalendar text: the line of every VEVENT and of its properties.

The library forgets lines, so this reads the text once more, only for names: content lines are unfolded
(RFC 5545 §3.1) and components counted; values are not looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from wmd.domain.findings import N_, Finding, Level

#: The library takes half a millisecond for an event; what holds more than this is an archive, not a programme.
MOST_EVENTS = 2_000

_NAME = re.compile(r"([A-Za-z0-9-]+)[;:]", re.ASCII)


@dataclass(slots=True)
class IcsLines:
    """The line of each property of each VEVENT, in file order (``""`` is its BEGIN), and what stops the reading."""

    events: list[dict[str, int]] = field(default_factory=list)
    finding: Finding | None = None

    def line(self, position: int, name: str = "") -> int | None:
        """Return the line of a property of the VEVENT at ``position``, or else that of its beginning."""
        lines = self.events[position] if position < len(self.events) else {}
        return lines.get(name, lines.get(""))


def scan(text: str) -> IcsLines:
    """Return the lines of an iCalendar text; stops at the first line that is not one of a calendar."""
    found = IcsLines()
    open_components: list[tuple[str, int]] = []
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        if line.strip() and line[0] not in " \t":
            _content_line(found, open_components, line, number)
        if found.finding is not None:
            return found
    if open_components:
        _never_ends(found, *open_components[-1])
    return found


def _content_line(found: IcsLines, open_components: list[tuple[str, int]], line: str, number: int) -> None:
    match = _NAME.match(line)
    if match is None:
        words = N_("This line is not one of a calendar: it needs a name and a colon.")
        found.finding = Finding("ics.syntax", Level.ERROR, "", words, {}, number)
        return
    name, value = match[1].upper(), line[match.end() :].strip().upper()
    if name == "BEGIN":
        open_components.append((value, number))
        if value == "VEVENT":
            _event_begins(found, number)
    elif name == "END":
        _close(found, open_components, value, number)
    elif open_components and open_components[-1][0] == "VEVENT":
        found.events[-1].setdefault(name, number)


def _event_begins(found: IcsLines, number: int) -> None:
    if len(found.events) == MOST_EVENTS:
        words = N_("The file holds more than {most} entries.")
        found.finding = Finding("ics.too-many", Level.ERROR, "", words, {"most": MOST_EVENTS}, number)
        return
    found.events.append({"": number})


def _close(found: IcsLines, open_components: list[tuple[str, int]], value: str, number: int) -> None:
    if not open_components or open_components[-1][0] != value:
        words = N_("Here ends a component that has not begun.")
        found.finding = Finding("ics.syntax", Level.ERROR, "", words, {}, number)
        return
    open_components.pop()


def _never_ends(found: IcsLines, component: str, number: int) -> None:
    words = N_("The {component} that begins here never ends; the file seems cut off.")
    found.finding = Finding("ics.syntax", Level.ERROR, "", words, {"component": component[:20]}, number)
