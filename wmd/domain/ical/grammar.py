"""Reading iCalendar bytes strictly: physical lines, content lines, parameters, values (RFC 5545 §3.1 to §3.3).

Nothing here is shared with what writes calendars, and nothing is forgiven: readers that forgive are the
reason why a broken line reaches the one reader that drops the whole calendar.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

MAX_LINE_OCTETS = 75

_NAME = re.compile(r"[A-Za-z0-9-]+")
_PARAMETER = re.compile(r";([A-Za-z0-9-]+)=")
_PARAMETER_VALUE = re.compile(r'"([^"]*)"|([^";:,]*)')
#: Controls but HTAB, C1 controls, line and paragraph separators, byte order mark, noncharacters.
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufdd0-\ufdef\ufffe\uffff]")
_ISOLATES = re.compile("[\u202a-\u202e\u2066-\u2069]")

_BARE_OR_BAD = re.compile(r"\\(?![\\;,nN])|[;,]")
_ESCAPE = re.compile(r"\\([\\;,nN])")
_CIRCUMFLEX = re.compile(r"\^([n^'])")

_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DATE_TIME = re.compile(r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(Z?)")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]+")
_MAILBOX = re.compile(r"(?:[A-Za-z0-9!$'*+\-._~]|%[0-9A-Fa-f]{2})+@[A-Za-z0-9.-]+")
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_DURATION = re.compile(r"P(?:\d+W|(?=\d|T\d)(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)")
_FLOAT_PAIR = re.compile(r"([+-]?\d+(?:\.\d+)?);([+-]?\d+(?:\.\d+)?)")
_OFFSET = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?")
_RULE = re.compile(r"FREQ=YEARLY;BYMONTH=(?:[1-9]|1[0-2]);BYDAY=(?:-1|[1-5])(?:MO|TU|WE|TH|FR|SA|SU)")


class ReadingError(ValueError):
    """Why a value is not what its property demands, in a few words."""


@dataclass(frozen=True, slots=True)
class Property:
    """One content line. ``params`` maps upper-case names to their values with quotes and ``^`` escapes read."""

    line: int
    name: str
    params: Mapping[str, tuple[str, ...]]
    value: str

    def param(self, name: str) -> str:
        """Return a parameter's first value, or an empty string."""
        return self.params.get(name, ("",))[0]


@dataclass(frozen=True, slots=True)
class Line:
    """One unfolded content line with the number of the physical line it begins on."""

    number: int
    text: str


def content_lines(data: bytes, say: Callable[[int, str], None]) -> Iterator[Line]:
    """Yield the unfolded lines of ``data`` and tell ``say(line number, fault)`` what is wrong with the bytes."""
    if not data.endswith(b"\r\n"):
        say(0, "the last line does not end with CRLF")
    if data.startswith(b"\xef\xbb\xbf"):
        say(1, "a byte order mark in front")
    held: list[str] = []
    first = 0
    for number, raw in enumerate(data.removesuffix(b"\r\n").split(b"\r\n"), start=1):
        text = _physical_line(number, raw, say)
        if text[:1] in {" ", "\t"}:
            _continuation(number, text, held, say)
            held.append(text[1:])
            continue
        if held:
            yield Line(first, "".join(held))
        held, first = [text], number
    if held:
        yield Line(first, "".join(held))


def _physical_line(number: int, raw: bytes, say: Callable[[int, str], None]) -> str:
    """Return one physical line as text after judging its bytes."""
    if not raw:
        say(number, "an empty line")
    if len(raw) > MAX_LINE_OCTETS:
        say(number, f"{len(raw)} octets in one line, {MAX_LINE_OCTETS} allowed")
    if b"\r" in raw or b"\n" in raw:
        say(number, "a line end that is not CRLF")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        say(number, "not UTF-8, or folded inside a character")
        text = raw.decode(errors="replace")
    if _CONTROL.search(text.replace("\r", "").replace("\n", "")):
        say(number, "a control character")
    return text


def _continuation(number: int, text: str, held: list[str], say: Callable[[int, str], None]) -> None:
    """Judge a continuation line against what came before it."""
    if not held:
        say(number, "a continuation of nothing")
    elif len(text) == 1:
        say(number, "a continuation without content")
    backslashes = 0
    for piece in reversed(held):
        tail = len(piece) - len(piece.rstrip("\\"))
        backslashes += tail
        if tail < len(piece):
            break
    if backslashes % 2:
        say(number, "folded between a backslash and its letter")


def read_property(line: Line) -> Property:
    """Return a content line as a property (RFC 5545 §3.1, RFC 6868).

    Raises:
        ReadingError: when it is not a content line.
    """
    text = line.text
    name = _NAME.match(text)
    if not name:
        raise ReadingError("no property name")
    params: dict[str, tuple[str, ...]] = {}
    at = name.end()
    while text[at : at + 1] == ";":
        match = _PARAMETER.match(text, at)
        if not match:
            raise ReadingError("a parameter without a name or value")
        key = match[1].upper()
        if key in params:
            raise ReadingError(f"parameter {key} twice")
        params[key], at = _parameter_values(text, match.end(), key)
    if text[at : at + 1] != ":":
        raise ReadingError("no colon before the value, or a quote inside a parameter")
    return Property(line.number, name[0].upper(), MappingProxyType(params), text[at + 1 :])


