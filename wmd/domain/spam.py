"""Signs of spam in what was handed in: each is a finding for staff, and together they only ever set an entry aside.

Nobody is refused and nothing is dropped here: an entry with enough signs waits in a queue of its own until a person has
looked at it, and whoever sent it sees the same page as everybody else. There is no puzzle to solve.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from wmd.domain.content import EventContent
from wmd.domain.documents.text_rules import public_texts
from wmd.domain.findings import N_, Finding, Level
from wmd.domain.spam_data import (
    FASTEST,
    HIDING_HOSTS,
    MANY_LINKS,
    MANY_SALE_PHRASES,
    SALE_PHRASES,
    SAME_TEXT,
    SOME_LINKS,
    SOME_SALE_PHRASES,
    SUSPECT_FROM,
    WEIGHTS,
)

#: A link with or without its scheme; every part bounded, so that no text makes the search slow.
_LINK = re.compile(r"(?:https?://(?:www\.)?|\bwww\.)((?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24})", re.IGNORECASE)
_MARKUP = re.compile(r"<a\s|\[url[=\]]|<iframe|<script", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{4,40}")
_NOT_WORDS = re.compile(r"[\W_]+")
#: Scripts whose letters look alike: a word that mixes them is made to deceive.
_ALIKE = ("LATIN", "CYRILLIC", "GREEK")
#: Scripts that a language is not written in at all; only languages whose script is beyond doubt.
_LATIN_ONLY = frozenset({"ca", "de", "en", "es", "fr", "gl", "it", "nl", "pl", "pt", "sv", "tr"})
#: Fewer letters than this say nothing about a script, and a loud abbreviation is no shouting.
_ENOUGH_LETTERS = 20


_HOW_FAST = frozenset({"spam.fast", "spam.no-render-time"})


@dataclass(frozen=True, slots=True)
class SpamFacts:
    """What is known beside the text.

    ``trap_filled``: a field that people do not see had something in it. ``took``: from showing the form to handing in,
    None when the form did not say, or said it falsely. ``has_form`` is false for what came without a form (an import,
    staff). ``same_text``: how many other submissions of the last day hold the same text. ``more_texts``: what was
    typed beside the event, such as the organisation's name.
    """

    trap_filled: bool = False
    took: timedelta | None = None
    has_form: bool = True
    same_text: int = 0
    more_texts: tuple[str, ...] = ()


def spam_signs(content: EventContent, facts: SpamFacts) -> list[Finding]:
    """Return the signs of spam, as warnings with codes ``spam.…``; an honest event has none, or a light one."""
    texts = [item.text for item in public_texts(content)] + list(facts.more_texts)
    whole = "\n".join(texts)
    return [
        *_how_it_came(facts),
        *_links(whole),
        *_sale_words(whole),
        *_letters(content, texts),
    ]


def words_signs(words: str, facts: SpamFacts) -> list[Finding]:
    """Return the signs of spam in a few words that somebody typed, such as a report of a mistake."""
    return [*_how_it_came(facts), *_links(words), *_sale_words(words)]


def is_suspect(signs: Iterable[Finding]) -> bool:
    """Whether the signs together weigh enough to set an entry aside for a person to look at."""
    return sum(WEIGHTS.get(sign.code, 0) for sign in signs) >= SUSPECT_FROM


def without_speed(flags: Iterable[str]) -> tuple[list[str], bool]:
    """Return the flags of an entry without the speed it was sent with, and whether the others still weigh enough.

    For an entry whose sender showed meanwhile that a mail reaches them.
    """
    kept = [flag for flag in flags if flag not in _HOW_FAST]
    return kept, sum(WEIGHTS.get(flag, 0) for flag in kept) >= SUSPECT_FROM


def _sign(name: str, text: str, **params: object) -> Finding:
    return Finding(f"spam.{name}", Level.WARNING, "", text, params)


def _how_it_came(facts: SpamFacts) -> Iterator[Finding]:
    if facts.trap_filled:
        yield _sign("honeypot", N_("A field that people cannot see was filled in."))
    if facts.took is not None and facts.took < FASTEST:
        yield _sign("fast", N_("The form was sent within {seconds} seconds."), seconds=int(FASTEST.total_seconds()))
    elif facts.took is None and facts.has_form:
        yield _sign("no-render-time", N_("The form does not say when it was opened."))
    if facts.same_text >= SAME_TEXT:
        text = N_("The same text stands in {count} other submissions of the last day.")
        yield _sign("same-text", text, count=facts.same_text)


def _links(whole: str) -> Iterator[Finding]:
    hosts = [match[1].lower() for match in _LINK.finditer(whole)]
    if len(hosts) >= MANY_LINKS:
        yield _sign("many-links", N_("The texts hold {count} links."), count=len(hosts))
    elif len(hosts) >= SOME_LINKS:
        yield _sign("some-links", N_("The texts hold {count} links."), count=len(hosts))
    if hidden := sorted(HIDING_HOSTS.intersection(hosts)):
        yield _sign("hiding-host", N_("A link does not show where it leads: {hosts}."), hosts=", ".join(hidden))
    if _MARKUP.search(whole):
        yield _sign("markup", N_("The texts hold the markup of links or scripts."))


def plain(text: str) -> str:
    """Return a text in small letters without accents and punctuation, one space between words: to compare with."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return _NOT_WORDS.sub(" ", bare).strip()


def _is_in(phrase: str, text: str) -> bool:
    # Chinese is written without spaces: there a phrase is found anywhere, elsewhere only as whole words.
    return phrase in text if not phrase.isascii() and " " not in phrase else f" {phrase} " in f" {text} "


_PLAIN_PHRASES = {plain(phrase): phrase for phrases in SALE_PHRASES.values() for phrase in phrases}


def _sale_words(whole: str) -> Iterator[Finding]:
    text = plain(whole)
    found = [words for compared, words in _PLAIN_PHRASES.items() if _is_in(compared, text)]
    if len(found) >= SOME_SALE_PHRASES:
        name = "many-sale-words" if len(found) >= MANY_SALE_PHRASES else "sale-words"
        yield _sign(name, N_("It reads like an advertisement: {words}."), words=", ".join(sorted(found)[:8]))


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _letters(content: EventContent, texts: list[str]) -> Iterator[Finding]:
    if any(_mixes(word) for text in texts for word in _WORD.findall(text)):
        yield _sign("mixed-scripts", N_("A word mixes letters of several scripts that look alike."))
    for tag, text in content.texts.items():
        letters = [c for c in f"{text.title} {text.summary} {text.description}" if c.isalpha()]
        if tag.partition("-")[0] in _LATIN_ONLY and len(letters) >= _ENOUGH_LETTERS:
            foreign = sum(_script(c) != "LATIN" for c in letters)
            if foreign > len(letters) / 2:
                yield _sign("language", N_("The text is not written in the language it is said to be in."))
        loud = [c for c in text.title if c.isalpha() and c.upper() != c.lower()]
        if (len(loud) >= _ENOUGH_LETTERS and all(c.isupper() for c in loud)) or "!!!" in text.title:
            yield _sign("shouting", N_("The title shouts."))


def _mixes(word: str) -> bool:
    if word.isascii():
        return False
    return len({_script(c) for c in word}.intersection(_ALIKE)) > 1
