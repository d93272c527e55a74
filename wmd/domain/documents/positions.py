"""Where things stand in a JSON text: the line of every path, and the faults that ``json.loads`` keeps quiet about.

Python's reader forgets positions, takes the last of two equal keys, and knows ``NaN``; RFC 8259 §4 and §6 allow
none of that to be relied on. This scan is lenient about everything else: it runs before the strict reader, so that
a text nested too deeply never reaches it, and its result is used only when the strict reader was content.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from wmd.domain.documents.shape import child
from wmd.domain.findings import N_, Finding, Level

#: Our own documents are ten levels deep.
DEEPEST_LEVEL = 40
#: Ten thousand events have about 700,000 values and keys; the scan remembers a line for each.
MOST_VALUES = 1_000_000

# Each alternative consumes what it looked at, also when a string never ends: the scan stays linear.
_TOKEN = re.compile(r'"(?:[^"\\]|\\(?:.|\Z))*(?:"|\Z)|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_NOT_NUMBERS = frozenset({"NaN", "Infinity", "-Infinity"})


@dataclass(slots=True)
class _Level:
    """An open object or list: ``key`` is the member being read (an index in a list)."""

    where: str
    is_list: bool
    key: str | int
    wants_key: bool
    seen: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Positions:
    """Lines by path (``""`` is the document itself), faults, and whether the text must not be read at all."""

    lines: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    is_refused: bool = False


def scan(text: str) -> Positions:
    """Return the positions in a JSON text; stops at what is nested too deeply or is too much."""
    found = Positions()
    levels: list[_Level] = []
    line, looked_at = 1, 0
    for match in _TOKEN.finditer(text):
        line += text.count("\n", looked_at, match.start())
        looked_at = match.start()
        piece = match.group()
        if piece in "}]":
            if levels:
                levels.pop()
        elif piece == ",":
            _next_member(levels)
        elif piece != ":":
            _value_or_key(found, levels, piece, line)
        if len(levels) > DEEPEST_LEVEL:
            words = N_("The document is nested deeper than {most} levels.")
            return _refused("json.too-deep", words, DEEPEST_LEVEL, line)
        if len(found.lines) > MOST_VALUES:
            words = N_("The document holds more than {most} values.")
            return _refused("json.too-many-values", words, MOST_VALUES, line)
    return found


def _refused(code: str, words: str, most: int, line: int) -> Positions:
    return Positions(findings=[Finding(code, Level.ERROR, "", words, {"most": most}, line)], is_refused=True)


def _next_member(levels: list[_Level]) -> None:
    if not levels:
        return
    level = levels[-1]
    if isinstance(level.key, int):
        level.key += 1
    else:
        level.wants_key = True


def _value_or_key(found: Positions, levels: list[_Level], piece: str, line: int) -> None:
    level = levels[-1] if levels else None
    if level is not None and level.wants_key:
        _key(found, level, piece, line)
        return
    where = child(level.where, level.key) if level is not None else ""
    found.lines.setdefault(where, line)
    if piece in _NOT_NUMBERS:
        text = N_("{token} is not a number in JSON.")
        found.findings.append(Finding("json.not-a-number", Level.ERROR, where, text, {"token": piece}, line))
    elif piece == "{":
        levels.append(_Level(where, is_list=False, key="", wants_key=True))
    elif piece == "[":
        levels.append(_Level(where, is_list=True, key=0, wants_key=False))


def _key(found: Positions, level: _Level, piece: str, line: int) -> None:
    try:
        key = str(json.loads(piece))
    except ValueError:
        key = piece
    level.key, level.wants_key = key, False
    where = child(level.where, key)
    if key in level.seen:
        text = N_("This key stands twice in the same object; keep one.")
        found.findings.append(Finding("json.duplicate-key", Level.ERROR, where, text, {}, line))
    level.seen.add(key)
    found.lines.setdefault(where, line)
