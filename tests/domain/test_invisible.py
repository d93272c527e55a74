"""Invisible marks come along when text is pasted: they go, and joiners that a name is spelt with stay."""

from __future__ import annotations

import pytest

from wmd.domain.invisible import is_plain_line, without_marks


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("\u200eAna María\u200f ", "Ana María"),
        ("\u2067عمر\u2069", "عمر"),
        ("\ufeffBring\u00ad water\u202e", "Bring water"),
        ("می\u200cنا", "می\u200cنا"),
        ("\u200b \u2060", ""),
    ],
)
def test_marks_that_nobody_sees_are_taken_out(typed: str, kept: str) -> None:
    assert (without_marks(typed), is_plain_line(without_marks(typed))) == (kept, True)


@pytest.mark.parametrize("typed", ["Ana\nBcc: x", "Ana\x00", "a\tb"])
def test_line_break_and_control_character_are_no_plain_line(typed: str) -> None:
    assert is_plain_line(typed) is False
