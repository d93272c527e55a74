"""The way in of one person stands wherever everybody's stood, and nothing else changes."""

from __future__ import annotations

import re

from tests.domain.ical import cast
from wmd.domain.ical import strict
from wmd.domain.ical.lines import unfold
from wmd.domain.ical.own_way import with_own_way

TOKEN = "v1.derived." + "aB3_-" * 30


def test_own_way_stands_in_description_place_and_conference_and_makes_the_entry_private() -> None:
    entry = cast.entry_of(cast.lead_event())
    whole = unfold(entry.head + entry.full + entry.tail)
    way = re.findall(rb"https?://[^/]+/go/[0-9A-Z]{6}", whole)[0].decode()
    own = with_own_way(entry, way, f"{way}?t={TOKEN}")
    made = unfold(own.head + own.full + own.tail)
    assert made.count(TOKEN.encode()) == whole.count(way.encode()) == 3
    assert strict.check_entry(own) == []
    assert made.replace(f"?t={TOKEN}".encode(), b"").replace(b"CLASS:PRIVATE", b"CLASS:PUBLIC") == whole
    assert b"CLASS:PRIVATE" in made
    assert TOKEN.encode() in unfold(own.short)


def test_entry_without_that_way_stays_as_it_is() -> None:
    entry = cast.entry_of(cast.lead_event())
    assert with_own_way(entry, "https://wmd.example/go/ZZZZZZ", "https://wmd.example/x") is entry
