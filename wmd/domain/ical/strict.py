"""The strict check of calendar bytes before they are published, independent of what writes them.

It demands what RFC 5545, 7986 and 9073 demand and, beyond them, what this service promises of its
feeds: stamps in UTC, every TZID declared, no METHOD, no attendee, no alarm, no calendar-level UID.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import NamedTuple

from wmd.domain.ical import grammar
from wmd.domain.ical.colours import COLOUR_NAMES
from wmd.domain.ical.grammar import Property, ReadingError
from wmd.domain.ical.tree import Node, parse, read_tree, when
from wmd.domain.programme import EntryView

__all__ = ["Node", "check_calendar", "check_component", "check_entry", "check_invitation", "parse"]

_MAX_UID_OCTETS = 255


class _Rule(NamedTuple):
    """What one property must be: how its value is read, how often it may stand, which parameters it takes."""

    read: Callable[[str], object]
    required: bool = False
    many: bool = False
    value_type: str = ""
    params: frozenset[str] = frozenset()


def _one_of(*words: str) -> Callable[[str], str]:
    """Return a reader that takes only these words."""

    def read(value: str) -> str:
        if value not in words:
            raise ReadingError(f"{value[:40]!r} is none of {', '.join(words)}")
        return value

    return read


def _uid(value: str) -> str:
    """Return a UID: text, not empty, at most 255 octets (RFC 7986 §5.3)."""
    text = grammar.text_value(value)
    if not text or len(text.encode()) > _MAX_UID_OCTETS or any(char.isspace() for char in text):
        raise ReadingError("not a stable identifier of at most 255 octets")
    return text


def _colour(value: str) -> str:
    """Return a CSS3 colour name; hex is not allowed (RFC 7986 §5.9)."""
    if value.lower() not in COLOUR_NAMES:
        raise ReadingError("not a CSS3 colour name")
    return value


def _title(value: str) -> str:
    """Return a text that is not empty and stays on one line."""
    text = grammar.text_value(value)
    if not text.strip() or "\n" in text:
        raise ReadingError("an empty title or one with a line break")
    return text


_LANGUAGE = frozenset({"LANGUAGE"})
_TEXT_PARAMS = frozenset({"LANGUAGE", "ALTREP"})

_CALENDAR: Mapping[str, _Rule] = {
    "VERSION": _Rule(_one_of("2.0"), required=True),
    "PRODID": _Rule(grammar.text_value, required=True),
    "CALSCALE": _Rule(_one_of("GREGORIAN")),
    "LAST-MODIFIED": _Rule(grammar.utc_value),
    "NAME": _Rule(_title, params=_LANGUAGE),
    "X-WR-CALNAME": _Rule(_title),
    "DESCRIPTION": _Rule(grammar.text_value, params=_LANGUAGE),
    "X-WR-CALDESC": _Rule(grammar.text_value),
    "URL": _Rule(grammar.web_value),
    "SOURCE": _Rule(grammar.web_value, value_type="URI"),
    "REFRESH-INTERVAL": _Rule(grammar.duration_value, value_type="DURATION"),
    "X-PUBLISHED-TTL": _Rule(grammar.duration_value),
    "COLOR": _Rule(_colour),
}

_EVENT: Mapping[str, _Rule] = {
    "UID": _Rule(_uid, required=True),
    "DTSTAMP": _Rule(grammar.utc_value, required=True),
    "CREATED": _Rule(grammar.utc_value),
    "LAST-MODIFIED": _Rule(grammar.utc_value, required=True),
    "SEQUENCE": _Rule(grammar.integer_value, required=True),
    "STATUS": _Rule(_one_of("CONFIRMED", "TENTATIVE", "CANCELLED"), required=True),
    "DTSTART": _Rule(str, required=True, params=frozenset({"TZID", "VALUE"})),
    "DTEND": _Rule(str, required=True, params=frozenset({"TZID", "VALUE"})),
    "SUMMARY": _Rule(_title, required=True, params=_TEXT_PARAMS),
    "DESCRIPTION": _Rule(grammar.text_value, params=_TEXT_PARAMS),
    "STYLED-DESCRIPTION": _Rule(
        grammar.text_value, value_type="TEXT", params=frozenset({"FMTTYPE", "LANGUAGE", "ALTREP"})
    ),
    "X-ALT-DESC": _Rule(grammar.text_value, params=frozenset({"FMTTYPE", "LANGUAGE"})),
    "LOCATION": _Rule(grammar.text_value, params=_TEXT_PARAMS),
    "GEO": _Rule(grammar.geo_value),
    "URL": _Rule(grammar.web_value),
    "CONFERENCE": _Rule(
        grammar.web_value, many=True, value_type="URI", params=frozenset({"FEATURE", "LABEL", "LANGUAGE"})
    ),
    "CATEGORIES": _Rule(grammar.text_list, many=True, params=_LANGUAGE),
    "CLASS": _Rule(_one_of("PUBLIC", "PRIVATE", "CONFIDENTIAL")),
    "TRANSP": _Rule(_one_of("OPAQUE", "TRANSPARENT")),
    "X-MICROSOFT-CDO-BUSYSTATUS": _Rule(_one_of("FREE", "TENTATIVE", "BUSY", "OOF")),
    "RELATED-TO": _Rule(_uid, many=True, params=frozenset({"RELTYPE"})),
}

_ZONE: Mapping[str, _Rule] = {"TZID": _Rule(grammar.text_value, required=True)}

_OBSERVANCE: Mapping[str, _Rule] = {
    "DTSTART": _Rule(grammar.local_value, required=True),
    "TZOFFSETFROM": _Rule(grammar.offset_value, required=True),
    "TZOFFSETTO": _Rule(grammar.offset_value, required=True),
    "TZNAME": _Rule(grammar.text_value, many=True, params=_LANGUAGE),
    "RRULE": _Rule(grammar.rule_value),
}

_RULES: Mapping[str, Mapping[str, _Rule]] = {
    "VCALENDAR": _CALENDAR,
    "VEVENT": _EVENT,
    "VTIMEZONE": _ZONE,
    "STANDARD": _OBSERVANCE,
    "DAYLIGHT": _OBSERVANCE,
}

_PARTY = frozenset({"CN", "CUTYPE", "ROLE", "PARTSTAT", "RSVP"})
#: What a message to one person has beside (RFC 5546 §3.2), and what it does not have of a feed's head.
_INVITATION_RULES: Mapping[str, Mapping[str, _Rule]] = {
    **_RULES,
    "VCALENDAR": {
        **{name: _CALENDAR[name] for name in ("VERSION", "PRODID", "CALSCALE")},
        "METHOD": _Rule(_one_of("REQUEST", "CANCEL", "PUBLISH"), required=True),
    },
    "VEVENT": {
        **_EVENT,
        "ORGANIZER": _Rule(grammar.mail_value, required=True, params=frozenset({"CN"})),
        "ATTENDEE": _Rule(grammar.mail_value, many=True, params=_PARTY),
    },
}

#: Which component may stand in which.
_CHILDREN: Mapping[str, frozenset[str]] = {
    "VCALENDAR": frozenset({"VTIMEZONE", "VEVENT"}),
    "VTIMEZONE": frozenset({"STANDARD", "DAYLIGHT"}),
}

#: Parameters with a closed list of values.
_WORDS: Mapping[str, frozenset[str]] = {
    "FEATURE": frozenset({"AUDIO", "CHAT", "FEED", "MODERATOR", "PHONE", "SCREEN", "VIDEO"}),
    "RELTYPE": frozenset({"PARENT", "CHILD", "SIBLING"}),
    "CUTYPE": frozenset({"INDIVIDUAL"}),
    "ROLE": frozenset({"REQ-PARTICIPANT"}),
    "PARTSTAT": frozenset({"NEEDS-ACTION"}),
    "RSVP": frozenset({"TRUE"}),
}


def check_component(vevent_bytes: bytes) -> list[str]:
    """Return what is wrong with the bytes of one VEVENT; an empty list when nothing is.

    Each fault is ``line N: what``, for staff and logs; it holds no more of the text than 40 characters.
    """
    roots, faults = read_tree(vevent_bytes)
    if [root.name for root in roots] != ["VEVENT"]:
        faults.append("line 1: not exactly one VEVENT")
    for root in roots:
        _check_node(root, faults)
    return faults


def check_entry(entry: EntryView) -> list[str]:
    """Return what is wrong with an entry in any of the three sizes that feeds join."""
    faults = []
    for description in dict.fromkeys((entry.full, entry.short, b"")):
        faults += check_component(entry.head + description + entry.tail)
    return list(dict.fromkeys(faults))


def check_calendar(calendar_bytes: bytes, *, feed: bool = True) -> list[str]:
    """Return what is wrong with a whole calendar; a ``feed`` must also carry a name and say how to refresh."""
    roots, faults = read_tree(calendar_bytes)
    if [root.name for root in roots] != ["VCALENDAR"]:
        faults.append("line 1: not exactly one VCALENDAR")
    for root in roots:
        _check_node(root, faults)
        _check_pairs(root, faults)
        _check_zones(root, faults)
        _check_identities(root, faults)
        if feed:
            _check_feed(root, faults)
    return faults


def check_invitation(calendar_bytes: bytes, method: str) -> list[str]:
    """Return what is wrong with a message to one person by a method (iTIP): an empty list when nothing is."""
    roots, faults = read_tree(calendar_bytes)
    if [root.name for root in roots] != ["VCALENDAR"]:
        faults.append("line 1: not exactly one VCALENDAR")
    for root in roots:
        _check_node(root, faults, _INVITATION_RULES)
        _check_zones(root, faults)
        _check_identities(root, faults)
        _check_method(root, method, faults)
    return faults


def _check_method(calendar: Node, method: str, faults: list[str]) -> None:
    """Judge what a method demands (RFC 5546 §3.2.1, §3.2.2, §3.2.5): one UID, one attendee, a state."""
    events = list(calendar.components("VEVENT"))
    if calendar.raw("METHOD") != method:
        faults.append(f"line {calendar.line}: METHOD is not {method}")
    if method != "PUBLISH" and len(events) != 1:
        faults.append(f"line {calendar.line}: {len(events)} entries in a {method}")
    attendees = 0 if method == "PUBLISH" else 1
    state = {"REQUEST": "CONFIRMED", "CANCEL": "CANCELLED"}.get(method)
    for event in events:
        found = [each for each in event.properties if each.name == "ATTENDEE"]
        if len(found) != attendees:
            faults.append(f"line {event.line}: {len(found)} attendees in a {method}")
        if state is not None and event.raw("STATUS") != state:
            faults.append(f"line {event.line}: STATUS of a {method} is not {state}")
        if method == "REQUEST" and any(each.param("PARTSTAT") != "NEEDS-ACTION" for each in found):
            faults.append(f"line {event.line}: a REQUEST that asks for no answer")


def _check_node(node: Node, faults: list[str], of: Mapping[str, Mapping[str, _Rule]] = _RULES) -> None:
    """Judge a component's properties, then its children."""
    rules = of.get(node.name)
    if rules is None:
        faults.append(f"line {node.line}: component {node.name[:40]} does not belong here")
        return
    for found in node.properties:
        _check_property(node, found, rules, faults)
    counts = Counter(found.name for found in node.properties)
    faults += [
        f"line {node.line}: {node.name} without {name}" for name, rule in rules.items() if rule.required > counts[name]
    ]
    faults += [
        f"line {node.line}: {name} {count} times in one {node.name}"
        for name, count in counts.items()
        if count > 1 and name in rules and not rules[name].many
    ]
    if node.name == "VEVENT":
        _check_times(node, faults)
        if of is _RULES and node.raw("DTSTAMP") != node.raw("LAST-MODIFIED"):
            faults.append(f"line {node.line}: DTSTAMP differs from LAST-MODIFIED")
    if node.name == "VTIMEZONE" and not node.children:
        faults.append(f"line {node.line}: VTIMEZONE without a block")
    for child in node.children:
        if child.name in _CHILDREN.get(node.name, frozenset()):
            _check_node(child, faults, of)
        else:
            faults.append(f"line {child.line}: {child.name[:40]} inside {node.name}")


