"""Pictures that people upload: what is refused and how fast, and that nothing of the file itself survives."""

from __future__ import annotations

import io
import subprocess
import sys
from datetime import timedelta
from time import process_time

import pytest
from PIL import Image as Pillow
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import documents, pictures
from tests.cast import make_cast
from tests.conftest import LEAD_STARTED_AT
from tests.content import add_picture, edit
from wmd.domain.content import ImageContent
from wmd.errors import InvalidContentError
from wmd.models import AuditEntry, Event, Image, Organisation
from wmd.services.hiding import hide
from wmd.services.images import (
    MOST_A_DAY,
    Owner,
    bytes_of,
    check_words,
    delete_image,
    find_image,
    keep_image,
    owns,
    prepare,
    sight_of,
)
from wmd.services.publishing import Setting

NOW = LEAD_STARTED_AT


def opened(data: bytes) -> Pillow.Image:
    """Return the picture that bytes are, decoded."""
    image = Pillow.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize(("data", "code"), pictures.REFUSED.values(), ids=pictures.REFUSED)
def test_what_cannot_be_taken_is_refused_with_words_within_a_second(data: bytes, code: str) -> None:
    started = process_time()
    with pytest.raises(InvalidContentError) as caught:
        prepare(data, "picture")

    assert [finding.code for finding in caught.value.findings] == [code]
    assert caught.value.findings[0].say()
    # Of this process alone: a bomb that is decoded takes far longer.
    assert process_time() - started < 1.0


