"""What the organiser's own words say about a time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wmd.domain.time_text import said_times, said_tokens, said_weekdays

TIMES = [
    ("7 OCT 2021 | 15:00-16:30 CET", [("15:00", "CET")]),
    ("16h CET 21h ICT", [("16:00", "CET"), ("21:00", "ICT")]),
    ("8.30 PM EST | 08.30 AM Singapore", [("20:30", "EST"), ("08:30", "")]),
    ("3-4:30 pm EST", [("15:00", "EST")]),
    ("11:00-12:30 pm", [("11:00", "")]),
    ("7 a.m. - 9 a.m. PET", [("07:00", "PET")]),
    ("5 a 7 pm COT", [("17:00", "COT")]),
    ("12 am", [("00:00", "")]),
    ("12:00 PM", [("12:00", "")]),
    ("15:00 pm", [("15:00", "")]),
    ("15h30", [("15:30", "")]),
    ("15.30 Uhr MEZ", [("15:30", "MEZ")]),
    ("10:00 (UTC -3)", [("10:00", "UTC-3")]),
    ("10:00 cet", [("10:00", "CET")]),
    ("à 15h00 est prévu", [("15:00", "")]),
    ("15：00", [("15:00", "")]),
    ("١٥:٠٠", [("15:00", "")]),
    ("2021-10-07 15:00", [("15:00", "")]),
    ("7.10.2021, 10-12, 9 to 5, 7-8 October, 25:61, 24:00, 13 am", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "expected"), TIMES)
def test_said_times(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(said.clock, said.token) for said in said_times(text)] == expected


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("15:00 CET, 13:00 GMT", ["CET", "GMT"]),
        ("CET", ["CET"]),
        ("times in UTC+2", ["UTC+2"]),
        ("WEST HALL, EAT AND MEET, l'est", []),
        ("cet après-midi", []),
    ],
)
def test_said_tokens(text: str, tokens: list[str]) -> None:
    assert said_tokens(text) == tokens


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Thu 7 October", {"thu": 3}),
        ("Sun., 3 Oct", {"sun": 6}),
        ("(Fri)", {"fri": 4}),
        ("Sábado", {"sabado": 5}),
        ("Mercoledì, dimarts, Sonnabend", {"mercoledi": 2, "dimarts": 1, "sonnabend": 5}),
        ("TERÇA-FEIRA", {"terca-feira": 1}),
        ("mon événement, quinta avenida, sat down, wed.", {}),
    ],
)
def test_said_weekdays(text: str, days: dict[str, int]) -> None:
    assert said_weekdays(text) == days


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert all(0 <= said.minutes < 24 * 60 for said in said_times(text))
    assert all(0 <= day < 7 for day in said_weekdays(text).values())


@given(st.integers(0, 23), st.integers(0, 59))
def test_a_plain_time_is_read_back(hour: int, minute: int) -> None:
    (said,) = said_times(f"at {hour}:{minute:02d}")
    assert said.minutes == hour * 60 + minute
