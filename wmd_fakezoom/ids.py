"""Ids, tokens and secrets of the fake: drawn from one seed, so that a run can be repeated."""

from __future__ import annotations

import base64
import string
from random import Random
from typing import Final, Literal

#: How a UUID is wanted: any, one that begins with a slash, or one with two slashes inside (both need double encoding).
UuidForm = Literal["", "/", "//"]

_LETTERS: Final = string.ascii_letters + string.digits
#: The first byte of which base64 makes a slash.
_LEADING_SLASH: Final = 0xFC


class Ids:
    """A source of ids. The same seed gives the same ones in the same order."""

    def __init__(self, seed: int = 1) -> None:
        self._random = Random(seed)  # noqa: S311 -- the fake's secrets guard nothing
        self._taken: set[int] = set()

    def room(self) -> int:
        """Return the number of a webinar or meeting: eleven digits, more than 32 bits hold."""
        while (number := self._random.randrange(80_000_000_000, 99_999_999_999)) in self._taken:
            pass
        self._taken.add(number)
        return number

    def uuid(self, form: UuidForm = "") -> bytes:
        """Return the 16 bytes of a version-4 UUID whose base64 has the wanted form."""
        while True:
            raw = bytearray(self._random.randbytes(16))
            raw[6] = (raw[6] & 0x0F) | 0x40
            raw[8] = (raw[8] & 0x3F) | 0x80
            if form == "/":
                raw[0] |= _LEADING_SLASH
            if form == "//":
                raw[1], raw[2] = raw[1] | 0x0F, 0xFF
            text = uuid_text(bytes(raw))
            # A plain one is really plain: neither form by chance, and no slash at all.
            if form or "/" not in text:
                return bytes(raw)

    def text(self, length: int = 22) -> str:
        """Return letters and digits."""
        return "".join(self._random.choice(_LETTERS) for _ in range(length))


def uuid_text(raw: bytes) -> str:
    """Return a UUID as Zoom writes it: base64 with padding, with slashes and plus signs."""
    return base64.b64encode(raw).decode()


def link_token(raw: bytes) -> str:
    """Return what stands at the end of a registration link: the same in URL-safe base64, without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
