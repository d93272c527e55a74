"""Content lines: one property as bytes, escaped by the icalendar library and folded here.

Two faults of icalendar 7.3 are walked round. Its escaping takes a backslash before a capital N for a
line break, and its folding can cut the escape of a backslash in two; several readers then drop the
entry. Both are seen in ``tests/domain/ical/test_lines.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from urllib.parse import quote

from icalendar.parser import Contentline, Parameters
from icalendar.prop import vDate, vDatetime, vText, vUri

from wmd.domain.ical.text import fit

#: What stands in a URI as it is, beside letters and digits.
_URI_MARKS = "!#$%&'()*+,-./:;=?@[]_~"
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")

Params = Mapping[str, str | Sequence[str]]

#: Octets of a physical line without its line end (RFC 5545 §3.1).
LINE_OCTETS = 75

#: Stands for a backslash while the library escapes; fit text never holds it.
_BACKSLASH = "\x00"


def text_line(name: str, value: str, params: Params | None = None) -> bytes:
    """Return a TEXT property (RFC 5545 §3.3.11), made fit, escaped and folded."""
    return _line(name, vText(fit(value).replace("\\", _BACKSLASH)), params)


def text_list_line(name: str, values: Iterable[str], params: Params | None = None) -> bytes:
    """Return a property with a list of TEXT values; commas inside a value are escaped."""
    parts = [vText(fit(value).replace("\\", _BACKSLASH)).to_ical().decode() for value in values]
    return _line(name, _Raw(",".join(parts)), params)


def uri_line(name: str, uri: str, params: Params | None = None) -> bytes:
    """Return a URI property; a URI is never escaped (RFC 5545 §3.3.13).

    What may not stand in a URI (RFC 3986 §2), a line break above all, is percent-encoded.
    """
    return _line(name, vUri(quote(_STRAY_PERCENT.sub("%25", uri), safe=_URI_MARKS)), params)


def plain_line(name: str, value: str, params: Params | None = None) -> bytes:
    """Return a property whose value needs no escaping: a word, a number, a duration."""
    return _line(name, _Raw(value), params)


def utc_line(name: str, at: datetime) -> bytes:
    """Return a UTC date-time property with whole seconds."""
    return _line(name, vDatetime(at.astimezone(UTC)), None)


def local_line(name: str, local: datetime, zone: str) -> bytes:
    """Return a date-time property as wall time with its TZID."""
    return _line(name, vDatetime(local.replace(tzinfo=None)), {"TZID": zone})


def date_line(name: str, on: date) -> bytes:
    """Return a date property with the VALUE that a date needs."""
    return _line(name, vDate(on), {"VALUE": "DATE"})


class _Raw(str):
    """A value that is written as it stands."""

    __slots__ = ()

    def to_ical(self) -> bytes:
        return self.encode()


def _line(name: str, value: object, params: Params | None) -> bytes:
    """Return one whole, folded content line with its line end."""
    parameters = Parameters({key: _parameter(part) for key, part in (params or {}).items()})
    line = Contentline.from_parts(name, parameters, value, sorted=False)
    return fold(line.replace(_BACKSLASH, "\\\\").encode())


def _parameter(value: str | Sequence[str]) -> str | list[str]:
    """Return a parameter's value made fit and on one line."""
    if isinstance(value, str):
        return fit(value).replace("\n", " ")
    return [fit(part).replace("\n", " ") for part in value]


def fold(line: bytes) -> bytes:
    """Return an unfolded UTF-8 line folded to 75 octets, with CRLF (RFC 5545 §3.1).

    No fold falls inside a character, nor between a backslash (or the ``^`` of RFC 6868) and its letter.
    """
    if len(line) <= LINE_OCTETS:
        return line + b"\r\n"
    pieces: list[bytes] = []
    start, room = 0, LINE_OCTETS
    while len(line) - start > room:
        end = _fold_at(line, start, start + room)
        pieces.append(line[start:end])
        # The space that marks a continuation counts as one of its octets.
        start, room = end, LINE_OCTETS - 1
    pieces.append(line[start:])
    return b"\r\n ".join(pieces) + b"\r\n"


def _fold_at(line: bytes, start: int, end: int) -> int:
    """Return the last place at or before ``end`` where the line may be broken."""
    while end - start > 1 and 0x80 <= line[end] < 0xC0:
        end -= 1
    for escape in (b"\\", b"^"):
        piece = line[start:end]
        # An odd run ends in an escape that waits for its letter; an even one is whole pairs.
        if (len(piece) - len(piece.rstrip(escape))) % 2 and end - start > 1:
            end -= 1
    return end


def unfold(folded: bytes) -> bytes:
    """Return the unfolded line without its line end, the reverse of :func:`fold`."""
    return folded.removesuffix(b"\r\n").replace(b"\r\n ", b"")
