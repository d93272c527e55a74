"""Links that only one person may have are taken out of what was typed, however they are dressed up."""

from __future__ import annotations

import pytest

from tests.domain.test_links import ZOOM
from wmd.domain.forms.refused import without_refused
from wmd.domain.links import take_out_refused

HOST, TICKET = "https://zoom.us/s/81234567890?zak=abc", "https://zoom.us/w/81234567890?tk=abc&uuid=WN_x"


@pytest.mark.parametrize(("raw", "kind", "expected", "found"), ZOOM)
def test_every_form_of_link_is_kept_unless_it_is_refused(raw: str, kind: str, expected: str, found: list[str]) -> None:
    for name, before, after in (("registration.url", "", ""), ("note", "See ", ", please.")):
        kept, findings = without_refused({name: before + raw + after})
        if expected == "refused":
            assert kept == {name: (before + after).strip()}
            assert [(each.code, each.where) for each in findings] == [(found[0], name)]
        else:
            assert (kept, findings) == ({name: before + raw + after}, [])


@pytest.mark.parametrize(
    "text",
    [
        HOST, f"Start here: {HOST}. Thanks!", f"<a href='{HOST}'>x</a>", HOST.replace("https", "http"),
        HOST.removeprefix("https://"), "https://zoom.us/%73/81234567890?%7aak=abc", "https://ｚｏｏｍ.us/s/81234567890",
        "zoom.us&#47;s/81234567890?zak=abc", "zoom\u200b.us/s/81234567890?zak=abc", "https://a@zoom.us/s/81234567890",
        "https://zoom.us:8443/s/81234567890", "https://safelinks.example/?url=https%3A%2F%2Fzoom.us%2Fs%2F8123456789",
        "zoommtg://zoom.us/start?action=start&confno=81234567890&zak=abc", "https://a.webex.com/a/start/b?zak=x",
        f"{HOST}\n{TICKET}",
    ],
)  # fmt: skip
def test_nothing_of_a_refused_link_is_left(text: str) -> None:
    left, link = take_out_refused(text)
    assert link is not None
    assert [part for part in ("81234567890", "8123456789", "abc", "zak") if part in left] == []
    assert take_out_refused(left) == (left, None)


def test_the_rest_of_a_text_stays_as_it_is() -> None:
    text = f"Dear team,\n\nthe room ({HOST}) opens at 15:00 — “früh”.\n\nhttps://zoom.us/j/81234567890?pwd=x"
    assert take_out_refused(text)[0] == text.replace(HOST, "")


@pytest.mark.parametrize("text", ["", "zoom", "a%b & c", "Tokyo, Zürich", "https://example.org/s/81234567890", "x" * 9])
def test_text_without_one_is_the_same(text: str) -> None:
    assert take_out_refused(text) == (text, None)


def test_words_for_it_hold_no_link() -> None:
    _, findings = without_refused({"a": HOST, "b": TICKET, "c": "fine"})
    assert [(each.code, each.where) for each in findings] == [("link.host-key", "a"), ("link.personal-ticket", "b")]
    assert all("zoom" not in repr(each) + each.say() for each in findings)
