"""Zoom's numbers, UUIDs and tokens: the same thing written differently compares as the same."""

from __future__ import annotations

import base64
import uuid
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wmd.domain.zoom.links import (
    canonical_id,
    encode_uuid,
    is_likely_token,
    is_same_page,
    registration_token,
    uuid_of_token,
)

WN = "WN_TG7X-dycRuOObP11RPHuqA"
OLD = "tJ" + "a1-B_" * 6 + "a1b2"


@pytest.mark.parametrize(
    ("url", "token"),
    [
        (f"https://zoom.us/webinar/register/{WN}", WN),
        (f"https://us02web.zoom.us/webinar/register/{WN}#/registration", WN),
        (f"https://metropolis-org.zoom.us/webinar/register/{WN}?_x_zm_rtaid=abc.123&tk=", WN),
        (f"https://zoom.us/webinar/register/5516333425533/{WN}", WN),
        (f" https://ZOOM.US/Webinar/Register/{WN}/ ", WN),
        (f"https://zoom.us/webinar/register/{WN.replace('_', '%5F')}", WN),
        (f"https://zoom.us/meeting/register/{OLD}", OLD),
        ("https://zoom.us/meeting/register/fzwbml9fTX-aVQwqXg0fEQ", "fzwbml9fTX-aVQwqXg0fEQ"),
        ("https://zoom.us/webinar/register/", None),
        ("https://zoom.us/webinar/register/fzwbml9fTX-aVQwqXg0fEQ", None),
        (f"https://zoom.us/j/84123456789?uuid={WN}", None),
        (f"https://zoom.us/w/84123456789?tk=secret&uuid={WN}", None),
        (f"https://evilzoom.us/webinar/register/{WN}", None),
        (f"https://zoom.us.evil.org/webinar/register/{WN}", None),
        (f"ftp://zoom.us/webinar/register/{WN}", None),
        (f"https://[::1/webinar/register/{WN}", None),
        (f"https://zoom.us/webinar/register/{WN}/" + "a" * 3000, None),
    ],
)
def test_registration_token_is_read_whatever_stands_around_it(url: str, token: str | None) -> None:
    assert registration_token(url) == token


def test_same_page_is_known_under_another_host_and_a_recreated_one_is_not() -> None:
    page = f"https://zoom.us/webinar/register/{WN}"
    assert is_same_page(page, f"https://city.zoom.us/webinar/register/77/{WN}#/registration") is True
    assert is_same_page(page, f"https://zoom.us/webinar/register/{WN[:-1]}B") is False
    assert is_same_page("https://zoom.us/j/84123456789", "https://zoom.us/j/84123456789") is False


@given(st.uuids())
def test_likely_token_is_a_version_4_uuid_and_leads_back_to_it(any_uuid: uuid.UUID) -> None:
    token = "WN_" + base64.urlsafe_b64encode(any_uuid.bytes).decode().rstrip("=")
    assert is_likely_token(token) is (any_uuid.version == 4)
    expected = base64.b64encode(any_uuid.bytes).decode() if any_uuid.version == 4 else None
    assert uuid_of_token(token) == expected


def test_cut_and_older_tokens_are_not_likely() -> None:
    assert [is_likely_token(token) for token in (WN, WN[3:], WN[:-1], WN + "A", OLD, "")] == [
        True, True, False, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "value", [84123456789, "84123456789", " 841 2345 6789 ", "841-2345-6789", "084123456789", "84123456789\n"]
)
def test_number_in_any_spelling_is_one_id(value: int | str) -> None:
    assert canonical_id(value) == "84123456789"


@pytest.mark.parametrize("value", ["", "abc", True, -84123456789, "8412345678٩", "1" * 19, 0, "84123456789/../1"])
def test_what_is_no_number_is_no_id_and_is_not_repeated(value: int | str) -> None:
    with pytest.raises(ValueError) as caught:
        canonical_id(value)
    assert str(caught.value) == "this is not one of Zoom's numbers"


@pytest.mark.parametrize(
    ("given_uuid", "segment"),
    [
        ("abc+/d==", "abc%2B%2Fd%3D%3D"),
        ("/bc+d==", "%252Fbc%252Bd%253D%253D"),
        ("ab//d==", "ab%252F%252Fd%253D%253D"),
    ],
)
def test_uuid_is_escaped_twice_only_where_its_slashes_need_it(given_uuid: str, segment: str) -> None:
    assert encode_uuid(given_uuid) == segment


@given(st.uuids(version=4))
def test_escaped_uuid_is_one_segment_and_decodes_to_itself(any_uuid: uuid.UUID) -> None:
    text = base64.b64encode(any_uuid.bytes).decode()
    segment = encode_uuid(text)
    assert "/" not in segment
    assert text in {unquote(segment), unquote(unquote(segment))}
