"""Frozen content dataclasses to plain JSON values and back, read off the dataclasses themselves.

``wmd/domain/content.py`` is the only declaration of what a document holds: a field added there is written
and read here without another line. Reading is strict: no type is converted, no key is ignored, and every fault
becomes a finding with the path of its field (``events[3].sessions[0].starts``).

How values look in JSON: dates ``2021-10-07``; wall times ``2021-10-07T15:00`` (fields not ending in ``_at``);
instants ``2021-10-07T13:00:00Z`` (fields ending in ``_at``); enumerations their value; tuples lists; mappings
objects with sorted keys. An optional value that is empty (``None``, ``""``, ``[]``, ``{}``, ``false``) is left out.
"""

from __future__ import annotations

import math
import re
import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from datetime import UTC, date, datetime
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from typing import TypeVar, Union, cast, get_args, get_origin, get_type_hints

from wmd.domain.findings import N_, Finding, Level

T = TypeVar("T")

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_WALL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)
#: What no database stores as text: NUL (PostgreSQL) and halves of surrogate pairs (anything that is UTF-8).
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LONGEST_KEY_SHOWN = 60
#: Nobody reads more; a hostile file could cause millions.
_MOST_FAULTS = 1_000


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the documents of a file differ from the stored ones.

    ``names`` maps (class, field) to the key used in JSON, or to ``None`` for a field that the document never
    holds; ``beside`` names keys that are accepted though no field takes them (the caller reads them).
    """

    names: Mapping[tuple[type, str], str | None] = field(default_factory=dict)
    beside: Mapping[type, frozenset[str]] = field(default_factory=dict)

    def key(self, kind: type, name: str) -> str | None:
        """Return the JSON key of a field, or ``None`` when the document never holds it."""
        return self.names.get((kind, name), name)


def child(where: str, key: str | int) -> str:
    """Return the path of a member: ``child("events", 3)`` is ``events[3]``, ``child("a", "b")`` is ``a.b``."""
    if isinstance(key, int):
        return f"{where}[{key}]"
    shown = key if key.isprintable() and len(key) <= _LONGEST_KEY_SHOWN else ascii(key)[1 : _LONGEST_KEY_SHOWN + 1]
    return f"{where}.{shown}" if where else shown


def wall_text(value: datetime) -> str:
    """Return a naive wall time as ``2021-10-07T15:00`` (with seconds only when there are some)."""
    if value.tzinfo is not None:
        raise ValueError("a wall time carries no zone of its own")
    return value.isoformat(timespec="minutes" if not (value.second or value.microsecond) else "seconds")


def instant_text(value: datetime) -> str:
    """Return an aware instant as ``2021-10-07T13:00:00Z`` (RFC 3339, always UTC)."""
    if value.tzinfo is None:
        raise ValueError("an instant must be aware")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


# Writing


def write_object(value: object, dialect: Dialect) -> dict[str, object]:
    """Return a content value as a JSON object, keys in the order of its fields, empty optional values left out.

    Raises ``TypeError`` for anything that is not an instance of a dataclass.
    """
    if not is_dataclass(value) or isinstance(value, type):
        raise TypeError(f"not a content value: {type(value).__name__}")
    document: dict[str, object] = {}
    for member in fields(value):
        key = dialect.key(type(value), member.name)
        content = getattr(value, member.name)
        if key is None or _may_be_left_out(member, content):
            continue
        document[key] = _write(content, instant=member.name.endswith("_at"), dialect=dialect)
    return document


def _may_be_left_out(member: Field[object], content: object) -> bool:
    """Say whether reading a document without this key gives the same value back."""
    if content is not None and content is not False and content not in ("", (), {}):
        return False
    if member.name == "id":
        return content == ""
    if member.default is not MISSING:
        return bool(member.default == content)
    return member.default_factory is not MISSING and member.default_factory() == content


def _write(value: object, *, instant: bool, dialect: Dialect) -> object:
    if isinstance(value, tuple):
        return [_write(item, instant=instant, dialect=dialect) for item in value]
    if isinstance(value, Mapping):
        return {key: _write(value[key], instant=instant, dialect=dialect) for key in sorted(value)}
    if is_dataclass(value):
        return write_object(value, dialect)
    return _write_scalar(value, instant=instant)


def _write_scalar(value: object, *, instant: bool) -> object:
    if isinstance(value, datetime):
        return instant_text(value) if instant else wall_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, StrEnum) else value


# Reading


class _Broken:
    """What a reading function returns when it has reported a fault instead of a value."""


_BROKEN = _Broken()


@dataclass(slots=True)
class ObjectReader:
    """Reads objects of one dialect and collects what is wrong in ``findings``."""

    dialect: Dialect
    findings: list[Finding] = field(default_factory=list)

    def fault(self, code: str, where: str, text: str, **params: object) -> _Broken:
        """Note an error (at most 1,000 of them); the return value stands for "no value"."""
        if len(self.findings) < _MOST_FAULTS:
            self.findings.append(Finding(code, Level.ERROR, where, text, params))
        return _BROKEN

    def read(self, kind: type[T], value: object, where: str) -> T | None:
        """Read one JSON object as ``kind``; ``None`` when anything in it is at fault (see ``findings``)."""
        document = self.mapping(value, where)
        if document is None:
            return None
        hints, required = _hints(cast(Hashable, kind)), _required(cast(Hashable, kind))
        keys = {self.dialect.key(kind, name): name for name in hints}
        keys.pop(None, None)
        sound = self._keys_are_known(document, where, {*filter(None, keys), *self.dialect.beside.get(kind, ())})
        given: dict[str, object] = {}
        for key, name in keys.items():
            if key is None:
                continue
            if key in document:
                given[name] = self._value(hints[name], document[key], child(where, key), name)
                sound = sound and given[name] is not _BROKEN
            elif name == "id":
                given[name] = ""
            elif name in required:
                self.fault("json.missing", child(where, key), N_("“{key}” is missing."), key=key)
                sound = False
        return cast(Callable[..., T], kind)(**given) if sound else None

    def mapping(self, value: object, where: str) -> dict[str, object] | None:
        """Return ``value`` when it is a JSON object, else report it."""
        if isinstance(value, dict):
            return value
        self.fault("json.type", where, N_("This must be an object in curly brackets."))
        return None

    def _keys_are_known(self, document: Mapping[str, object], where: str, known: set[str]) -> bool:
        strangers = [key for key in document if key not in known]
        for key in strangers:
            near = get_close_matches(key[:_LONGEST_KEY_SHOWN], known, n=1)
            text = (
                N_("This key is not known here. Do you mean “{near}”?") if near else N_("This key is not known here.")
            )
            self.fault("json.unknown-key", child(where, key), text, near="".join(near))
        return not strangers

    def _value(self, hint: object, value: object, where: str, name: str) -> object:
        """Read one value of the type that a dataclass field declares."""
        origin = get_origin(hint)
        if origin in (Union, types.UnionType):
            hint = next(part for part in get_args(hint) if part is not type(None))
            origin = get_origin(hint)
        if origin is tuple:
            return self._list(get_args(hint)[0], value, where, name)
        if origin is not None:
            return self._map(get_args(hint)[1], value, where, name)
        if isinstance(hint, type) and is_dataclass(hint):
            read: object = self.read(hint, value, where)
            return _BROKEN if read is None else read
        if isinstance(hint, type) and issubclass(hint, StrEnum):
            return self._choice(hint, value, where)
        return self._scalar(hint, value, where, name)

    def _list(self, hint: object, value: object, where: str, name: str) -> object:
        if not isinstance(value, list):
            return self.fault("json.type", where, N_("This must be a list in square brackets."))
        items = tuple(self._value(hint, item, child(where, index), name) for index, item in enumerate(value))
        return _BROKEN if _BROKEN in items else items

    def _map(self, hint: object, value: object, where: str, name: str) -> object:
        if not isinstance(value, dict):
            return self.fault("json.type", where, N_("This must be an object in curly brackets."))
        items = {key: self._value(hint, item, child(where, key), name) for key, item in value.items()}
        return _BROKEN if _BROKEN in items.values() or any(map(_UNSTORABLE.search, items)) else items

    def _choice(self, hint: type[StrEnum], value: object, where: str) -> object:
        if isinstance(value, str) and value in {item.value for item in hint}:
            return hint(value)
        choices = ", ".join(item.value for item in hint)
        return self.fault("json.choice", where, N_("This must be one of: {choices}."), choices=choices)

    def _scalar(self, hint: object, value: object, where: str, name: str) -> object:
        if hint is str:
            return self.text(value, where)
        if hint is bool:
            return value if isinstance(value, bool) else self.fault("json.type", where, N_("Write true or false."))
        if hint is int:
            whole = isinstance(value, int) and not isinstance(value, bool)
            return value if whole else self.fault("json.type", where, N_("This must be a whole number."))
        if hint is float:
            return self._number(value, where)
        if hint is date:
            return self._date(value, where)
        return self._instant(value, where) if name.endswith("_at") else self._wall_time(value, where)

    def text(self, value: object, where: str) -> str | _Broken:
        """Return ``value`` when it is text that can be stored, else report it."""
        if not isinstance(value, str):
            return self.fault("json.type", where, N_("This must be text in quotation marks."))
        if _UNSTORABLE.search(value):
            return self.fault("json.character", where, N_("The text holds a character that cannot be stored."))
        return value

    def _number(self, value: object, where: str) -> object:
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300 or math.isnan(value):
            return self.fault("json.type", where, N_("This must be a number."))
        return float(value)

    def _date(self, value: object, where: str) -> object:
        text = N_("This must be a date such as 2021-10-07.")
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            return self.fault("json.date", where, text)
        try:
            return date.fromisoformat(value)
        except ValueError:
            return self.fault("json.date", where, text)

    def _wall_time(self, value: object, where: str) -> object:
        text = N_("This must be a wall time such as 2021-10-07T15:00; the zone has a key of its own.")
        if not isinstance(value, str) or not _WALL_TIME.fullmatch(value):
            return self.fault("json.wall-time", where, text)
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return self.fault("json.wall-time", where, text)

    def _instant(self, value: object, where: str) -> object:
        text = N_("This must be an instant in UTC such as 2021-10-07T13:00:00Z.")
        if not isinstance(value, str) or not _INSTANT.fullmatch(value):
            return self.fault("json.instant", where, text)
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return self.fault("json.instant", where, text)


@cache
def _hints(kind: Hashable) -> Mapping[str, object]:
    return get_type_hints(cast(type, kind))


@cache
def _required(kind: Hashable) -> frozenset[str]:
    members = fields(cast(type, kind))
    return frozenset(m.name for m in members if m.default is MISSING and m.default_factory is MISSING)
