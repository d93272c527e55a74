"""The profile of an organisation, from its contact to its page, with the team between."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests import pictures
from tests.cast import BASE_URL, csrf_token, get, make_organisation, post
from tests.conftest import Databases, Engine
from tests.content import add_picture
from tests.services.test_programme import counted
from tests.web.organiser.desk_of_drafts import Desk, desk_on
from wmd.db import db
from wmd.domain.codes import Mint
from wmd.domain.content import ImageContent
from wmd.models import Image, Organisation, PublicCode, Revision
from wmd.services.profiles import hand_in_profile, profile_of

PATH = "/organiser/organisations/AAAAAA"
TYPED = {
    "organisation.name": "Organisation A", "organisation.name_en": "", "organisation.acronym": "OA",
    "organisation.kind": "academia", "organisation.city": "Girona", "organisation.country": "ES",
    "organisation.region": "europe", "organisation.website": "https://a.example/",
    "organisation.social": "https://social.example/@a", "organisation.public_email": "us@a.example",
    "logo.alt": "Logo of A", "logo.rights": "yes",
}  # fmt: skip


@pytest.fixture
def desk(databases: Databases, engine_name: Engine, tmp_path: Path) -> Iterator[Desk]:
    """A service on each kind of database."""
    url = databases.copy(engine_name, tmp_path)
    with desk_on(url, tmp_path) as found:
        yield found
    databases.drop(url)


def send(desk: Desk, data: bytes | None = None, who: str = "ana", **changes: str) -> TestResponse:
    client = desk.client(who)
    form: dict[str, object] = TYPED | {name.replace("__", "."): text for name, text in changes.items()}
    form["csrf_token"] = csrf_token(client)
    if data is not None:
        form["logo.file"] = FileStorage(io.BytesIO(data), filename="logo.svg")
    boundary, body = encode_multipart(form)
    return client.post(PATH, data=body, content_type=f"multipart/form-data; boundary={boundary}", base_url=BASE_URL)


def rows(desk: Desk) -> tuple[list[tuple[str, str]], str, str | None]:
    """Return the profile's revisions with their states, and city and logo as they are shown."""
    with desk.app.app_context():
        dbs = db.session()
        states = dbs.execute(
            select(Revision.id, Revision.state).where(Revision.kind == "organisation").order_by(Revision.number)
        )
        found = [(row[0], row[1]) for row in states]
        organisation = dbs.get_one(Organisation, "organisation-a")
        shown = organisation.city, organisation.image_id
        db.session.remove()
    return found, *shown


def test_profile_goes_from_its_contact_through_the_team_to_its_row(desk: Desk) -> None:
    answer = send(desk, pictures.photo("PNG"))
    assert (answer.status_code, answer.headers["Location"]) == (303, PATH + "?sent=1")
    ((revision_id, state),), city, logo = rows(desk)
    assert (state, city, logo) == ("pending", "Barcelona", None)
    page = html.document_fromstring(get(desk.client(), PATH).get_data(as_text=True))
    assert page.xpath("string(//input[@name='organisation.city']/@value)") == "Girona"

    mona = desk.client("mona", staff=True)
    listed = get(mona, "/staff/profiles").get_data(as_text=True)
    assert [word for word in ("Girona", "https://a.example/", "Logo of A") if word not in listed] == []
    assert post(mona, f"/staff/profiles/{revision_id}", {"verdict": "approve"}).status_code == 303
    ((_, state),), city, logo = rows(desk)
    assert (state, city) == ("approved", "Girona")
    assert get(desk.client(None), f"/media/{logo}-small.png").status_code == 200
    assert post(mona, f"/staff/profiles/{revision_id}", {"verdict": "approve"}).status_code == 409


