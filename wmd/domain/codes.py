"""Public codes, minted identities and the readable part of addresses.

A code is six characters of an alphabet without look-alikes, random and never reused: it is read out on the
telephone and typed from posters. Left out of ``0-9A-Z`` are 0 and O, 1, I and L, and U (taken for V).
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
import uuid
from collections.abc import Mapping

#: Thirty characters; six of them make 729 million codes.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 6

#: The longest readable part of an address.
SLUG_LENGTH = 60

#: Letters that have no decomposition in Unicode, as their languages write them in ASCII.
_PLAIN_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l"}
    | {"đ": "d", "Đ": "d", "ð": "d", "Ð": "d", "þ": "th", "Þ": "th", "ı": "i"}
)


def is_code(text: str) -> bool:
    """Tell whether ``text`` is a code exactly as we write it: six capital characters of the alphabet."""
    return len(text) == CODE_LENGTH and all(character in ALPHABET for character in text)


def normalise_code(text: str) -> str | None:
    """Return a code that somebody typed (any case, blanks around it) as we write it, or None when it is none."""
    code = text.strip()
    # "ß".upper() is "SS": only ASCII may be raised to capitals.
    return code.upper() if code.isascii() and is_code(code.upper()) else None


class Mint:
    """Mints codes and identities from the operating system's randomness. Whoever stores them checks for a repeat."""

    def _below(self, limit: int) -> int:
        """Return a number from 0 to ``limit - 1``."""
        return secrets.randbelow(limit)

    def _bytes(self, count: int) -> bytes:
        """Return ``count`` bytes."""
        return secrets.token_bytes(count)

    def code(self) -> str:
        """Return a new public code of six characters."""
        return "".join(ALPHABET[self._below(len(ALPHABET))] for _ in range(CODE_LENGTH))

    def uuid(self) -> str:
        """Return a new version 4 UUID (RFC 9562 section 5.4) as a lower-case string."""
        return str(uuid.UUID(bytes=self._bytes(16), version=4))


class SeededMint(Mint):
    """Mints the same sequence for the same seed, so that the demonstration data keeps its addresses. Never a secret."""

    def __init__(self, seed: str) -> None:
        self._seed = seed.encode()
        self._count = 0

    def _below(self, limit: int) -> int:
        # 64 bits against a limit of 30: the bias is far below anything that could be noticed.
        return int.from_bytes(self._bytes(8), "big") % limit

    def _bytes(self, count: int) -> bytes:
        self._count += 1
        return hashlib.sha256(self._count.to_bytes(8, "big") + self._seed).digest()[:count]


def slugify(title: str) -> str:
    """Return the readable part of an address: lower-case ASCII letters, digits and single hyphens, at most sixty.

    Accents are folded; what has no ASCII form is left out. A title without any (Arabic, Chinese) gives a blank: its
    address is the code alone.
    """
    folded = unicodedata.normalize("NFKD", title.translate(_PLAIN_LETTERS)).lower()
    letters = "".join(letter for letter in folded if not unicodedata.combining(letter))
    words = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in letters).split()
    slug = "-".join(words)
    if len(slug) > SLUG_LENGTH:
        cut = slug[: SLUG_LENGTH + 1]
        slug = cut.rpartition("-")[0] or slug[:SLUG_LENGTH]
    return slug


def readable_slug(titles: Mapping[str, str], language: str) -> str:
    """Return the readable part of an address for a title by language: the English one's, else the original's.

    English, because addresses are read out and typed by people who do not share the original's language or script.
    """
    return slugify(titles.get("en", "")) or slugify(titles.get(language, ""))
