"""Reading the organiser's own words about a time: "Thu 7 OCT 2021 | 15:00-16:30 CET".

Nothing here decides what the time *is* (that is the wall time and zone in the fields); it only finds what the
words say, so that ``times.lint_slot`` can notice where the two disagree. What is not clear is not reported:
a missed hint costs little, a false alarm stops a submission.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from wmd.domain.abbreviations import ABBREVIATIONS, WORDS_TOO, literal_offsets

_DAY_MIN = 24 * 60

#: Weekday names (accents folded, lower case) -> Monday is 0. English, Spanish, French, Portuguese, Catalan, German,
#: Italian. The Portuguese ordinals count only with "-feira": alone they are everyday words.
WEEKDAYS: dict[str, int] = {
    name: day
    for day, names in enumerate(
        (
            "monday lunes lundi segunda-feira dilluns montag lunedi",
            "tuesday martes mardi terca-feira dimarts dienstag martedi",
            "wednesday miercoles mercredi quarta-feira dimecres mittwoch mercoledi",
            "thursday jueves jeudi quinta-feira dijous donnerstag giovedi",
            "friday viernes vendredi sexta-feira divendres freitag venerdi",
            "saturday sabado samedi dissabte samstag sonnabend sabato",
            "sunday domingo dimanche diumenge sonntag domenica",
        )
    )
    for name in names.split()
}

_SHORT_DAYS = {"mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4, "sat": 5, "sun": 6}

_FULL_DAY = re.compile(rf"(?<![\w-])({'|'.join(sorted(WEEKDAYS, key=len, reverse=True))})s?(?![\w-])")
# The short English forms are words elsewhere ("mon", "sat"), so they count only before a number or in brackets.
_SHORT_DAY = re.compile(r"(?<![\w-])(mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)\b(?:\.?,?\s*(?=\d)|\.?(?=\)))")

# A dot separates hour and minute only where a mark follows: "7.10" is a date.
_CLOCK = (
    r"(\d{1,2})(?:(?:[:h]|\.(?=\d\d\s*(?:[ap]\.?\s?m\b|uhr|h)))([0-5]\d))?"
    r"\s*(a\.?\s?m\b\.?|p\.?\s?m\b\.?|hrs\b|h\b|uhr\b)?"
)
_TIME = re.compile(
    rf"(?<![\d:./,+\-−])(?:{_CLOCK})(?:\s*(?:-|–|—|to|a|à|até|bis|until)\s*(?:{_CLOCK}))?(?![\d:/])", re.IGNORECASE
)
_ZONE_TOKEN = re.compile(r"[\s(\[,/|]*((?:UTC|GMT)\s?[+\-−–]\s?\d{1,2}(?::?[0-5]\d)?|[A-Za-z]{2,5})(?![A-Za-z])")
_BARE_TOKEN = re.compile(r"(?:UTC|GMT)\s?[+\-−–]\s?\d{1,2}(?::?[0-5]\d)?|(?<![A-Za-z])[A-Z]{3,5}(?![A-Za-z])")


@dataclass(frozen=True, slots=True)
class SaidTime:
    """One clear clock time in the words: minutes after midnight, and the abbreviation written after it, or ""."""

    minutes: int
    token: str = ""

    @property
    def clock(self) -> str:
        """The time as ``15:00``."""
        return f"{self.minutes // 60:02d}:{self.minutes % 60:02d}"


def said_times(text: str) -> list[SaidTime]:
    """Return the clear clock times in ``text``, of a range only its start.

    Clear means with minutes ("15:00", "15h30"), or with a mark ("4pm", "16h", "15.30 Uhr"). In "3-4:30 pm" the
    mark of the end counts for the start too.
    """
    text = _plain(text)
    found: list[SaidTime] = []
    for match in _TIME.finditer(text):
        minutes = _minutes(match)
        if minutes is not None:
            found.append(SaidTime(minutes, _token_after(text, match.end())))
    return found


def said_tokens(text: str) -> list[str]:
    """Return the abbreviations in ``text``, also those with no time before them, each once and in order."""
    text = _plain(text)
    tokens = [said.token for said in said_times(text) if said.token]
    if not tokens:
        bare = _BARE_TOKEN.findall(text)
        tokens = [token for token in bare if token not in WORDS_TOO and literal_offsets(token)]
    return list(dict.fromkeys(tokens))


def said_weekdays(text: str) -> dict[str, int]:
    """Return the weekday names in ``text`` as written here (folded) with their number, Monday 0."""
    text = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    days = {match[1]: WEEKDAYS[match[1]] for match in _FULL_DAY.finditer(text)}
    days.update((match[1], _SHORT_DAYS[match[1]]) for match in _SHORT_DAY.finditer(text))
    return days


def _plain(text: str) -> str:
    """Return the text in compatibility form with the digits of any script as ASCII."""
    text = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in text)


def _minutes(match: re.Match[str]) -> int | None:
    """Return the start of the matched time or range, or None when it is not clearly a time."""
    hour, minute, mark, end_hour, end_minute, end_mark = match.groups()
    range_is_clear = end_hour is not None and bool(end_minute or end_mark)
    if not (minute or mark or range_is_clear):
        return None
    half = _half(mark)
    value = _clock(int(hour), int(minute or 0), half or ("" if mark else _half(end_mark)))
    end = _clock(int(end_hour), int(end_minute or 0), _half(end_mark)) if end_hour is not None else None
    if value is not None and end is not None and not mark and _half(end_mark) == "p" and value > end:
        # "11:00-12:30 pm": the start lies in the other half of the day.
        return value - _DAY_MIN // 2
    return value


def _half(mark: str | None) -> str:
    """Return "a" or "p" for a mark of the half of the day, else ""."""
    return mark[0].lower() if mark and mark[0] in "apAP" else ""


def _clock(hour: int, minute: int, half: str) -> int | None:
    """Return minutes after midnight, or None for what no clock shows."""
    if half:
        if not 1 <= hour <= 12:
            # "15:00 pm" is meant as 15:00.
            return hour * 60 + minute if 12 < hour < 24 and half == "p" else None
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour * 60 + minute if hour < 24 else None


def _token_after(text: str, position: int) -> str:
    """Return the abbreviation that directly follows ``position``, in capitals, or ""."""
    match = _ZONE_TOKEN.match(text, position)
    if match is None:
        return ""
    token = match[1]
    known = token.upper()
    if known in WORDS_TOO and token != known:
        return ""
    return re.sub(r"\s", "", known) if known in ABBREVIATIONS or literal_offsets(token) else ""
