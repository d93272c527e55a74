"""Pictures that people upload: decoded, bounded, made anew without a trace of the file they came in, and kept.

Nothing of an uploaded file is stored or served: a picture is decoded to pixels and encoded again, a photo as JPEG and a
logo as PNG, which every browser, mail program and social network reads. So metadata (places, names of people),
scripts and files that are two things at once are gone. See docs/decisions.md for why they lie in the database.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from PIL import GifImagePlugin, JpegImagePlugin, PngImagePlugin, UnidentifiedImageError, WebPImagePlugin
from PIL import Image as Pillow
from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from wmd.domain.codes import Mint
from wmd.domain.findings import N_, Finding, Level
from wmd.domain.pictures import LARGEST_UPLOAD_BYTES, MOST_PIXELS, SMALL_WITHIN, WITHIN
from wmd.errors import InvalidContentError
from wmd.models import Event, Image, Organisation
from wmd.services.states import audit

#: Decoders that may see an upload; the one for JPEG also reads what some phones make, with a second picture behind it.
_DECODERS = (
    JpegImagePlugin.JpegImageFile, PngImagePlugin.PngImageFile, WebPImagePlugin.WebPImageFile,
    GifImagePlugin.GifImageFile,
)  # fmt: skip
_FORMATS = tuple(decoder.format for decoder in _DECODERS if decoder.format)
#: One owner's pictures within a day; more is no honest work on a few events.
MOST_A_DAY = 60
_DAY = timedelta(days=1)
_ORIENTATION = 0x0112
#: Orientations that swap width and height (EXIF 2.32, tag 274).
_TURNED = frozenset({5, 6, 7, 8})
#: What damaged files make the decoders raise.
_BROKEN_FILE = (
    OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, ArithmeticError,
    struct.error, zlib.error,
)  # fmt: skip

# Pillow warns above this and raises above twice as much. Both are refused here, and what lies between by its size.
Pillow.MAX_IMAGE_PIXELS = MOST_PIXELS

Sight = Literal["public", "private", "none"]

_WORDS = {
    "image.empty": N_("No file came with this. Choose a picture and send it again."),
    "image.too-large": N_("The file is larger than {megabytes} MB. Save it smaller and send it again."),
    "image.pixels": N_("The picture has too many pixels; {megapixels} million fit. Save it smaller and send it again."),
    "image.svg": N_("SVG drawings are not taken, because they can hold programs. Save it as PNG and send that."),
    "image.format": N_("This is not a picture that we can read. Save it as PNG or JPEG and send that."),
    "image.broken": N_("The picture is damaged or cut off. Open it once, save it anew and send that."),
    "image.rights": N_("Confirm that you may use this picture here."),
    "image.alt": N_("Say in words what the picture shows, for people who cannot see it."),
    "image.stale": N_("This page was open for too long, or you signed in or out meanwhile. Choose the file once more."),
    "image.many": N_("That is more pictures than we take on one day. Please go on tomorrow, or write to us."),
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture made anew: as it is kept, and small. Sizes are of the large one, in pixels."""

    kind: str
    media_type: str
    width: int
    height: int
    data: bytes = field(repr=False)
    small: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a picture is before it is public: a person, or the browser session of somebody not signed in."""

    actor: str
    person_id: str | None = None
    session_id: str | None = None


def refused(code: str, where: str = "image", **params: object) -> InvalidContentError:
    """Return the error that refuses a picture, in words for a person."""
    return InvalidContentError([Finding(code, Level.ERROR, where, _WORDS[code], params)])


def prepare(data: bytes, kind: str) -> Prepared:
    """Return an uploaded picture made anew. Raises InvalidContentError with the reason it cannot be taken.

    ``kind`` is logo or picture. Bytes and pixels are bounded before a pixel is decoded; of several frames the first is
    taken; CMYK, palettes and sixteen bits become plain colours; the camera's orientation is applied.
    """
    if not data:
        raise refused("image.empty")
    if len(data) > LARGEST_UPLOAD_BYTES[kind]:
        raise refused("image.too-large", megabytes=LARGEST_UPLOAD_BYTES[kind] // 1_000_000)
    if _is_svg(data):
        raise refused("image.svg")
    image = _decoded(data, kind)
    large, media_type = _encoded(image, kind)
    small = image.copy()
    small.thumbnail(SMALL_WITHIN, Pillow.Resampling.LANCZOS)
    return Prepared(kind, media_type, image.width, image.height, large, _encoded(small, kind)[0])


def _is_svg(data: bytes) -> bool:
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith(b"<svg") or (head.startswith((b"<?xml", b"<!")) and b"<svg" in head)


def _decoded(data: bytes, kind: str) -> Pillow.Image:
    """Return the first frame in plain colours, turned upright, within the size that we keep."""
    try:
        with Pillow.open(io.BytesIO(data), formats=_FORMATS) as opened:
            return _clean(opened, kind)
    except UnidentifiedImageError:
        raise refused("image.format") from None
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning):
        raise refused("image.pixels", megapixels=MOST_PIXELS // 1_000_000) from None
    except _BROKEN_FILE:
        raise refused("image.broken") from None


def _clean(opened: Pillow.Image, kind: str) -> Pillow.Image:
    if opened.width * opened.height > MOST_PIXELS:
        raise Pillow.DecompressionBombError
    orientation = opened.getexif().get(_ORIENTATION, 1)
    within = WITHIN[kind]
    box = (within[1], within[0]) if orientation in _TURNED else within
    # A JPEG is decoded at a fraction of its size where that is enough.
    opened.draft("RGB", box)
    image = _plain(opened)
    image.thumbnail(box, Pillow.Resampling.LANCZOS)
    # The orientation is read from the opened file: what became of its pixels no longer knows it.
    turn = _TURNS.get(orientation)
    upright = image.transpose(turn) if turn is not None else image
    # Pasted into a new one: an image carries comments, profiles and tags along that encoders write out again.
    fresh = Pillow.new(upright.mode, upright.size)
    fresh.paste(upright)
    return fresh


_TURNS = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT, 3: Pillow.Transpose.ROTATE_180, 4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE, 6: Pillow.Transpose.ROTATE_270, 7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}  # fmt: skip


def _plain(image: Pillow.Image) -> Pillow.Image:
    """Return the picture as RGB or RGBA with eight bits each."""
    if image.mode.startswith("I"):
        # Sixteen bits would be cut off, not scaled, by the conversion itself.
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("RGB")


def _encoded(image: Pillow.Image, kind: str) -> tuple[bytes, str]:
    out = io.BytesIO()
    if kind == "logo":
        image.save(out, "PNG", optimize=True)
        return out.getvalue(), "image/png"
    if image.mode == "RGBA":
        ground = Pillow.new("RGB", image.size, "white")
        ground.paste(image, mask=image.getchannel("A"))
        image = ground
    image.save(out, "JPEG", quality=84, optimize=True, progressive=True)
    return out.getvalue(), "image/jpeg"


def keep_image(dbs: Session, prepared: Prepared, owner: Owner, *, mint: Mint, now: datetime) -> Image:
    """Store a picture under a random name, with the owner's word that it may be used.

    Raises InvalidContentError when the owner stored very many within a day.
    """
    if _kept_lately(dbs, owner, now) >= MOST_A_DAY:
        raise refused("image.many")
    image = Image(
        id=mint.uuid(), kind=prepared.kind, digest=hashlib.sha256(prepared.data).hexdigest(),
        media_type=prepared.media_type, width=prepared.width, height=prepared.height, data=prepared.data,
        small=prepared.small, uploaded_by=owner.actor, person_id=owner.person_id, session_id=owner.session_id,
        rights_confirmed_at=now, created_at=now,
    )  # fmt: skip
    dbs.add(image)
    audit(dbs, actor=owner.actor, action="upload", kind="image", subject_id=image.id, after=prepared.kind, now=now)
    dbs.flush()
    return image


def _kept_lately(dbs: Session, owner: Owner, now: datetime) -> int:
    whose = Image.person_id == owner.person_id if owner.person_id else Image.session_id == owner.session_id
    return dbs.scalar(select(func.count()).select_from(Image).where(whose, Image.created_at > now - _DAY)) or 0


def find_image(dbs: Session, id_: str) -> Image | None:
    """Return a picture's row without its bytes; None when there is none, or it was taken away."""
    image = dbs.get(Image, id_)
    return image if image is not None and image.deleted_at is None else None


