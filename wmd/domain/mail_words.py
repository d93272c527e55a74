"""The words of a mail: plain text with ``{places}``, read once and filled in for each reader.

A place is a name of the kind's table in braces, and nothing else: no expression, no format, no code. What fills it is
never read again, so that braces in an organiser's title stay braces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import BinaryIO, NamedTuple

from wmd.domain.findings import N_, Finding, Level
from wmd.domain.mail_bytes import Part
from wmd.domain.mail_kinds import Kind

_PLACE = re.compile(r"\{([a-z_]+)\}")
#: Stand for a place while the text goes through Markdown: private characters that it leaves alone.
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_PRIVATE = re.compile("[\ue000-\uf8ff]")
#: What the name of a place ends with that holds an address of ours, which becomes a link in the HTML part.
_LINK = "link"
#: A part of an address of ours that is as long as a token, or an id: nobody reads it, the HTML part leaves it out.
_UNREAD = re.compile(r"[^/]{61,}|[0-9a-f-]{32,36}")
#: The place that holds a label and, on the next line, the address that it leads to.
BUTTON = "button"
#: Places that hold what no longer holds: struck through in the HTML part, where the text says so in words.
STRUCK = frozenset({"was"})
#: Places of which each address becomes a link: lines of events, and what staff wrote, or let an organiser write. What
#: anybody else wrote (``words``) leads nowhere from a mail of ours.
LINKED = frozenset({"alternatives", "events", "text", "reason", "question", "comments"})
#: An address in a text; a full stop or a bracket after it is not part of it.
_ADDRESS = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]»”’]")
LONGEST_SUBJECT = 200
LONGEST_BODY = 10_000


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one kind in one language: subject and body, as they were written."""

    subject: str
    body: str
    language: str = "en"


class Gaps(NamedTuple):
    """A text with places: what stands around them, one piece more than there are names, and their names."""

    around: tuple[str, ...]
    names: tuple[str, ...]

    @classmethod
    def split(cls, text: str, place: re.Pattern[str]) -> Gaps:
        """Take a text apart at its places."""
        pieces = place.split(text)
        return cls(tuple(pieces[::2]), tuple(pieces[1::2]))

    def fill(self, values: Mapping[str, str]) -> Part:
        """Return the text with each place filled."""
        return Part(self.around, tuple(map(values.__getitem__, self.names)))


@dataclass(frozen=True)
class Form:
    """Words that were read: subject, text and HTML, ready to be filled in.

    ``fixed`` fills places the same way for everybody. ``shapes`` keeps what is left of the words with these filled, and
    without some other places, by the names of those.
    """

    subject: Gaps
    text: Gaps
    html: Gaps
    fixed: Mapping[str, str] = field(default_factory=dict)
    shapes: dict[frozenset[str], Form] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def places(self) -> frozenset[str]:
        """The names of all places that are filled for each reader."""
        return frozenset((*self.subject.names, *self.text.names, *self.html.names)).difference(self.fixed)


class Filled(NamedTuple):
    """Words filled in: the subject and both parts."""

    subject: str
    text: Part
    html: Part


def check_words(kind: Kind, subject: str, body: str) -> list[Finding]:
    """Return what stands against words that staff wrote: unknown or broken places, nothing written, too much."""
    found = [*_check_field(kind, "subject", subject, LONGEST_SUBJECT), *_check_field(kind, "body", body, LONGEST_BODY)]
    if "\n" in subject.strip():
        found.append(Finding("mail.subject-lines", Level.ERROR, "subject", N_("The subject must be one line.")))
    if kind.has_secret and "{link}" not in body:
        text = N_("Without {place} nobody could use this mail: put it on a line of its own.")
        found.append(Finding("mail.no-link", Level.ERROR, "body", text, {"place": "{link}"}))
    if kind.has_secret and "{link}" in subject:
        text = N_("The personal link does not belong into a subject.")
        found.append(Finding("mail.link-in-subject", Level.ERROR, "subject", text))
    return found


def _check_field(kind: Kind, field: str, text: str, longest: int) -> Iterator[Finding]:
    if not text.strip():
        yield Finding("mail.empty", Level.ERROR, field, N_("Write something here."))
    if len(text) > longest:
        yield Finding(
            "mail.too-long", Level.ERROR, field, N_("This has {have} characters; {most} are the most."),
            {"have": len(text), "most": longest},
        )  # fmt: skip
    for name in dict.fromkeys(_PLACE.findall(text)):
        if name not in kind.placeholders:
            yield Finding(
                "mail.unknown-place", Level.ERROR, field, N_("{place} is not known here. The list below has all."),
                {"place": "{" + name + "}"},
            )  # fmt: skip
    if re.search(r"[{}]", _PLACE.sub("", text)):
        yield Finding(
            "mail.broken-place", Level.ERROR, field,
            N_("A brace stands alone here: a place is written as one word in braces, such as {example}."),
            {"example": "{name}"},
        )  # fmt: skip
    if re.search(r"\]\(\s*<?\{", text):
        yield Finding(
            "mail.place-as-target", Level.ERROR, field, N_("Put a link's place on a line of its own, without brackets.")
        )


