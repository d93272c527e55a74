"""“This time or link is wrong”: from a visitor's form to the organisers' mail, the staff's page and the event's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests.cast import get, post, sign_in
from tests.web.attendee.attending import events, mails
from wmd.db import db
from wmd.domain.programme import EventView
from wmd.models import AuditEntry, Edition, Event, Message, ProblemReport, RateCount, Revision, StaffMember, Submission
from wmd.services.intake import read_content
from wmd.services.publishing import publish
from wmd.services.rate_limits import PROBLEM_BY_NETWORK

TWO_MINUTES = timedelta(minutes=2)
NOTE = "We know that this link does not work."


@dataclass
class House:
    """An event of organisation A, and browsers before it."""

    app: Flask
    event: EventView
    visitor: FlaskClient
    mona: FlaskClient

    def say(self, **form: Any) -> int:
        """Send the form, a while after it was shown; return the status."""
        page = get(self.visitor, f"/e/{self.event.code}/wrong").get_data(as_text=True)
        shown = page.partition('name="shown" value="')[2].partition('"')[0]
        self.app.extensions["wmd.gateways"].clock.now += TWO_MINUTES
        sent = {"what": "time", "words": "It says 15:00; the flyer 16:00.", "shown": shown, **form}
        return post(self.visitor, f"/e/{self.event.code}/wrong", sent).status_code

    def report(self) -> ProblemReport:
        """Return the newest report."""
        with self.app.app_context():
            return db.session.scalars(select(ProblemReport).order_by(ProblemReport.created_at.desc())).first()  # type: ignore[return-value]

    def act(self, path: str, **form: str) -> int:
        """Have the moderator send a form about the newest report."""
        return post(self.mona, f"/staff/problems/{self.report().id}{path}", form).status_code

    def page(self) -> str:
        """Return the event's page."""
        self.app.extensions["wmd.library"].refresh()
        self.app.extensions["wmd.library"].settle()
        return get(self.visitor, f"/demo/events/{self.event.code}-{self.event.slug}").get_data(as_text=True)


@pytest.fixture
def house(app: Flask, client: FlaskClient) -> House:
    """An event that organisation A answers for, a visitor, and a moderator."""
    event = next(
        each for each in events(app, "ahead") if each.registration.url and each.access.value == "registration"
    )  # fmt: skip
    with app.app_context():
        row = db.session.scalars(select(Event).where(Event.code == event.code)).one()
        db.session.execute(
            update(Submission).where(Submission.event_id == row.id).values(organisation_id="organisation-a")
        )
        db.session.commit()
    mona = app.test_client()
    sign_in(mona, app, "mona", staff=True)
    return House(app, event, client, mona)


def test_report_reaches_the_organisers_and_the_staff(house: House) -> None:
    assert house.say(address="Vera@visitors.example") == 303
    assert "Thank you" in get(house.visitor, f"/e/{house.event.code}/wrong?sent=yes").get_data(as_text=True)
    sent = [mail for mail in mails(house.app) if mail.kind == "problem-reported"]
    # The contacts of A, and not those of B alone.
    assert sorted(str(mail.to) for mail in sent) == ["ana", "cleo"]
    assert {tuple(mail.facts) for mail in sent} == {("report_id", "by")}
    report = house.report()
    assert "visitors" not in report.sealed
    assert "<b>1</b> Reported as wrong" in get(house.mona, "/staff/").get_data(as_text=True)
    page = get(house.mona, "/staff/problems").get_data(as_text=True)
    assert "It says 15:00; the flyer 16:00." in page
    assert "Vera@visitors.example" in page
    assert "2 organisers were written to." in page
    with house.app.app_context():
        db.session.execute(update(Message).values(dedupe_key="gone" + Message.id))
        db.session.commit()
    assert "No organiser was written to" in get(house.mona, "/staff/problems").get_data(as_text=True)


def test_line_breaks_count_once_as_in_the_browser(house: House) -> None:
    # Two thousand as people count and ``maxlength`` does; a browser sends each line's end as two characters.
    assert house.say(words="a\r\n" * 999 + "ab") == 303
    assert house.report().words == "a\n" * 999 + "ab"


@pytest.mark.parametrize(
    ("form", "field_id"),
    [({"what": ""}, "f-what"), ({"what": "price"}, "f-what"), ({"what": "other", "words": " "}, "f-words"),
     ({"words": "x" * 2001}, "f-words"), ({"address": "vera@visitors.example\nBcc: x@y.example"}, "f-address")],
)  # fmt: skip
def test_fault_is_said_beside_its_field(house: House, form: dict[str, str], field_id: str) -> None:
    page = get(house.visitor, f"/e/{house.event.code}/wrong")
    assert page.status_code == 200
    answer = post(house.visitor, f"/e/{house.event.code}/wrong", {"what": "time", "words": "Typed.", **form})
    assert answer.status_code == 422
    assert f'id="{field_id}-said"' in answer.get_data(as_text=True)
    with house.app.app_context():
        assert db.session.scalars(select(ProblemReport)).all() == []


