"""The banner: typed, looked at, put up; on every public page as long as it stands, and kept pages know its hours."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html

from tests.cast import get, make_cast, post, sign_in
from tests.conftest import LEAD_STARTED_AT, Clock
from wmd.db import db

WORDS = "The main session begins at 16:00 <not 15:00>."
PAGES = (
    "/", "/2021/", "/2021/programme", "/2021/subscribe", "/2021/changes", "/2021/organisations/", "/about", "/privacy",
    "/accessibility", "/favourites", "/topics/gender-equality",
)  # fmt: skip


@pytest.fixture
def mona(demo_app: Flask) -> FlaskClient:
    """The moderator's browser."""
    with demo_app.app_context():
        make_cast(db.session(), LEAD_STARTED_AT)
        db.session.remove()
    client = demo_app.test_client()
    sign_in(client, demo_app, "mona", staff=True)
    return client


def form(**changes: str) -> dict[str, str]:
    """Return a form for a banner of the clocks of Madrid, until 16:30 there."""
    values = {
        "id": str(uuid.uuid4()), "kind": "warning", "edition": "", "words.en": WORDS, "words.es": "", "from_on": "",
        "from_time": "", "until_on": "2021-10-07", "until_time": "16:30", "zone": "Europe/Madrid", "act": "put",
    }  # fmt: skip
    return values | {name.replace("__", "."): value for name, value in changes.items()}


def banners(client: FlaskClient, path: str) -> list[str]:
    """Return the banners of a page."""
    page = html.document_fromstring(get(client, path).text)
    return [each.text_content() for each in page.xpath("//aside[starts-with(@class,'banner ')]")]


def test_banner_stands_on_every_public_page_and_no_page_of_staff(demo_app: Flask, mona: FlaskClient) -> None:
    reader = demo_app.test_client()
    event = get(reader, "/2021/programme").text.partition('href="/2021/events/')[2].partition('"')[0]
    pages = (*PAGES, f"/2021/events/{event}", f"/e/{event[:6]}/remind")
    assert {path: banners(reader, path) for path in pages} == {path: [] for path in pages}

    assert post(mona, "/staff/banner", form()).location == "/staff/banner?done=put"
    assert {path: banners(reader, path) for path in pages} == {path: [WORDS] for path in pages}
    assert banners(mona, "/staff/banner") == []
    feed = get(reader, "/2021/calendar.ics")
    assert WORDS not in feed.text


def test_kept_pages_change_when_a_banner_begins_and_ends(demo_app: Flask, mona: FlaskClient, clock: Clock) -> None:
    reader, path = demo_app.test_client(), "/2021/programme?tz=Europe/Madrid"
    sent = form(from_on="2021-10-07", from_time="15:30", edition="2021")
    assert post(mona, "/staff/banner", sent).status_code == 303

    # 15:01 in Madrid, then the minutes around the beginning and the end.
    found = []
    for minutes in (0, 28, 29, 88, 89):
        clock.now = LEAD_STARTED_AT + timedelta(minutes=minutes)
        first = get(reader, path)
        again = get(reader, path, headers={"If-None-Match": first.headers["ETag"]})
        found.append((WORDS in html.document_fromstring(first.text).text_content(), again.status_code))
    assert found == [(False, 304), (False, 304), (True, 304), (True, 304), (False, 304)]
    clock.now = LEAD_STARTED_AT + timedelta(minutes=40)
    assert banners(reader, "/about") == []


def test_banner_ended_by_hand_is_gone_at_once(demo_app: Flask, mona: FlaskClient) -> None:
    sent, reader = form(), demo_app.test_client()
    assert [post(mona, "/staff/banner", sent).status_code for _ in range(2)] == [303, 303]
    assert banners(reader, "/about") == [WORDS]
    assert post(mona, f"/staff/banner/{sent['id']}/end").location == "/staff/banner?done=ended"
    assert banners(reader, "/about") == []
    assert post(mona, f"/staff/banner/{sent['id']}/end").location == "/staff/banner?done=before"


def test_look_shows_it_in_its_words_and_the_hours_on_their_clocks(mona: FlaskClient) -> None:
    page = html.document_fromstring(
        post(mona, "/staff/banner", form(act="look", words__ar="مرحبا", edition="2021")).text
    )
    looked = page.xpath("//section[@aria-labelledby='look']")[0]
    assert [(each.get("lang"), each.get("dir"), each.text_content()) for each in looked.xpath(".//div[@lang]")] == [
        ("en", "ltr", WORDS), ("ar", "rtl", "مرحبا")
    ]  # fmt: skip
    assert "until Thu 7 Oct, 16:30 (Madrid, UTC+2)" in " ".join(looked.text_content().split())
    assert looked.xpath(".//input[@name='words.ar']/@value") == ["مرحبا"]
    typed = html.document_fromstring(post(mona, "/staff/banner", form(act="change")).text)
    assert typed.xpath("//input[@name='words.en']/@value") == [WORDS]
    assert typed.xpath("//select[@name='zone']//option[@selected]/@value") == ["Europe/Madrid"]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"words__en": " "}, "#f-words-en"),
        ({"until_on": ""}, "#f-until_on"),
        ({"until_on": "", "until_time": ""}, "#f-until_on"),
        ({"until_on": "7 October"}, "#f-until_on"),
        ({"until_on": "2022-03-27", "until_time": "02:30"}, "#f-until_on"),
        ({"until_on": "2021-10-06"}, "#f-until_on"),
        ({"from_on": "2021-10-07"}, "#f-from_on"),
        ({"zone": "CET"}, "#f-zone"),
    ],
)
def test_form_at_fault_comes_back_with_all_that_was_typed(
    mona: FlaskClient, changes: dict[str, str], where: str
) -> None:
    answer = post(mona, "/staff/banner", form(**changes))
    page = html.document_fromstring(answer.text)
    assert (answer.status_code, page.xpath("//div[@id='summary']//a/@href")) == (422, [where])
    assert page.xpath("//input[@name='until_time']/@value") == [form(**changes)["until_time"]]


def test_made_up_forms_are_refused(demo_app: Flask, mona: FlaskClient) -> None:
    for changes in ({"id": "x"}, {"kind": "loud"}, {"edition": "none"}):
        assert post(mona, "/staff/banner", form(**changes)).status_code == 400
    late = mona.post("/staff/banner", data=form(), base_url="http://wmd.example")
    assert (late.status_code, "open for too long" in late.text) == (422, True)
    rita = demo_app.test_client()
    sign_in(rita, demo_app, "rita", staff=True)
    assert "A new banner" not in get(rita, "/staff/banner").text
