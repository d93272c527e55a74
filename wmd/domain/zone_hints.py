"""What zone an abbreviation probably stands for, given where the host is: only ever a question to a person."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from wmd.domain.abbreviations import ABBREVIATIONS, literal_offsets, name_of, offset_text
from wmd.domain.tzdb import country_zones, place_zones

#: Nobody reads more than this many proposals.
MOST_PROPOSALS = 5


def _names_and_offsets(zone_name: str, year: int) -> tuple[set[str], set[int]]:
    """Return the abbreviations and the offsets (minutes) that a zone has in winter and summer of ``year``."""
    zone = ZoneInfo(zone_name)
    names, offsets = set(), set()
    for month in (1, 7):
        at = datetime(year, month, 1, 12, tzinfo=zone)
        names.add(at.tzname() or "")
        offsets.add(_offset_min(at))
    return names, offsets


def _offset_min(at: datetime) -> int:
    offset = at.utcoffset()
    return round(offset.total_seconds() / 60) if offset is not None else 0


def suggest_zones(token: str, country: str, year: int) -> list[str]:
    """Return up to five IANA zones for an abbreviation, the best guess first; empty without any hint.

    With a country (ISO 3166-1 alpha-2), only its zones are proposed: those which use the abbreviation itself; else
    the one where most people live, then those with the offset ("CST" in Chile is Santiago, not Easter Island).
    Without one, the places listed with the abbreviation.
    """
    known = token.strip().upper()
    candidates = [name for name in country_zones(country.strip().upper()) if name in place_zones()]
    if candidates:
        facts = {name: _names_and_offsets(name, year) for name in candidates}
        literal = set(literal_offsets(known))
        same_name = [name for name in candidates if known in facts[name][0]]
        same_offset = [name for name in candidates if literal & facts[name][1]]
        return list(dict.fromkeys(same_name or [candidates[0], *same_offset]))[:MOST_PROPOSALS]
    zones = (zone for meaning in ABBREVIATIONS.get(known, ()) for zone in meaning.zones)
    return list(dict.fromkeys(zones))[:MOST_PROPOSALS]


def name_in_force(zone_name: str, on: date, token: str = "") -> str:
    """Return the English name of the time on the clocks of ``zone_name`` at noon of ``on``, or its offset.

    "Europe/Madrid" on 7 October gives "Central European Summer Time". Where the database has only a number, the
    name that ``token`` has there is taken ("BST" in Dhaka), else the number ("UTC−3").
    """
    noon = datetime.combine(on, time(12), tzinfo=ZoneInfo(zone_name))
    offset_min = _offset_min(noon)
    if name := name_of(noon.tzname() or "", offset_min):
        return name
    here = (meaning for meaning in ABBREVIATIONS.get(token.upper(), ()) if zone_name in meaning.zones)
    names = [meaning.name for meaning in here if meaning.offset_min == offset_min]
    return names[0] if names else offset_text(offset_min * 60)


def meanings_of(token: str) -> list[tuple[str, int]]:
    """Return every literal reading of an abbreviation: (English name, minutes east of UTC)."""
    return [(meaning.name, meaning.offset_min) for meaning in ABBREVIATIONS.get(token.strip().upper(), ())]
