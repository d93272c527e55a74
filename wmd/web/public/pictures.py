"""A picture as pages show it: its two addresses and sizes, and what it shows in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from wmd.domain.pictures import SMALL_WITHIN, fitted, media_path
from wmd.domain.programme import ImageView
from wmd.web import names


@dataclass(frozen=True, slots=True)
class PictureItem:
    """Paths, and sizes in pixels; ``lang`` is set when the words are in another language than the page."""

    url: str
    width: int
    height: int
    small_url: str
    small_width: int
    small_height: int
    alt: str
    lang: str
    credit: str


def picture_item(image: ImageView, original: str, language: str) -> PictureItem:
    """Return a picture for a reader; ``original`` is the language its event or organisation is written in."""
    alt, tag = names.best_text(image.alt, language, original)
    small_width, small_height = fitted(image.width, image.height, SMALL_WITHIN)
    return PictureItem(
        url=media_path(image.id, image.media_type),
        width=image.width,
        height=image.height,
        small_url=media_path(image.id, image.media_type, small=True),
        small_width=small_width,
        small_height=small_height,
        alt=alt,
        lang=tag if alt and tag != language else "",
        credit=image.credit,
    )
