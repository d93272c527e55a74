"""Plain text fit for a calendar: cleaned, cut at a word, and composed without mixing reading directions."""

from __future__ import annotations

import re
import unicodedata

#: Everything some reader takes for the end of a line; left in, it would split a content line there.
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")

#: Control characters (C0, DEL, C1), the byte order mark, lone surrogates and noncharacters.
_UNFIT = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")

#: Embeddings, overrides and isolates: unclosed, they turn round what a calendar prints after the text.
_DIRECTION_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")

_BLANK_LINES = re.compile(r"\n{3,}")
_SPACE_AT_LINE_END = re.compile(r"[ \t]+(?=\n|$)")

_PLACE = re.compile(r"\{(\w+)\}")

_FIRST_STRONG_ISOLATE = "\u2068"
_POP_ISOLATE = "\u2069"
_RIGHT_TO_LEFT = frozenset({"R", "AL"})


def fit(text: str) -> str:
    r"""Return ``text`` with ``\n`` for every kind of line end and without characters that break readers.

    Joiners and directional marks (U+200C to U+200F) stay: emoji, Persian and Arabic need them.
    """
    return _UNFIT.sub("", _LINE_ENDS.sub("\n", text).replace("\t", " "))


def clean(text: str) -> str:
    """Return :func:`fit` text of somebody else's, who may not turn round what stands beside it."""
    return _DIRECTION_CONTROLS.sub("", fit(text))


def one_line(text: str) -> str:
    """Return the cleaned text as one line with single spaces."""
    return " ".join(clean(text).split())


def paragraphs(text: str) -> str:
    """Return the cleaned text without trailing spaces and with at most one blank line in a row."""
    return _BLANK_LINES.sub("\n\n", _SPACE_AT_LINE_END.sub("", clean(text))).strip()


def cut(text: str, limit: int) -> str:
    """Return at most ``limit`` characters of ``text``, ending at a word and with an ellipsis when cut.

    A script without spaces is cut between characters, never before a combining mark, a joiner or a
    variation selector.
    """
    if len(text) <= limit:
        return text
    room = limit - 1
    # A very long last word (or a script without spaces) is cut inside; a third of the room is given up at most.
    space = max(text.rfind(" ", room * 2 // 3, room + 1), text.rfind("\n", room * 2 // 3, room + 1))
    end = space if space > 0 else room
    while end > 0 and (_clings(text[end]) or text[end - 1] == "\u200d"):
        end -= 1
    return text[:end].rstrip(" \n,;:–-") + "…"


def _clings(char: str) -> bool:
    """Say whether ``char`` belongs to the character before it."""
    return char == "\u200d" or unicodedata.category(char) in {"Mn", "Me", "Mc"} or "\U0001f3fb" <= char <= "\U0001f3ff"


def _strong_directions(text: str) -> list[bool]:
    """Return for each strongly directed character whether it reads from right to left."""
    found = []
    for char in text:
        direction = unicodedata.bidirectional(char)
        if direction == "L":
            found.append(False)
        elif direction in _RIGHT_TO_LEFT:
            found.append(True)
    return found


def isolated(part: str, around: str) -> str:
    """Return ``part`` ready to stand inside ``around``: isolated only when their directions clash.

    The base direction is that of the first strong character of ``around``, as readers guess it
    (Unicode Standard Annex #9, rule P2). Plain one-way text comes back unchanged.
    """
    if around.isascii() and part.isascii():
        return part
    base = _strong_directions(around)
    own = _strong_directions(part)
    if not base or not own or (own[0] == base[0] and own[-1] == base[0]):
        return part
    return f"{_FIRST_STRONG_ISOLATE}{part}{_POP_ISOLATE}"


def fill(template: str, **parts: str) -> str:
    """Return a translated template with ``{name}`` replaced, each part isolated where directions clash.

    ``str.format`` is not used: a brace that a translator forgot must not stop a publication.
    """
    places = set(_PLACE.findall(template))
    if not places.issuperset(parts):
        return " ".join([template, *parts.values()])
    around = _PLACE.sub("", template)
    return _PLACE.sub(lambda match: isolated(parts[match[1]], around) if match[1] in parts else match[0], template)


def joined(first: str, second: str, separator: str) -> str:
    """Return two texts joined, the second isolated when it would turn the first round."""
    return f"{first}{separator}{isolated(second, first)}"
