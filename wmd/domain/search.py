"""Free-text search over published events: folding, what is searched, and what a person asked for.

Folding makes two spellings of the same word equal: accents, case, the width of letters, Arabic letter forms and
Arabic-Indic digits (Unicode Standard Annex 15, NFKD; the Unicode case folding of :meth:`str.casefold`). Vowel
signs of Indic and South-East Asian scripts carry the word itself and stay.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from itertools import chain
from typing import NamedTuple

from wmd.domain.country_names import COUNTRY_NAMES
from wmd.domain.language_names import LANGUAGE_NAMES, SIGN_LANGUAGE_NAMES
from wmd.domain.programme import EventView, OrganisationView, PanelView, SessionView
from wmd.domain.vocabulary import ACTIVITY_LABELS, FORMAT_LABELS, PLATFORM_LABELS

#: Combining classes that are no accents: 0 and 9 (vowel signs, viramas), 8 (Japanese voicing, another consonant),
#: and the vowel and tone signs of Telugu (84, 91), Thai (103, 107), Lao (118, 122) and Tibetan (129, 130, 132).
_KEPT_CLASSES = frozenset({0, 8, 9, 84, 91, 103, 107, 118, 122, 129, 130, 132})

_LETTERS = {
    **{ord(old): new for old, new in zip("øłđıħðþ", ("o", "l", "d", "i", "h", "d", "th"), strict=True)},
    **{ord(old): new for old, new in zip("æœŋ", ("ae", "oe", "n"), strict=True)},
    # Arabic: one form of alef, of ya, of ha and of kaf, as people type them on any keyboard.
    **{ord(old): new for old, new in zip("ٱىیةک", "ايي\u0647ك", strict=True)},
}
_DIGITS = {
    first + digit: str(digit)
    for first in (0x0660, 0x06F0, 0x0966, 0x09E6)  # Arabic-Indic, Persian, Devanagari, Bengali
    for digit in range(10)
}
_FOLDED = {**_LETTERS, **_DIGITS}
_VARIANTS = re.compile("[" + "".join(map(chr, _FOLDED)) + "]")
#: Tatweel, soft hyphen, joiners, direction marks and the byte order mark are never part of a word.
_INVISIBLE = [
    0x0640,
    0x00AD,
    0x034F,
    0x061C,
    0xFEFF,
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
]
#: The last combining mark of Unicode lies below this.
_MARKS_END = 0x1F000
_RARE_PLANES = re.compile("[\U00010000-\U0010ffff]")

#: What separates words beside white space; all else (letters of any script with their marks, digits) is part of one.
_ASCII_SEPARATORS = dict.fromkeys(map(ord, string.punctuation), " ")
_SEPARATORS = re.compile(
    r"[!-/:-@\[-`{-~\u00a1-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u00d7\u00f7\u060c\u061b\u061f"
    r"\u066a-\u066d\u06d4\u0964\u0965\u0e2f\u0e5a\u0e5b\u2010-\u206f\u20a0-\u20bf\u2190-\u2bff\u3000-\u3004\u3008-\u3020"
    r"\u3030\u30fb\uff5f-\uff65\ufffd]+"
)

#: Scripts that put no space between words (Thai to Tibetan, Khmer, Japanese and Chinese) or write articles and
#: prepositions onto the word (Hebrew, Arabic): their words are found anywhere.
_UNSPACED = re.compile(
    r"[\u0590-\u07ff\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u9fff"
    r"\uf900-\ufaff\U00020000-\U0003ffff]"
)

#: A shorter word of a script with spaces must begin a word: "art" finds "arts" and not "party".
ANYWHERE_FROM = 4

#: A word that nobody can ask for, so that no phrase is found across the end of a text.
_BETWEEN_TEXTS = " \0 "

#: A phrase in any pair of double quotation marks, the last one perhaps left open; or a word.
_ASKED = re.compile(r'["“”„«»「」『』]([^"“”„«»「」『』]*)(?:["“”„«»「」『』]|$)|([^\s"“”„«»「」『』]+)')


def fold(text: str) -> str:
    """Return the text without differences of case, accent, letter width and Arabic letter form.

    Folding twice is folding once. The result is in NFC, so that a Korean syllable or a voiced Japanese letter is
    one character and not found by half of it.
    """
    if text.isascii():
        return text.lower()
    bare = _bare(text).casefold()
    if bare.isascii():
        return bare
    bare = _VARIANTS.sub(lambda found: _FOLDED[ord(found.group())], _bare(bare))
    return unicodedata.normalize("NFC", bare)


def _bare(text: str) -> str:
    common, rare = _dropped()
    decomposed = common.sub("", unicodedata.normalize("NFKD", text))
    return rare.sub("", decomposed) if _RARE_PLANES.search(decomposed) else decomposed


@cache
def _dropped() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of accents and invisible characters, built from the Unicode tables at first use.

    They are two because ``re`` is quick with many characters only as long as all are below U+10000.
    """
    marks = {code for code in range(0x300, _MARKS_END) if unicodedata.combining(chr(code)) not in _KEPT_CLASSES}
    dropped = sorted(marks.union(_INVISIBLE))
    common = "".join(chr(code) for code in dropped if code < 0x10000)
    rare = "".join(chr(code) for code in dropped if code >= 0x10000)
    return re.compile(f"[{common}]+"), re.compile(f"[{rare}]+")