def read_words(
    words: Words,
    *,
    footer: str,
    frame: str,
    to_html: Callable[[str], str],
    direction: str,
    fixed: Mapping[str, str] | None = None,
) -> Form:
    """Return words ready to be filled in. ``to_html`` turns Markdown into safe HTML; ``frame`` is the HTML around it.

    ``fixed`` fills places that say the same to every reader. The HTML part is made from the same text, so that there is
    one source for both.
    """
    body = _PRIVATE.sub("", words.body).strip() + "\n"
    foot = _PRIVATE.sub("", footer).strip() + "\n"
    around = frame.replace("{language}", escape(words.language)).replace("{direction}", direction)
    html = around.replace("{body}", _with_places(body, to_html)).replace("{footer}", _with_places(foot, to_html))
    subject = _PRIVATE.sub("", words.subject).strip()
    text = f"{body}\n-- \n{foot}"
    return Form(Gaps.split(subject, _PLACE), Gaps.split(text, _PLACE), Gaps.split(html, _PLACE), fixed or {})


#: Stands where a place has no value, until what led to it is gone.
_EMPTY = "\x00"
_FILLED = f"{_OPEN}[a-z_]+{_CLOSE}"
_FILLED_PLACE = re.compile(f"{_OPEN}([a-z_]+){_CLOSE}")
_EMPTY_LINE = re.compile(rf"<p>((?:(?!</p>).)*)(?:<br ?/?>|\n)\s*{_EMPTY}</p>\n?", re.DOTALL)
#: A line that is nothing but a place with a value: it stands for itself, and does not lead to the next one.
_OWN_LINE = re.compile(rf"(?:^|<br ?/?>|\n)\s*{_FILLED}\s*(?:<br ?/?>|\n|$)")
#: What is not the same in HTML; most values have nothing of it.
_MARKUP = re.compile("[&<>\"'\n]")
#: Shapes that are kept of one form: in practice a few places have no value.
_MOST_SHAPES = 64


def _with_places(text: str, to_html: Callable[[str], str]) -> str:
    """Return a text as HTML in which its places stand as before; other braces in it cannot become places."""
    names: list[str] = []

    def mark(match: re.Match[str]) -> str:
        names.append(match[1])
        return f"{_OPEN}{len(names) - 1}{_CLOSE}"

    html = to_html(_PLACE.sub(mark, text)).replace("{", "&#123;").replace("}", "&#125;")
    return _MARK.sub(lambda match: "{" + names[int(match[1])] + "}", html)


def fill(form: Form, values: Mapping[str, str]) -> Filled:
    """Return the words with every place filled once; a place without a value becomes nothing.

    What only leads to such a place goes with it: brackets around it, and a paragraph of which it is the last line.
    """
    given = {name: value for name in form.places if (value := values.get(name))}
    blank = form.places.difference(given)
    shape = form.shapes.get(blank)
    if shape is None:
        if len(form.shapes) >= _MOST_SHAPES:
            form.shapes.clear()
        shape = form.shapes[blank] = _shape(form, blank)
    return Filled(
        str(shape.subject.fill(given)),
        shape.text.fill({name: _tidy(name, value) if "\n" in value else value for name, value in given.items()}),
        shape.html.fill({name: _as_html(name, value) for name, value in given.items()}),
    )


def fill_text(text: str, values: Mapping[str, str]) -> str:
    """Return a text by itself with its places filled once."""
    gaps = Gaps.split(_PRIVATE.sub("", text), _PLACE)
    blank = frozenset([name for name in gaps.names if not values.get(name)])
    return str(_left(_bare(_marked(gaps, blank)), {}).fill(values))


def _shape(form: Form, blank: frozenset[str]) -> Form:
    """Return what is left of a form without some places and what leads to them."""
    html = _marked(form.html, blank).replace(f"<p>{_EMPTY}</p>\n", "")
    # A table cannot stand in a paragraph.
    button = f"{_OPEN}{BUTTON}{_CLOSE}"
    html = html.replace(f"<p>{button}</p>", button)
    parts = [_without_end(part) for part in _marked(form.text, blank).split("\n\n")]
    text = "\n\n".join(part for part in parts if part is not None)
    fixed = {name: _PRIVATE.sub("", value) for name, value in form.fixed.items()}
    as_html = {name: _as_html(name, value) for name, value in fixed.items()}
    return Form(
        _left(_bare(_marked(form.subject, blank)), fixed),
        _left(_close_gaps(_bare(text)), fixed),
        _left(_bare(_EMPTY_LINE.sub(_without_line, html)), as_html),
    )


