"""Pictures made while the tests run: sound ones of every sort, and those that somebody sends with another intent."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

GPS_IFD = 0x8825
ORIENTATION = 0x0112


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    """Return a picture as the bytes of a file."""
    out = io.BytesIO()
    image.save(out, form, **options)  # type: ignore[arg-type]
    return out.getvalue()


def photo(form: str = "JPEG", mode: str = "RGB", size: tuple[int, int] = (64, 40), **options: object) -> bytes:
    """Return a picture with red on its left half and blue on its right."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    return encoded(image.convert(mode), form, **options)


def with_metadata() -> bytes:
    """Return a photo taken on its side, with a place, a name and a comment in it."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x013B] = "Secret Artist"
    exif[GPS_IFD] = {1: "N", 2: (41.0, 23.0, 7.0), 3: "E", 4: (2.0, 10.0, 0.0), 29: "2021:10:07"}
    return photo(exif=exif, comment=b"secret comment")


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """Return one chunk of a PNG file with its checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def huge_png(width: int, height: int, *, rows: int = 0) -> bytes:
    """Return a small PNG file that says it has many pixels; ``rows`` of them are really in it, black and packed."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = zlib.compressobj(9)
    line = b"\0" * (1 + 3 * width)
    data = b"".join(packed.compress(line) for _ in range(rows)) + packed.flush()
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + png_chunk(b"IDAT", data) + png_chunk(b"IEND", b"")


def long_gif(frames: int = 1000) -> bytes:
    """Return an animation of many frames."""
    images = [Image.new("P", (32, 32), number % 250) for number in range(frames)]
    return encoded(images[0], "GIF", save_all=True, append_images=images[1:])


SCRIPT = b"<script>alert(1)</script>"
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def polyglots() -> dict[str, bytes]:
    """Return files that are a picture and something else."""
    gif = photo("GIF", "P")
    return {
        "gif and script": gif[:-1] + b"\x21\xfe" + bytes([len(SCRIPT)]) + SCRIPT + b"\0;",
        "png and zip": photo("PNG") + b"PK\x03\x04" + SCRIPT,
        "jpeg and html": photo("JPEG", comment=SCRIPT) + b"<html>" + SCRIPT,
        "png with a text chunk": (p := photo("PNG"))[:33] + png_chunk(b"tEXt", b"Comment\0" + SCRIPT) + p[33:],
    }


#: What is refused, and the code of the finding that says why.
REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "image.empty"),
    "svg with script": (SVG, "image.svg"),
    "svg after a byte order mark": (b"\xef\xbb\xbf  <SVG onload=alert(1)>", "image.svg"),
    "html named png": (b"<!doctype html>" + SCRIPT, "image.format"),
    "text": (b"hello", "image.format"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "image.format"),
    "tiff": (photo("TIFF"), "image.format"),
    "bmp": (photo("BMP"), "image.format"),
    "icon": (photo("ICO", size=(32, 32)), "image.format"),
    "30000 x 30000 head": (huge_png(30_000, 30_000), "image.pixels"),
    "100 megapixels": (huge_png(10_000, 10_000, rows=10), "image.pixels"),
    "50 megapixels, all there": (huge_png(10_000, 5_000, rows=5_000), "image.pixels"),
    "a line of 60 megapixels": (huge_png(60_000_000, 1), "image.pixels"),
    "no width": (huge_png(0, 10), "image.format"),
    "cut off": (photo("PNG", size=(600, 600))[:-400], "image.broken"),
    "jpeg cut off": (photo(size=(600, 600))[:900], "image.broken"),
    "20 MB": (b"\x89PNG\r\n\x1a\n" + b"\0" * 20_000_000, "image.too-large"),
}