def words(text: str) -> str:
    """Return the folded words of the text, one space before each: the form that both sides are compared in."""
    folded = fold(text)
    spaced = folded.translate(_ASCII_SEPARATORS) if folded.isascii() else _SEPARATORS.sub(" ", folded)
    return " ".join(("", *spaced.split()))


class Term(NamedTuple):
    """One thing that must be found. ``text`` begins with a space when it must begin a word."""

    text: str

    def found_in(self, hay: str) -> bool:
        """Say whether the term is in what :func:`haystack` returned."""
        return self.text in hay


def terms(asked: str) -> tuple[Term, ...]:
    """Return what must all be found for a search, in the order asked and each once.

    A quoted phrase is one term, and begins at a word. Punctuation inside a word makes it a phrase ("UN-Habitat").
    """
    found = []
    for match in _ASKED.finditer(asked):
        phrase = match.group(1) is not None
        text = words(match.group(1) if phrase else match.group(2))
        if text:
            found.append(_term(text, phrase=phrase))
    return tuple(dict.fromkeys(found))


def _term(text: str, *, phrase: bool) -> Term:
    bare = text[1:]
    if _UNSPACED.search(bare):
        return Term(bare)
    if phrase or len(bare) < ANYWHERE_FROM or " " in bare:
        return Term(text)
    return Term(bare)


def matches(asked: tuple[Term, ...], hay: str) -> bool:
    """Say whether every term is found in the haystack."""
    return all(term.text in hay for term in asked)


def haystack(event: EventView, names: Mapping[str, str] | None = None) -> str:
    """Return everything about an event that a search looks at, folded by :func:`words`.

    That is titles, summaries and descriptions in every language, organisers, titles and questions of sessions and
    panels, speakers, the city and venue, hashtags, topics and series, the codes of the event and its sessions, and by
    their names the country, the languages, the format, the kind of event and the platform. ``names`` gives the public
    name of a topic's or series' slug (without it the slug's own words are searched), and by an organisation's code
    all its names, as :func:`organisation_words` writes them.
    """
    named = names or {}
    parts: list[str] = []
    for text in event.texts.values():
        parts += (text.title, text.summary, text.description)
    for organiser in event.organisers:
        parts += (organiser.name, named.get(organiser.code, ""))
    for session in event.sessions:
        parts += _session_words(session)
    parts += (event.host_city, *event.hashtags, event.code, *(session.code for session in event.sessions))
    if event.venue:
        parts += (event.venue.name, event.venue.city)
    slugs = event.topics if event.series is None else (*event.topics, event.series)
    parts += (named.get(slug, slug) for slug in slugs)
    return words(_BETWEEN_TEXTS.join(filter(None, dict.fromkeys(parts)))) + _coded_words(_coded(event))


def organisation_words(organisation: OrganisationView) -> str:
    """Return every name of an organisation and its acronym, as one text to search."""
    return _BETWEEN_TEXTS.join(filter(None, dict.fromkeys((*organisation.names.values(), organisation.acronym))))


def _coded(event: EventView) -> tuple[frozenset[str], frozenset[str], tuple[str, str, str]]:
    """Return what an event says in codes: countries, languages, and labels of format, activity and platform."""
    countries = {event.host_country, event.venue.country if event.venue else ""}
    languages = frozenset(chain(event.spoken, event.interpreted, event.captioned, event.signed))
    return frozenset(countries - {""}), languages, (event.format.value, event.activity, event.platform)


# A programme knows few combinations of these, and folding names in other scripts takes longest of all.
@lru_cache(maxsize=4096)
def _coded_words(coded: tuple[frozenset[str], frozenset[str], tuple[str, str, str]]) -> str:
    countries, languages, (form, activity, platform) = coded
    parts = [form, activity, platform, FORMAT_LABELS.get(form, ""), ACTIVITY_LABELS.get(activity, "")]
    parts.append(PLATFORM_LABELS.get(platform, ""))
    parts += chain.from_iterable((code, *COUNTRY_NAMES.get(code, ())) for code in sorted(countries))
    parts += chain.from_iterable(_language_words(tag) for tag in sorted(languages))
    return words(_BETWEEN_TEXTS + _BETWEEN_TEXTS.join(filter(None, dict.fromkeys(parts))))


def _language_words(tag: str) -> Iterable[str]:
    bare = tag.partition("-")[0]
    return (SIGN_LANGUAGE_NAMES.get(tag, ""), *LANGUAGE_NAMES.get(bare, ()))


def _session_words(session: SessionView) -> Iterator[str]:
    yield from session.title.values()
    for speaker in session.speakers:
        yield from (speaker.name, speaker.organisation, *speaker.title.values())
    for panel in session.panels:
        yield from _panel_words(panel)


def _panel_words(panel: PanelView) -> Iterator[str]:
    yield from panel.title.values()
    yield from panel.description.values()
    yield from chain.from_iterable(question.values() for question in panel.questions)
    for speaker in panel.speakers:
        yield from (speaker.name, speaker.organisation, *speaker.title.values())
