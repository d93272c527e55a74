"""Characters that nobody sees and nobody typed on purpose: they come along when text is pasted."""

from __future__ import annotations

import re
from typing import Final

#: Marks, embeddings and isolates of direction (Unicode UAX #9 §2), the zero-width space, the word joiner, the soft
#: hyphen and the byte order mark. The joiners U+200C and U+200D stay: Persian and Indian names are spelt with them.
_MARKS: Final = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_JOINERS: Final = str.maketrans("", "", "\u200c\u200d")


def without_marks(text: str) -> str:
    """Return a text without its invisible marks and without blanks at both ends."""
    return _MARKS.sub("", text).strip()


def is_plain_line(text: str) -> bool:
    """Whether a text is one line without control characters; joiners count as letters."""
    return text.translate(_JOINERS).isprintable()
