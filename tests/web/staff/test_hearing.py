"""Before a change of a published event is made, its organiser and the staff read who will get a mail about it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests import attendees
from tests.cast import Cast, get, make_cast, post, sign_in
from tests.conftest import LEAD_STARTED_AT as NOW
from tests.submissions import MONA, edit, propose, seen
from tests.web.staff.test_desk import at_desk, text_of
from wmd.domain.content import TextContent
from wmd.models import Event, Follow, Registration, Revision, Submission
from wmd.services.intake import read_content
from wmd.services.publishing import Setting
from wmd.services.standing import Means
from wmd.services.verdicts import approve

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])
MAILED = "1 person registered and 1 following will get a mail: "


@pytest.fixture
def published(app: Flask, dbs: Session, setting: Setting) -> str:
    """A published event of organisation A with somebody registered and somebody following; its submission's id."""
    cast: Cast = make_cast(dbs, NOW)
    row = propose(dbs, cast, NOW)
    means = Means(setting, app.extensions["wmd.secretbox"])
    approve(dbs, seen(dbs, row), means, actor=MONA, now=NOW)
    dbs.commit()
    event = dbs.scalars(select(Event)).one()
    attendees.register(dbs, attendees.attend(dbs, "ravi", NOW), event, NOW)
    attendees.follow(dbs, attendees.attend(dbs, "rosa", NOW), event, NOW)
    found = row.id
    dbs.commit()
    return found


def hand_in_change(dbs: Session, submission_id: str, what: str) -> None:
    base = read_content(dbs.scalars(select(Revision).where(Revision.submission_id == submission_id)).one())
    later = replace(base.sessions[0], ends=base.sessions[0].ends.replace(hour=18))  # type: ignore[union-attr]
    change = {"time": {"sessions": (later,)}, "title": {"texts": {"en": TextContent("Another title", "A talk.", "")}}}
    edit(dbs, dbs.get_one(Submission, submission_id), NOW, **change[what])


@pytest.mark.parametrize(("what", "said"), [("time", f"{MAILED}the new time."), ("title", "Nobody is mailed")])
def test_desk_says_who_hears_of_a_change_that_waits(
    app: Flask, dbs: Session, published: str, what: str, said: str
) -> None:
    hand_in_change(dbs, published, what)
    assert said in text_of(get(at_desk(app, "mona"), f"/staff/desk/{published}").get_data(as_text=True))


def test_pages_for_calling_off_say_who_hears(app: Flask, published: str) -> None:
    said = f"{MAILED}whether it takes place."
    assert said in text_of(get(at_desk(app, "mona"), f"/staff/desk/{published}/call-off").get_data(as_text=True))
    assert said in text_of(get(organiser(app), f"/organiser/submissions/{published}").get_data(as_text=True))


def organiser(app: Flask) -> FlaskClient:
    client = app.test_client()
    sign_in(client, app, "ana")
    return client


def test_form_of_a_change_and_its_preview_say_who_hears(app: Flask, published: str) -> None:
    client = organiser(app)
    draft = post(client, f"/organiser/submissions/{published}/edit").headers["Location"]
    form = text_of(get(client, draft).get_data(as_text=True))
    assert "1 person registered and 1 following: they get a mail when time, place or link change" in form
    assert "Nobody is mailed about this." in text_of(get(client, f"{draft}/preview").get_data(as_text=True))


def test_nobody_behind_an_event_is_said_too(app: Flask, dbs: Session, published: str) -> None:
    dbs.execute(update(Follow).values(ended_at=NOW))
    dbs.execute(update(Registration).values(state="cancelled", ended_at=NOW))
    dbs.commit()
    said = text_of(get(at_desk(app, "mona"), f"/staff/desk/{published}/call-off").get_data(as_text=True))
    assert "Nobody is registered here or follows this event, so nobody is mailed." in said
