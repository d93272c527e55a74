"""Countries, languages and cities typed by name: one list for the page, and what was typed comes back as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.cast import get, post
from tests.conftest import Databases
from tests.domain.forms.cast import filled
from tests.web.organiser.desk_of_drafts import Desk, desk_on, of_a
from tests.web.organiser.test_submit import values_in
from wmd.db import db
from wmd.models import Draft, Revision
from wmd.web.organiser.options import code_shown, shown_name

NAMED = ("organisation.country", "contact.zone", "language", "sessions[0].zone", "host_country", "venue.country")


@pytest.fixture
def desk(databases: Databases, tmp_path: Path) -> Iterator[Desk]:
    """A service; what differs between the databases is tested with the services."""
    with desk_on(databases.copy("sqlite", tmp_path), tmp_path) as found:
        yield found


def sent(client: FlaskClient, typed: dict[str, str], action: str, path: str = "/2021/submit") -> TestResponse:
    """Send the form of one edition, or of a draft."""
    values = values_in(get(client, path).text)
    return post(client, path, {**values, **typed, "action": action})


def test_page_holds_each_long_list_once(desk: Desk) -> None:
    page = get(desk.client(None), "/2021/submit").text
    assert re.findall(r'<datalist id="([^"]*)">', page) == ["list-countries", "list-zones", "list-languages"]
    lists = dict(re.findall(r'<input[^>]*name="([^"]*)"[^>]*list="([^"]*)"', page))
    assert lists == {
        "organisation.country": "list-countries", "contact.zone": "list-zones", "language": "list-languages",
        "new_language": "list-languages", "sessions[0].zone": "list-zones", "host_country": "list-countries",
        "venue.country": "list-countries",
    }  # fmt: skip
    assert ("<option>Kenya\n" in page, "<option>San José (Costa Rica)\n" in page) == (True, True)


def test_page_of_a_change_proposes_only_what_it_asks(desk: Desk) -> None:
    draft_id = desk.draft(of_a())
    page = get(desk.client(), f"/organiser/drafts/{draft_id}").text
    # The organisation's country is asked of another than one's own.
    assert re.findall(r'<datalist id="([^"]*)">', page) == ["list-countries", "list-languages", "list-zones"]


@pytest.mark.parametrize("typed", ["kenya", " Kenya", "Kenja", "ke", "<b>Kenya</b>", "المغرب", "x" * 300])
def test_what_was_typed_comes_back_as_it_was(desk: Desk, typed: str) -> None:
    client = desk.client(None)
    names = dict.fromkeys(("organisation.country", "host_country", "sessions[0].zone", "contact.zone"), typed)
    answer = sent(client, filled() | names, "save")
    path = answer.headers["Location"].partition("?")[0]
    assert {name: values_in(get(client, path).text)[name] for name in names} == names


def test_name_that_was_chosen_is_kept_as_its_code_and_shown_as_its_name(desk: Desk) -> None:
    client = desk.client(None)
    names = {
        "organisation.country": "Spain", "host_country": "Kenya", "sessions[0].zone": "Madrid", "language": "English",
        "contact.zone": "San José (Costa Rica)",
    }  # fmt: skip
    path = sent(client, filled() | names, "save").headers["Location"].partition("?")[0]
    typed = desk.typed(path.rpartition("/")[2])
    assert {name: typed[name] for name in names} == {
        "organisation.country": "ES", "host_country": "KE", "sessions[0].zone": "Europe/Madrid", "language": "en",
        "contact.zone": "America/Costa_Rica",
    }  # fmt: skip
    shown = values_in(get(client, path).text)
    assert {name: shown[name] for name in names} == names


def test_unknown_names_are_said_beside_their_fields_and_kept(desk: Desk) -> None:
    client = desk.client(None)
    wrong = {
        "organisation.country": "Spayn", "host_country": "Kenja", "language": "Englsh", "sessions[0].zone": "Nairobbi",
        "contact.zone": "Olympus Mons", "venue.country": "Nowhere", "spoken_more": "Klingonese",
    }  # fmt: skip
    answer = sent(client, filled() | wrong, "hand-in")
    assert answer.status_code == 422
    shown = values_in(answer.text)
    assert {name: shown[name] for name in wrong} == wrong
    said = dict(re.findall(r'<a href="#f-([^"]*)">.*?</b> ([^<]*)</a>', answer.text))
    assert said == {
        "organisation-country": "We do not know the country “Spayn”. Did you mean Spain?",
        "contact-zone": "We know no clock for “Olympus Mons”. Write a large city in which clocks show the same time.",
        "language": "We do not know the language “Englsh”. Did you mean English?",
        "sessions-0-zone": "We know no clock for “Nairobbi”. Write a large city in which clocks show the same time, "
        "such as Nairobi.",
        "host_country": "We do not know the country “Kenja”. Did you mean Kenya?",
        "venue-country": "We do not know the country “Nowhere”. Write its name in English, or as it is called there.",
        "spoken_more": "We do not know the language “Klingonese”. "
        "Write its name in English, or in the language itself.",
    }  # fmt: skip
    for name in ("organisation-country", "host_country", "language", "sessions-0-zone"):
        assert re.search(rf'<input[^>]*id="f-{name}"[^>]*aria-describedby="[^"]*f-{name}-said"', answer.text)


def test_typed_names_are_stored_as_codes(desk: Desk) -> None:
    names = {
        "organisation.country": "spain", "host_country": "kenya", "language": "english", "sessions[0].zone": "barcelona"
    }  # fmt: skip
    assert sent(desk.client(None), filled() | names, "hand-in").status_code == 303
    with desk.app.app_context():
        found = db.session().scalars(
            select(Revision.content).where(Revision.kind == "event", Revision.source == "form")
        )
        content = found.one()
        db.session.remove()
    assert (content["host_country"], content["language"], content["sessions"][0]["zone"]) == (
        "KE", "en", "Europe/Madrid",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Name the language first."),
        ("english", "This language is there already."),
        ("Spansh", "We do not know the language “Spansh”. Did you mean Spanish?"),
        ("Quenya", "We do not know the language “Quenya”. Write its name in English, or in the language itself."),
    ],
)
def test_language_that_cannot_be_added_says_why(desk: Desk, name: str, words: str) -> None:
    answer = sent(desk.client(None), filled() | {"new_language": name}, "add-language")
    assert (answer.status_code, words in answer.text, values_in(answer.text)["new_language"]) == (422, True, name)


@pytest.mark.parametrize("name", ["Spanish", "español", "es"])
def test_language_is_added_by_its_name(desk: Desk, name: str) -> None:
    client = desk.client(None)
    answer = sent(client, filled() | {"new_language": name}, "add-language")
    assert answer.headers["Location"].endswith("#f-texts-es-title")
    with desk.app.app_context():
        draft_id = db.session().scalars(select(Draft.id)).one()
        db.session.remove()
    typed = desk.typed(draft_id)
    assert (typed["new_language"], "texts.es.title" in typed) == ("", True)


def test_texts_move_along_when_their_language_is_named(desk: Desk) -> None:
    client = desk.client(None)
    path = sent(client, filled() | {"language": "spanish"}, "save").headers["Location"].partition("?")[0]
    typed = desk.typed(path.rpartition("/")[2])
    assert (typed["language"], typed["texts.es.title"], "texts.en.title" in typed) == (
        "spanish", "Care in the metropolis", False,
    )  # fmt: skip


def test_form_that_is_shown_and_sent_changes_nothing(desk: Desk) -> None:
    client = desk.client()
    draft_id = desk.draft(of_a(host_country="KE"))
    before = desk.typed(draft_id)
    path = f"/organiser/drafts/{draft_id}"
    shown = values_in(get(client, path).text)
    post(client, path, {**before, **{name: shown[name] for name in NAMED if name in shown}, "version": "1"})
    after = desk.typed(draft_id)
    assert {name: after[name] for name in before} == before


def test_every_name_that_is_shown_is_its_code_again(app: Flask) -> None:
    with app.test_request_context("/"):
        codes = [
            ("countries", "CD"),
            ("countries", "AX"),
            ("languages", "ckb"),
            ("zones", "UTC"),
            ("zones", "Asia/Ho_Chi_Minh"),
        ]
        assert [(kind, code_shown(kind, shown_name(kind, code))) for kind, code in codes] == codes
