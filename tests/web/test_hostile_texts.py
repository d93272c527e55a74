"""Whatever is typed into the form is text wherever it is shown: pages, desk, mail, calendar, JSON-LD, CSV, Atom."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import lxml.etree
import lxml.html
import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import get, make_cast, sign_in
from tests.conftest import LEAD_STARTED_AT, Databases, Engine, make_test_app
from tests.documents import BOX
from tests.domain.forms.cast import filled
from tests.handing_in import hand_in, make_edition
from tests.submissions import MONA, seen
from tests.web.machine import forget_database
from wmd.db import db
from wmd.models import Event, Submission
from wmd.services.confirming import confirm_submission
from wmd.services.standing import Means
from wmd.services.verdicts import approve

NOW = LEAD_STARTED_AT
#: Each holds a mark of its own, so that it is known where it came out.
CORPUS = {
    "script": "<script>alert('m1')</script>",
    "image": "<img src=x onerror=alert('m2')>",
    "svg": "<svg/onload=alert('m3')>",
    "attribute": "\"' onmouseover=alert('m4') x='",
    "closing": "</title></textarea></script><b>m5</b>",
    "comment": "<!-- m6 --> ]]> <![CDATA[ m6",
    "template": "{{7*7}} {% raw %} ${7*7} #{7*7} %(m7)s {0.__class__}",
    "formula": "=HYPERLINK(\"https://evil.example\";\"m8\")",
    "calendar": "m9; one, two \\ three\\nATTENDEE:mailto:evil@evil",
    "emoji": "\U0001f469\u200d\U0001f469\u200d\U0001f467" * 20 + " m10",
    "joiner": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 m11",
}  # fmt: skip
#: Fields of the form that take free text and are shown somewhere.
FIELDS = (
    "organisation.name", "organisation.city", "contact.name", "contact.role_title", "texts.en.title",
    "texts.en.summary", "texts.en.description", "review.theme_fit", "sessions[0].title",
    "sessions[0].speakers[0].name", "sessions[0].speakers[0].title", "sessions[0].speakers[0].organisation",
    "cost", "access_note", "hashtags",
)  # fmt: skip


def typed(text: str) -> dict[str, str]:
    """Return a form whose every free text is the same hostile one, as far as it fits."""
    form = filled(**{"sessions[0].speakers[0].consent": "yes", "sessions[0].speakers[0].role": "speaker"})
    for field in FIELDS:
        form[field] = text[:110]
    form["texts.en.description"] = text + " A text of some words, as the form wants it." * 8
    return form


@pytest.fixture(scope="module", params=["sqlite"])
def app(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """The application with one event for each entry of the corpus that the form takes."""
    engine: Engine = request.param
    folder: Path = tmp_path_factory.mktemp("hostile")
    url = databases.copy(engine, folder)
    found = make_test_app(url, folder)
    with found.app_context():
        dbs: Session = db.session()
        make_cast(dbs, NOW)
        edition = make_edition(dbs, NOW)
        dbs.commit()
        means = Means(found.extensions["wmd.publishing"], found.extensions["wmd.secretbox"])
        for name, text in CORPUS.items():
            form = typed(text)
            form["contact.address"] = f"{name}@people.example"
            receipt = hand_in(dbs, edition, form, token=name, now=NOW)
            submission = dbs.get_one(Submission, receipt.submission_id)
            confirm_submission(dbs, submission, actor="visitor", box=BOX, now=NOW)
            approve(dbs, seen(dbs, submission), means, actor=MONA, now=NOW)
            dbs.commit()
        found.extensions["wmd.library"].refresh()
    yield found
    forget_database(found)
    databases.drop(url)


def dead(page: str, where: str) -> None:
    """Hold a page to what a browser would make of it: no handler, no code, no element of theirs."""
    tree = lxml.html.document_fromstring(page)
    handlers = [name for element in tree.iter(lxml.etree.Element) for name in element.attrib if name.startswith("on")]
    code = [s.text for s in tree.iter("script") if "src" not in s.attrib and s.get("type") != "application/ld+json"]
    theirs = tree.xpath("//b[text()='m5'] | //img[@src='x'] | //*[local-name()='svg' and @onload]")
    links = [a.get("href") for a in tree.iter("a") if a.get("href", "").lower().startswith(("javascript:", "data:"))]
    assert (handlers, code, theirs, links) == ([], [], [], []), where
    # What looks like a template stays as it was typed.
    text = tree.text_content()
    assert text.count("{{7*7}}") >= ("%(m7)s" in text), where


def test_whatever_is_typed_is_text_wherever_it_is_shown(app: Flask) -> None:
    stranger, mona = app.test_client(), app.test_client()
    sign_in(mona, app, "mona", staff=True)
    with app.app_context():
        rows = db.session.execute(select(Submission.id, Event.code).join(Event, Event.id == Submission.event_id)).all()
        db.session.remove()
    assert len(rows) == len(CORPUS)
    for submission_id, code in rows:
        for path in (f"/e/{code}", f"/staff/desk/{submission_id}"):
            client = mona if path.startswith("/staff") else stranger
            answer = get(client, path, follow_redirects=True)
            assert answer.status_code == 200, path
            dead(answer.get_data(as_text=True), path)
    for path in ("/2021/", "/2021/programme", "/2021/organisations/", "/2021/changes"):
        dead(get(stranger, path).get_data(as_text=True), path)
    for path in ("/staff/", "/staff/desk", "/staff/audit", "/staff/organisations", "/staff/persons?q=m1"):
        dead(get(mona, path, follow_redirects=True).get_data(as_text=True), path)


def test_json_in_pages_reads_back(app: Flask) -> None:
    with app.app_context():
        codes = db.session.scalars(select(Event.code)).all()
        db.session.remove()
    names = []
    for code in codes:
        page = get(app.test_client(), f"/e/{code}", follow_redirects=True).get_data(as_text=True)
        found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)
        assert found is not None
        assert ("<!--" in found[1], "</" in found[1]) == (False, False)
        names.append(json.loads(found[1])["name"])
    assert any("alert('m1')" in name for name in names)


def test_calendar_holds_the_words_and_no_property_of_theirs(app: Flask) -> None:
    data = get(app.test_client(), "/2021/calendar.ics").data
    entries = Calendar.from_ical(data).walk("VEVENT")
    assert len(entries) == len(CORPUS)
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    assert [entry for entry in entries if "ATTENDEE" in entry] == []
    summaries = " ".join(str(entry["SUMMARY"]) for entry in entries)
    assert "m9; one, two \\ three\\nATTENDEE" in summaries
    assert "m10" in summaries


def test_table_never_calculates_and_feed_of_changes_is_well_formed(app: Flask) -> None:
    rows = list(csv.reader(io.StringIO(get(app.test_client(), "/2021/programme.csv").data.decode("utf-8-sig"))))
    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))] == []
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)
    feed = get(app.test_client(), "/2021/changes.atom").data
    assert lxml.etree.fromstring(feed).tag.endswith("feed")
    assert b"<script" not in feed
