"""What a public registration page on Zoom says, as far as anybody can tell from outside.

The words below are guesses: Zoom documents none of them, writes them in the reader's language, and changes them. They
are therefore short, matched only in short pieces of visible text (a host's own description is longer), and never
against a page that shows a form. What is not understood is *unknown*, and unknown is never "broken": a robot that is
turned away (403, 429, a puzzle) has learned nothing.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from html.parser import HTMLParser
from typing import Final

from wmd.domain.links import LinkKind, classify

#: Longer pieces of text are somebody's own words.
_LONGEST_MESSAGE: Final = 160


class Says(StrEnum):
    """What a look showed. ``not_found`` twice is gone; once is nothing yet.

    ``works``: a form to register was seen. ``answers``: a page came without one, and without any words that
    we understand.
    """

    WORKS = "works"
    ANSWERS = "answers"
    FULL = "full"
    CLOSED = "closed"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Looked:
    """What came back from a look at a link.

    ``status``: of the last answer, 0 for none. ``url``: where that came from; ``text``: its beginning. ``fault``: why
    there is no last answer: not-ours, address, timeout, network, redirects or elsewhere; a blank otherwise.
    """

    status: int = 0
    url: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    fault: str = ""


#: Beginnings of words that show a puzzle or a wall in front of the page.
_WALLS: Final = (
    "captcha", "are you a robot", "are you human", "verify you are human", "unusual traffic", "access denied",
    "just a moment", "attention required", "request blocked", "no eres un robot", "robot ou humain", "访问被拒绝",
)  # fmt: skip
_NOT_FOUND: Final = (
    # English
    "webinar does not exist", "meeting does not exist", "webinar link is invalid", "meeting link is invalid",
    "invalid webinar", "invalid meeting", "webinar id is invalid", "meeting id is invalid", "webinar not found",
    "webinar has been deleted", "meeting has been deleted", "webinar has expired", "meeting has expired",
    "page you are looking for was not found", "page not found", "(3,001)", "(3001)",
    # Spanish, Portuguese, French, Italian, German
    "seminario web no existe", "reunión no existe", "enlace no es válido", "ha caducado", "ha sido eliminad",
    "página no encontrada", "webinar não existe", "reunião não existe", "link inválido", "foi excluíd", "expirou",
    "webinaire n'existe pas", "webinaire n’existe pas", "réunion n'existe pas", "réunion n’existe pas",
    "lien n'est pas valide", "lien n’est pas valide", "a été supprimé", "a expiré", "page introuvable",
    "webinar non esiste", "link non è valido", "è scaduto", "webinar existiert nicht", "meeting existiert nicht",
    "link ist ungültig", "wurde gelöscht", "ist abgelaufen",
    # Arabic, Russian, Turkish, Chinese, Japanese, Korean
    "غير موجود", "الرابط غير صالح", "انتهت صلاحية", "не существует", "недействительн", "mevcut değil",
    "geçersiz bağlantı", "不存在", "链接无效", "已过期", "存在しません", "無効です", "존재하지 않", "유효하지 않",
)  # fmt: skip
_FULL: Final = (
    "registration is full", "webinar is full", "meeting is full", "reached the maximum number of registrants",
    "reached its registration limit", "registration limit has been reached", "capacity has been reached",
    "no more registrations", "inscripciones completas", "aforo completo", "ha alcanzado el límite",
    "inscrições esgotadas", "atingiu o limite", "inscriptions sont complètes", "webinaire est complet",
    "a atteint sa limite", "nombre maximal d’inscri", "nombre maximal d'inscri", "iscrizioni al completo",
    "ha raggiunto il limite", "ausgebucht", "maximale anzahl", "اكتمل العدد", "мест больше нет",
    "kontenjan dolu", "名额已满", "已满员", "定員に達し", "정원이 마감",
)  # fmt: skip
_CLOSED: Final = (
    "registration is closed", "registration has closed", "registration for this webinar has closed",
    "registration for this meeting has closed", "registration has ended", "registration is no longer",
    "no longer accepting registrations", "this webinar has ended", "this webinar is over", "webinar has already ended",
    "inscripción está cerrada", "inscripciones están cerradas", "inscripción cerrada", "inscripciones cerradas",
    "registro está cerrado", "registro cerrado", "inscrições encerradas", "inscrição encerrada",
    "inscription est fermée", "inscriptions sont fermées", "inscriptions sont closes", "inscription est close",
    "iscrizioni chiuse", "iscrizioni sono chiuse", "registrierung ist geschlossen", "anmeldung ist geschlossen",
    "registrierung geschlossen", "التسجيل مغلق", "تم إغلاق التسجيل", "регистрация закрыта", "kayıt kapalı",
    "kayıt kapandı", "注册已关闭", "报名已截止", "登録は締め切", "登録は終了", "등록이 마감",
)  # fmt: skip


def read_page(looked: Looked) -> Says:
    """Return what a look says of a registration page."""
    if looked.fault or not looked.status:
        return Says.UNKNOWN
    if looked.status in {404, 410}:
        return Says.NOT_FOUND
    if not 200 <= looked.status < 300 or classify(looked.url).kind is not LinkKind.REGISTRATION:
        return Says.UNKNOWN
    return _read_text(looked.text)


def _read_text(text: str) -> Says:
    page = _Page()
    page.feed(text)
    page.close()
    if page.has_form:
        return Says.WORKS
    found = [folded for block in page.blocks if len(folded := _folded(block)) <= _LONGEST_MESSAGE]
    signs = ((_WALLS, Says.UNKNOWN), (_NOT_FOUND, Says.NOT_FOUND), (_FULL, Says.FULL), (_CLOSED, Says.CLOSED))
    for words, said in signs:
        if any(_folded(word) in block for word in words for block in found):
            return said
    return Says.ANSWERS


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


class _Page(HTMLParser):
    """The visible pieces of text of a page, and whether it asks for a mail address."""

    #: What is in these is shown to nobody; Zoom's scripts hold the words for every case there is.
    _HIDDEN: Final = frozenset({"script", "style", "noscript", "template"})
    _INLINE: Final = frozenset({"a", "b", "em", "font", "i", "small", "span", "strong", "sub", "sup", "u", "wbr"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = [""]
        self.has_form = False
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note forms, and begin a new piece where a reader would see one."""
        if tag in self._HIDDEN:
            self._hidden += 1
        given = {name: (value or "").casefold() for name, value in attrs}
        about = (given.get("type", ""), given.get("name", ""), given.get("id", ""))
        if tag == "input" and given.get("type") != "hidden" and any("email" in each for each in about):
            self.has_form = True
        self._cut(tag)

    def handle_endtag(self, tag: str) -> None:
        """End a piece."""
        if tag in self._HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        self._cut(tag)

    def handle_data(self, data: str) -> None:
        """Keep what is shown."""
        if not self._hidden:
            self.blocks[-1] += data

    def _cut(self, tag: str) -> None:
        if tag not in self._INLINE and self.blocks[-1].strip():
            self.blocks.append("")