def sight_of(dbs: Session, image: Image) -> Sight:
    """Return whether a picture is public: used by a listed event or organisation; else private."""
    event = select(Event.id).where(
        Event.image_id == image.id, Event.hidden_at.is_(None), Event.merged_into_id.is_(None)
    )  # fmt: skip
    organisation = select(Organisation.id).where(Organisation.image_id == image.id, Organisation.state == "listed")
    used = dbs.scalar(event.limit(1)) or dbs.scalar(organisation.limit(1))
    return "public" if used else "private"


def owns(image: Image, *, person_id: str | None, session_id: str | None) -> bool:
    """Whether a picture was uploaded by this person, or in this browser session."""
    return (person_id is not None and image.person_id == person_id) or (
        session_id is not None and image.session_id == session_id
    )


def bytes_of(dbs: Session, image: Image, *, small: bool) -> bytes:
    """Read the bytes of a picture, or of its small form."""
    column = Image.small if small else Image.data
    found = dbs.scalars(select(Image).where(Image.id == image.id).options(undefer(column))).one()
    return found.small if small else found.data


def check_words(alt: str, *, rights: bool, where: str = "image") -> list[Finding]:
    """Return what is missing beside a picture: what it shows in words, and the right to use it."""
    found = []
    if not alt.strip():
        found.append(Finding("image.alt", Level.ERROR, f"{where}.alt", _WORDS["image.alt"]))
    if not rights:
        found.append(Finding("image.rights", Level.ERROR, f"{where}.rights", _WORDS["image.rights"]))
    return found


def delete_image(dbs: Session, image: Image, *, actor: str, now: datetime) -> None:
    """Take a picture away: its bytes are emptied and its address answers 404; what names it shows none."""
    image.data, image.small, image.deleted_at = b"", b"", now
    audit(dbs, actor=actor, action="delete", kind="image", subject_id=image.id, before=image.kind, now=now)
    dbs.flush()
