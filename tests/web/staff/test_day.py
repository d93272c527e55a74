"""The day-of desk as staff see it: everything at hand, one press to act, and nothing for whom it is not."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.attendees import attend, follow
from tests.cast import get, make_cast, post, sign_in
from tests.conftest import Clock
from tests.services.test_day_desk import bind, drift, publish
from tests.services.test_desk import counted
from wmd.models import AuditEntry, Event, Person, RegistrantLetter, StaffMember
from wmd.services.publishing import Setting


@pytest.fixture
def code(dbs: Session, setting: Setting, clock: Clock) -> str:
    """The code of an event of organisation A that is on, with a contact who can be called."""
    make_cast(dbs, clock.now)
    ana = dbs.get_one(Person, "ana")
    ana.name, ana.phone = "Ana <b>", "+34 (600) 000-000"
    dbs.get_one(Person, "mona").zone = "America/Bogota"
    dbs.commit()
    found = publish(dbs, setting, clock.now - timedelta(minutes=1))[0].code
    dbs.commit()
    return found


def visit(app: Flask, person: str) -> FlaskClient:
    """Return the browser of a member of the staff."""
    client = app.test_client()
    sign_in(client, app, person, staff=True)
    return client


def said(page: str, path: str) -> list[str]:
    """Return the words of the elements of a page that an XPath finds."""
    return [" ".join(each.text_content().split()) for each in html.document_fromstring(page).xpath(path)]


def test_desk_says_both_times_and_whom_to_call(app: Flask, dbs: Session, code: str, clock: Clock) -> None:
    binding = bind(dbs, dbs.scalars(select(Event)).one(), state="drift", registration="full")
    drift(dbs, binding)
    dbs.commit()
    page = get(visit(app, "mona"), "/staff/day").text

    assert said(page, "//section[@aria-labelledby='on-now']//p[@class='day-when']") == [
        "08:00–09:00 Bogotá, UTC−5 15:00–16:00 Madrid, UTC+2"
    ]
    assert 'href="tel:+34600000000"' in page
    assert "Ana &lt;b&gt;" in page
    assert said(page, "//p[@class='remark']") == [
        "Time differs Here: Thu 7 Oct, 09:00–10:00 (Bogotá, UTC−5) In the room: Thu 7 Oct, 11:00–12:00 (Bogotá, UTC−5)"
    ]
    assert said(page, "//li[starts-with(@id,'s-')]//span[starts-with(@class,'badge')]") == [
        "differs from the room", "full"
    ]  # fmt: skip
    assert said(page, "//p[@class='lede']") == ["1 of these needs a look."]
    assert said(page, "//p[@class='hint day-read']/time") == ["Thu 7 Oct, 08:01 (Bogotá, UTC−5)"]
    assert '<noscript><meta http-equiv="refresh" content="60"></noscript>' in page


def test_reader_has_neither_numbers_nor_buttons(app: Flask, code: str) -> None:
    page = get(visit(app, "rita"), "/staff/day").text
    assert said(page, "//ul[@class='reach']/li") == ["Ana <b>", "Cleo"]
    assert "tel:" not in page
    assert "600" not in page
    assert re.findall(r'action="(/staff/day[^"]*)"', page) == []


def test_one_press_says_that_the_link_is_wrong_and_another_takes_it_back(app: Flask, dbs: Session, code: str) -> None:
    mona, path = visit(app, "mona"), f"/staff/day/{code}/link"
    for _ in range(2):
        answer = post(mona, path, {"link": "wrong"})
        assert (answer.status_code, answer.location) == (303, f"/staff/day#e-{code}")
    assert "link known to be wrong" in get(mona, "/staff/day").text
    assert post(mona, path, {"link": "works"}).status_code == 303
    acts = dbs.execute(
        select(AuditEntry.actor, AuditEntry.after).where(AuditEntry.action == "mark-link").order_by(AuditEntry.id)
    )
    assert acts.tuples().all() == [("person:mona", "wrong"), ("person:mona", "works")]
    dbs.rollback()
    assert post(mona, path, {"link": "perhaps"}).status_code == 400
    late = mona.post(path, data={"link": "wrong"}, base_url="http://wmd.example")
    assert (late.status_code, "open for too long" in late.text) == (422, True)


def test_event_of_another_region_is_neither_seen_nor_marked(app: Flask, dbs: Session, code: str) -> None:
    dbs.scalars(select(Event)).one().region = "asia-pacific"
    dbs.get_one(StaffMember, "mona").regions = ["europe"]
    dbs.commit()
    mona = visit(app, "mona")
    page = get(mona, "/staff/day").text
    assert (code in page, "600" in page) == (False, False)
    assert post(mona, f"/staff/day/{code}/link", {"link": "wrong"}).status_code == 404


def test_empty_day_says_so(app: Flask, dbs: Session, clock: Clock) -> None:
    make_cast(dbs, clock.now)
    page = get(visit(app, "rita"), "/staff/day").text
    assert said(page, "//p[@class='lede']") == ["Nothing is on, and nothing begins within 3 hours."]


def test_page_asks_as_often_for_three_events_as_for_one(
    app: Flask, dbs: Session, setting: Setting, code: str, clock: Clock
) -> None:
    mona, counts = visit(app, "mona"), []
    for number in (1, 3):
        publish(dbs, setting, *([clock.now] * number))
        dbs.commit()
        get(mona, "/staff/day")
        with counted() as statements:
            page = get(mona, "/staff/day").text
        assert page.count('id="s-') == number
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert counts[0] <= 20


def write_to(app: Flask, dbs: Session) -> tuple[FlaskClient, str]:
    """Let somebody follow the event, and return the moderator's browser and the address of the form."""
    event = dbs.scalars(select(Event)).one()
    follow(dbs, attend(dbs, "flora", event.published_at), event, event.published_at)
    dbs.commit()
    path = f"/staff/day/{event.code}/letter"
    dbs.rollback()
    return visit(app, "mona"), path


