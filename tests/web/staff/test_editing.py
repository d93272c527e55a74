"""Staff edit in the organiser's own form: every part can be added and taken out, and the version is theirs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.browser import Browser
from tests.cast import Cast, get, make_cast, post, sign_in
from tests.conftest import LEAD_STARTED_AT as NOW
from tests.documents import BOX
from tests.submissions import MONA, edit, propose, seen
from wmd.db import db
from wmd.models import Declaration, Draft, Event, EventSession, Revision, Submission
from wmd.services.intake import read_content
from wmd.services.publishing import Setting
from wmd.services.standing import Means
from wmd.services.verdicts import approve


@pytest.fixture
def cast(dbs: Session) -> Cast:
    return make_cast(dbs, NOW)


def listed(dbs: Session, cast: Cast, setting: Setting) -> str:
    """Return the id of a published event."""
    submission = propose(dbs, cast, NOW - timedelta(days=2))
    id_ = submission.id
    approve(dbs, seen(dbs, submission), Means(setting, BOX), actor=MONA, now=NOW - timedelta(days=1))
    dbs.commit()
    return id_


def at_form(app: Flask, submission_id: str, person: str = "mona") -> Browser:
    """Return the browser of a member of the staff who opened the form from the desk."""
    browser = Browser(app)
    sign_in(browser._client, app, person, staff=True)
    browser.open(f"/staff/desk/{submission_id}")
    browser.press("Edit it yourself")
    return browser


def test_staff_add_a_session_and_a_language_to_what_is_listed(
    app: Flask, dbs: Session, cast: Cast, setting: Setting
) -> None:
    id_ = listed(dbs, cast, setting)
    browser = at_form(app, id_)
    assert browser.texts("//h1") == ["Edit as staff"]
    browser.press("Add a session")
    browser.type(
        {
            "sessions[1].date": "2021-10-08", "sessions[1].starts": "10:00", "sessions[1].ends": "11:00",
            "sessions[1].zone": "Europe/Madrid",
        }
    )  # fmt: skip
    browser.press("Save this version")
    assert browser.path == f"/staff/desk/{id_}?done=edit", browser.says()
    rows = dbs.execute(select(Revision.source, Revision.state, Revision.actor).order_by(Revision.number)).tuples().all()
    assert rows == [("form", "superseded", "person:ana"), ("staff", "approved", "person:mona")]
    assert len(dbs.scalars(select(EventSession)).all()) == 2
    # Nobody declares anything in the organiser's name, and the draft is closed and empty.
    assert dbs.scalars(select(Declaration)).all() == []
    assert dbs.scalars(select(Draft.sealed)).all() == [""]


def test_edit_of_what_waits_goes_on_waiting(app: Flask, dbs: Session, cast: Cast) -> None:
    id_ = propose(dbs, cast, NOW).id
    dbs.rollback()
    browser = at_form(app, id_)
    browser.type({"texts.en.title": "Care, told better"})
    browser.press("Save this version")
    assert browser.path == f"/staff/desk/{id_}?done=edit", browser.says()
    rows = dbs.execute(select(Revision.source, Revision.state).order_by(Revision.number)).tuples().all()
    assert rows == [("form", "superseded"), ("staff", "pending")]
    assert dbs.scalars(select(Submission.title)).one() == "Care, told better"
    assert dbs.scalars(select(Event)).all() == []


def test_newer_version_of_the_organiser_is_not_overwritten(app: Flask, dbs: Session, cast: Cast) -> None:
    id_ = propose(dbs, cast, NOW).id
    dbs.rollback()
    browser = at_form(app, id_)
    edit(dbs, dbs.get_one(Submission, id_), NOW, host_city="Girona")
    dbs.rollback()
    browser.type({"host_city": "Lleida"})
    browser.press("Save this version")
    assert browser.status == 409
    assert "There is a newer version" in browser.says()
    assert browser.values("//input[@name='host_city']/@value") == ["Lleida"]
    newest = dbs.scalars(select(Revision).where(Revision.state == "pending")).one()
    assert read_content(newest).host_city == "Girona"


def test_draft_of_staff_is_closed_to_who_is_no_moderator(app: Flask, dbs: Session, cast: Cast) -> None:
    """The draft of a moderator opens only with the second step, and for nobody else."""
    id_ = propose(dbs, cast, NOW).id
    dbs.rollback()
    here = at_form(app, id_).path
    answers = {}
    others = (("without second step", "mona", False), ("reader", "rita", True), ("ana", "ana", False))
    for name, person, staff in others:
        client = app.test_client()
        sign_in(client, app, person, staff=staff)
        answers[name] = get(client, here).status_code
    assert answers == {"without second step": 404, "reader": 404, "ana": 404}
    reader = app.test_client()
    sign_in(reader, app, "rita", staff=True)
    assert post(reader, f"/staff/desk/{id_}/form", {}).status_code == 403
    with app.app_context():
        assert db.session.scalars(select(Draft.person_id)).all() == ["mona"]
