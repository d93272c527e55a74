"""Content lines: escaping and folding, and the two library faults that they walk round."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar.parser import Contentline
from icalendar.prop import vText

from wmd.domain.ical import grammar, lines


def read_back(line: bytes) -> grammar.Property:
    """Read one line with the strict reader, which must find nothing wrong."""
    faults: list[str] = []
    found = list(grammar.content_lines(line, lambda number, what: faults.append(f"{number}: {what}")))
    assert faults == []
    assert len(found) == 1
    return grammar.read_property(found[0])


def test_library_takes_a_backslash_before_a_capital_n_for_a_line_break() -> None:
    # The day this fails, lines.py no longer needs its stand-in for backslashes.
    assert vText("C:\\New").to_ical() == b"C:\\new"
    assert read_back(lines.text_line("SUMMARY", "C:\\New")).value == "C:\\\\New"


def test_library_folds_inside_the_escape_of_a_backslash() -> None:
    # The day this fails, lines.py may use the library's folding.
    line = "SUMMARY:" + "x" * 64 + "\\\\yz"
    assert Contentline(line).to_ical().split(b"\r\n ")[0].endswith(b"x\\")
    assert read_back(lines.fold(line.encode())).value == line.removeprefix("SUMMARY:")


@pytest.mark.parametrize(
    ("value", "escaped"),
    [
        ("a, b; c", r"a\, b\; c"),
        ("one\ntwo\r\nthree\rfour\u2028five", r"one\ntwo\nthree\nfour\nfive"),
        (r"back\slash \n \N", r"back\\slash \\n \\N"),
        ("bell\x07 nul\x00 del\x7f c1\x9f bom\ufeff tab\tend", "bell nul del c1 bom tab end"),
        ('"quoted": ^n', '"quoted": ^n'),
    ],
)
def test_text_line_with_hostile_characters_escapes_or_drops_them(value: str, escaped: str) -> None:
    assert lines.text_line("SUMMARY", value) == f"SUMMARY:{escaped}\r\n".encode()


def test_text_list_line_with_a_comma_inside_escapes_it() -> None:
    line = lines.text_list_line("CATEGORIES", ["Mobility, accessibility", "Housing"])
    assert line == b"CATEGORIES:Mobility\\, accessibility,Housing\r\n"


def test_uri_line_with_parameters_writes_them_in_the_order_given() -> None:
    params = {"VALUE": "URI", "FEATURE": ["AUDIO", "VIDEO"], "LABEL": 'Say "hi"; now'}
    line = lines.uri_line("CONFERENCE", "https://a.example/go/X", params)
    assert lines.unfold(line).decode() == (
        "CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO;LABEL=\"Say ^'hi^'; now\":https://a.example/go/X"
    )
    assert read_back(line).params["LABEL"] == ('Say "hi"; now',)


@pytest.mark.parametrize(
    ("uri", "written"),
    [
        ("https://a.example/x?q=a&b=c#d", "https://a.example/x?q=a&b=c#d"),
        ("https://a.example/%C3%A9?x=100%", "https://a.example/%C3%A9?x=100%25"),
        ('https://a.example/"é|\\', "https://a.example/%22%C3%A9%7C%5C"),
        ("https://a.example/\r\nATTENDEE:x", "https://a.example/%0D%0AATTENDEE:x"),
    ],
)
def test_uri_line_with_what_may_not_stand_in_a_uri_encodes_it(uri: str, written: str) -> None:
    found = read_back(lines.uri_line("URL", uri))
    assert found.value == written == grammar.web_value(found.value)


def test_time_lines_have_the_three_forms() -> None:
    at = datetime(2021, 10, 7, 13, 0, 0, 999999, tzinfo=UTC)
    assert lines.utc_line("DTSTAMP", at) == b"DTSTAMP:20211007T130000Z\r\n"
    assert lines.local_line("DTSTART", at, "Asia/Tehran") == b"DTSTART;TZID=Asia/Tehran:20211007T130000\r\n"
    assert lines.date_line("DTEND", date(2021, 10, 9)) == b"DTEND;VALUE=DATE:20211009\r\n"


@given(st.text(alphabet=st.sampled_from(["\\", "a", "é", "城", "👩", "\u200d", "^", " ", ";"]), max_size=200))
def test_fold_with_any_text_keeps_lines_short_and_unfolds_to_the_same(text: str) -> None:
    line = b"SUMMARY:" + text.replace("\\", "\\\\").replace(";", "\\;").encode()
    folded = lines.fold(line)
    assert max(map(len, folded.split(b"\r\n"))) <= 75
    assert lines.unfold(folded) == line
    assert grammar.text_value(read_back(folded).value) == text


def test_fold_with_a_line_of_75_octets_leaves_it_whole() -> None:
    assert lines.fold(b"x" * 75) == b"x" * 75 + b"\r\n"
    assert lines.fold(b"x" * 76) == b"x" * 75 + b"\r\n x\r\n"
