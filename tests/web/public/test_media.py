"""Pictures by their address: who sees one, and with which headers."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from lxml import html
from PIL import Image as Pillow
from sqlalchemy import select

from tests import documents, pictures
from tests.cast import get, make_cast, sign_in
from tests.conftest import LEAD_STARTED_AT, Databases, make_test_app
from tests.content import add_picture, edit
from tests.web.machine import forget_database
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.domain.content import ImageContent
from wmd.domain.vocabulary import SessionStatus
from wmd.models import Organisation, Submission
from wmd.services.images import prepare
from wmd.services.intake import latest_revision, read_content

PUBLIC, PRIVATE, OF_SESSION = (str(uuid.UUID(int=number, version=4)) for number in (1, 2, 3))
WHY = {"en": "The speaker is ill.", "es": "La ponente está enferma."}


@pytest.fixture(scope="module")
def house(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A service with one published event with a picture, one picture of ana's, and one of a browser's."""
    folder: Path = tmp_path_factory.mktemp("media")
    app = make_test_app(databases.copy("sqlite", folder), folder)
    now = LEAD_STARTED_AT
    with app.app_context():
        dbs, setting = db.session(), publishing_setting(app)
        make_cast(dbs, now)
        documents.apply(dbs, setting, documents.document(documents.event()))
        prepared = prepare(pictures.photo(size=(3000, 2000)), "picture")
        facts = {
            "media_type": prepared.media_type, "width": prepared.width, "height": prepared.height,
            "data": prepared.data, "small": prepared.small,
        }  # fmt: skip
        add_picture(dbs, now, PUBLIC, **facts)
        add_picture(dbs, now, PRIVATE, **facts, person_id="ana")
        alt, credit = {"en": 'A "tram" <b>', "es": "Un tranvía"}, "Ada Example"
        edit(dbs, setting, now, image=ImageContent(PUBLIC, alt, credit), answers={})
        organisation = dbs.scalars(select(Organisation).where(Organisation.key == "a")).one()
        organisation.social = ["https://social.example/@a", "javascript:alert(1)"]
        organisation.public_email = "public-leak@a.example"
        dbs.commit()
        app.extensions["wmd.library"].refresh()
        db.session.remove()
    yield app
    forget_database(app)


def test_public_picture_may_be_kept_for_a_year_and_does_nothing(house: Flask) -> None:
    for path, size in ((f"/media/{PUBLIC}.jpg", (2000, 1333)), (f"/media/{PUBLIC}-small.jpg", (945, 630))):
        answer = get(house.test_client(), path)
        assert Pillow.open(io.BytesIO(answer.data)).size == size
        assert (answer.status_code, answer.content_type) == (200, "image/jpeg")
        assert answer.headers["Cache-Control"] == "public, max-age=3600"
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in answer.headers


def test_picture_that_nothing_shows_is_for_its_owner_and_the_staff(house: Flask) -> None:
    path = f"/media/{PRIVATE}.jpg"
    seen = {}
    for person, staff in ((None, False), ("ana", False), ("ben", False), ("rita", True), ("mona", False)):
        client = house.test_client()
        if person:
            sign_in(client, house, person, staff=staff)
        answer = get(client, path)
        seen[person] = answer.status_code
        assert answer.headers["Cache-Control"] == "no-store"
    assert seen == {None: 404, "ana": 200, "ben": 404, "rita": 200, "mona": 404}


def test_picture_of_a_browser_is_seen_by_that_browser_alone(house: Flask) -> None:
    mine, other = house.test_client(), house.test_client()
    session_id = sign_in(mine, house, None)
    sign_in(other, house, None)
    with house.app_context():
        add_picture(db.session(), LEAD_STARTED_AT, OF_SESSION, media_type="image/png", session_id=session_id)
        db.session.remove()
    assert [get(client, f"/media/{OF_SESSION}.png").status_code for client in (mine, other)] == [200, 404]


@pytest.mark.parametrize(
    "name",
    [
        f"{PUBLIC}.png",
        f"{PUBLIC}.jpg/",
        PUBLIC,
        "x.jpg",
        f"{PUBLIC}-large.jpg",
        "..%2f..%2fx.png",
        f"{PUBLIC}.gif",
    ],
)
def test_other_names_are_not_found(house: Flask, name: str) -> None:
    assert get(house.test_client(), f"/media/{name}").status_code == 404


def test_event_page_shows_its_picture_with_words_and_credit(house: Flask) -> None:
    (event,) = house.extensions["wmd.library"].programme("2021").events.values()
    body = get(house.test_client(), f"/2021/events/{event.code}-{event.slug}").get_data(as_text=True)
    page = html.document_fromstring(body)

    (image,) = page.xpath("//figure/img")
    assert (image.get("src"), image.get("alt")) == (f"/media/{PUBLIC}-small.jpg", 'A "tram" <b>')
    assert (image.get("width"), image.get("height")) == ("945", "630")
    assert page.xpath("string(//figcaption)") == "Picture: Ada Example"
    og = {
        each.get("property"): each.get("content") for each in page.xpath("//meta[starts-with(@property, 'og:image')]")
    }
    assert og == {
        "og:image": f"http://wmd.example/media/{PUBLIC}-small.jpg",
        "og:image:width": "945",
        "og:image:height": "630",
        "og:image:alt": 'A "tram" <b>',
    }
    assert f'"url":"http://wmd.example/media/{PUBLIC}-small.jpg"' in page.xpath(
        "string(//script[@type='application/ld+json'])"
    )


def test_organisation_page_shows_safe_links_and_no_mail_address(house: Flask) -> None:
    (event,) = house.extensions["wmd.library"].programme("2021").events.values()
    organiser = event.organisers[0]
    body = get(house.test_client(), f"/2021/organisations/{organiser.code}-{organiser.slug}").get_data(as_text=True)
    page = html.document_fromstring(body)

    assert page.xpath("//header//ul[@class='links']//a/@href") == ["https://social.example/@a"]
    assert "public-leak" not in body


def test_cancelled_event_says_why_on_its_page_and_among_the_changes(house: Flask) -> None:
    with house.app_context():
        dbs, setting = db.session(), publishing_setting(house)
        newest = latest_revision(dbs, dbs.scalars(select(Submission)).one())
        assert newest is not None
        content = read_content(newest)
        off = tuple(replace(each, status=SessionStatus.CANCELLED) for each in content.sessions)
        edit(dbs, setting, LEAD_STARTED_AT, sessions=off, public_reason=WHY)
        house.extensions["wmd.library"].refresh()
        db.session.remove()
    (event,) = house.extensions["wmd.library"].programme("2021").events.values()
    for path in (f"/2021/events/{event.code}-{event.slug}", "/2021/changes"):
        assert "The speaker is ill." in get(house.test_client(), path).get_data(as_text=True), path
    exported = get(house.test_client(), "/2021/programme.json").get_json()
    assert [each["public_reason"] for each in exported["events"]] == [WHY]
