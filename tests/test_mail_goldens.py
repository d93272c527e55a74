"""What holds for every mail that people receive, asked of all golden files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wmd.domain.mail_kinds import KINDS

GOLDEN = Path(__file__).parent / "golden" / "mail"
#: What a phone of 360 px shows of a mail in one line at the size of the footer and above.
_LONGEST_WORD = 40


def _html_of(kind: str) -> str:
    whole = (GOLDEN / f"{kind}.txt").read_text(encoding="utf-8")
    return whole.partition("==== HTML\n")[2].partition("\n==== ")[0]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_address_stands_bare_in_html(kind: str) -> None:
    html = _html_of(kind)
    assert "</html>" in html
    body = html.partition("<body")[2]
    outside = re.sub(r"<[^>]*>", " ", re.sub(r"<a .*?</a>", " ", body, flags=re.DOTALL))
    assert re.findall(r"https?://\S+", outside) == []


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_nothing_in_html_is_wider_than_a_phone(kind: str) -> None:
    shown = re.sub(r"<[^>]*>", " ", _html_of(kind).partition("<body")[2])
    assert [word for word in shown.split() if len(word) > _LONGEST_WORD] == []
