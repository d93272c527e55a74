"""The staff's look at reminders, and the defaults of an edition."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests import documents
from tests.attendees import attend, follow, register
from tests.cast import find_token, get, make_cast, sign_in
from tests.conftest import LEAD_STARTED_AT as NOW
from tests.conftest import Clock
from tests.mails import count_statements
from wmd.jobs.reminders import plan_reminders
from wmd.jobs.tools import tools_of
from wmd.models import AuditEntry, Edition, Event, Message
from wmd.services.publishing import Setting
from wmd.services.reminder_desk import shown_sessions

DAY = timedelta(days=1)
LONG_AGO = NOW - 30 * DAY


def words_of(page: str) -> str:
    """Return what a page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_staff_see_what_is_planned_and_what_became_of_it(
    app: Flask, dbs: Session, setting: Setting, clock: Clock
) -> None:
    cast = make_cast(dbs, NOW)
    documents.apply(dbs, setting, documents.document(documents.event()), now=LONG_AGO)
    event = dbs.scalars(select(Event)).one()
    for name, rules in {"ada": None, "bo": ["start-2h"], "cy": None}.items():
        attend(dbs, name, LONG_AGO, reminders=rules)
        follow(dbs, name, event, LONG_AGO)
    register(dbs, "ada", event, LONG_AGO)
    dbs.commit()
    # The scheduler was away until half an hour before the start.
    clock.now = NOW - timedelta(minutes=31)
    plan_reminders(tools_of(app, dbs))
    dbs.execute(update(Message).where(Message.person_id == "ada").values(state="sent", sent_at=clock.now))
    dbs.execute(update(Message).where(Message.person_id == "bo").values(state="skipped", reason="no longer wanted"))
    dbs.commit()
    client = app.test_client()
    sign_in(client, app, cast.rita, staff=True)
    said = words_of(get(client, "/staff/reminders").get_data(as_text=True))
    assert "Care in the city" in said
    assert "3 follow · 1 is registered" in said
    assert re.search(r"The day before Wed 6 Oct, 15:00 [^)]*\) 0 2 ", said)
    assert re.search(r"One hour before Thu 7 Oct, 14:00 [^)]*\) 2 0 ", said)
    assert re.search(r"2 hours before by own choice Thu 7 Oct, 13:00 [^)]*\) 1 0 ", said)
    assert re.search(r"When it begins Thu 7 Oct, 15:00 [^)]*\) not due yet", said)
    assert "1 sent" in said
    assert "1 left out no longer wanted" in said


@pytest.mark.parametrize("many", [1, 3])
def test_page_asks_the_same_however_many_there_are(dbs: Session, setting: Setting, many: int) -> None:
    documents.apply(dbs, setting, documents.document(*(documents.event(f"e{number}") for number in range(many))))
    for number, event in enumerate(dbs.scalars(select(Event)).all()):
        attend(dbs, f"a{number}", NOW)
        follow(dbs, f"a{number}", event, NOW)
    dbs.commit()
    with count_statements(dbs) as count:
        shown, pages = shown_sessions(dbs, page=1, now=NOW)
        assert (len(shown), pages) == (many, 1)
        # SQLite is told in a statement of its own that a transaction begins.
        assert count() == {"sqlite": 9, "postgresql": 8}[dbs.get_bind().dialect.name]


def test_what_is_long_over_or_does_not_take_place_is_not_listed(dbs: Session, setting: Setting) -> None:
    sessions = [
        documents.session(key="gone", starts="2021-10-02T10:00", ends="2021-10-02T11:00", time_text=""),
        documents.session(key="off", status="cancelled"),
        documents.session(key="on"),
    ]
    documents.apply(dbs, setting, documents.document(documents.event(sessions=sessions)))
    assert [each.session.key for each in shown_sessions(dbs, page=1, now=NOW)[0]] == ["on"]
    assert shown_sessions(dbs, page=9, now=NOW) == ([], 1)


def test_administrator_sets_the_defaults_of_an_edition(app: Flask, dbs: Session, setting: Setting) -> None:
    cast = make_cast(dbs, NOW)
    documents.apply(dbs, setting, documents.document(documents.event()))
    client = app.test_client()
    sign_in(client, app, cast.adam, staff=True)
    path = "/staff/settings/editions/2021/reminders"
    page = get(client, path).get_data(as_text=True)
    assert re.findall(r'name="([a-z0-9+-]+)" value="yes" checked', page) == ["start-1d", "start-1h", "start", "end+1d"]
    seen = re.search(r'name="seen" value="([^"]+)"', page)
    assert seen is not None
    form = {"csrf_token": find_token(page), "seen": seen[1], "start-3d": "yes", "start": "yes", "rubbish": "yes"}
    assert client.post(path, data=form, base_url="http://wmd.example").status_code == 303
    assert dbs.scalars(select(Edition.reminders).where(Edition.slug == "2021")).one() == ["start-3d", "start"]
    trail = dbs.scalars(
        select(AuditEntry).where(AuditEntry.subject_kind == "edition", AuditEntry.actor == "person:adam")
    ).all()
    assert [row.detail for row in trail][-1] == {
        "start-3d": ["", "yes"], "start-1d": ["yes", ""], "start-1h": ["yes", ""], "end+1d": ["yes", ""],
    }  # fmt: skip
