"""Banners: a sentence on top of every public page for a while. A small value with a version of its own.

Pages are kept until it moves, or until the next banner begins or ends: nothing that changes more often moves it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class BannerView(NamedTuple):
    """One banner. ``edition``: the slug of the edition on whose pages it stands, a blank for all pages.

    ``kind``: info or warning. ``words`` by language.
    """

    id: str
    edition: str
    kind: str
    words: Mapping[str, str]
    from_at: datetime
    until_at: datetime

    def said(self, language: str) -> tuple[str, str]:
        """Return the words and their language: in this one, else in English, else in any there is."""
        for tag in (language, "en"):
            if tag in self.words:
                return self.words[tag], tag
        return next(((text, tag) for tag, text in self.words.items()), ("", ""))


@dataclass(frozen=True, slots=True)
class Banners:
    """All banners that stand or will, at one version."""

    version: int = 0
    rows: tuple[BannerView, ...] = ()

    def standing(self, edition: str, now: datetime) -> list[BannerView]:
        """Return the banners of a page now: warnings first, then the newest. ``edition``: blank for pages of none."""
        found = [each for each in self._on(edition) if each.from_at <= now < each.until_at]
        return sorted(found, key=lambda each: (each.kind != "warning", -each.from_at.timestamp(), each.id))

    def turns_at(self, edition: str, now: datetime) -> datetime | None:
        """Return the next instant at which a banner of a page begins or ends."""
        turns = (at for each in self._on(edition) for at in (each.from_at, each.until_at))
        return min((at for at in turns if at > now), default=None)

    def _on(self, edition: str) -> Iterator[BannerView]:
        return (each for each in self.rows if each.edition in {"", edition})