def _check_property(node: Node, found: Property, rules: Mapping[str, _Rule], faults: list[str]) -> None:
    """Judge one property: whether it belongs here, its parameters, its value."""
    rule = rules.get(found.name)
    if rule is None:
        faults.append(f"line {found.line}: {found.name[:40]} does not belong in {node.name}")
        return
    allowed = rule.params | ({"VALUE"} if rule.value_type else frozenset())
    faults.extend(
        f"line {found.line}: {found.name} with parameter {name[:40]}" for name in found.params if name not in allowed
    )
    if rule.value_type and found.params.get("VALUE") != (rule.value_type,):
        faults.append(f"line {found.line}: {found.name} without VALUE={rule.value_type}")
    for name, values in found.params.items():
        problem = _parameter_problem(name, values)
        if problem:
            faults.append(f"line {found.line}: {found.name}: {problem}")
    try:
        rule.read(found.value)
    except ReadingError as fault:
        faults.append(f"line {found.line}: {found.name}: {fault}")


def _parameter_problem(name: str, values: tuple[str, ...]) -> str:
    """Return what is wrong with a parameter's values, or an empty string."""
    if name in _WORDS and not _WORDS[name].issuperset(values):
        return f"{name} has an unknown word"
    if name not in _WORDS and len(values) > 1:
        return f"{name} has more than one value"
    if name == "LANGUAGE" and not grammar.is_language_tag(values[0]):
        return "LANGUAGE is not a language tag"
    return ""


