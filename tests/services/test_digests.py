"""Digests of what is new for a filter: whose morning it is, what is in them, and that nothing is told twice or lost."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from tests import attendees, documents
from tests.conftest import Clock
from tests.mails import Mailbox, count_statements, html_of, text_of
from tests.services.test_telling import written
from wmd.db import make_engine, reading
from wmd.domain.programme import Programme
from wmd.jobs.changes import send_digests_of_new
from wmd.jobs.outbox import send_mail
from wmd.jobs.tools import tools_of
from wmd.models import Alarm, Change, Edition, Event, Follow, Message
from wmd.services.digests import Due, News, due_digests, put_digests_of
from wmd.services.hiding import hide
from wmd.services.programme import load_programme
from wmd.services.publishing import Setting

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "mail"
#: Friday 1 October 2021, eight in the morning in Madrid.
FRIDAY = datetime(2021, 10, 1, 6, tzinfo=UTC)
DAY = timedelta(days=1)


#: What a mail says is the same on both databases; how it is read is tried on both elsewhere.
ONE_ENGINE = pytest.mark.parametrize("engine_name", ["sqlite"])


class Readers:
    """A programme that grows, people who follow filters of it, and the mails they get."""

    def __init__(self, app: Flask, dbs: Session, setting: Setting, clock: Clock) -> None:
        self.app, self.dbs, self.setting, self.clock = app, dbs, setting, clock
        self.mailbox, self.events = Mailbox(), [documents.event("old")]
        clock.now = FRIDAY - 2 * DAY
        self.publish()

    def publish(self, *keys: str, **facts: Any) -> None:
        """Add events to the programme, and publish it."""
        for key in keys:
            self.events.append(documents.event(key, **{"texts": {"en": {"title": f"Event {key}"}}, **facts}))
        documents.apply(self.dbs, self.setting, documents.document(*self.events), self.clock.now)

    def follow(self, name: str, query: str = "", cadence: str = "daily", zone: str = "Europe/Madrid") -> Follow:
        """Let somebody follow a filter from now on."""
        edition = self.dbs.scalars(select(Edition)).one()
        person = attendees.attend(self.dbs, name, self.clock.now, zone=zone)
        row = Follow(
            id=f"follow-{name}", person_id=person, edition_id=edition.id, query=query, cadence=cadence,
            created_at=self.clock.now, confirmed_at=self.clock.now,
            told_change_id=self.dbs.scalar(select(func.max(Change.id))),
        )  # fmt: skip
        self.dbs.add(row)
        self.dbs.commit()
        return row

    def mails(self, at: datetime) -> dict[str, EmailMessage]:
        """Run the jobs at an instant; return new mails by who got them."""
        self.clock.now, before = at, len(self.mailbox.mails)
        tools = replace(tools_of(self.app, self.dbs), mailer=self.mailbox, workers=1)
        send_digests_of_new(tools)
        send_mail(tools)
        return {reader.partition("@")[0]: mail for reader, mail in self.mailbox.mails[before:]}


@pytest.fixture
def readers(app: Flask, dbs: Session, setting: Setting, clock: Clock) -> Readers:
    """A programme with one event, which nobody needs to be told of."""
    return Readers(app, dbs, setting, clock)


def titles(mail: EmailMessage) -> list[str]:
    return sorted(line.removeprefix("- ") for line in text_of(mail).splitlines() if line.startswith("- "))


@ONE_ENGINE
def test_new_events_come_at_eight_in_the_readers_zone(readers: Readers) -> None:
    readers.follow("madrid")
    readers.follow("bogota", zone="America/Bogota")
    readers.follow("auckland", zone="Pacific/Auckland")
    readers.clock.now += timedelta(hours=1)
    readers.publish("a")
    # Eight in the morning is 19:00 UTC the day before in Auckland (UTC+13), 06:00 in Madrid, 13:00 in Bogotá.
    seen = {at: sorted(readers.mails(at)) for at in (FRIDAY + timedelta(hours=hours) for hours in range(-24, 12))}
    told = {f"{at:%d %H}": who for at, who in seen.items() if who}
    assert told == {"30 06": ["madrid"], "30 13": ["bogota"], "30 19": ["auckland"]}


def test_digest_has_title_times_in_the_readers_zone_and_the_filtered_programme(readers: Readers) -> None:
    readers.follow("rosa", "topic=gender-equality", zone="America/Bogota")
    readers.clock.now += timedelta(hours=1)
    readers.publish("a")
    readers.publish("b", topics=["public-space-and-housing"])
    mail = readers.mails(FRIDAY + timedelta(hours=7))["rosa"]
    code = readers.dbs.scalars(select(Event.code).where(Event.key == "a")).one()
    assert mail["Subject"] == "New events in World Metropolitan Day 2021: 1"
    assert (
        "- Event a\nOrganisation A\nThursday 7 October 2021, 08:00–09:30, Bogotá (UTC−5)\n"
        f"= Thursday 7 October 2021, 15:00–16:30, Barcelona (CEST, UTC+2)\nhttp://wmd.example/e/{code}\n"
    ) in text_of(mail)
    assert "\nhttp://wmd.example/2021/programme?topic=gender-equality\n" in text_of(mail)
    assert f'<a href="http://wmd.example/e/{code}">' in html_of(mail)
    stop = str(mail["List-Unsubscribe"]).strip("<>")
    assert stop.startswith("http://wmd.example/me/unsubscribe/")
    assert stop in text_of(mail)


def test_nothing_new_is_no_mail_and_nothing_is_told_twice(readers: Readers) -> None:
    readers.follow("rosa")
    assert readers.mails(FRIDAY - DAY) == {}
    readers.publish("a")
    assert titles(readers.mails(FRIDAY)["rosa"]) == ["Event a"]
    assert readers.mails(FRIDAY + timedelta(hours=1)) == {}
    assert readers.mails(FRIDAY + DAY) == {}
    readers.publish("b")
    assert titles(readers.mails(FRIDAY + 2 * DAY)["rosa"]) == ["Event b"]


@ONE_ENGINE
def test_weekly_digest_comes_on_monday_with_the_whole_week(readers: Readers) -> None:
    readers.follow("rosa", cadence="weekly")
    told = {}
    for day in range(1, 13):
        if day < 9:
            readers.publish(f"day{day}")
        if mails := readers.mails(FRIDAY + (day - 2) * DAY):
            told[readers.clock.now.date()] = sorted(titles(mails["rosa"]))
    assert told == {
        date(2021, 10, 4): [f"Event day{day}" for day in range(1, 6)],
        # The session of all of them is over by then: on the seventh.
    }


@ONE_ENGINE
def test_morning_without_a_scheduler_loses_nothing(readers: Readers) -> None:
    readers.follow("rosa")
    readers.publish("a")
    assert readers.mails(FRIDAY + timedelta(hours=7)) == {}
    readers.publish("b")
    assert titles(readers.mails(FRIDAY + DAY + timedelta(hours=3, minutes=59))["rosa"]) == ["Event a", "Event b"]


@ONE_ENGINE
def test_one_digest_that_fails_holds_up_no_other_and_is_an_alarm(readers: Readers) -> None:
    for name in ("ada", "bad", "zoe"):
        readers.follow(name)
    readers.publish("a")
    readers.dbs.execute(text("CREATE TRIGGER no BEFORE INSERT ON messages WHEN NEW.person_id = 'bad'"
                             " BEGIN SELECT RAISE(ABORT, 'no'); END"))  # fmt: skip
    readers.dbs.commit()
    assert sorted(readers.mails(FRIDAY)) == ["ada", "zoe"]
    assert readers.dbs.scalars(select(Alarm.key).where(Alarm.cleared_at.is_(None))).all() == ["digests:not-put"]
    readers.dbs.execute(text("DROP TRIGGER no"))
    readers.dbs.commit()
    assert sorted(readers.mails(FRIDAY + timedelta(minutes=1))) == ["bad"]
    assert readers.dbs.scalars(select(Alarm.key).where(Alarm.cleared_at.is_(None))).all() == []


def put(dbs: Session, readers: Readers, due: list[Due]) -> int:
    """Put some digests as the job does, without committing."""
    tools = tools_of(readers.app, readers.dbs)

    def load(slug: str) -> Programme:
        with reading(tools.engine) as connection:
            return load_programme(connection, slug, None)

    return put_digests_of(dbs, due, News(load, FRIDAY), box=tools.box, now=FRIDAY)


def test_what_another_scheduler_looked_at_meanwhile_is_left_to_it(readers: Readers) -> None:
    readers.follow("rosa")
    readers.publish("a")
    first, second = (due_digests(readers.dbs, now=FRIDAY) for _ in range(2))
    assert put(readers.dbs, readers, first) == 1
    readers.dbs.commit()
    readers.clock.now = FRIDAY
    readers.publish("b")
    assert put(readers.dbs, readers, second) == 0
    readers.dbs.commit()
    assert titles(readers.mails(FRIDAY)["rosa"]) == ["Event a"]
    assert titles(readers.mails(FRIDAY + DAY)["rosa"]) == ["Event b"]


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_scheduler_waits_for_another_that_has_the_same_digests_in_hand(readers: Readers, database_url: str) -> None:
    for name in ("ada", "zoe"):
        readers.follow(name)
    readers.publish("a")
    due = due_digests(readers.dbs, now=FRIDAY)
    readers.dbs.rollback()
    engine = make_engine(database_url)
    with Session(engine) as first, Session(engine) as second:
        assert put(first, readers, due) == 2
        timer = threading.Timer(0.2, first.commit)
        timer.start()
        assert put(second, readers, due) == 0
        timer.join()
        second.commit()
    engine.dispose()
    assert sorted(readers.mails(FRIDAY)) == ["ada", "zoe"]


def test_event_that_takes_place_after_all_counts_as_new(readers: Readers) -> None:
    readers.publish("a", sessions=[documents.session(status="postponed")])
    readers.follow("rosa")
    readers.clock.now += timedelta(hours=1)
    readers.events[1]["sessions"] = [documents.session()]
    readers.publish()
    assert titles(readers.mails(FRIDAY)["rosa"]) == ["Event a"]


@pytest.mark.parametrize("what", ["hidden", "over", "cancelled", "before the wish"])
def test_what_is_off_or_was_there_before_is_not_told(readers: Readers, what: str) -> None:
    if what != "before the wish":
        readers.follow("rosa")
    sessions = {
        "over": [documents.session(starts="2021-09-30T10:00", ends="2021-09-30T11:00", time_text="")],
        "cancelled": [documents.session(status="cancelled")],
    }.get(what, [documents.session()])
    readers.publish("a", sessions=sessions)
    readers.clock.now += timedelta(minutes=1)
    if what == "before the wish":
        readers.follow("rosa")
    if what == "hidden":
        event = readers.dbs.scalars(select(Event).where(Event.key == "a")).one()
        hide(readers.dbs, event, readers.setting, actor="person:m", now=readers.clock.now)
        readers.dbs.commit()
    assert readers.mails(FRIDAY) == {}


@ONE_ENGINE
def test_event_called_off_between_the_digest_and_its_sending_is_left_out(readers: Readers) -> None:
    readers.follow("rosa")
    readers.publish("a", "b")
    readers.clock.now = FRIDAY
    tools = replace(tools_of(readers.app, readers.dbs), mailer=readers.mailbox, workers=1)
    send_digests_of_new(tools)
    readers.events[1]["sessions"] = [documents.session(status="cancelled")]
    readers.publish()
    send_mail(tools)
    assert titles(readers.mailbox.mails[0][1]) == ["Event b"]


@ONE_ENGINE
def test_many_are_named_up_to_twenty_and_the_rest_counted(readers: Readers) -> None:
    readers.follow("rosa")
    readers.publish(*(f"{number:02}" for number in range(23)))
    mail = readers.mails(FRIDAY)["rosa"]
    assert len(titles(mail)) == 20
    assert mail["Subject"] == "New events in World Metropolitan Day 2021: 23"
    assert "and 3 more, in the programme:" in text_of(mail)


@ONE_ENGINE
def test_filter_that_means_nothing_any_more_is_passed_over(readers: Readers) -> None:
    readers.follow("rosa", "topic=no-such-topic")
    readers.follow("paz")
    readers.publish("a")
    assert sorted(readers.mails(FRIDAY)) == ["paz"]


def test_who_stopped_before_the_sending_gets_nothing(readers: Readers) -> None:
    readers.follow("rosa")
    readers.publish("a")
    readers.clock.now = FRIDAY
    send_digests_of_new(tools_of(readers.app, readers.dbs))
    readers.dbs.execute(update(Follow).values(ended_at=FRIDAY))
    readers.dbs.commit()
    assert readers.mails(FRIDAY) == {}
    assert readers.dbs.scalars(select(Message.reason)).one() == "no longer wanted"


@ONE_ENGINE
@pytest.mark.parametrize("days", [-1, 0, 1])
def test_digest_comes_at_eight_around_the_night_that_turns_clocks_back(readers: Readers, days: int) -> None:
    readers.dbs.execute(update(Edition).values(window_to=date(2021, 11, 30)))
    readers.follow("rosa")
    starts = documents.session(starts="2021-11-07T15:00", ends="2021-11-07T16:00", time_text="")
    readers.publish("a", sessions=[starts])
    # Clocks in Madrid go back on 31 October 2021, from UTC+2 to UTC+1.
    eight = datetime(2021, 10, 31, 7 if days >= 0 else 6, tzinfo=UTC) + days * DAY
    readers.dbs.execute(update(Follow).values(digest_on=eight.date() - DAY))
    readers.dbs.commit()
    assert readers.mails(eight - timedelta(minutes=1)) == {}
    assert sorted(readers.mails(eight)) == ["rosa"]


@pytest.mark.parametrize("count", [1, 3])
def test_asking_for_mornings_takes_two_statements(readers: Readers, count: int) -> None:
    for number in range(count):
        readers.follow(f"p{number}", zone=("Europe/Madrid", "Europe/Paris", "Africa/Lagos")[number])
    # The transaction has begun, which is a statement of its own in one of the databases.
    readers.dbs.scalars(select(Edition.id)).all()
    with count_statements(readers.dbs) as so_far:
        assert len(due_digests(readers.dbs, now=FRIDAY + timedelta(hours=1))) == count
    assert so_far() == 2


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_digest_is_the_golden_one(readers: Readers) -> None:
    readers.follow("rosa", "topic=gender-equality", zone="America/Bogota")
    readers.publish(*(f"{number:02}" for number in range(22)))
    found = written(readers.mails(FRIDAY + timedelta(hours=7))["rosa"])
    path = GOLDEN / "digest.txt"
    if os.environ.get("WMD_WRITE_GOLDEN"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")
