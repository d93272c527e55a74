"""Settings in the interface: saved with a trail, pages that follow, and two people at once who are told."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import documents
from tests.cast import BASE_URL, find_token, get, make_cast, sign_in
from tests.conftest import Clock, Databases, Engine, make_test_app
from tests.documents import BOX
from tests.domain.forms.cast import filled
from tests.handing_in import hand_in, make_edition
from tests.submissions import MONA, seen
from tests.web.machine import forget_database
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.domain.codes import SeededMint
from wmd.models import AuditEntry, Declaration, EditableText, Edition, Event, Question, Series, Submission
from wmd.services.confirming import confirm_submission
from wmd.services.edition_words import declaration_words
from wmd.services.standing import Means
from wmd.services.submissions import declarations_of, phase_of, read_edition_form
from wmd.services.verdicts import approve

SETTINGS = "/staff/settings"
EDITION = f"{SETTINGS}/editions/2021"


@pytest.fixture
def app(engine_name: Engine, databases: Databases, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    """The application with the cast, an edition, a series and one published event."""
    url = databases.copy(engine_name, tmp_path)
    found = make_test_app(url, tmp_path, clock)
    with found.app_context():
        series = [{"slug": "talks", "name": "Talks"}]
        setting = publishing_setting(found, SeededMint("test"))
        documents.apply(db.session(), setting, documents.document(documents.event(), series=series))
        make_cast(db.session(), clock.now)
    yield found
    forget_database(found)
    databases.drop(url)


@pytest.fixture
def dbs(app: Flask) -> Iterator[Session]:
    """A session beside the application, that keeps no writer waiting; ``rollback`` lets it see what is new."""
    with app.app_context():
        engine = db.engine.execution_options(read_only=True)
    with Session(engine) as found:
        yield found


def browser(app: Flask, who: str = "adam") -> FlaskClient:
    client = app.test_client()
    sign_in(client, app, who, staff=True)
    return client


@pytest.fixture
def adam(app: Flask) -> FlaskClient:
    """The administrator's browser."""
    return browser(app)