def _check_times(node: Node, faults: list[str]) -> None:
    """Judge DTSTART and DTEND: each by itself, that they are alike and in order."""
    ends: list[date | datetime] = []
    for name in ("DTSTART", "DTEND"):
        found = node.get(name)
        if found is None:
            return
        try:
            ends.append(when(found))
        except ReadingError as fault:
            faults.append(f"line {found.line}: {name}: {fault}")
            return
    start, end = ends
    if isinstance(start, datetime) != isinstance(end, datetime):
        faults.append(f"line {node.line}: DTSTART and DTEND of different types")
        return
    # Python compares two wall times of one zone by their digits; only instants tell which is later.
    if isinstance(start, datetime) and isinstance(end, datetime):
        start, end = start.astimezone(UTC), end.astimezone(UTC)
    if end <= start:
        faults.append(f"line {node.line}: DTEND not after DTSTART")


def _check_pairs(calendar: Node, faults: list[str]) -> None:
    """Judge that the old and the new spelling of name, description and refresh say the same."""
    for new, old in (
        ("NAME", "X-WR-CALNAME"),
        ("DESCRIPTION", "X-WR-CALDESC"),
        ("REFRESH-INTERVAL", "X-PUBLISHED-TTL"),
    ):
        if calendar.raw(new) != calendar.raw(old):
            faults.append(f"line {calendar.line}: {new} and {old} differ")


