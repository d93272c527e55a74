"""Advice while typing: a form in, words out, nothing written, and not too often."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from lxml import html
from sqlalchemy import select

from tests.cast import csrf_token, post
from tests.conftest import LEAD_STARTED_AT, Databases
from tests.handing_in import hand_in
from tests.web.organiser.desk_of_drafts import Desk, desk_on, of_a
from wmd.db import db
from wmd.models import Edition, Event
from wmd.services.actors import Actor
from wmd.web.organiser.advice import Pace, pace_of

JSON = {"Accept": "application/json"}
PATH = "/organiser/advice?edition=2021"


@pytest.fixture(scope="module")
def desk(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A service with three published events at 15:00 in Madrid, and one handed in by ana."""
    folder: Path = tmp_path_factory.mktemp("advice")
    with desk_on(databases.copy("sqlite", folder), folder, events=3) as found:
        with found.app.app_context():
            dbs = db.session()
            edition = dbs.scalars(select(Edition)).one()
            typed = of_a(**{"texts.en.title": "Waiting for a tram"})
            hand_in(dbs, edition, typed, token="w", now=LEAD_STARTED_AT, actor=Actor("person:ana", "ana"))
            dbs.commit()
            db.session.remove()
        yield found


def kinds(desk: Desk, typed: dict[str, str], who: str | None = "ana", path: str = PATH) -> dict[str, list[str]]:
    """Return the words of the advice by kind."""
    found: dict[str, list[str]] = {}
    for item in post(desk.client(who), path, typed, headers=JSON).get_json()["advice"]:
        found.setdefault(item["kind"], []).append(item["text"])
    return found


def test_form_gets_advice_on_time_link_likeness_and_slot(desk: Desk) -> None:
    typed = of_a(**{"texts.en.title": "Care in the city!", "sessions[0].time_text": "15:00 CET"})
    found = kinds(desk, typed)

    assert sorted(found) == ["choices", "cities", "link", "similar", "slot", "time"]
    assert found["link"] == ["This is a registration page. People see it, and sign up there."]
    assert found["slot"] == ["At the same time: 3 for the same region, language or topic."]
    assert [text.startswith("“15:00 CET” read literally is 14:00 UTC") for text in found["time"]] == [True]


def test_html_holds_a_place_for_each_section(desk: Desk) -> None:
    body = post(desk.client(), PATH, of_a(**{"sessions[0].time_text": "15:00 CET"})).get_data(as_text=True)
    page = html.fragment_fromstring(body, create_parent="div")

    assert page.xpath("//@data-advice-for") == ["texts", "sessions[0]", "way-in"]
    cities = [" ".join(each.text_content().split()) for each in page.xpath("//ul[@class='cities']/li")]
    assert cities[0] == "Madrid UTC+2 15:00–16:30"
    assert len(cities) == 6
    (button,) = page.xpath("//button[contains(@data-set, 'sessions[0].starts')]")
    assert button.get("data-set") == (
        '{"sessions[0].date": "2021-10-07", "sessions[0].ends": "17:30", "sessions[0].starts": "16:00"}'
    )
    assert "hidden" in button.attrib


@pytest.mark.parametrize(("who", "found"), [("ana", 1), ("cleo", 1), ("mona", 1), ("ben", 0), (None, 0)])
def test_what_waits_is_told_to_its_organisation_and_the_staff_alone(desk: Desk, who: str | None, found: int) -> None:
    typed = of_a(**{"texts.en.title": "Waiting for the tram"})
    client = desk.client(who, staff=who == "mona")
    items = post(client, PATH, typed, headers=JSON).get_json()["advice"]

    assert sum(item["kind"] == "similar" for item in items) == found


def test_draft_is_advised_in_its_own_edition_and_others_drafts_are_not_found(desk: Desk) -> None:
    draft_id = desk.draft(of_a(), number=2)
    path = f"/organiser/advice?draft={draft_id}"

    assert "cities" in kinds(desk, of_a(), path=path)
    assert post(desk.client("ben"), path, of_a()).status_code == 404
    assert post(desk.client(None), "/organiser/advice?edition=none", of_a()).status_code == 404


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"sessions[0].zone": "Mars/Base", "sessions[0].date": "2021-13-45", "sessions[0].starts": "99:99"},
        {"sessions[99999].date": "2021-10-07"},
        {"texts.en.title": "x" * 300_000, "language": "en"},
        {"language": "xx-??", "texts.xx-??.title": "\u202etitle"},
        {"registration.url": "javascript:alert(1)", "web_url": "https://" + "a" * 5_000},
        {f"sessions[{index}].date": "2021-10-07" for index in range(500)},
    ],
)
def test_whatever_is_typed_is_answered(desk: Desk, typed: dict[str, str]) -> None:
    assert post(desk.client(), PATH, typed).status_code == 200


def test_asking_writes_nothing_and_repeats_no_link(desk: Desk) -> None:
    secret = "https://us02web.zoom.us/j/81234567890?pwd=c2VjcmV0"
    client = desk.client()
    token = csrf_token(client)

    def held() -> dict[str, list[object]]:
        with desk.app.app_context():
            tables = Event.metadata.sorted_tables
            found: dict[str, list[object]] = {t.name: list(db.session().execute(select(t)).all()) for t in tables}
            db.session.remove()
        return found

    before = held()
    typed = of_a(**{"registration.join_link": secret, "registration.url": secret, "csrf_token": token})
    answer = client.post(PATH, data=typed, base_url="http://wmd.example")
    assert answer.status_code == 200
    assert held() == before
    assert [part for part in ("81234567890", "c2VjcmV0") if part in answer.get_data(as_text=True)] == []
    assert answer.headers["Cache-Control"] == "no-store"


def test_too_many_questions_in_a_minute_are_put_off() -> None:
    pace = Pace(most=2)
    asked = [pace.is_too_fast(who, now_s) for who, now_s in (("a", 0), ("a", 1), ("a", 2), ("b", 3), ("a", 60))]
    assert asked == [False, False, True, False, False]


def test_each_application_counts_for_itself() -> None:
    one, other = Flask("one"), Flask("other")
    assert pace_of(one) is pace_of(one)
    assert pace_of(one) is not pace_of(other)