LETTER = {"subject": "The room <changes>", "body": "Use it.", "language": "es", "audience": ["registered", "followers"]}


def test_letter_is_looked_at_with_its_number_of_readers_and_goes_out_once(app: Flask, dbs: Session, code: str) -> None:
    mona, path = write_to(app, dbs)
    assert "Those who follow it (1)" in get(mona, path).text

    look = post(mona, path, {**LETTER, "act": "look"})
    assert (look.status_code, said(look.text, "//h2[@id='look']")) == (200, ["To 1 person"])
    assert dbs.scalars(select(RegistrantLetter)).all() == []
    dbs.rollback()
    sent = [post(mona, path, {**LETTER, "act": "send"}) for _ in range(2)]
    assert [each.location for each in sent] == [f"{path}?done=sent", f"{path}?done=before"]
    letter = dbs.scalars(select(RegistrantLetter)).one()
    assert (letter.subject, letter.language, letter.audience) == (
        "The room <changes>",
        "es",
        ["registered", "followers"],
    )
    assert "The room &lt;changes&gt;" in get(mona, path).text


def test_letter_at_fault_comes_back_as_it_was_typed(app: Flask, dbs: Session, code: str) -> None:
    mona, path = write_to(app, dbs)
    answer = post(mona, path, {**LETTER, "body": "", "act": "send"})
    assert answer.status_code == 422
    assert said(answer.text, "//div[@id='summary']//a") == ["This is needed."]
    page = html.document_fromstring(post(mona, path, {**LETTER, "act": "change"}).text)
    assert page.xpath("//input[@name='subject']/@value") == ["The room <changes>"]
    assert page.xpath("//input[@name='audience'][@checked]/@value") == ["registered", "followers"]
    late = mona.post(path, data={**LETTER, "act": "send"}, base_url="http://wmd.example")
    assert (late.status_code, "Use it." in late.text) == (422, True)


def test_reader_may_not_write(app: Flask, code: str) -> None:
    assert get(visit(app, "rita"), f"/staff/day/{code}/letter").status_code == 403