def _check_feed(calendar: Node, faults: list[str]) -> None:
    """Judge that a feed says what it is, where it comes from and how often to ask again."""
    faults.extend(
        f"line {calendar.line}: a feed without {name}"
        for name in ("NAME", "SOURCE", "REFRESH-INTERVAL", "LAST-MODIFIED")
        if calendar.get(name) is None
    )


def _check_zones(calendar: Node, faults: list[str]) -> None:
    """Judge that each zone used is declared once, each declared one is used, and zones come first."""
    declared = [zone.text("TZID") for zone in calendar.components("VTIMEZONE")]
    used = {
        found.param("TZID")
        for event in calendar.components("VEVENT")
        for found in event.properties
        if "TZID" in found.params
    }
    for name, count in Counter(declared).items():
        if count > 1:
            faults.append(f"line {calendar.line}: zone {name[:40]!r} declared {count} times")
    faults.extend(f"line {calendar.line}: zone {name[:40]!r} not declared" for name in sorted(used - set(declared)))
    faults.extend(f"line {calendar.line}: zone {name[:40]!r} not used" for name in sorted(set(declared) - used))
    kinds = [child.name for child in calendar.children]
    if kinds != sorted(kinds, reverse=True):
        faults.append(f"line {calendar.line}: a VTIMEZONE behind an entry that may need it")


def _check_identities(calendar: Node, faults: list[str]) -> None:
    """Judge that no two entries share a UID."""
    counts = Counter(event.text("UID") for event in calendar.components("VEVENT"))
    faults.extend(f"line {calendar.line}: UID {uid[:40]!r} {n} times" for uid, n in sorted(counts.items()) if n > 1)
