"""The trail's page: found, paged, exported, and shown to those alone who may see it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import Cast, get, make_cast, sign_in
from tests.conftest import LEAD_STARTED_AT, Clock, Databases, make_test_app
from tests.submissions import propose
from tests.web.machine import forget_database
from wmd.db import db
from wmd.models import Revision
from wmd.services.states import audit

NOW = LEAD_STARTED_AT


@pytest.fixture
def app(databases: Databases, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    """The application with the cast and 60 entries, one a day."""
    url = databases.copy("sqlite", tmp_path)
    found = make_test_app(url, tmp_path, clock)
    with found.app_context():
        dbs: Session = db.session()
        make_cast(dbs, clock.now)
        for number in range(60):
            audit(
                dbs, actor="person:mona" if number % 2 else "import", action="move" if number % 3 else "publish",
                kind="submission", subject_id=f"subject-{number:02d}", before="submitted", after="approved",
                detail={"<b>zone</b>": ["Europe/Madrid", ""]} if number == 59 else None,
                now=NOW - timedelta(days=60 - number),
            )  # fmt: skip
        dbs.commit()
    yield found
    forget_database(found)
    databases.drop(url)


def browser(app: Flask, who: str = "rita") -> FlaskClient:
    client = app.test_client()
    sign_in(client, app, who, staff=True)
    return client


def shown(page: str) -> list[int]:
    """Return the numbers of the entries on a page, in their order."""
    return [int(number) for number in re.findall(r">subject-(\d\d)</a>", page)]


def test_entries_are_shown_newest_first_and_paged(app: Flask) -> None:
    client = browser(app)
    first = get(client, "/staff/audit").get_data(as_text=True)
    assert shown(first) == list(range(59, 9, -1))
    older = re.search(r'href="(/staff/audit\?before=\d+)"', first)
    assert older is not None
    second = get(client, older[1]).get_data(as_text=True)
    assert shown(second) == list(range(9, -1, -1))
    assert 'href="/staff/audit">Newest entries' in second


def test_a_search_narrows_and_paging_keeps_it(app: Flask) -> None:
    client = browser(app)
    page = get(client, "/staff/audit?actor=Mona&action=publish&since=2021-09-01").get_data(as_text=True)
    assert shown(page) == [number for number in range(59, -1, -1) if number % 2 and not number % 3 and number >= 23]
    assert 'value="Mona"' in page
    narrow = get(client, "/staff/audit?subject=subject-07").get_data(as_text=True)
    assert shown(narrow) == [7]
    empty = get(client, "/staff/audit?subject=nothing").get_data(as_text=True)
    assert "No entry fits this search." in empty
    day = NOW - timedelta(days=1)
    assert shown(get(client, f"/staff/audit?since={day:%Y-%m-%d}&until={day:%Y-%m-%d}").get_data(as_text=True)) == [59]


def test_who_is_shown_by_the_present_name_and_values_are_escaped(app: Flask) -> None:
    page = get(browser(app), "/staff/audit?subject=subject-59").get_data(as_text=True)
    assert ">Mona</a>" in page
    assert "<b>zone" not in page
    assert "&lt;b&gt;zone&lt;/b&gt;" in page
    assert "Europe/Madrid → –" in page


def test_events_and_people_stand_by_name_and_are_found_by_title(app: Flask) -> None:
    with app.app_context():
        dbs: Session = db.session()
        handed = propose(dbs, Cast(), NOW, title="Care in the <city>").id
        audit(dbs, actor="person:mona", action="not-spam", kind="submission", subject_id=handed, now=NOW)
        audit(dbs, actor="import", action="staff-added", kind="person", subject_id="mona", now=NOW)
        dbs.commit()
    found = get(browser(app), "/staff/audit?subject=in+the+<CITY&action=not-spam").get_data(as_text=True)
    assert ">Care in the &lt;city&gt;</a>" in found
    assert "<td>said: no spam</td>" in found
    assert ">Mona</a>" in get(browser(app), "/staff/audit?subject=mona&kind=person").get_data(as_text=True)


def test_states_roles_and_versions_stand_in_words_and_people_by_name(app: Flask) -> None:
    def entry(kind: str, action: str, before: str = "", after: str = "", **detail: list[object]) -> None:
        audit(
            db.session(), actor="person:adam", action=action, kind=kind, subject_id="told", before=before,
            after=after, detail=detail, now=NOW,
        )  # fmt: skip

    with app.app_context():
        dbs: Session = db.session()
        submission = propose(dbs, Cast(), NOW)
        version = dbs.scalars(select(Revision.id)).one()
        entry("submission", "move", "in review", "changes requested")
        entry("submission", "claim", "", "mona")
        entry("event", "publish", "", version)
        entry("submission", "decide", "", "partly approved", revision=["", version], reasons=[[], ["spam"]])
        entry("session", "move", "scheduled", "postponed")
        entry("person", "staff-changed", "reader", "moderator", regions=[[], ["europe"]])
        entry("message", "cancel", "queued", "cancelled")
        entry("submission", "note", "", "17")
        entry("mail", "announce", submissions=[[], [submission.id] * 21], sent=[0, 21])
        dbs.commit()
    page = get(browser(app), "/staff/audit?subject=told").get_data(as_text=True)
    rows = re.findall(r"(?s)<tr>\n<td>(.*?)</tr>", page)
    said = [re.sub(r"<[^>]+>", " ", row.split("<td>")[-1]) for row in rows]
    assert [" ".join(cell.split()) for cell in said] == [
        "events : – → " + "Care in the city, " * 20 + "1 more mails : 0 → 21",
        "",
        "waiting → taken back",
        "reader → moderator regions : – → Europe",
        "takes place → postponed",
        "– → partly taken version : – → version 1 reasons : – → spam",
        "– → version 1",
        "– → Mona",
        "in review → changes asked for",
    ]


@pytest.mark.parametrize("query", ["since=yesterday", "until=2021-13-01", "since=9999-99-99"])
def test_a_day_that_is_none_is_said_and_kept(app: Flask, query: str) -> None:
    answer = get(browser(app), f"/staff/audit?{query}")
    page = answer.get_data(as_text=True)
    assert (answer.status_code, "Write the day like 2026-10-07." in page) == (422, True)
    assert query.partition("=")[2] in page


@pytest.mark.parametrize(
    "query",
    ["before=x", "before=99999999999999", "subject=%00", "until=9999-12-31", "actor=%25%5F", "kind=" + "x" * 999],
)
def test_odd_questions_are_answered(app: Flask, query: str) -> None:
    assert get(browser(app), f"/staff/audit?{query}").status_code == 200


def test_administrators_take_the_search_with_them_and_others_do_not(app: Flask) -> None:
    client = browser(app, "adam")
    assert "/staff/audit.csv?action=publish" in get(client, "/staff/audit?action=publish").get_data(as_text=True)
    answer = get(client, "/staff/audit.csv?action=publish")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [int(row["subject_id"][-2:]) for row in rows] == [n for n in range(60) if not n % 3]
    assert (answer.content_type, answer.headers["Cache-Control"]) == ("text/csv; charset=utf-8", "no-store")
    entries = json.loads(get(client, "/staff/audit.json?actor=import&action=publish").data)
    assert [entry["subject_id"] for entry in entries] == [f"subject-{n:02d}" for n in range(0, 60, 6)]

    for who in ("rita", "mona"):
        assert ".csv" not in get(browser(app, who), "/staff/audit").get_data(as_text=True)
        assert get(browser(app, who), "/staff/audit.csv").status_code == 403
