"""Calendar bytes as a tree of components with plain values, read strictly."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from wmd.domain.ical import grammar
from wmd.domain.ical.grammar import Property, ReadingError


@dataclass(frozen=True, slots=True)
class Node:
    """One component as plain values: its name, its properties in order, its children in order."""

    name: str
    line: int
    properties: list[Property] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)

    def all(self, name: str) -> list[Property]:
        """Return the properties of this name."""
        return [found for found in self.properties if found.name == name]

    def get(self, name: str) -> Property | None:
        """Return the first property of this name, or nothing."""
        return next(iter(self.all(name)), None)

    def raw(self, name: str) -> str:
        """Return the first value of this name as written, or an empty string."""
        found = self.get(name)
        return found.value if found else ""

    def text(self, name: str) -> str:
        """Return the first value of this name with its escapes read, or an empty string."""
        return grammar.unescape(self.raw(name))

    def when(self, name: str) -> date | datetime | None:
        """Return DTSTART or DTEND as a date, or as an aware instant in its own zone; nothing if absent."""
        found = self.get(name)
        return when(found) if found else None

    def components(self, name: str) -> list[Node]:
        """Return the children of this name."""
        return [child for child in self.children if child.name == name]


def parse(data: bytes) -> Node:
    """Return the one component in ``data`` as a tree of plain values.

    Raises:
        ValueError: naming every fault, when the bytes, lines or nesting are wrong. Values are not judged.
    """
    roots, faults = read_tree(data)
    if faults:
        raise ValueError("; ".join(faults))
    if len(roots) != 1:
        raise ValueError(f"{len(roots)} components instead of one")
    return roots[0]


def read_tree(data: bytes) -> tuple[list[Node], list[str]]:
    """Return the outermost components, and the faults of bytes, lines and nesting."""
    faults: list[str] = []

    def say(line: int, what: str) -> None:
        faults.append(f"line {line}: {what}")

    roots: list[Node] = []
    open_nodes: list[Node] = []
    for line in grammar.content_lines(data, say):
        try:
            found = grammar.read_property(line)
        except ReadingError as fault:
            say(line.number, str(fault))
            continue
        if found.name == "BEGIN":
            node = Node(found.value.upper(), found.line)
            (open_nodes[-1].children if open_nodes else roots).append(node)
            open_nodes.append(node)
        elif found.name == "END":
            if not open_nodes or open_nodes.pop().name != found.value.upper():
                say(found.line, "an END without its BEGIN")
        elif open_nodes:
            open_nodes[-1].properties.append(found)
        else:
            say(found.line, "a property outside every component")
    for node in open_nodes:
        say(node.line, f"{node.name} is never ended")
    return roots, faults


def when(found: Property) -> date | datetime:
    """Return the date or aware instant of DTSTART or DTEND.

    Raises:
        ReadingError: when it is floating, wrongly typed, in an unknown zone or in an hour that does not exist.
    """
    zone_name = found.param("TZID")
    if "VALUE" in found.params:
        if found.param("VALUE") != "DATE" or zone_name:
            raise ReadingError("VALUE is not DATE alone")
        return grammar.date_value(found.value)
    at = grammar.date_time_value(found.value)
    if at.tzinfo is not None:
        if zone_name:
            raise ReadingError("both TZID and Z")
        return at
    if not zone_name:
        raise ReadingError("a floating time: neither TZID nor Z")
    try:
        local = at.replace(tzinfo=ZoneInfo(zone_name))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ReadingError(f"TZID {zone_name[:40]!r} is no IANA zone") from error
    if local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) != at:
        raise ReadingError("a wall time that does not exist in its zone")
    return local
