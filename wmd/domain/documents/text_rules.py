"""What public text must not hold: control characters, mail addresses, private links; and what is only doubtful."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wmd.domain.content import EventContent, PanelContent, SpeakerContent
from wmd.domain.documents.shape import child
from wmd.domain.findings import N_, Finding, Level
from wmd.domain.links import contains_private_link, find_emails

LONGEST_TITLE = 120
LONGEST_SUMMARY = 160
LONGEST_LINE = 500
LONGEST_TEXT = 20_000
MOST_DESCRIPTION_WORDS = 500

# C0, DEL and C1 controls (Unicode, general category Cc) but tab and line ends, line and paragraph separators, and
# halves of surrogate pairs. None can be seen, and iCalendar (RFC 5545 §3.1) allows none of the first.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LINE_BREAK = re.compile("[\n\r\t]")
# A tag, not a Markdown link in angle brackets (<https://…>).
_HTML = re.compile(r"<(?:/?[a-zA-Z][a-zA-Z0-9-]*(?:\s[^<>]*)?/?>|!--|script\b)")


@dataclass(frozen=True, slots=True)
class PublicText:
    """A text that will be public: its path, how long it may be, and whether it may have several lines."""

    where: str
    text: str
    longest: int = LONGEST_LINE
    lines_allowed: bool = False


def public_texts(content: EventContent) -> Iterator[PublicText]:
    """Yield every public text of an event, in the order of its fields."""
    for tag, texts in content.texts.items():
        where = child("texts", tag)
        yield PublicText(child(where, "title"), texts.title, LONGEST_TITLE)
        yield PublicText(child(where, "summary"), texts.summary)
        yield PublicText(child(where, "description"), texts.description, LONGEST_TEXT, lines_allowed=True)
    for index, session in enumerate(content.sessions):
        where = child("sessions", index)
        yield from _words(child(where, "title"), session.title)
        for position, panel in enumerate(session.panels):
            yield from _panel(child(child(where, "panels"), position), panel)
        yield from _speakers(child(where, "speakers"), session.speakers)
    yield PublicText("host_city", content.host_city)
    yield PublicText("access_note", content.access_note, lines_allowed=True)
    if content.venue is not None:
        yield PublicText("venue.name", content.venue.name)
        yield PublicText("venue.address", content.venue.address, lines_allowed=True)
        yield PublicText("venue.city", content.venue.city)
    yield PublicText("cost", content.cost)
    for index, asked in enumerate(content.registration.questions):
        where = child("registration.questions", index)
        yield from _words(child(where, "label"), asked.label)
        for position, offered in enumerate(asked.choices):
            yield PublicText(child(child(where, "choices"), position), offered)
    yield from reason_texts("public_reason", content.public_reason)
    for name, items in (("audience", content.audience), ("hashtags", content.hashtags)):
        for index, item in enumerate(items):
            yield PublicText(child(name, index), item)
    if content.image is not None:
        yield from _words("image.alt", content.image.alt)
        yield PublicText("image.credit", content.image.credit)


def reason_texts(where: str, reason: Mapping[str, str]) -> Iterator[PublicText]:
    """Yield a reason for cancelling or postponing, by language: some lines, but no more than fit beside a time."""
    for tag, text in reason.items():
        yield PublicText(child(where, tag), text, LONGEST_LINE, lines_allowed=True)


def _words(where: str, words: Mapping[str, str], *, lines_allowed: bool = False) -> Iterator[PublicText]:
    for tag, text in words.items():
        yield PublicText(child(where, tag), text, LONGEST_TEXT if lines_allowed else LONGEST_LINE, lines_allowed)


def _panel(where: str, panel: PanelContent) -> Iterator[PublicText]:
    yield from _words(child(where, "title"), panel.title)
    yield from _words(child(where, "description"), panel.description, lines_allowed=True)
    for index, question in enumerate(panel.questions):
        yield from _words(child(child(child(where, "questions"), index), "text"), question.text)
    yield from _speakers(child(where, "speakers"), panel.speakers)


def _speakers(where: str, speakers: tuple[SpeakerContent, ...]) -> Iterator[PublicText]:
    for index, speaker in enumerate(speakers):
        yield from _words(child(child(where, index), "title"), speaker.title)
        yield PublicText(child(child(where, index), "organisation"), speaker.organisation)


def lint_text(public: PublicText) -> Iterator[Finding]:
    """Yield what is wrong with one public text; nothing found is repeated in a finding."""
    text, where = public.text, public.where
    if _CONTROL.search(text):
        words = N_("The text holds a character that cannot be seen (a control character). Type it again.")
        yield Finding("text.control", Level.ERROR, where, words)
    if not public.lines_allowed and _LINE_BREAK.search(text):
        yield Finding("text.line-break", Level.ERROR, where, N_("This must be one line, without tabs."))
    if len(text) > public.longest:
        words = N_("This has {length} characters; at most {longest} fit.")
        params = {"length": len(text), "longest": public.longest}
        yield Finding("text.too-long", Level.ERROR, where, words, params)
    if find_emails(text):
        words = N_("There is an e-mail address in this public text. Take it out; people write through this site.")
        yield Finding("text.email", Level.ERROR, where, words)
    if contains_private_link(text):
        words = N_("There is a private join link in this public text. Take it out, and give it as the join link.")
        yield Finding("text.private-link", Level.ERROR, where, words)
    if _HTML.search(text):
        words = N_("HTML is not understood here; it will be shown as it is typed.")
        yield Finding("text.html", Level.WARNING, where, words)


def lint_lengths(content: EventContent) -> Iterator[Finding]:
    """Yield warnings about texts that are good for reading but long for their place."""
    for tag, texts in content.texts.items():
        where = child("texts", tag)
        if len(texts.summary) > LONGEST_SUMMARY:
            words = N_("The summary has {length} characters; cards show {longest}.")
            params = {"length": len(texts.summary), "longest": LONGEST_SUMMARY}
            yield Finding("text.summary-long", Level.WARNING, child(where, "summary"), words, params)
        count = len(texts.description.split())
        if count > MOST_DESCRIPTION_WORDS:
            words = N_("The description has {count} words; few people read more than {most}.")
            params = {"count": count, "most": MOST_DESCRIPTION_WORDS}
            yield Finding("text.description-long", Level.WARNING, child(where, "description"), words, params)