_MEASURED = """
import resource
from tests import pictures
from wmd.errors import InvalidContentError
from wmd.services.images import prepare
largest = pictures.photo("PNG", "RGBA", size=(5000, 5000))
files = [data for data, _ in pictures.REFUSED.values()] + [pictures.long_gif(), largest]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
taken = 0
for data in files:
    try:
        prepare(data, "picture")
        taken += 1
    except InvalidContentError:
        pass
print(taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_stays_small_whatever_is_sent() -> None:
    done = subprocess.run([sys.executable, "-c", _MEASURED], capture_output=True, text=True, check=True, timeout=60)
    taken, grown_kb = map(int, done.stdout.split())

    # The largest that is taken has 25 megapixels of four bytes, and is made smaller beside itself.
    assert taken == 2
    assert grown_kb < 200_000


@pytest.mark.parametrize(
    ("data", "kind", "form", "size"),
    [
        (pictures.photo("JPEG"), "picture", "JPEG", (64, 40)),
        (pictures.photo("JPEG", "CMYK"), "picture", "JPEG", (64, 40)),
        (pictures.photo("PNG", "P"), "picture", "JPEG", (64, 40)),
        (pictures.photo("PNG", "1"), "picture", "JPEG", (64, 40)),
        (pictures.photo("PNG", "I;16"), "picture", "JPEG", (64, 40)),
        (pictures.photo("PNG", "LA"), "logo", "PNG", (64, 40)),
        (pictures.photo("WEBP", "RGBA"), "logo", "PNG", (64, 40)),
        (pictures.photo("GIF", "P"), "logo", "PNG", (64, 40)),
        (pictures.photo("JPEG", size=(4000, 2000)), "picture", "JPEG", (2000, 1000)),
        (pictures.photo("PNG", size=(1000, 3000)), "logo", "PNG", (267, 800)),
        (pictures.long_gif(20), "picture", "JPEG", (32, 32)),
    ],
    ids=range(11),
)
def test_every_sort_becomes_one_plain_picture(data: bytes, kind: str, form: str, size: tuple[int, int]) -> None:
    prepared = prepare(data, kind)
    image = opened(prepared.data)

    assert (image.format, image.size, getattr(image, "n_frames", 1)) == (form, size, 1)
    assert (prepared.width, prepared.height, prepared.media_type) == (*size, f"image/{form.lower()}")
    assert image.mode in {"RGB", "RGBA"}


def test_small_form_fits_a_social_card() -> None:
    small = opened(prepare(pictures.photo(size=(4000, 3000)), "picture").small)

    assert small.size == (840, 630)


def test_sixteen_bits_are_scaled_not_cut_off() -> None:
    grey = Pillow.new("I;16", (8, 8), 32_768)
    pixel = opened(prepare(pictures.encoded(grey, "PNG"), "logo").data).convert("L").getpixel((4, 4))

    assert pixel == 128


def test_transparent_picture_gets_a_white_ground() -> None:
    clear = Pillow.new("RGBA", (8, 8), (0, 0, 0, 0))
    assert opened(prepare(pictures.encoded(clear, "PNG"), "picture").data).getpixel((4, 4)) == (255, 255, 255)
    assert opened(prepare(pictures.encoded(clear, "PNG"), "logo").data).getpixel((4, 4)) == (0, 0, 0, 0)


def test_metadata_is_gone_and_the_photo_stands_upright() -> None:
    data = pictures.with_metadata()
    assert b"Secret Artist" in data
    prepared = prepare(data, "picture")

    for made in (prepared.data, prepared.small):
        image = opened(made)
        assert dict(image.getexif()) == {}
        assert [key for key in image.info if key in {"exif", "comment", "icc_profile", "xmp"}] == []
        assert b"ecret" not in made
    # Red was on the left; turned to the right by the camera's word it is on top.
    upright = opened(prepared.data).convert("RGB")
    red, green, blue = upright.getpixel((20, 5))  # type: ignore[misc]
    assert upright.size == (40, 64)
    assert (red > 200, green < 60, blue < 60) == (True, True, True)  # type: ignore[operator]


@pytest.mark.parametrize("name", pictures.polyglots())
@pytest.mark.parametrize("kind", ["logo", "picture"])
def test_file_that_is_two_things_becomes_one(name: str, kind: str) -> None:
    data = pictures.polyglots()[name]
    assert pictures.SCRIPT in data
    prepared = prepare(data, kind)

    assert [word for word in (b"<script", b"PK\x03\x04", b"<html") if word in prepared.data + prepared.small] == []


def test_kept_picture_has_a_random_name_its_owner_and_the_word_on_rights(dbs: Session, setting: Setting) -> None:
    make_cast(dbs, NOW)
    owner = Owner("person:ana", person_id="ana")
    image = keep_image(dbs, prepare(pictures.photo(), "picture"), owner, mint=setting.mint, now=NOW)
    dbs.commit()

    row = find_image(dbs, image.id)
    assert row is not None
    assert (row.uploaded_by, row.person_id, row.rights_confirmed_at) == ("person:ana", "ana", NOW)
    assert opened(bytes_of(dbs, row, small=False)).size == (64, 40)
    assert owns(row, person_id="ana", session_id=None)
    assert not owns(row, person_id="ben", session_id=None)
    assert not owns(row, person_id=None, session_id=None)
    assert dbs.scalars(select(AuditEntry.actor).where(AuditEntry.subject_id == image.id)).all() == ["person:ana"]


def test_very_many_pictures_in_a_day_are_too_many(dbs: Session, setting: Setting) -> None:
    make_cast(dbs, NOW)
    prepared, owner = prepare(pictures.photo(), "picture"), Owner("person:ana", person_id="ana")
    for _ in range(MOST_A_DAY):
        keep_image(dbs, prepared, owner, mint=setting.mint, now=NOW)

    with pytest.raises(InvalidContentError):
        keep_image(dbs, prepared, owner, mint=setting.mint, now=NOW + timedelta(hours=1))
    keep_image(dbs, prepared, Owner("person:ben", person_id="ben"), mint=setting.mint, now=NOW)
    keep_image(dbs, prepared, owner, mint=setting.mint, now=NOW + timedelta(days=2))


def test_picture_is_public_while_something_listed_shows_it(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))
    image = add_picture(dbs, NOW)
    assert sight_of(dbs, image) == "private"
    edit(dbs, setting, NOW, image=ImageContent("pic", {"en": "A tram"}))
    assert sight_of(dbs, image) == "public"
    hide(dbs, dbs.scalars(select(Event)).one(), setting, actor="person:m", now=NOW)
    assert sight_of(dbs, image) == "private"

    organisation = dbs.scalars(select(Organisation).where(Organisation.key == "a")).one()
    organisation.image_id, organisation.state = "pic", "proposed"
    dbs.flush()
    assert sight_of(dbs, image) == "private"
    organisation.state = "listed"
    dbs.flush()
    assert sight_of(dbs, image) == "public"


def test_deleted_picture_is_not_found_and_holds_no_byte(dbs: Session) -> None:
    image = add_picture(dbs, NOW)
    delete_image(dbs, image, actor="person:m", now=NOW)
    dbs.commit()

    assert find_image(dbs, "pic") is None
    assert dbs.execute(select(Image.data, Image.small)).one() == (b"", b"")


@pytest.mark.parametrize(
    ("alt", "rights", "paths"),
    [("A tram", True, []), (" ", True, ["image.alt"]), ("", False, ["image.alt", "image.rights"])],
)
def test_words_and_rights_are_needed(alt: str, rights: bool, paths: list[str]) -> None:
    assert [finding.where for finding in check_words(alt, rights=rights)] == paths
