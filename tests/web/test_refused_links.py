"""A host's link and somebody's ticket are kept nowhere: by no way in, in no table, draft or log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests import documents
from tests.cast import BASE_URL, csrf_token, get, post
from tests.conftest import Databases, Engine
from tests.models.dumps import dump
from tests.web.organiser.desk_of_drafts import Desk, desk_on, of_a
from tests.web.organiser.test_own_ics import calendar, vevent
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.errors import InvalidContentError
from wmd.models import Draft, Submission

SECRET = "c2VjcmV0a2V5"
HOST = f"https://us02web.zoom.us/s/81234567890?zak={SECRET}"
TICKET = f"https://us02web.zoom.us/w/81234567890?tk={SECRET}&uuid=WN_x"
LINKS = {"host": (HOST, "opens the room as you"), "ticket": (TICKET, "one person’s ticket")}
FIELDS = ("registration.url", "registration.join_link", "web_url")


@pytest.fixture
def desk(databases: Databases, engine_name: Engine, tmp_path: Path) -> Iterator[Desk]:
    """A service on each kind of database."""
    url = databases.copy(engine_name, tmp_path)
    with desk_on(url, tmp_path) as found:
        yield found
        assert_kept_nowhere(found, url)
    databases.drop(url)


def assert_kept_nowhere(desk: Desk, url: str) -> None:
    with desk.app.app_context():
        ids = [row.id for row in db.session().scalars(select(Draft)) if row.sealed]
        db.session.remove()
    opened = [desk.typed(each) for each in ids]
    assert SECRET not in repr(opened)
    assert SECRET not in repr(dump(url))


@pytest.fixture(params=list(LINKS))
def refused(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[tuple[str, str]]:
    """A link that is refused, and what is said of it; nothing logged may hold it."""
    caplog.set_level(logging.DEBUG)
    yield LINKS[request.param]
    assert SECRET not in caplog.text


def everywhere(link: str) -> dict[str, str]:
    """Return a form with the link in every field that takes one, or words."""
    return of_a() | {
        "registration.url": link, "registration.join_link": link, "web_url": link, "stream_url": f" {link} ",
        "texts.en.description": f"Come in: {link}. All are welcome.",
    }  # fmt: skip


def save(client: FlaskClient, path: str, typed: dict[str, str], **more: str) -> TestResponse:
    form = {**typed, **more, "csrf_token": csrf_token(client)}
    return client.post(path, data=form, base_url=BASE_URL)


def test_draft_that_begins_by_itself_keeps_none(desk: Desk, refused: tuple[str, str]) -> None:
    answer = save(desk.client(), "/2021/submit/save", everywhere(refused[0]), form_token="a" * 20)
    assert answer.status_code == 200
    assert desk.typed(answer.get_json()["address"].rpartition("/")[2])["texts.en.description"] == (
        "Come in: . All are welcome."
    )


def test_draft_that_is_saved_by_itself_keeps_none_and_the_same_again_conflicts_with_nothing(
    desk: Desk, refused: tuple[str, str]
) -> None:
    draft = desk.draft(of_a())
    client = desk.client()
    first = save(client, f"/organiser/drafts/{draft}/save", everywhere(refused[0]), version="1")
    again = save(client, f"/organiser/drafts/{draft}/save", everywhere(refused[0]), version="1")
    assert (first.status_code, again.status_code) == (200, 200)
    assert [desk.typed(draft)[name] for name in FIELDS] == ["", "", ""]


def test_draft_that_is_saved_by_hand_says_so_beside_each_field(desk: Desk, refused: tuple[str, str]) -> None:
    draft, (link, words) = desk.draft(of_a()), refused
    answer = save(desk.client(), f"/organiser/drafts/{draft}", everywhere(link), version="1", action="save")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    # Once beside each of the five, and once in the summary on top.
    assert page.count(f"The link that stood here {'is ' if 'ticket' in words else ''}{words}") == 10
    assert SECRET not in page


def test_form_with_one_is_not_handed_in(desk: Desk, refused: tuple[str, str]) -> None:
    answer = save(
        desk.client(), "/2021/submit", of_a(web_url=refused[0]), form_token="b" * 20, action="hand-in", version="0"
    )
    assert (answer.status_code, refused[1] in answer.get_data(as_text=True)) == (422, True)
    with desk.app.app_context():
        organisers = db.session().scalars(select(Submission).where(Submission.source != "import")).all()
        db.session.remove()
    assert organisers == []


def test_staff_edit_with_one_is_not_published(desk: Desk, refused: tuple[str, str]) -> None:
    with desk.app.app_context():
        submission = db.session().scalars(select(Submission.id)).first()
        db.session.remove()
    mona = desk.client("mona", staff=True)
    answer = post(mona, f"/staff/desk/{submission}/form", {})
    address = answer.headers["Location"]
    typed = desk.typed(address.rpartition("/")[2]) | {"registration.url": refused[0]}
    answer = save(mona, address, typed, version="1", action="hand-in")
    assert (answer.status_code, refused[1] in answer.get_data(as_text=True)) == (422, True)
    assert SECRET not in get(mona, address).get_data(as_text=True)


def test_own_calendar_with_one_brings_none_into_the_draft(desk: Desk, refused: tuple[str, str]) -> None:
    draft, client = desk.draft(of_a()), desk.client()
    data = calendar(vevent(URL=refused[0], LOCATION=refused[0], description=f"Join: {refused[0]}")).decode()
    form = {"ics": data, "csrf_token": csrf_token(client)}
    path = f"/organiser/drafts/{draft}/ics"
    client.post(path, data=form, base_url=BASE_URL)
    names = ["title", "description", "registration.url", "registration.join_link", "web_url"]
    answer = client.post(path, data={**form, "entry": "0", "action": "apply", "take": names}, base_url=BASE_URL)
    assert answer.status_code == 303
    assert desk.typed(draft)["texts.en.title"] == "From the calendar"


@pytest.mark.parametrize("place", ["registration.url", "registration.join_link", "web_url", "stream_url", "text"])
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_file_with_one_is_not_imported_at_all(desk: Desk, refused: tuple[str, str], place: str) -> None:
    link = refused[0]
    changes: dict[str, object] = {place: link}
    if place.startswith("registration."):
        changes = {"registration": {"state": "open", place.partition(".")[2]: link}}
    if place == "text":
        changes = {"texts": {"en": {"title": "Care", "summary": "A talk.", "description": f"Come in: {link}"}}}
    with desk.app.app_context():
        with pytest.raises(InvalidContentError) as error:
            documents.apply(
                db.session(), publishing_setting(desk.app), documents.document(documents.event("new", **changes))
            )
        db.session.rollback()
        db.session.remove()
    assert SECRET not in repr(error.value.findings)
