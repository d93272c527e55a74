"""What letters such as "CET" or "CST" mean, read literally: a hint about a time, never a zone.

Offsets are minutes east of UTC. One abbreviation may mean several things; all meanings in use by organisers
are listed, the most frequent first. ``zones`` are places where the abbreviation is used, for a suggestion when the
host's country is not known. Names and offsets follow the tz database and its commentary; "ET", "CT", "MT" and
"PT" mean whichever time is in force and therefore have two readings.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from wmd.domain.findings import N_


class Meaning(NamedTuple):
    """One literal reading: the English name, minutes east of UTC, and places that use it."""

    name: str
    offset_min: int
    zones: tuple[str, ...]


def _m(name: str, hours: float, *zones: str) -> Meaning:
    return Meaning(name, round(hours * 60), zones)


ABBREVIATIONS: dict[str, tuple[Meaning, ...]] = {
    "UTC": (_m(N_("Coordinated Universal Time"), 0, "UTC"),),
    "GMT": (_m(N_("Greenwich Mean Time"), 0, "Africa/Dakar", "Africa/Accra", "Europe/London"),),
    # Europe
    "WET": (_m(N_("Western European Time"), 0, "Europe/Lisbon", "Atlantic/Canary"),),
    "WEST": (_m(N_("Western European Summer Time"), 1, "Europe/Lisbon", "Atlantic/Canary"),),
    "BST": (
        _m(N_("British Summer Time"), 1, "Europe/London"),
        _m(N_("Bangladesh Standard Time"), 6, "Asia/Dhaka"),
    ),
    "CET": (_m(N_("Central European Time"), 1, "Europe/Madrid", "Europe/Paris", "Europe/Berlin"),),
    "CEST": (_m(N_("Central European Summer Time"), 2, "Europe/Madrid", "Europe/Paris", "Europe/Berlin"),),
    "MEZ": (_m(N_("Central European Time"), 1, "Europe/Berlin", "Europe/Vienna"),),
    "MESZ": (_m(N_("Central European Summer Time"), 2, "Europe/Berlin", "Europe/Vienna"),),
    "EET": (_m(N_("Eastern European Time"), 2, "Europe/Athens", "Africa/Cairo", "Asia/Beirut"),),
    "EEST": (_m(N_("Eastern European Summer Time"), 3, "Europe/Athens", "Africa/Cairo", "Asia/Beirut"),),
    "MSK": (_m(N_("Moscow Time"), 3, "Europe/Moscow"),),
    "TRT": (_m(N_("Türkiye Time"), 3, "Europe/Istanbul"),),
    # Africa
    "WAT": (_m(N_("West Africa Time"), 1, "Africa/Lagos", "Africa/Douala"),),
    "CAT": (_m(N_("Central Africa Time"), 2, "Africa/Harare", "Africa/Maputo"),),
    "EAT": (_m(N_("East Africa Time"), 3, "Africa/Nairobi"),),
    "SAST": (_m(N_("South Africa Standard Time"), 2, "Africa/Johannesburg"),),
    # Asia
    "IST": (
        _m(N_("India Standard Time"), 5.5, "Asia/Kolkata"),
        _m(N_("Irish Standard Time"), 1, "Europe/Dublin"),
        _m(N_("Israel Standard Time"), 2, "Asia/Jerusalem"),
    ),
    "IDT": (_m(N_("Israel Daylight Time"), 3, "Asia/Jerusalem"),),
    "IRST": (_m(N_("Iran Standard Time"), 3.5, "Asia/Tehran"),),
    "IRDT": (_m(N_("Iran Daylight Time"), 4.5, "Asia/Tehran"),),
    "GST": (
        _m(N_("Gulf Standard Time"), 4, "Asia/Dubai"),
        _m(N_("South Georgia Time"), -2, "Atlantic/South_Georgia"),
    ),
    "PKT": (_m(N_("Pakistan Standard Time"), 5, "Asia/Karachi"),),
    "NPT": (_m(N_("Nepal Time"), 5.75, "Asia/Kathmandu"),),
    "ICT": (_m(N_("Indochina Time"), 7, "Asia/Bangkok", "Asia/Ho_Chi_Minh"),),
    "WIB": (_m(N_("Western Indonesia Time"), 7, "Asia/Jakarta"),),
    "WITA": (_m(N_("Central Indonesia Time"), 8, "Asia/Makassar"),),
    "WIT": (_m(N_("Eastern Indonesia Time"), 9, "Asia/Jayapura"),),
    "SGT": (_m(N_("Singapore Time"), 8, "Asia/Singapore"),),
    "MYT": (_m(N_("Malaysia Time"), 8, "Asia/Kuala_Lumpur"),),
    "HKT": (_m(N_("Hong Kong Time"), 8, "Asia/Hong_Kong"),),
    "PHT": (_m(N_("Philippine Time"), 8, "Asia/Manila"),),
    "JST": (_m(N_("Japan Standard Time"), 9, "Asia/Tokyo"),),
    "KST": (_m(N_("Korea Standard Time"), 9, "Asia/Seoul"),),
    # Oceania
    "AWST": (_m(N_("Australian Western Standard Time"), 8, "Australia/Perth"),),
    "ACST": (_m(N_("Australian Central Standard Time"), 9.5, "Australia/Adelaide", "Australia/Darwin"),),
    "ACDT": (_m(N_("Australian Central Daylight Time"), 10.5, "Australia/Adelaide"),),
    "AEST": (_m(N_("Australian Eastern Standard Time"), 10, "Australia/Sydney", "Australia/Brisbane"),),
    "AEDT": (_m(N_("Australian Eastern Daylight Time"), 11, "Australia/Sydney", "Australia/Melbourne"),),
    "NZST": (_m(N_("New Zealand Standard Time"), 12, "Pacific/Auckland"),),
    "NZDT": (_m(N_("New Zealand Daylight Time"), 13, "Pacific/Auckland"),),
    # The Americas
    "NST": (_m(N_("Newfoundland Standard Time"), -3.5, "America/St_Johns"),),
    "NDT": (_m(N_("Newfoundland Daylight Time"), -2.5, "America/St_Johns"),),
    "AST": (
        _m(N_("Atlantic Standard Time"), -4, "America/Puerto_Rico", "America/Halifax"),
        _m(N_("Arabia Standard Time"), 3, "Asia/Riyadh"),
    ),
    "ADT": (_m(N_("Atlantic Daylight Time"), -3, "America/Halifax"),),
    "EST": (
        _m(N_("Eastern Standard Time"), -5, "America/New_York", "America/Toronto", "America/Panama"),
        _m(N_("Australian Eastern Standard Time"), 10, "Australia/Sydney"),
    ),
    "EDT": (
        _m(N_("Eastern Daylight Time"), -4, "America/New_York", "America/Toronto"),
        _m(N_("Australian Eastern Daylight Time"), 11, "Australia/Sydney"),
    ),
    "ET": (
        _m(N_("Eastern Standard Time"), -5, "America/New_York", "America/Toronto"),
        _m(N_("Eastern Daylight Time"), -4, "America/New_York", "America/Toronto"),
    ),
    "CST": (
        _m(N_("Central Standard Time"), -6, "America/Chicago", "America/Mexico_City", "America/El_Salvador"),
        _m(N_("China Standard Time"), 8, "Asia/Shanghai", "Asia/Taipei"),
        _m(N_("Cuba Standard Time"), -5, "America/Havana"),
    ),
    "CDT": (
        _m(N_("Central Daylight Time"), -5, "America/Chicago"),
        _m(N_("Cuba Daylight Time"), -4, "America/Havana"),
    ),
    "CT": (
        _m(N_("Central Standard Time"), -6, "America/Chicago"),
        _m(N_("Central Daylight Time"), -5, "America/Chicago"),
    ),
    "MST": (
        _m(N_("Mountain Standard Time"), -7, "America/Denver", "America/Phoenix"),
        _m(N_("Malaysia Time"), 8, "Asia/Kuala_Lumpur"),
    ),
    "MDT": (_m(N_("Mountain Daylight Time"), -6, "America/Denver"),),
    "MT": (
        _m(N_("Mountain Standard Time"), -7, "America/Denver"),
        _m(N_("Mountain Daylight Time"), -6, "America/Denver"),
    ),
    "PST": (
        _m(N_("Pacific Standard Time"), -8, "America/Los_Angeles", "America/Tijuana"),
        _m(N_("Philippine Time"), 8, "Asia/Manila"),
        _m(N_("Pakistan Standard Time"), 5, "Asia/Karachi"),
    ),
    "PDT": (_m(N_("Pacific Daylight Time"), -7, "America/Los_Angeles", "America/Tijuana"),),
    "PT": (
        _m(N_("Pacific Standard Time"), -8, "America/Los_Angeles"),
        _m(N_("Pacific Daylight Time"), -7, "America/Los_Angeles"),
    ),
    "AKST": (_m(N_("Alaska Standard Time"), -9, "America/Anchorage"),),
    "AKDT": (_m(N_("Alaska Daylight Time"), -8, "America/Anchorage"),),
    "HST": (_m(N_("Hawaii Standard Time"), -10, "Pacific/Honolulu"),),
    "COT": (_m(N_("Colombia Time"), -5, "America/Bogota"),),
    "ECT": (_m(N_("Ecuador Time"), -5, "America/Guayaquil"),),
    "PET": (_m(N_("Peru Time"), -5, "America/Lima"),),
    "BOT": (_m(N_("Bolivia Time"), -4, "America/La_Paz"),),
    "VET": (_m(N_("Venezuela Time"), -4, "America/Caracas"),),
    "CLT": (_m(N_("Chile Standard Time"), -4, "America/Santiago"),),
    "CLST": (_m(N_("Chile Summer Time"), -3, "America/Santiago"),),
    "PYT": (
        _m(N_("Paraguay Time"), -4, "America/Asuncion"),
        _m(N_("Paraguay Time"), -3, "America/Asuncion"),
    ),
    "PYST": (_m(N_("Paraguay Summer Time"), -3, "America/Asuncion"),),
    "ART": (_m(N_("Argentina Time"), -3, "America/Argentina/Buenos_Aires"),),
    "BRT": (_m(N_("Brasília Time"), -3, "America/Sao_Paulo"),),
    "BRST": (_m(N_("Brasília Summer Time"), -2, "America/Sao_Paulo"),),
    "UYT": (_m(N_("Uruguay Time"), -3, "America/Montevideo"),),
}

#: Abbreviations that are words in a language of our organisers ("est", "ist", "west"): only capitals count.
WORDS_TOO = frozenset(
    {"ART", "BOT", "CAT", "COT", "CT", "EAT", "EST", "ET", "IST", "MT", "PET", "PT", "WAT", "WEST", "WIT"}
)

_EXPLICIT_OFFSET = re.compile(r"(?:UTC|GMT)\s*([+\-−–])\s*(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)


def literal_offsets(token: str) -> tuple[int, ...]:
    """Return the minutes east of UTC that ``token`` can mean literally; empty when it is no abbreviation.

    Knows the table above and written offsets (``GMT+2``, ``UTC-03:30``). Case does not matter.
    """
    token = token.strip()
    if meanings := ABBREVIATIONS.get(token.upper()):
        return tuple(meaning.offset_min for meaning in meanings)
    if match := _EXPLICIT_OFFSET.fullmatch(token):
        sign, hours, minutes = match.groups()
        offset_min = int(hours) * 60 + int(minutes or 0)
        return (offset_min if sign == "+" else -offset_min,) if offset_min <= 14 * 60 else ()
    return ()


def name_of(token: str, offset_min: int) -> str:
    """Return the English name of ``token`` where it stands for ``offset_min``, or "" when the table has none."""
    meanings = ABBREVIATIONS.get(token.upper(), ())
    return next((meaning.name for meaning in meanings if meaning.offset_min == offset_min), "")


def offset_text(seconds: int) -> str:
    """Return seconds east of UTC as "UTC+5:45"; seconds appear only in zones before railways."""
    if seconds == 0:
        return "UTC"
    minutes, rest = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    text = f"UTC{'+' if seconds > 0 else '−'}{hours}"
    if rest:
        return f"{text}:{minutes:02d}:{rest:02d}"
    return f"{text}:{minutes:02d}" if minutes else text