def _marked(gaps: Gaps, blank: frozenset[str]) -> str:
    """Return a text with a mark for each place: the same one for all that have no value."""
    return str(gaps.fill({name: _EMPTY if name in blank else f"{_OPEN}{name}{_CLOSE}" for name in gaps.names}))


def _left(marked: str, fixed: Mapping[str, str]) -> Gaps:
    """Return the text with its marks as places again, but for those with a fixed value."""
    for name, value in fixed.items():
        marked = marked.replace(f"{_OPEN}{name}{_CLOSE}", value)
    return Gaps.split(marked, _FILLED_PLACE)


def _without_end(part: str) -> str | None:
    """Return a paragraph of the text without an empty last line; None when all of it only leads there."""
    lead, found, line = part.rstrip("\n").rpartition("\n")
    if not found or line != _EMPTY:
        return part
    return lead if _OWN_LINE.search(lead) else None


def _without_line(match: re.Match[str]) -> str:
    return f"<p>{match[1]}</p>\n" if _OWN_LINE.search(match[1]) else ""


def _bare(text: str) -> str:
    return text.replace(f" ({_EMPTY})", "").replace(_EMPTY, "")


def _close_gaps(text: str) -> str:
    """Close the gap that a place without a value leaves between two paragraphs."""
    return re.sub(r"\n{3,}", "\n\n", text)


def _tidy(name: str, value: str) -> str:
    if name == BUTTON:
        return value.replace("\n", ":\n", 1)
    return _close_gaps(value.strip("\n"))


#: Attributes that every mail program knows; where they are not, a link by itself is a button too.
_BUTTON = (
    '<table role="presentation" cellpadding="12" bgcolor="#1b4b91"><tr><td>'
    '<a href="{address}"><font color="#ffffff"><strong>{label}</strong></font></a></td></tr></table>'
)


def _shown(address: str) -> str:
    """Return an address as the HTML part shows it: its long parts left out, and able to break on a narrow screen."""
    scheme, separator, rest = address.partition("://")
    parts = ["…" if _UNREAD.fullmatch(part) else escape(part) for part in rest.rstrip("/").split("/")]
    return f"{scheme}{separator}" + "/<wbr>".join(parts)


def _anchor(address: str) -> str:
    return f'<a href="{escape(address)}">{_shown(address)}</a>'


def _linked(text: str) -> str:
    """Return a text as HTML, its addresses as links."""
    pieces, last = [], 0
    for found in _ADDRESS.finditer(text):
        pieces += [escape(text[last : found.start()]), _anchor(found[0])]
        last = found.end()
    return "".join([*pieces, escape(text[last:])])


def is_link(name: str) -> bool:
    """Whether a place holds an address of ours: ``link`` and ``…_link`` do, and no others."""
    return name.endswith(_LINK)


#: Places whose values are shown otherwise than as text, besides links.
_SHOWN_OTHERWISE = frozenset({*STRUCK, *LINKED, BUTTON})


def _as_html(name: str, value: str) -> str:
    if is_link(name):
        return _anchor(value)
    if name not in _SHOWN_OTHERWISE and not _MARKUP.search(value):
        return value
    safe = _linked(value) if name in LINKED else escape(value)
    if name == BUTTON:
        label, _, address = safe.partition("\n")
        return _BUTTON.format(address=address, label=label)
    if name in STRUCK:
        return "<br>".join(f"<s>{line}</s>" for line in safe.split("\n"))
    return safe.replace("\n\n", "</p><p>").replace("\n", "<br>")


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text: what the catalogue translates one by one."""
    return [part.strip("\n") for part in re.split(r"\n[ \t]*\n", text.strip("\n")) if part.strip()]


def translated(text: str, translate: Callable[[str], str]) -> str:
    """Return a text with each paragraph translated, the places among its words kept as they are."""
    return "\n\n".join(translate(part) for part in paragraphs(text)) + "\n"


def extract(
    file: BinaryIO, keywords: object, tags: object, options: object
) -> Iterator[tuple[int, None, str, list[str]]]:
    """Yield the paragraphs of a mail's text file for the gettext catalogue, as Babel asks its extractors to."""
    for part in paragraphs(file.read().decode()):
        yield 1, None, part, []
