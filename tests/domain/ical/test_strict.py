"""The strict check: passes what is right, and names each fault that has emptied somebody's calendar."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.domain.ical import cast
from wmd.domain.ical import grammar, strict

GOOD = cast.feed_of([cast.lead_event(), cast.cancelled_event()])
VEVENT = cast.vevent(cast.entry_of(cast.lead_event()))


def change(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """Return a change of the first place where ``old`` stands."""

    def apply(data: bytes) -> bytes:
        assert old in data
        return data.replace(old, new, 1)

    return apply


def test_check_calendar_with_a_good_feed_finds_nothing() -> None:
    assert strict.check_calendar(GOOD) == []
    assert strict.check_component(VEVENT) == []


BROKEN_CALENDARS: list[tuple[str, Callable[[bytes], bytes], str]] = [
    # Bytes and lines.
    ("bare LF everywhere", lambda data: data.replace(b"\r\n", b"\n"), "a line end that is not CRLF"),
    ("one bare LF", change(b"\r\nCALSCALE", b"\nCALSCALE"), "a line end that is not CRLF"),
    ("one bare CR", change(b"\r\nCALSCALE", b"\rCALSCALE"), "a line end that is not CRLF"),
    ("raw newline in a title", change(b"Caring metro", b"Caring\r\nmetro"), "METROPOLISES does not belong"),
    ("no last line end", lambda data: data[:-2], "does not end with CRLF"),
    ("unfolded line", lambda data: data.replace(b"\r\n ", b""), "octets in one line, 75 allowed"),
    ("byte order mark", lambda data: b"\xef\xbb\xbf" + data, "a byte order mark"),
    ("Latin-1", change(b"Caring", "Café".encode("latin-1")), "not UTF-8"),
    ("fold inside a character", change(b"Caring", b"Caf\xc3\r\n \xa9"), "folded inside a character"),
    ("fold inside an escape", change(b"Caring", b"Caring\\\r\n ,"), "between a backslash and its letter"),
    ("control character", change(b"Caring", b"Car\x07ing"), "a control character"),
    ("C1 control character", change(b"Caring", "Car\x85ing".encode()), "a control character"),
    ("line separator", change(b"Caring", "Car\u2028ing".encode()), "a control character"),
    ("empty line", change(b"\r\nCALSCALE", b"\r\n\r\nCALSCALE"), "an empty line"),
    ("continuation of nothing", lambda data: b" " + data, "a continuation of nothing"),
    ("empty continuation", change(b"\r\nCALSCALE", b"\r\n \r\nCALSCALE"), "a continuation without content"),
    ("HTML page", lambda _: b"<html>\r\n<p>Error 502</p>\r\n</html>\r\n", "not exactly one VCALENDAR"),
    ("nothing", lambda _: b"", "not exactly one VCALENDAR"),
    # Nesting.
    ("truncated", lambda data: data[: data.index(b"END:VEVENT")], "VCALENDAR is never ended"),
    ("wrong END", change(b"END:VEVENT", b"END:VTODO"), "an END without its BEGIN"),
    ("two calendars", lambda data: data + data, "not exactly one VCALENDAR"),
    ("property outside", lambda data: data + b"X-A:1\r\n", "a property outside every component"),
    ("alarm", change(b"END:VEVENT", b"BEGIN:VALARM\r\nEND:VALARM\r\nEND:VEVENT"), "VALARM inside VEVENT"),
    ("event in a zone", change(b"END:VTIMEZONE", b"BEGIN:VEVENT\r\nEND:VEVENT\r\nEND:VTIMEZONE"), "VEVENT inside"),
    # Content lines and parameters.
    ("no name", change(b"STATUS:", b":"), "no property name"),
    ("no colon", change(b"STATUS:CONFIRMED", b"STATUS"), "no colon before the value"),
    ("space in a name", change(b"STATUS:", b"ST ATUS:"), "no colon before the value"),
    ("quote in a parameter", change(b"LABEL=Take part", b'LABEL=Take"part'), "a quote inside a parameter"),
    ("colon in a parameter", change(b"LABEL=Take part", b"LABEL=Take: part"), "not a web address"),
    ("semicolon in a parameter", change(b"LABEL=Take part", b"LABEL=Take;part"), "a parameter without a name or value"),
    ("comma in a label", change(b"LABEL=Take part", b"LABEL=Take,part"), "LABEL has more than one value"),
    ("empty parameter", change(b"LABEL=Take part", b"LABEL="), "parameter LABEL without a value"),
    ("parameter twice", change(b"LABEL=Take part", b"VALUE=URI"), "parameter VALUE twice"),
    ("unknown parameter", change(b"STATUS:", b"STATUS;X-A=1:"), "STATUS with parameter X-A"),
    ("quoted feature list", change(b"FEATURE=AUDIO,VIDEO", b'FEATURE="AUDIO,VIDEO"'), "FEATURE has an unknown word"),
    ("wrong language", change(b"SUMMARY;LANGUAGE=en", b"SUMMARY;LANGUAGE=e_n"), "LANGUAGE is not a language tag"),
    # Texts.
    ("raw comma", change(b"Caring metropolises:", b"Caring, metropolises:"), "a bare ','"),
    ("raw semicolon", change(b"Caring metropolises:", b"Caring; metropolises:"), "a bare ';'"),
    ("wrong escape", change(b"Caring metropolises:", b"Caring\\: metropolises"), "a wrong escape"),
    ("lone backslash", change(b"framing recovery for all", b"framing\\"), "a wrong escape"),
    ("empty title", change(b"Caring metropolises: framing recovery for all", b""), "an empty title"),
    ("title of two lines", change(b"Caring metropolises:", b"Caring\\n"), "one with a line break"),
    ("open override", change(b"Caring", "\u202ering".encode()), "a direction control without its partner"),
    ("empty category", change(b"Equity in health and care,", b","), "an empty item in a list"),
    # Values.
    ("status", change(b"STATUS:CONFIRMED", b"STATUS:FOO"), "'FOO' is none of"),
    ("one L", change(b"STATUS:CANCELLED", b"STATUS:CANCELED"), "'CANCELED' is none of"),
    ("text sequence", change(b"SEQUENCE:2", b"SEQUENCE:two"), "not a whole number"),
    ("negative sequence", change(b"SEQUENCE:2", b"SEQUENCE:-1"), "not a whole number"),
    ("stamp not in UTC", change(b"CREATED:20210901T080000Z", b"CREATED:20210901T080000"), "not in UTC"),
    ("stamps apart", change(b"DTSTAMP:20210920T103000Z", b"DTSTAMP:20210921T103000Z"), "DTSTAMP differs"),
    ("no such day", change(b"20211007T150000", b"20211032T150000"), "no such day or time"),
    ("no such hour", change(b"20211007T150000", b"20211007T250000"), "no such day or time"),
    ("a date with dashes", change(b"20211007T150000", b"2021-10-07T15:00:00"), "not a date-time of the form"),
    ("relative URL", change(b"URL:https://wmd.example/e/", b"URL:/e/"), "not a web address"),
    ("space in a URL", change(b"URL:https://wmd.example/e/", b"URL:https://wmd.example/e "), "not a URI"),
    ("mailto URL", change(b"URL:https://wmd.example/e/", b"URL:mailto:a@wmd.example?"), "not a web address"),
    # Times.
    ("floating time", change(b"DTSTART;TZID=Europe/Madrid:", b"DTSTART:"), "a floating time"),
    ("TZID and Z", change(b"20211007T150000", b"20211007T150000Z"), "both TZID and Z"),
    ("date without VALUE", change(b"DTSTART;TZID=Europe/Madrid:20211007T150000", b"DTSTART:20211007"), "DTSTART"),
    ("date with TZID", change(b"DTSTART;TZID=", b"DTSTART;VALUE=DATE;TZID="), "VALUE is not DATE alone"),
    ("zone by offset", change(b"DTSTART;TZID=Europe/Madrid", b'DTSTART;TZID="UTC+02:00"'), "is no IANA zone"),
    ("zone by abbreviation", change(b"DTSTART;TZID=Europe/Madrid", b"DTSTART;TZID=CEST"), "is no IANA zone"),
    ("end before start", change(b"20211007T163000", b"20211007T143000"), "DTEND not after DTSTART"),
    ("end at start", change(b"20211007T163000", b"20211007T150000"), "DTEND not after DTSTART"),
    (
        "mixed types",
        change(b"DTEND;TZID=Europe/Madrid:20211007T163000", b"DTEND;VALUE=DATE:20211009"),
        "of different types",
    ),
    ("an hour that is not", change(b"20211007T150000", b"20210328T023000"), "does not exist in its zone"),
    # What must be there, and how often.
    ("no UID", change(b"UID:00000000-0000-4000-8000-000000000001@wmd.example\r\n", b""), "VEVENT without UID"),
    ("spaced UID", change(b"UID:00000000", b"UID:0000 0000"), "not a stable identifier"),
    ("no DTSTAMP", change(b"DTSTAMP:20210920T103000Z\r\n", b""), "VEVENT without DTSTAMP"),
    ("no SEQUENCE", change(b"SEQUENCE:2\r\n", b""), "VEVENT without SEQUENCE"),
    ("no STATUS", change(b"STATUS:CONFIRMED\r\n", b""), "VEVENT without STATUS"),
    ("no end", change(b"DTEND;TZID=Europe/Madrid:20211007T163000\r\n", b""), "VEVENT without DTEND"),
    ("two sequences", change(b"SEQUENCE:2\r\n", b"SEQUENCE:2\r\nSEQUENCE:2\r\n"), "SEQUENCE 2 times in one VEVENT"),
    ("duplicate UID", change(b"UID:00000000-0000-4000-8000-000000000002", b"UID:00000000-0000-4000-8000-000000000001"),
     "2 times"),
    ("attendee", change(b"STATUS:", b"ATTENDEE:mailto:a@wmd.example\r\nSTATUS:"), "ATTENDEE does not belong"),
    ("organizer", change(b"STATUS:", b"ORGANIZER:mailto:a@wmd.example\r\nSTATUS:"), "ORGANIZER does not belong"),
    ("method", change(b"CALSCALE:", b"METHOD:PUBLISH\r\nCALSCALE:"), "METHOD does not belong in VCALENDAR"),
    ("calendar UID", change(b"CALSCALE:", b"UID:a@wmd.example\r\nCALSCALE:"), "UID does not belong in VCALENDAR"),
    ("calendar Uid", change(b"CALSCALE:", b"Uid:a@wmd.example\r\nCALSCALE:"), "UID does not belong in VCALENDAR"),
    ("calendar zone", change(b"CALSCALE:", b"X-WR-TIMEZONE:UTC\r\nCALSCALE:"), "X-WR-TIMEZONE does not belong"),
    # The calendar.
    ("version", change(b"VERSION:2.0", b"VERSION:1.0"), "'1.0' is none of 2.0"),
    ("no PRODID", change(b"PRODID:", b"NAME:"), "VCALENDAR without PRODID"),
    ("calendar scale", change(b"CALSCALE:GREGORIAN", b"CALSCALE:JULIAN"), "'JULIAN' is none of"),
    ("name without its twin", change(b"X-WR-CALNAME:World Metropolitan Day 2021\r\n", b""), "X-WR-CALNAME differ"),
    ("refresh without VALUE", change(b"INTERVAL;VALUE=DURATION:", b"INTERVAL:"), "without VALUE=DURATION"),
    ("refresh mistyped", change(b"VALUE=DURATION:PT6H", b"VALUE=DURATION:6H"), "not a duration"),
    ("no refresh", change(b"REFRESH-INTERVAL;VALUE=DURATION:PT6H\r\n", b""), "a feed without REFRESH-INTERVAL"),
    ("source without VALUE", change(b"SOURCE;VALUE=URI:", b"SOURCE:"), "SOURCE without VALUE=URI"),
    ("conference without VALUE", change(b"CONFERENCE;VALUE=URI;", b"CONFERENCE;"), "CONFERENCE without VALUE=URI"),
    ("hex colour", change(b"COLOR:royalblue", b"COLOR:#4169E1"), "not a CSS3 colour name"),
    # Zones.
    ("zone not declared", change(b"TZID:Europe/Madrid", b"TZID:Europe/Paris"), "zone 'Europe/Madrid' not declared"),
    ("zone not used", change(b"TZID:Europe/Madrid", b"TZID:Europe/Paris"), "zone 'Europe/Paris' not used"),
    ("zone twice", lambda data: change(b"BEGIN:VEVENT", zone_of(data) + b"BEGIN:VEVENT")(data), "declared 2 times"),
    ("zone at the end", lambda data: change(b"END:VCALENDAR", zone_of(data) + b"END:VCALENDAR")(data),
     "a VTIMEZONE behind an entry"),
    ("zone without blocks", lambda data: data.replace(blocks_of(data), b""), "VTIMEZONE without a block"),
    ("zone in UTC", change(b"DTSTART:20201025T030000", b"DTSTART:20201025T030000Z"), "in UTC where wall time belongs"),
    ("offset", change(b"TZOFFSETTO:+0100", b"TZOFFSETTO:+1"), "not a UTC offset"),
    ("negative zero", change(b"TZOFFSETTO:+0100", b"TZOFFSETTO:-0000"), "a negative zero offset"),
    ("RDATE list", change(b"RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", b"RDATE:20211031T030000"), "RDATE does not"),
    ("daily rule", change(b"FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", b"FREQ=DAILY"), "not a yearly rule"),
]  # fmt: skip


def zone_of(data: bytes) -> bytes:
    """Return the last VTIMEZONE of a calendar."""
    return data[data.rindex(b"BEGIN:VTIMEZONE") : data.rindex(b"END:VTIMEZONE") + len(b"END:VTIMEZONE\r\n")]


def blocks_of(data: bytes) -> bytes:
    """Return the blocks inside the last VTIMEZONE."""
    zone = zone_of(data)
    return zone[zone.index(b"BEGIN:STANDARD") : zone.index(b"END:VTIMEZONE")]


@pytest.mark.parametrize(("how", "fault"), [row[1:] for row in BROKEN_CALENDARS], ids=[r[0] for r in BROKEN_CALENDARS])
def test_check_calendar_with_a_broken_feed_names_the_fault(how: Callable[[bytes], bytes], fault: str) -> None:
    broken = how(GOOD)
    assert broken != GOOD
    faults = strict.check_calendar(broken)
    assert [found for found in faults if fault in found] != [], faults


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (GOOD, "not exactly one VEVENT"),
        (VEVENT + VEVENT, "not exactly one VEVENT"),
        (VEVENT.replace(b"VEVENT", b"VTODO"), "component VTODO does not belong here"),
        (VEVENT.replace(b"STATUS:", b"GEO:1.0,2.0\r\nSTATUS:"), "not a latitude and a longitude"),
        (VEVENT.replace(b"STATUS:", b"GEO:91.0;2.0\r\nSTATUS:"), "not a latitude and a longitude"),
        (VEVENT.replace(b"STATUS:", b"DURATION:PT1H\r\nSTATUS:"), "DURATION does not belong in VEVENT"),
        (VEVENT.replace(b"STATUS:", b"STYLED-DESCRIPTION:a\r\nSTATUS:"), "STYLED-DESCRIPTION without VALUE=TEXT"),
    ],
)
def test_check_component_with_a_broken_entry_names_the_fault(broken: bytes, fault: str) -> None:
    faults = strict.check_component(broken)
    assert [found for found in faults if fault in found] != [], faults


def test_faults_say_the_line_they_are_on() -> None:
    broken = VEVENT.replace(b"SEQUENCE:2", b"SEQUENCE:x")
    assert strict.check_component(broken) == ["line 6: SEQUENCE: not a whole number"]


def test_check_entry_looks_at_all_three_sizes() -> None:
    entry = cast.entry_of(cast.lead_event())
    assert strict.check_entry(entry) == []
    assert strict.check_entry(entry._replace(short=b"DESCRIPTION:a,b\r\n")) == ["line 11: DESCRIPTION: a bare ','"]
    assert strict.check_entry(entry._replace(full=entry.full[:-2])) != []
    assert strict.check_entry(entry._replace(tail=entry.tail[:-2])) == ["line 0: the last line does not end with CRLF"]


def test_check_calendar_of_a_download_needs_no_name() -> None:
    data = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//A//B//EN\r\nEND:VCALENDAR\r\n"
    assert strict.check_calendar(data, feed=False) == []
    assert strict.check_calendar(data) == [
        "line 1: a feed without NAME",
        "line 1: a feed without SOURCE",
        "line 1: a feed without REFRESH-INTERVAL",
        "line 1: a feed without LAST-MODIFIED",
    ]


def test_parse_gives_plain_values() -> None:
    calendar = strict.parse(GOOD)
    assert [child.name for child in calendar.children] == ["VTIMEZONE", "VTIMEZONE", "VEVENT", "VEVENT"]
    assert calendar.text("NAME") == "World Metropolitan Day 2021"
    cancelled = calendar.components("VEVENT")[0]
    assert cancelled.text("SUMMARY") == "Cancelled: Night buses, safely home"
    assert cancelled.get("LABEL") is None


def test_parse_with_broken_bytes_names_the_faults() -> None:
    with pytest.raises(ValueError, match="not CRLF"):
        strict.parse(GOOD.replace(b"\r\n", b"\n"))
    with pytest.raises(ValueError, match="2 components instead of one"):
        strict.parse(VEVENT + VEVENT)


def test_read_property_reads_quotes_and_circumflexes() -> None:
    found = grammar.read_property(grammar.Line(1, 'X;A="a:b;c,d",e;B=^n^^^\':v:w;"x"'))
    assert dict(found.params) == {"A": ("a:b;c,d", "e"), "B": ('\n^"',)}
    assert found.value == 'v:w;"x"'


@pytest.mark.parametrize("value", ["PT6H", "P1D", "P2W", "PT1H30M", "P1DT12H", "PT15M", "PT30S"])
def test_duration_value_with_a_duration_returns_it(value: str) -> None:
    assert grammar.duration_value(value) == value


@pytest.mark.parametrize("value", ["", "P", "PT", "6H", "P1H", "P1DT", "-PT1H", "PT1.5H", "P1W2D"])
def test_duration_value_with_anything_else_is_refused(value: str) -> None:
    with pytest.raises(grammar.ReadingError):
        grammar.duration_value(value)


@pytest.mark.parametrize("value", ["http://[::1]/a", "https://a.example/%C3%A9?x=1&y=2#f", "https://a.example/~b;c,d"])
def test_web_value_with_an_address_returns_it(value: str) -> None:
    assert grammar.web_value(value) == value


@pytest.mark.parametrize("value", ["https://", "https://a.example/é", "https://a.example/%zz", "javascript:1", "a b"])
def test_web_value_with_anything_else_is_refused(value: str) -> None:
    with pytest.raises(grammar.ReadingError):
        grammar.web_value(value)


def test_text_list_keeps_escaped_commas_together() -> None:
    assert grammar.text_list(r"Mobility\, transport,Housing") == ["Mobility, transport", "Housing"]


@pytest.mark.parametrize("module", ["strict", "tree", "grammar", "colours"])
def test_the_check_shares_no_code_with_what_it_checks(module: str) -> None:
    path = Path(strict.__file__).with_name(f"{module}.py")
    imported = {
        name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom | ast.Import)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    ours = {name for name in imported if name.startswith(("wmd", "icalendar"))}
    assert ours <= {
        "wmd.domain.ical",
        "wmd.domain.ical.colours",
        "wmd.domain.ical.grammar",
        "wmd.domain.ical.tree",
        "wmd.domain.programme",
    }
