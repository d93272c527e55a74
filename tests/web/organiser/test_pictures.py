"""Choosing a picture for a draft: words and rights are asked, faults are told, and the draft is never harmed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests import pictures
from tests.cast import BASE_URL, csrf_token, get
from tests.conftest import Databases, Engine
from tests.web.organiser.desk_of_drafts import Desk, desk_on, of_a
from wmd.db import db
from wmd.models import Image


@pytest.fixture
def desk(databases: Databases, engine_name: Engine, tmp_path: Path) -> Iterator[Desk]:
    """A service on each kind of database."""
    url = databases.copy(engine_name, tmp_path)
    with desk_on(url, tmp_path) as found:
        yield found
    databases.drop(url)


WORDS = {"image.alt": "A tram", "image.credit": "Ada", "image.rights": "yes", "action": "keep"}


def send(desk: Desk, draft_id: str, data: bytes | None, who: str | None = "ana", **changes: str) -> TestResponse:
    """Send the form with a file whose name means harm."""
    client = desk.client(who)
    form: dict[str, object] = WORDS | {name.replace("__", "."): text for name, text in changes.items()}
    form["csrf_token"] = csrf_token(client)
    if data is not None:
        form["image.file"] = FileStorage(io.BytesIO(data), filename="../../evil\0.php")
    boundary, body = encode_multipart(form)
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post(f"/organiser/drafts/{draft_id}/pictures", data=body, content_type=kind, base_url=BASE_URL)


def kept(desk: Desk) -> list[str]:
    with desk.app.app_context():
        found = list(db.session().scalars(select(Image.id)))
        db.session.remove()
    return found


def test_picture_is_kept_and_stands_in_the_draft(desk: Desk) -> None:
    draft_id = desk.draft(of_a())
    answer = send(desk, draft_id, pictures.with_metadata())

    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        f"/organiser/drafts/{draft_id}?saved=1#section-picture",
    )
    (image_id,) = kept(desk)
    typed = desk.typed(draft_id)
    expected = {"image.id": image_id, "image.alt": "A tram", "image.credit": "Ada"}
    assert {name: typed[name] for name in expected} == expected
    assert {name: text for name, text in typed.items() if name not in expected} == of_a()
    page = html.document_fromstring(
        get(desk.client(), f"/organiser/drafts/{draft_id}/pictures").get_data(as_text=True)
    )  # fmt: skip
    assert page.xpath("//figure/img/@src") == [f"/media/{image_id}-small.jpg"]
    assert get(desk.client(), f"/media/{image_id}-small.jpg").status_code == 200
    assert get(desk.client("ben"), f"/media/{image_id}-small.jpg").status_code == 404


@pytest.mark.parametrize(
    ("data", "changes", "fields"),
    [
        (pictures.SVG, {}, ["image.file"]),
        (b"", {}, ["image.file"]),
        (None, {}, ["image.file"]),
        (pictures.photo(), {"image__alt": " "}, ["image.alt"]),
        (pictures.photo(), {"image__rights": ""}, ["image.rights"]),
        (
            pictures.huge_png(30_000, 30_000),
            {"image__alt": "", "image__rights": ""},
            ["image.file", "image.alt", "image.rights"],
        ),
    ],
)
def test_what_is_missing_is_said_beside_its_field_and_nothing_is_kept(
    desk: Desk, data: bytes | None, changes: dict[str, str], fields: list[str]
) -> None:
    draft_id = desk.draft(of_a())
    answer = send(desk, draft_id, data, **changes)
    page = html.document_fromstring(answer.get_data(as_text=True))

    assert answer.status_code == 422
    assert page.xpath("//*[@id='summary']//a/@href") == [f"#f-{name.replace('.', '-')}" for name in fields]
    assert page.xpath("string(//input[@name='image.credit']/@value)") == "Ada"
    assert kept(desk) == []
    assert desk.typed(draft_id) == of_a()


@pytest.mark.parametrize("size", [5_000_001, 9_000_000])
def test_file_that_is_too_large_is_told_and_the_draft_stays(desk: Desk, size: int) -> None:
    draft_id = desk.draft(of_a())
    answer = send(desk, draft_id, b"\x89PNG\r\n\x1a\n" + b"\0" * size)

    assert answer.status_code == (422 if size < 5_200_000 else 413)
    assert "larger than 5 MB" in answer.get_data(as_text=True)
    assert desk.typed(draft_id) == of_a()


def test_words_are_changed_without_a_new_file_and_the_picture_taken_out(desk: Desk) -> None:
    draft_id = desk.draft(of_a())
    send(desk, draft_id, pictures.photo())
    (image_id,) = kept(desk)

    assert send(desk, draft_id, None, image__alt="Two trams", image__rights="").status_code == 303
    assert (desk.typed(draft_id)["image.id"], desk.typed(draft_id)["image.alt"]) == (image_id, "Two trams")
    assert send(desk, draft_id, None, action="remove").status_code == 303
    assert desk.typed(draft_id)["image.id"] == ""


def test_stale_page_asks_for_the_file_once_more(desk: Desk) -> None:
    draft_id = desk.draft(of_a())
    form = WORDS | {"csrf_token": "old"}
    answer = desk.client().post(f"/organiser/drafts/{draft_id}/pictures", data=form, base_url=BASE_URL)

    assert answer.status_code == 422
    assert "Choose the file once more" in answer.get_data(as_text=True)


def test_draft_of_another_takes_no_picture(desk: Desk) -> None:
    draft_id = desk.draft(of_a())
    assert {who: send(desk, draft_id, pictures.photo(), who).status_code for who in (None, "ben", "mona")} == {
        None: 404, "ben": 404, "mona": 404,
    }  # fmt: skip
    assert kept(desk) == []
