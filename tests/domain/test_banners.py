"""Which banners stand on a page, in which words, and when that changes next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from wmd.domain.banners import Banners, BannerView

NOW = datetime(2021, 10, 7, 13, tzinfo=UTC)
HOUR = timedelta(hours=1)


def banner(row_id: str, edition: str = "", kind: str = "info", begins: float = -1, ends: float = 1) -> BannerView:
    """Return a banner that stands from one hour to another, counted from now."""
    return BannerView(row_id, edition, kind, {"en": row_id}, NOW + begins * HOUR, NOW + ends * HOUR)


def test_page_has_those_of_its_edition_and_of_all_pages_warnings_first() -> None:
    found = Banners(
        1,
        (
            banner("all"), banner("newer", begins=-0.5), banner("grave", "2021", "warning", begins=-3),
            banner("other", "2026"), banner("to-come", begins=0.1), banner("over", ends=0),
        ),
    )  # fmt: skip
    assert [each.id for each in found.standing("2021", NOW)] == ["grave", "newer", "all"]
    assert [each.id for each in found.standing("", NOW)] == ["newer", "all"]


def test_page_holds_until_the_next_of_its_banners_begins_or_ends() -> None:
    found = Banners(
        1, (banner("all", begins=-1, ends=3), banner("other", "2026", ends=2), banner("wait", begins=4, ends=5))
    )
    assert found.turns_at("2021", NOW) == NOW + 3 * HOUR
    assert found.turns_at("2026", NOW) == NOW + 2 * HOUR
    assert found.turns_at("2021", NOW + 3 * HOUR) == NOW + 4 * HOUR
    assert found.turns_at("2021", NOW + 5 * HOUR) is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"es": "Hola", "en": "Hello"}, ("Hola", "es")),
        ({"fr": "Salut", "en": "Hello"}, ("Hello", "en")),
        ({"fr": "Salut"}, ("Salut", "fr")),
        ({}, ("", "")),
    ],
)
def test_reader_sees_their_own_language_or_english_or_any(words: dict[str, str], said: tuple[str, str]) -> None:
    assert banner("x")._replace(words=words).said("es") == said