def test_what_looks_like_spam_is_seen_by_staff_alone(house: House) -> None:
    assert (
        house.say(more_about_you="filled in by a machine", words="See https://a.example and https://b.example") == 303
    )
    assert [mail for mail in mails(house.app) if mail.kind == "problem-reported"] == []
    assert "perhaps spam" in get(house.mona, "/staff/problems").get_data(as_text=True)


def test_many_reports_from_one_network_are_asked_to_wait(house: House) -> None:
    house.say()
    with house.app.app_context():
        db.session.execute(update(RateCount).values(count=PROBLEM_BY_NETWORK.count))
        db.session.commit()
    assert house.say() == 429


def test_report_is_closed_once_and_its_address_goes(house: House) -> None:
    house.say(address="vera@visitors.example")
    assert house.act("", state="solved") == 303
    report = house.report()
    assert (report.state, report.sealed, report.closed_by) == ("solved", "", "mona")
    assert house.act("", state="not a problem") == 409
    assert house.act("", state="forgotten") == 409
    assert "flyer" not in get(house.mona, "/staff/problems").get_data(as_text=True)
    with house.app.app_context():
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "close-problem")).one()
        assert (entry.actor, entry.before, entry.after) == ("person:mona", "open", "solved")


def test_staff_of_another_region_sees_nothing_of_it(house: House) -> None:
    house.say()
    other = "africa" if house.event.region != "africa" else "europe"
    with house.app.app_context():
        db.session.execute(update(StaffMember).where(StaffMember.person_id == "mona").values(regions=[other]))
        db.session.commit()
    assert "flyer" not in get(house.mona, "/staff/problems").get_data(as_text=True)
    assert house.act("", state="solved") == 404
    assert house.act("/link", link="wrong") == 404


def test_link_that_is_known_to_fail_is_said_until_it_works_again(house: House) -> None:
    house.say(what="link")
    assert NOTE not in house.page()
    version = house.app.extensions["wmd.library"].programme("demo").version
    assert house.act("/link", link="wrong") == 303
    assert NOTE in house.page()
    assert house.app.extensions["wmd.library"].programme("demo").version == version + 1
    assert house.act("/link", link="wrong") == 303
    assert house.app.extensions["wmd.library"].programme("demo").version == version + 1
    assert house.act("/link", link="works") == 303
    assert NOTE not in house.page()
    with house.app.app_context():
        entries = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "mark-link").order_by(AuditEntry.id))
        assert [(entry.before, entry.after) for entry in entries] == [("works", "wrong"), ("wrong", "works")]


def republish(house: House, **changes: Any) -> None:
    """Publish another version of the event with some fields of its content changed."""
    with house.app.app_context():
        dbs = db.session()
        event = dbs.scalars(select(Event).where(Event.code == house.event.code)).one()
        old = dbs.get_one(Revision, event.revision_id)
        number = 1 + max(dbs.scalars(select(Revision.number).where(Revision.submission_id == old.submission_id)))
        revision = Revision(
            id=f"new-{number}", submission_id=old.submission_id, number=number, kind="event", state="approved",
            content={**old.content, **changes}, schema_version=old.schema_version, source="form",
            created_at=old.created_at,
        )  # fmt: skip
        old.state = "superseded"
        dbs.add(revision)
        dbs.flush()
        assert read_content(revision).language == event.language
        publish(
            dbs, dbs.get_one(Edition, event.edition_id), [revision], house.app.extensions["wmd.publishing"],
            actor="command", now=house.app.extensions["wmd.gateways"].clock(),
        )  # fmt: skip
        dbs.commit()


OPEN = {"state": "open", "url": "https://a-example.zoom.us/webinar/register/WN_old"}
FREE = {"state": "not-needed", "url": ""}


@pytest.mark.parametrize(
    ("before", "after", "stays"),
    [
        ({"registration": OPEN}, {"registration": {**OPEN, "url": f"{OPEN['url']}er"}}, False),
        ({"registration": FREE, "stream_url": "https://stream.example.org/one"},
         {"stream_url": "https://stream.example.org/two"}, False),
        ({"registration": FREE, "web_url": "https://page.example.org/one"},
         {"web_url": "https://page.example.org/two"}, False),
        ({"registration": OPEN}, {"stream_url": "https://stream.example.org/two"}, True),
        ({"registration": OPEN}, {"cost": "5 EUR"}, True),
    ],
)  # fmt: skip
def test_new_link_takes_the_note_away_and_another_change_does_not(
    house: House, before: dict[str, Any], after: dict[str, Any], *, stays: bool
) -> None:
    republish(house, **before)
    house.say(what="link")
    house.act("/link", link="wrong")
    assert NOTE in house.page()
    republish(house, **after)
    assert (NOTE in house.page()) is stays


def test_organisers_are_mailed_a_few_times_a_day_and_no_more(house: House) -> None:
    for number in range(12):
        house.say(words=f"Number {number}")
    assert len([mail for mail in mails(house.app) if mail.to == "ana" and mail.kind == "problem-reported"]) == 10
    with house.app.app_context():
        assert len(db.session.scalars(select(ProblemReport)).all()) == 12