def fields(page: str) -> dict[str, str]:
    """Return what a sheet's form would send as it stands."""
    found: dict[str, str] = {}
    form = page[page.index('name="seen"') - 40 : page.index("</form>", page.index('name="seen"'))]
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            found[name[1]] = html.unescape(value[1]) if value else ""
    for name, text in re.findall(r'<textarea [^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.S):
        found[name] = html.unescape(text)
    for name, options in re.findall(r'<select [^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        found[name] = chosen[1] if chosen else ""
    return found


def change(client: FlaskClient, path: str, **changes: str) -> TestResponse:
    """Open a sheet, change some fields and send it. A name's ``__`` stands for a dot."""
    page = get(client, path).get_data(as_text=True)
    sent = fields(page) | {name.replace("__", "."): text for name, text in changes.items()}
    return client.post(path, data={"csrf_token": find_token(page), **sent}, base_url=BASE_URL)


def trail(dbs: Session, kind: str) -> list[tuple[str, dict[str, object]]]:
    dbs.rollback()
    rows = dbs.scalars(select(AuditEntry).where(AuditEntry.subject_kind == kind).order_by(AuditEntry.id))
    return [(row.actor, row.detail) for row in rows if row.actor != "import"]


def only_edition(dbs: Session) -> Edition:
    dbs.rollback()
    return dbs.scalars(select(Edition)).one()


def test_facts_and_deadlines_are_saved_and_the_public_page_follows(app: Flask, adam: FlaskClient, dbs: Session) -> None:
    version = only_edition(dbs).version
    assert "Care for all" not in get(adam, "/2021/").get_data(as_text=True)
    answer = change(
        adam, EDITION, theme="Care for all", hashtags="#WMD2021 UrbanOctober", languages="en, ES",
        submit_opens="2021-06-01", submit_deadline="2021-08-31", submit_closes="2021-09-15",
    )  # fmt: skip
    assert (answer.status_code, answer.location) == (303, f"{EDITION}?saved=1")
    edition = only_edition(dbs)
    assert (edition.theme, edition.hashtags, edition.languages) == (
        "Care for all",
        ["WMD2021", "UrbanOctober"],
        ["en", "es"],
    )
    # Days of Madrid, the last one included.
    assert edition.submit_opens_at == datetime(2021, 5, 31, 22, tzinfo=UTC)
    assert edition.submit_deadline_at == datetime(2021, 8, 31, 22, tzinfo=UTC)
    assert edition.submit_closes_at == datetime(2021, 9, 15, 22, tzinfo=UTC)
    assert phase_of(edition, datetime(2021, 8, 31, 21, 59, tzinfo=UTC)) == "open"
    assert phase_of(edition, datetime(2021, 8, 31, 22, 0, tzinfo=UTC)) == "late"
    assert edition.version > version
    assert "Care for all" in get(adam, "/2021/").get_data(as_text=True)
    ((actor, detail),) = trail(dbs, "edition")
    assert (actor, detail["theme"], detail["submit_deadline"]) == (
        "person:adam",
        ["Resilience for all", "Care for all"],
        ["", "2021-08-31"],
    )
    assert "zone" not in detail
    page = get(adam, EDITION).get_data(as_text=True)
    assert fields(page)["submit_deadline"] == "2021-08-31"


def test_saving_what_is_there_changes_nothing_but_says_saved(adam: FlaskClient, dbs: Session) -> None:
    for path in (EDITION, f"{EDITION}/form", f"{EDITION}/words", f"{EDITION}/topics", f"{SETTINGS}/topics"):
        version = only_edition(dbs).version
        assert change(adam, path).status_code == 303, path
        assert only_edition(dbs).version == version, path
    assert trail(dbs, "edition") == trail(dbs, "edition-words") == trail(dbs, "edition-topics") == []


@pytest.mark.parametrize(
    ("changes", "where", "words"),
    [
        ({"main_day": "someday"}, "main_day", "Write the day like 2026-10-07."),
        ({"main_day": ""}, "main_day", ""),
        ({"window_to": "2021-09-01"}, "window_to", "The last day lies before the first."),
        ({"zone": "Mars/Base"}, "zone", "This is not a time zone"),
        ({"name": ""}, "name", ""),
        ({"languages": "klingon"}, "languages", ""),
        ({"languages": ""}, "languages", "Name at least one language."),
        ({"submit_opens": "2021-09-01", "submit_deadline": "2021-08-01"}, "submit_deadline", "before the one above"),
        ({"theme": "x" * 501}, "theme", ""),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    adam: FlaskClient, dbs: Session, changes: dict[str, str], where: str, words: str
) -> None:
    answer = change(adam, EDITION, introduction="Typed just now", **changes)
    page = answer.get_data(as_text=True)
    assert (answer.status_code, f'id="f-{where}-said"' in page, words in page) == (422, True, True)
    assert "Typed just now" in fields(page)["introduction"]
    assert only_edition(dbs).introduction == ""


def test_two_people_at_once_are_told_and_nothing_is_lost(app: Flask, adam: FlaskClient, dbs: Session) -> None:
    page = get(adam, EDITION).get_data(as_text=True)
    assert change(adam, EDITION, theme="First", introduction="Said first").status_code == 303

    sent = fields(page) | {"csrf_token": find_token(page), "theme": "Second", "hashtags": "Mine"}
    answer = adam.post(EDITION, data=sent, base_url=BASE_URL)
    shown = answer.get_data(as_text=True)
    assert (answer.status_code, "Somebody else saved this meanwhile" in shown) == (422, True)
    assert "Stored meanwhile: First" in shown
    assert "Stored meanwhile: Said first" in shown
    assert (fields(shown)["theme"], fields(shown)["hashtags"]) == ("Second", "Mine")
    assert only_edition(dbs).theme == "First"

    # Knowing both, they send it again.
    again = fields(shown) | {"csrf_token": find_token(shown)}
    assert adam.post(EDITION, data=again, base_url=BASE_URL).status_code == 303
    assert (only_edition(dbs).theme, only_edition(dbs).hashtags) == ("Second", ["Mine"])


def test_a_new_edition_is_made_and_its_address_can_be_no_other(adam: FlaskClient, dbs: Session) -> None:
    new = {
        "name": "World Metropolitan Day 2027", "main_day": "2027-10-07", "window_from": "2027-10-01",
        "window_to": "2027-10-31", "zone": "Europe/Madrid", "languages": "en",
    }  # fmt: skip
    for slug, words in (("staff", "kept for addresses"), ("2021", "an edition of this address already"), ("A b", "")):
        answer = change(adam, f"{SETTINGS}/new-edition", slug=slug, **new)
        assert (answer.status_code, words in answer.get_data(as_text=True)) == (422, True), slug
    assert change(adam, f"{SETTINGS}/new-edition", slug="2027", **new).status_code == 303
    assert get(adam, "/2027/").status_code == 200
    dbs.rollback()
    made = dbs.scalars(select(Edition).where(Edition.slug == "2027")).one()
    assert (made.name, made.main_day.isoformat(), made.submit_opens_at) == (new["name"], "2027-10-07", None)


def test_optional_fields_are_hidden_or_required_and_the_form_hears_it(adam: FlaskClient, dbs: Session) -> None:
    assert change(adam, f"{EDITION}/form", cost="hidden", venue__name="required").status_code == 303
    edition = only_edition(dbs)
    assert edition.form == {"cost": "hidden", "venue.name": "required"}
    form = read_edition_form(dbs, edition, datetime(2021, 6, 1, tzinfo=UTC))
    assert (form.settings.is_shown("cost"), form.settings.is_required("venue.name")) == (False, True)
    assert trail(dbs, "edition") == [
        ("person:adam", {"cost": ["shown", "hidden"], "venue.name": ["shown", "required"]})
    ]
    page = get(adam, f"{EDITION}/form").get_data(as_text=True)
    assert "texts.*.title" not in fields(page)
    assert change(adam, f"{EDITION}/form", cost="gone").status_code == 422
    # A tick says nothing when everybody must set it, and forgetting a link is no fact about an event.
    assert "registration.forget_link" not in page
    assert change(adam, f"{EDITION}/form", **{"sessions[].to_confirm": "required"}).status_code == 422


def test_new_words_of_a_declaration_are_a_new_version_and_old_ones_stay_as_they_were(
    app: Flask, adam: FlaskClient, dbs: Session, clock: Clock
) -> None:
    with app.app_context():
        hand_in(db.session(), make_edition(db.session(), clock.now), filled(), token="one", now=clock.now)
        db.session.commit()
    assert change(adam, f"{EDITION}/words", declaration__free__en="It costs nothing.").status_code == 303
    edition = only_edition(dbs)
    assert declarations_of(edition)["free"] == "2"
    assert declaration_words(dbs, edition, "en") == {"free": "It costs nothing."}
    assert declaration_words(dbs, edition, "fr") == {"free": "It costs nothing."}
    assert change(adam, f"{EDITION}/words", declaration__free__fr="C’est gratuit.").status_code == 303
    edition = only_edition(dbs)
    assert declarations_of(edition)["free"] == "3"
    texts = {(row.key, row.language): row.body for row in dbs.scalars(select(EditableText))}
    assert texts == {
        ("declaration.free.2", "en"): "It costs nothing.",
        ("declaration.free.3", "en"): "It costs nothing.",
        ("declaration.free.3", "fr"): "C’est gratuit.",
    }
    assert {row.version for row in dbs.scalars(select(Declaration).where(Declaration.kind == "free"))} == {"1"}
    assert "It costs nothing." in get(adam, "/2021/submit").get_data(as_text=True)

    # Back to the built-in words: a version of its own again, because what 2 and 3 said is known.
    assert change(adam, f"{EDITION}/words", declaration__free__en="", declaration__free__fr="").status_code == 303
    assert declarations_of(only_edition(dbs))["free"] == "4"
    assert declaration_words(dbs, only_edition(dbs), "en") == {}


def test_a_declaration_is_no_longer_asked_and_deadlines_have_words(adam: FlaskClient, dbs: Session) -> None:
    page = get(adam, f"{EDITION}/words").get_data(as_text=True)
    sent = fields(page) | {"csrf_token": find_token(page), "deadline.late.en": "Hurry up, please."}
    del sent["asked.report"]
    assert adam.post(f"{EDITION}/words", data=sent, base_url=BASE_URL).status_code == 303
    assert "report" not in declarations_of(only_edition(dbs))
    change(adam, EDITION, submit_deadline="2021-08-31")
    assert "Hurry up, please." in get(adam, "/2021/submit").get_data(as_text=True)


def test_topics_are_ordered_retired_and_renamed(adam: FlaskClient, dbs: Session) -> None:
    path = f"{EDITION}/topics"
    assert fields(get(adam, path).get_data(as_text=True))["gender-equality"] == "1"
    answer = change(adam, path, **{"gender-equality": "3", "public-space-and-housing": "", "sustainable-economy": "1"})
    assert answer.status_code == 303
    page = fields(get(adam, path).get_data(as_text=True))
    assert (page["sustainable-economy"], page["gender-equality"], page["public-space-and-housing"]) == ("1", "2", "")
    for wrong in ({"gender-equality": "first"}, {"gender-equality": "0"}):
        assert change(adam, path, **wrong).status_code == 422
    answer = change(adam, path, **{"gender-equality": "", "sustainable-economy": ""})
    assert "at least one topic" in answer.get_data(as_text=True)

    assert change(adam, f"{SETTINGS}/topics", **{"gender-equality": "Gender justice"}).status_code == 303
    assert "Gender justice" in get(adam, "/2021/topics/gender-equality").get_data(as_text=True)
    assert change(adam, f"{SETTINGS}/topics", **{"gender-equality": ""}).status_code == 422


def test_series_are_made_and_reworded_and_their_address_stays(adam: FlaskClient, dbs: Session) -> None:
    new = {"slug": "metrotalks", "name": "MetroTalks", "description": "Talks **with** thinkers."}
    assert change(adam, f"{SETTINGS}/new-series", **new).status_code == 303
    assert change(adam, f"{SETTINGS}/new-series", **new).status_code == 422
    assert change(adam, f"{SETTINGS}/series/metrotalks", name="Metro Talks").status_code == 303
    assert "Metro Talks" in get(adam, "/series/metrotalks").get_data(as_text=True)
    dbs.rollback()
    assert sorted(dbs.scalars(select(Series.slug))) == ["metrotalks", "talks"]
    assert [detail.get("name") for _, detail in trail(dbs, "series")] == [
        ["", "MetroTalks"],
        ["MetroTalks", "Metro Talks"],
    ]


def add_question(client: FlaskClient, **changes: str) -> TestResponse:
    values = {"label__en": "How many rooms?", "kind": "number"} | changes
    return change(client, f"{EDITION}/new-question", **values)


def test_questions_are_added_worded_and_retired(adam: FlaskClient, dbs: Session) -> None:
    assert add_question(adam).status_code == 303
    assert add_question(adam, label__en="How many rooms?").status_code == 303
    dbs.rollback()
    slugs = sorted(dbs.scalars(select(Question.slug)))
    assert slugs == ["how-many-rooms", "how-many-rooms-2"]
    path = f"{EDITION}/questions/how-many-rooms"
    assert change(adam, path, label__es="¿Cuántas salas?", hint__en="All floors.", is_required="yes").status_code == 303
    assert change(adam, path, retired="yes").status_code == 303
    dbs.rollback()
    row = dbs.scalars(select(Question).where(Question.slug == "how-many-rooms")).one()
    assert (row.label, row.hint, row.is_required, row.is_public, row.retired_at is None) == (
        {"en": "How many rooms?", "es": "¿Cuántas salas?"}, {"en": "All floors."}, True, False, False,
    )  # fmt: skip
    assert "no longer asked" in get(adam, f"{EDITION}/questions").get_data(as_text=True)
    for wrong in ({"label__en": ""}, {"kind": "essay"}, {"position": "x"}, {"kind": "choice", "choices__en": "One"}):
        assert add_question(adam, **wrong).status_code == 422, wrong


def test_an_answered_question_keeps_its_kind_and_its_answers(
    app: Flask, adam: FlaskClient, dbs: Session, clock: Clock
) -> None:
    add_question(adam, label__en="Which hall?", kind="choice", choices__en="Old\nNew", choices__es="Vieja\nNueva")
    with app.app_context():
        edition = make_edition(db.session(), clock.now)
        hand_in(db.session(), edition, filled(**{"answers.which-hall": "old"}), token="one", now=clock.now)
        db.session.commit()
    path = f"{EDITION}/questions/which-hall"
    assert "It was answered already" in get(adam, path).get_data(as_text=True)
    assert change(adam, path, choices__en="Old").status_code == 422
    assert change(adam, path, choices__en="Old\nNew\nThird").status_code == 422
    wide = {"choices__en": "The old one\nNew\nThird", "choices__es": "", "kind": "text"}
    assert change(adam, path, **wide).status_code == 303
    dbs.rollback()
    row = dbs.scalars(select(Question)).one()
    assert (row.kind, [choice["value"] for choice in row.choices]) == ("choice", ["old", "new", "third"])
    assert row.choices[0]["label"] == {"en": "The old one"}


def test_answers_that_become_private_leave_the_public_page(
    app: Flask, adam: FlaskClient, dbs: Session, clock: Clock
) -> None:
    add_question(adam, label__en="Which hall?", kind="text", is_public="yes")
    with app.app_context():
        session = db.session()
        typed = filled(**{"answers.which-hall": "The blue hall"})
        edition = make_edition(session, clock.now)
        receipt = hand_in(session, edition, typed, token="one", now=clock.now)
        submission = session.get_one(Submission, receipt.submission_id)
        confirm_submission(session, submission, actor="visitor", box=BOX, now=clock.now)
        means = Means(app.extensions["wmd.publishing"], app.extensions["wmd.secretbox"])
        approve(session, seen(session, submission), means, actor=MONA, now=clock.now)
        session.commit()
        app.extensions["wmd.library"].refresh()
    dbs.rollback()
    event_id = dbs.get_one(Submission, receipt.submission_id).event_id
    code = dbs.scalars(select(Event.code).where(Event.id == event_id)).one()
    assert "The blue hall" in get(adam, f"/e/{code}", follow_redirects=True).text
    assert change(adam, f"{EDITION}/questions/which-hall", is_public="").status_code == 303
    assert "The blue hall" not in get(adam, f"/e/{code}", follow_redirects=True).text


def test_moderators_read_and_readers_do_not_even_that(app: Flask) -> None:
    mona = browser(app, "mona")
    for path in (
        SETTINGS,
        EDITION,
        f"{EDITION}/form",
        f"{EDITION}/words",
        f"{EDITION}/questions",
        f"{SETTINGS}/topics",
    ):
        page = get(mona, path).get_data(as_text=True)
        assert '<button class="button">Save' not in page, path
    assert "Only administrators change this." in get(mona, EDITION).get_data(as_text=True)
    assert get(browser(app, "rita"), SETTINGS).status_code == 403


def test_an_old_form_is_shown_again_with_what_was_typed(adam: FlaskClient, dbs: Session) -> None:
    page = get(adam, EDITION).get_data(as_text=True)
    sent = fields(page) | {"csrf_token": "old", "theme": "Typed long ago"}
    answer = adam.post(EDITION, data=sent, base_url=BASE_URL)
    shown = answer.get_data(as_text=True)
    assert (answer.status_code, "Please send it again." in shown) == (422, True)
    assert fields(shown)["theme"] == "Typed long ago"
    assert only_edition(dbs).theme == "Resilience for all"


def test_nobody_sets_what_the_sheet_does_not_show(adam: FlaskClient, dbs: Session) -> None:
    assert change(adam, EDITION, slug="other", version="99", is_demo="yes", id="7").status_code == 303
    edition = only_edition(dbs)
    assert (edition.slug, edition.is_demo, edition.version < 99) == ("2021", False, True)
    assert dbs.scalars(select(Submission.edition_id)).first() == edition.id
