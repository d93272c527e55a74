"""Pictures as facts: how large they may be, under which address they stand, and how a smaller one is measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

#: Bytes somebody may upload, by kind.
LARGEST_UPLOAD_BYTES: Mapping[str, int] = {"logo": 2_000_000, "picture": 5_000_000}
#: Pixels we decode: more is refused from the file's head, before a pixel is read.
MOST_PIXELS = 25_000_000
#: Sides in pixels of what we keep; the small one is the size of a social card.
WITHIN: Mapping[str, tuple[int, int]] = {"logo": (800, 800), "picture": (2000, 2000)}
SMALL_WITHIN = (1200, 630)

EXTENSIONS: Mapping[str, str] = {"image/webp": "webp", "image/png": "png", "image/jpeg": "jpg"}


class Picture(NamedTuple):
    """A picture that is kept: its id, media type and size in pixels."""

    id: str
    media_type: str
    width: int
    height: int


def fitted(width: int, height: int, within: tuple[int, int]) -> tuple[int, int]:
    """Return the size of a picture made to fit within a box, never enlarged, at least one pixel each way."""
    scale = min(1.0, within[0] / width, within[1] / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def media_path(id_: str, media_type: str, *, small: bool = False) -> str:
    """Return the address of a picture, or of its small form."""
    return f"/media/{id_}{'-small' if small else ''}.{EXTENSIONS[media_type]}"
