"""Which words a mail has, in which language: those that staff wrote, else the built-in ones, read once each.

No request is needed: mails are written by the scheduler. The built-in words are English text files, and each of their
paragraphs goes through the gettext catalogue like every other sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path

from babel.support import Translations
from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.content import EventContent
from wmd.domain.mail_bytes import Letterhead
from wmd.domain.mail_kinds import KINDS
from wmd.domain.mail_words import Form, Words, read_words, translated
from wmd.models import EditableText

BUILT_IN_LANGUAGE = "en"
PREFIX = "mail."
#: Forms that were read and are kept; announcements have words of their own each.
_KEPT_FORMS = 512

#: Words that staff wrote, by edition's slug (empty: every edition), kind and language.
Written = Mapping[tuple[str, str, str], Words]


class Contents:
    """Contents of revisions that were read lately, by id: a revision never changes, and reading one checks it whole."""

    def __init__(self, most: int = 256) -> None:
        self._most = most
        self._kept: dict[str, EventContent] = {}

    def get(self, revision_id: str) -> EventContent | None:
        """Return a content that was read before."""
        return self._kept.get(revision_id)

    def put(self, revision_id: str, content: EventContent) -> EventContent:
        """Keep a content, and let go of the others when there are too many."""
        if len(self._kept) >= self._most:
            self._kept = {}
        self._kept[revision_id] = content
        return content


class Press:
    """Makes mails' words ready. ``folder`` has the built-in ones, ``translations`` the catalogues.

    ``to_html`` turns Markdown into safe HTML, ``direction`` says which way a language is written.
    """

    def __init__(
        self,
        letterhead: Letterhead,
        *,
        folder: Path,
        translations: Path,
        to_html: Callable[[str], str],
        direction: Callable[[str], str],
    ) -> None:
        self.letterhead = letterhead
        self._folder, self._translations = folder, translations
        self._to_html, self._direction = to_html, direction
        self.contents = Contents()
        # Kept with this press and not for the whole process: another one may have another folder.
        self.catalogue = lru_cache(maxsize=32)(self._catalogue)
        self.built_in = lru_cache(maxsize=256)(self._built_in)
        self.form = lru_cache(maxsize=_KEPT_FORMS)(self._form)

    def _catalogue(self, language: str) -> NullTranslations:
        """Return the catalogue of a language, or one that leaves everything in English."""
        return Translations.load(str(self._translations), [language.replace("-", "_")])

    def speaks(self, language: str) -> bool:
        """Tell whether there are words of ours in a language."""
        return language == BUILT_IN_LANGUAGE or isinstance(self.catalogue(language), Translations)

    def translator(self, language: str) -> Callable[[str], str]:
        """Return what says an English sentence in a language."""
        return str if language == BUILT_IN_LANGUAGE else self.catalogue(language).gettext

    def _built_in(self, kind: str, language: str) -> Words:
        """Return the built-in words of a kind: in the language asked for if there are any, else in English."""
        spoken = language if self.speaks(language) else BUILT_IN_LANGUAGE
        say = self.translator(spoken)
        subject, body = (self._read(f"{KINDS[kind].name}/{name}.txt") for name in ("subject", "body"))
        return Words(say(subject.strip()), translated(body, say), spoken)

    def words(self, kind: str, edition: str, language: str, written: Written) -> Words:
        """Return the words of a kind for a reader: staff's for the edition, staff's for all, or the built-in ones."""
        for spoken in dict.fromkeys((language, BUILT_IN_LANGUAGE)):
            for place in dict.fromkeys((edition, "")):
                if found := written.get((place, kind, spoken)):
                    return found
            if self.speaks(spoken):
                return self.built_in(kind, spoken)
        raise AssertionError  # pragma: no cover -- there always are English words

    def _form(self, words: Words) -> Form:
        """Return words read and ready to be filled in."""
        footer = translated(self._read("footer.txt"), self.translator(words.language))
        return read_words(
            words, footer=footer, frame=self._read("frame.html"), to_html=self._to_html,
            direction=self._direction(words.language),
            fixed={"service": self.letterhead.name, "reply_to": self.letterhead.reply_to},
        )  # fmt: skip

    def _read(self, name: str) -> str:
        return (self._folder / name).read_text(encoding="utf-8")


def read_written(dbs: Session, kinds: Iterable[str]) -> dict[tuple[str, str, str], Words]:
    """Return all words that staff wrote for some kinds."""
    rows = dbs.execute(
        select(
            EditableText.edition, EditableText.key, EditableText.language, EditableText.subject, EditableText.body
        ).where(EditableText.key.in_([PREFIX + kind for kind in kinds]))
    )
    return {
        (edition, key.removeprefix(PREFIX), language): Words(subject, body, language)
        for edition, key, language, subject, body in rows
    }