def test_refusal_needs_a_reason_which_its_contacts_read(desk: Desk) -> None:
    send(desk)
    ((revision_id, _),), _, _ = rows(desk)
    mona = desk.client("mona", staff=True)

    assert post(mona, f"/staff/profiles/{revision_id}", {"verdict": "refuse", "reason": " "}).status_code == 422
    refused = {"verdict": "refuse", "reason": "Is it really in Girona?"}
    assert post(mona, f"/staff/profiles/{revision_id}", refused).status_code == 303
    assert "Is it really in Girona?" in get(desk.client(), PATH).get_data(as_text=True)
    assert post(desk.client("rita", staff=True), f"/staff/profiles/{revision_id}", refused).status_code == 403


@pytest.mark.parametrize(
    ("data", "changes", "where"),
    [
        (None, {"organisation__name": ""}, "f-organisation-name"),
        (None, {"organisation__website": "http://a.example"}, "f-organisation-website"),
        (None, {"organisation__social": "javascript:alert(1)"}, "f-organisation-social"),
        (pictures.SVG, {}, "f-logo-file"),
        (pictures.photo("PNG"), {"logo__alt": ""}, "f-logo-alt"),
        (pictures.photo("PNG"), {"logo__rights": ""}, "f-logo-rights"),
    ],
)
def test_fault_is_said_beside_its_field_and_what_was_typed_stays(
    desk: Desk, data: bytes | None, changes: dict[str, str], where: str
) -> None:
    answer = send(desk, data, **changes)
    page = html.document_fromstring(answer.get_data(as_text=True))

    assert answer.status_code == 422
    assert f"#{where}" in page.xpath("//*[@id='summary']//a/@href")
    assert page.xpath("string(//input[@name='organisation.city']/@value)") == "Girona"
    assert rows(desk)[0] == []


def test_logo_that_was_taken_is_not_sent_twice(desk: Desk) -> None:
    answer = send(desk, pictures.photo("PNG"), organisation__name="")
    page = html.document_fromstring(answer.get_data(as_text=True))
    identity = page.xpath("string(//input[@name='logo.id']/@value)")
    assert identity

    assert send(desk, logo__id=identity).status_code == 303
    assert post(desk.client("ben"), "/organiser/organisations/BBBBBB", TYPED | {"logo.id": identity}).status_code == 303
    with desk.app.app_context():
        found = list(db.session().scalars(select(Revision.content).where(Revision.kind == "organisation")))
        assert len(list(db.session().scalars(select(Image.id)))) == 1
        db.session.remove()
    # Another organisation cannot show a picture that is not its own.
    assert sorted((content["key"], "image" in content) for content in found) == [
        ("organisation-a", True), ("organisation-b", False),
    ]  # fmt: skip


def test_profile_of_another_organisation_is_not_found(desk: Desk) -> None:
    assert {who: send(desk, who=who).status_code for who in ("ben", "stranger", "mona")} == {
        "ben": 404, "stranger": 404, "mona": 404,
    }  # fmt: skip


def test_list_of_profiles_costs_the_same_with_one_and_with_three(desk: Desk) -> None:
    costs = []
    with desk.app.app_context():
        engine = db.engine
    for number in (1, 2, 3):
        code = f"ZZZZZ{number + 1}"
        with desk.app.app_context():
            dbs = db.session()
            add_picture(dbs, desk.clock(), f"logo-{number}", kind="logo")
            organisation = make_organisation(f"o{number}", code, f"Organisation {number}", desk.clock())
            dbs.add(PublicCode(code=code, kind="organisation", created_at=desk.clock()))
            dbs.flush()
            dbs.add(organisation)
            dbs.flush()
            logo = ImageContent(f"logo-{number}", {"en": "Logo"})
            content = replace(profile_of(organisation), city="Girona", image=logo)
            hand_in_profile(dbs, organisation, content, actor="person:x", mint=Mint(), now=desk.clock())
            dbs.commit()
            db.session.remove()
        mona = desk.client("mona", staff=True)
        get(mona, "/staff/profiles")
        with counted(engine) as seen:
            assert get(mona, "/staff/profiles").get_data(as_text=True).count("Girona") == number
        costs.append(len([each for each in seen if each.startswith("SELECT")]))
    assert costs[0] == costs[1] == costs[2]