def _parameter_values(text: str, at: int, key: str) -> tuple[tuple[str, ...], int]:
    """Return the comma-separated values that begin at ``at``, and where they end."""
    values = []
    while True:
        match = _PARAMETER_VALUE.match(text, at)
        if match is None or match.end() == at:
            raise ReadingError(f"parameter {key} without a value")
        quoted, plain = match[1], match[2]
        values.append(_CIRCUMFLEX.sub(_uncircumflex, quoted if quoted is not None else plain))
        at = match.end()
        if text[at : at + 1] != ",":
            return tuple(values), at
        at += 1


def _uncircumflex(match: re.Match[str]) -> str:
    """Return what a circumflex escape of a parameter stands for."""
    return {"n": "\n", "^": "^", "'": '"'}[match[1]]


def unescape(value: str) -> str:
    """Return a TEXT value with its escapes read."""
    return _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)


def text_value(value: str) -> str:
    """Return a TEXT value read; raises :class:`ReadingError` on a bare comma, semicolon or wrong escape."""
    bad = _BARE_OR_BAD.search(_ESCAPE.sub("", value))
    if bad:
        raise ReadingError("a wrong escape" if bad[0] == "\\" else f"a bare {bad[0]!r}")
    text = unescape(value)
    _check_directions(text)
    return text


def text_list(value: str) -> list[str]:
    """Return a list of TEXT values, none of them empty."""
    parts = re.findall(r"(?:\\.|[^,\\])+|,", value)
    items = [text_value(part) for part in parts if part != ","]
    if not items or len(parts) != 2 * len(items) - 1 or "".join(parts) != value:
        raise ReadingError("an empty item in a list")
    return items


def _check_directions(text: str) -> None:
    """Raise when a direction control is left open and would turn round what follows."""
    depth = 0
    for control in _ISOLATES.findall(text):
        depth += -1 if control in "\u202c\u2069" else 1
        if depth < 0:
            break
    if depth:
        raise ReadingError("a direction control without its partner")


def date_value(value: str) -> date:
    """Return a DATE (RFC 5545 §3.3.4)."""
    match = _DATE.fullmatch(value)
    if not match:
        raise ReadingError("not a date of the form YYYYMMDD")
    year, month, day = map(int, match.groups())
    try:
        return date(year, month, day)
    except ValueError as error:
        raise ReadingError("no such day") from error


def date_time_value(value: str) -> datetime:
    """Return a DATE-TIME: aware when it ends in Z, else naive wall time (RFC 5545 §3.3.5)."""
    match = _DATE_TIME.fullmatch(value)
    if not match:
        raise ReadingError("not a date-time of the form YYYYMMDDTHHMMSS")
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC if match[7] else None)
    except ValueError as error:
        raise ReadingError("no such day or time") from error


def utc_value(value: str) -> datetime:
    """Return a DATE-TIME that must be in UTC."""
    at = date_time_value(value)
    if at.tzinfo is None:
        raise ReadingError("not in UTC")
    return at


def local_value(value: str) -> datetime:
    """Return a DATE-TIME that must be plain wall time."""
    at = date_time_value(value)
    if at.tzinfo is not None:
        raise ReadingError("in UTC where wall time belongs")
    return at


def uri_value(value: str) -> str:
    """Return a URI of printable ASCII with a scheme (RFC 3986)."""
    if not _URI.fullmatch(value) or _BAD_PERCENT.search(value):
        raise ReadingError("not a URI")
    return value


def web_value(value: str) -> str:
    """Return an http or https URI."""
    if not re.match(r"https?://[^/?#]", value):
        raise ReadingError("not a web address")
    return uri_value(value)


def mail_value(value: str) -> str:
    """Return a ``mailto:`` address of one mailbox (RFC 5545 §3.3.3, RFC 6068 §2)."""
    found = uri_value(value)
    scheme, _, mailbox = found.partition(":")
    if scheme != "mailto" or mailbox.count("@") != 1 or mailbox.startswith("@") or not _MAILBOX.fullmatch(mailbox):
        raise ReadingError("not the address of one mailbox")
    return found


def integer_value(value: str) -> int:
    """Return a whole number from 0 to 2^31-1."""
    if not re.fullmatch(r"\d{1,10}", value, re.ASCII) or int(value) > 2**31 - 1:
        raise ReadingError("not a whole number")
    return int(value)


def duration_value(value: str) -> str:
    """Return a positive DURATION (RFC 5545 §3.3.6)."""
    if not _DURATION.fullmatch(value):
        raise ReadingError("not a duration")
    return value


def geo_value(value: str) -> tuple[float, float]:
    """Return latitude and longitude in degrees (RFC 5545 §3.8.1.6)."""
    match = _FLOAT_PAIR.fullmatch(value)
    if not match or abs(float(match[1])) > 90 or abs(float(match[2])) > 180:
        raise ReadingError("not a latitude and a longitude")
    return float(match[1]), float(match[2])


def offset_value(value: str) -> timedelta:
    """Return a UTC-OFFSET (RFC 5545 §3.3.14); ``-0000`` is not one."""
    match = _OFFSET.fullmatch(value)
    if not match or int(match[2]) > 23 or int(match[3]) > 59 or int(match[4] or 0) > 59:
        raise ReadingError("not a UTC offset")
    size = timedelta(hours=int(match[2]), minutes=int(match[3]), seconds=int(match[4] or 0))
    if match[1] == "-" and not size:
        raise ReadingError("a negative zero offset")
    return -size if match[1] == "-" else size


def rule_value(value: str) -> str:
    """Return a yearly rule of the only form that every client reads in a VTIMEZONE."""
    if not _RULE.fullmatch(value):
        raise ReadingError("not a yearly rule by month and weekday")
    return value


def is_language_tag(tag: str) -> bool:
    """Say whether ``tag`` has the form of a BCP 47 language tag."""
    return bool(re.fullmatch(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*", tag))
