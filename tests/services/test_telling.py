"""Who is told of a change, what the mail says and what goes with it; when it goes out and when not any more."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import icalendar
import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests import attendees, documents
from tests.cast import make_cast
from tests.conftest import Clock
from tests.mails import Answers, Mailbox, count_statements, html_of, read_mail, smtp_server, text_of
from wmd.domain.ical import strict
from wmd.gateways.mail import SmtpMailer, SmtpSetting
from wmd.jobs.changes import tell_changes
from wmd.jobs.outbox import send_mail
from wmd.jobs.tools import Tools, tools_of
from wmd.models import (
    Attendee,
    Change,
    ChangeNotice,
    Event,
    EventSession,
    EventText,
    Follow,
    Message,
    Organisation,
    Registration,
    Submission,
)
from wmd.services.attendee_letters import read_attendee_letters
from wmd.services.attendee_mail import OwnLinks
from wmd.services.hiding import hide, merge, show
from wmd.services.letters import shown
from wmd.services.publishing import Setting
from wmd.services.telling import tell_page

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "mail"
#: Six days before the session of the documents, 7 October 2021, 15:00 in Madrid.
NOW = datetime(2021, 10, 1, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
VENUE = {"name": "City Hall", "address": "Main Street 1", "city": "Nairobi", "country": "KE"}
MOVED = {"starts": "2021-10-07T17:00", "ends": "2021-10-07T18:30", "time_text": ""}


#: What a mail says is the same on both databases; how it is read is tried on both elsewhere.
ONE_ENGINE = pytest.mark.parametrize("engine_name", ["sqlite"])


class Stage:
    """An event with people behind it, changes to it, and the mails that follow; the clock moves with them."""

    def __init__(self, app: Flask, dbs: Session, setting: Setting, clock: Clock) -> None:
        self.app, self.dbs, self.setting, self.clock = app, dbs, setting, clock
        self.mailbox = Mailbox()
        clock.now = NOW
        self.publish()

    @property
    def event(self) -> Event:
        return self.dbs.scalars(select(Event).where(Event.key == "one")).one()

    def publish(self, *sessions: dict[str, Any], others: tuple[dict[str, Any], ...] = (), **event: Any) -> None:
        given = {"sessions": list(sessions)} if sessions else {}
        documents.apply(
            self.dbs, self.setting, documents.document(documents.event("one", **given, **event), *others),
            self.clock.now,
        )  # fmt: skip
        self.clock.now += MINUTE

    def tools(self) -> Tools:
        return replace(tools_of(self.app, self.dbs), mailer=self.mailbox, workers=1)

    def tell(self, after: timedelta = 15 * MINUTE) -> dict[str, EmailMessage]:
        """Let the time pass that a notice waits, run the two jobs, and return new mails by who got them."""
        self.clock.now += after
        before = len(self.mailbox.mails)
        tell_changes(self.tools())
        send_mail(self.tools())
        return {reader.partition("@")[0]: mail for reader, mail in self.mailbox.mails[before:]}

    def person(self, name: str, **facts: Any) -> str:
        return attendees.attend(self.dbs, name, NOW, **facts)


@pytest.fixture
def stage(app: Flask, dbs: Session, setting: Setting, clock: Clock) -> Stage:
    """The stage with Rosa, who follows from Bogotá, and Ravi, who is registered, from Kathmandu."""
    found = Stage(app, dbs, setting, clock)
    attendees.follow(dbs, found.person("rosa", zone="America/Bogota"), found.event, NOW)
    attendees.register(dbs, found.person("ravi", zone="Asia/Kathmandu"), found.event, NOW)
    dbs.commit()
    return found


def objects(mail: EmailMessage) -> list[tuple[str, bytes]]:
    """Return name and bytes of each calendar part; the offered one has no name."""
    parts = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    return [(part.get_filename() or "", part.get_payload(decode=True)) for part in parts]  # type: ignore[misc]


def read_invitation(mail: EmailMessage) -> tuple[str, Any]:
    """Return the method and the one entry of what a mail offers, after the strict check."""
    (_, offered), (name, attached) = objects(mail)
    method = str(icalendar.Calendar.from_ical(offered)["METHOD"])
    assert (name, offered, strict.check_invitation(offered, method)) == ("invite.ics", attached, [])
    return method, icalendar.Calendar.from_ical(offered).walk("VEVENT")[0]


def test_move_is_told_with_old_and_new_time_on_the_readers_clock_first(stage: Stage) -> None:
    stage.publish(documents.session(**MOVED))
    assert stage.tell(13 * MINUTE) == {}
    mails = stage.tell(2 * MINUTE)

    assert sorted(mails) == ["ravi", "rosa"]
    text = text_of(mails["rosa"])
    assert mails["rosa"]["Subject"] == "New time: Care in the city"
    assert (
        "It was:  \nThursday 7 October 2021, 08:00–09:30, Bogotá (UTC−5)\n"
        "= Thursday 7 October 2021, 15:00–16:30, Barcelona (CEST, UTC+2)\n\n"
        "It is now:  \nThursday 7 October 2021, 10:00–11:30, Bogotá (UTC−5)\n"
        "= Thursday 7 October 2021, 17:00–18:30, Barcelona (CEST, UTC+2)\n"
    ) in text
    assert "<s>Thursday 7 October 2021, 08:00–09:30, Bogotá (UTC−5)</s>" in html_of(mails["rosa"])
    assert "20:45–22:15, Kathmandu (UTC+5:45)" in text_of(mails["ravi"])
    assert stage.tell(60 * MINUTE) == {}


@ONE_ENGINE
def test_registrant_gets_an_update_of_the_invitation_and_a_follower_none(stage: Stage) -> None:
    stage.publish(documents.session(**MOVED))
    mails = stage.tell()
    method, entry = read_invitation(mails["ravi"])
    row = stage.dbs.scalars(select(EventSession)).one()
    assert (method, str(entry["UID"]), int(entry["SEQUENCE"])) == ("REQUEST", row.uid, 1)
    assert entry.decoded("DTSTART") == row.starts_at == datetime(2021, 10, 7, 15, tzinfo=UTC)
    assert entry.decoded("DTSTAMP") == stage.clock.now
    assert str(entry["ATTENDEE"]) == "mailto:ravi@attendees.example"
    assert str(entry["ORGANIZER"]) == f"mailto:{stage.tools().letterhead.sender}"
    assert "The invitation in this mail brings your calendar up to date." in text_of(mails["ravi"])
    assert objects(mails["rosa"]) == []
    assert "invitation" not in text_of(mails["rosa"])


@ONE_ENGINE
@pytest.mark.parametrize(("wish", "names"), [("publish", ["invite.ics"]), ("none", [])])
def test_who_wants_no_invitation_gets_a_file_or_nothing(stage: Stage, wish: str, names: list[str]) -> None:
    attendees.register(stage.dbs, stage.person("paz", invitations=wish), stage.event, NOW)
    stage.dbs.commit()
    stage.publish(documents.session(**MOVED))
    found = objects(stage.tell()["paz"])
    assert [name for name, _ in found] == names
    assert [strict.check_invitation(data, "PUBLISH") for _, data in found] == [[]] * len(names)


def test_cancelling_takes_it_out_of_calendars_and_offers_others_of_that_week_and_language(stage: Stage) -> None:
    def other(key: str, day: str = "2021-10-09", **facts: Any) -> dict[str, Any]:
        session = documents.session(starts=f"{day}T10:00", ends=f"{day}T11:00", time_text="")
        return documents.event(key, **{"texts": {"en": {"title": f"Event {key}"}}, "sessions": [session], **facts})

    others = (
        other("in-week"), other("other-topic", topics=["public-space-and-housing"]), other("spanish", spoken=["es"]),
        other("next-week", day="2021-10-11"),
    )  # fmt: skip
    stage.publish(others=others)
    stage.publish(documents.session(status="cancelled"), others=others, public_reason={"en": "The hall is flooded."})
    mails = stage.tell()

    text = text_of(mails["rosa"])
    assert mails["rosa"]["Subject"] == "Cancelled: Care in the city"
    assert "It was to be:  \nThursday 7 October 2021, 08:00–09:30, Bogotá (UTC−5)\n" in text
    assert "The hall is flooded." in text
    offered = [line for line in text.splitlines() if line.startswith("- Event")]
    assert offered == ["- Event in-week", "- Event other-topic"]
    code = stage.dbs.scalars(select(Event.code).where(Event.key == "in-week")).one()
    assert f'<a href="http://wmd.example/e/{code}">' in html_of(mails["rosa"])
    method, entry = read_invitation(mails["ravi"])
    assert (method, str(entry["STATUS"]), int(entry["SEQUENCE"])) == ("CANCEL", "CANCELLED", 1)


@ONE_ENGINE
def test_postponed_and_revived_are_told_each(stage: Stage) -> None:
    stage.publish(documents.session(status="postponed"))
    assert stage.tell()["rosa"]["Subject"] == "Postponed: Care in the city"
    stage.publish(documents.session(**MOVED))
    mails = stage.tell()
    assert mails["rosa"]["Subject"] == "It takes place: Care in the city"
    assert "It takes place after all:\nThursday 7 October 2021, 10:00–11:30, Bogotá (UTC−5)" in text_of(mails["rosa"])
    method, entry = read_invitation(mails["ravi"])
    assert (method, str(entry["STATUS"]), int(entry["SEQUENCE"])) == ("REQUEST", "CONFIRMED", 2)


@ONE_ENGINE
def test_new_place_is_told_in_words_and_by_invitation(stage: Stage) -> None:
    stage.publish(format="hybrid", venue=VENUE)
    mails = stage.tell()
    assert mails["rosa"]["Subject"] == "New place: Care in the city"
    assert "It was:  \nOnline\n\nIt is now:  \nHybrid\nCity Hall\nMain Street 1\nNairobi\nKenya\n" in text_of(
        mails["rosa"]
    )
    assert read_invitation(mails["ravi"])[0] == "REQUEST"


@ONE_ENGINE
def test_mail_names_the_organiser_as_the_page_does(stage: Stage) -> None:
    stage.publish(documents.session(**MOVED))
    own = stage.dbs.scalars(select(Organisation).where(Organisation.names["en"].as_string() == "Organisation A")).one()
    own.names, own.language = {"ko": "긴 식탁 공동부엌", "en": "Long Table Community Kitchen"}, "ko"
    stage.dbs.commit()
    assert "Care in the city  \nLong Table Community Kitchen (Organisation A)\n" in text_of(stage.tell()["rosa"])


@ONE_ENGINE
@pytest.mark.parametrize(
    ("more", "words", "button"),
    [
        ({"capacity": 1}, "places are taken now. The address below leads to the waiting list.", "Wait for a place:"),
        ({"capacity": 9}, "Registration is open now. The address below leads there.", "Register:"),
    ],
)  # fmt: skip
def test_mail_speaks_of_registration_as_it_stands(stage: Stage, more: dict[str, Any], words: str, button: str) -> None:
    stage.publish(registration={"state": "not-yet", "with_us": True}, **more)
    stage.tell(20 * MINUTE)
    stage.publish(registration={"state": "open", "with_us": True}, **more)
    mails = stage.tell(20 * MINUTE)
    assert words in text_of(mails["rosa"]).replace("\n", " ")
    assert f"{button}\nhttp://wmd.example/go/{stage.event.code}\n" in text_of(mails["rosa"])
    # Ravi has a place: nobody sends him to a list.
    assert "all places are taken" not in text_of(mails["ravi"])


@ONE_ENGINE
def test_new_link_is_mailed_without_an_invitation_and_our_address_stays(stage: Stage) -> None:
    code = stage.event.code
    stage.publish(registration={"state": "open", "url": "https://example.org/new"})
    mails = stage.tell()
    assert mails["rosa"]["Subject"] == "New link: Care in the city"
    assert f"\nhttp://wmd.example/go/{code}\n" in text_of(mails["rosa"])
    assert "example.org/new" not in text_of(mails["rosa"])
    assert objects(mails["ravi"]) == []
    session = stage.dbs.scalars(select(EventSession)).one()
    assert f"http://wmd.example/go/{session.code}?t=" in text_of(mails["ravi"])


@ONE_ENGINE
def test_move_there_and_back_tells_nobody(stage: Stage) -> None:
    stage.publish(documents.session(**MOVED))
    stage.publish(documents.session())
    assert stage.tell(50 * MINUTE) == {}
    assert stage.dbs.scalars(select(ChangeNotice.told_at)).one() == stage.clock.now


@ONE_ENGINE
def test_several_changes_are_one_mail(stage: Stage) -> None:
    stage.publish(documents.session(**MOVED))
    stage.publish(documents.session(**MOVED), format="hybrid", venue=VENUE)
    mails = stage.tell()
    assert mails["rosa"]["Subject"] == "Changed: Care in the city"
    assert "Hybrid\nCity Hall" in text_of(mails["rosa"])
    assert "10:00–11:30, Bogotá" in text_of(mails["rosa"])


def test_only_chosen_sessions_are_told_and_invited(stage: Stage) -> None:
    both = [documents.session(), documents.session(key="second", starts="2021-10-08T15:00", ends="2021-10-08T16:00",
                                                   time_text="")]  # fmt: skip
    stage.publish(*both)
    stage.tell()
    first, second = stage.dbs.scalars(select(EventSession).order_by(EventSession.starts_at)).all()
    attendees.register(stage.dbs, stage.person("una"), stage.event, NOW, sessions=[first.id])
    attendees.register(stage.dbs, stage.person("dos"), stage.event, NOW, sessions=[second.id])
    stage.dbs.commit()
    stage.publish(both[0], {**both[1], "status": "cancelled"})
    mails = stage.tell()
    assert sorted(mails) == ["dos", "ravi", "rosa"]
    assert mails["dos"]["Subject"] == "Partly cancelled: Care in the city"
    for reader in ("dos", "ravi"):
        method, entry = read_invitation(mails[reader])
        assert (method, str(entry["UID"])) == ("CANCEL", second.uid)


@ONE_ENGINE
def test_new_date_is_told_and_invited(stage: Stage) -> None:
    stage.publish(documents.session(), documents.session(key="second", starts="2021-10-08T15:00",
                  ends="2021-10-08T16:00", time_text=""))  # fmt: skip
    mails = stage.tell()
    assert mails["rosa"]["Subject"] == "New date: Care in the city"
    assert "Another date:\nFri 8 Oct: Friday 8 October 2021, 08:00–09:00, Bogotá (UTC−5)" in text_of(mails["rosa"])
    assert read_invitation(mails["ravi"])[0] == "REQUEST"


def several_dates(count: int, hour: int, **facts: Any) -> list[dict[str, Any]]:
    return [
        documents.session(
            key=f"s{day}", starts=f"2021-10-{day:02}T{hour}:00", ends=f"2021-10-{day:02}T{hour + 1}:00", time_text="",
            **facts,
        )
        for day in range(7, 7 + count)
    ]  # fmt: skip


def to_ravi(stage: Stage) -> list[EmailMessage]:
    """Let people be told, and the short mails follow; return what Ravi got."""
    before = len(stage.mailbox.mails)
    stage.tell()
    stage.tell(MINUTE)
    return [mail for reader, mail in stage.mailbox.mails[before:] if reader == "ravi@attendees.example"]


@ONE_ENGINE
def test_several_dates_that_move_are_a_mail_each_for_who_is_invited(stage: Stage) -> None:
    stage.publish(*several_dates(3, 15))
    to_ravi(stage)
    stage.publish(*several_dates(2, 17), *several_dates(3, 15, status="cancelled")[2:])
    mails = to_ravi(stage)
    uids = stage.dbs.scalars(
        select(EventSession.uid).where(EventSession.key.in_(["s7", "s8", "s9"])).order_by(EventSession.key)
    ).all()
    found = [(method, str(entry["UID"])) for method, entry in map(read_invitation, mails)]
    assert (found[0], sorted(found)) == (
        ("REQUEST", uids[0]), sorted([("REQUEST", uids[0]), ("REQUEST", uids[1]), ("CANCEL", uids[2])])
    )  # fmt: skip
    assert [str(mail["Subject"]) for mail in mails[1:]] == ["For your calendar: Care in the city"] * 2
    assert len({mail["Message-ID"] for mail in mails}) == 3
    assert [mail["X-Mail-Kind"] for reader, mail in stage.mailbox.mails if "rosa" in reader].count(
        "calendar-entry"
    ) == 0


@ONE_ENGINE
def test_more_dates_than_anybody_wants_mails_of_are_one_mail_that_says_so(stage: Stage) -> None:
    stage.publish(*several_dates(6, 15))
    to_ravi(stage)
    stage.publish(*several_dates(6, 17))
    [mail] = to_ravi(stage)
    assert [name for name, _ in objects(mail)] == [
        "",
        "invite.ics",
        *(f"invite-{number}.ics" for number in range(2, 7)),
    ]
    assert "Several entries for your calendar are attached. Open each of them" in text_of(mail)


def gone_quiet(stage: Stage, **facts: Any) -> None:
    attendees.follow(stage.dbs, stage.person("zoe", **facts), stage.event, NOW)


NOT_TOLD: dict[str, Callable[[Stage], None]] = {
    "paused": lambda stage: gone_quiet(stage, paused_at=NOW),
    "left": lambda stage: gone_quiet(stage, left_at=NOW),
    "unconfirmed": lambda stage: gone_quiet(stage, confirmed_at=None),
    "ended": lambda stage: attendees.follow(stage.dbs, stage.person("zoe"), stage.event, NOW, ended_at=NOW) and None,
    "came after it": lambda stage: attendees.follow(
        stage.dbs, stage.person("zoe"), stage.event, NOW + 5 * MINUTE
    ) and None,
}  # fmt: skip


@pytest.mark.parametrize("why", NOT_TOLD)
def test_who_does_not_want_it_or_saw_it_already_is_not_told(stage: Stage, why: str) -> None:
    NOT_TOLD[why](stage)
    stage.dbs.commit()
    stage.publish(documents.session(**MOVED))
    assert sorted(stage.tell()) == ["ravi", "rosa"]


@ONE_ENGINE
def test_who_confirms_while_a_change_is_being_published_is_told(stage: Stage) -> None:
    # The change bears the instant at which publishing began; whoever came before its end was shown the old time.
    attendees.follow(stage.dbs, stage.person("zoe"), stage.event, stage.clock.now + 2 * MINUTE)
    late = stage.clock.now + 2 * MINUTE + timedelta(seconds=1)
    attendees.follow(stage.dbs, stage.person("yan"), stage.event, late)
    stage.dbs.commit()
    stage.publish(documents.session(**MOVED))
    assert sorted(stage.tell()) == ["ravi", "rosa", "zoe"]


def test_who_stops_between_the_page_and_the_sending_gets_nothing(stage: Stage) -> None:
    stage.publish(documents.session(**MOVED))
    stage.clock.now += 15 * MINUTE
    tell_changes(stage.tools())
    stage.dbs.execute(update(Follow).values(ended_at=stage.clock.now))
    stage.dbs.execute(update(Attendee).where(Attendee.person_id == "ravi").values(paused_at=stage.clock.now))
    stage.dbs.commit()
    send_mail(stage.tools())
    assert stage.mailbox.mails == []
    assert dict(stage.dbs.execute(select(Message.state, Message.reason)).tuples().all()) == {
        "cancelled": "no longer wanted"
    }  # fmt: skip


def test_mail_that_waited_says_the_time_that_holds_when_it_goes_out(stage: Stage) -> None:
    stage.publish(documents.session(**MOVED))
    stage.clock.now += 15 * MINUTE
    tell_changes(stage.tools())
    stage.publish(documents.session(starts="2021-10-07T20:00", ends="2021-10-07T21:00", time_text=""))
    send_mail(stage.tools())
    first = dict(stage.mailbox.mails)["rosa@attendees.example"]
    assert "It is now:  \nThursday 7 October 2021, 13:00–14:00, Bogotá (UTC−5)" in text_of(first)
    assert "10:00–11:30" not in text_of(first)
    second = stage.tell()["rosa"]
    assert "It was:  \nThursday 7 October 2021, 10:00–11:30, Bogotá (UTC−5)" in text_of(second)
    assert "It is now:  \nThursday 7 October 2021, 13:00–14:00, Bogotá (UTC−5)" in text_of(second)


def test_mail_made_before_a_move_is_made_anew_at_the_handover(stage: Stage) -> None:
    stage.publish(documents.session(**MOVED))
    stage.clock.now += 15 * MINUTE
    tell_changes(stage.tools())
    later = documents.session(starts="2021-10-07T20:00", ends="2021-10-07T21:00", time_text="")
    moves = iter([lambda: stage.publish(later)])
    # The first mail is made; while its server is asked whether it is there, the event moves once more.
    stage.mailbox.against = lambda: next(moves, lambda: None)() or None
    send_mail(stage.tools())
    assert len(stage.mailbox.mails) == 2
    for _, mail in stage.mailbox.mails:
        assert "20:00–21:00, Barcelona" in text_of(mail)
        assert "17:00–18:30" not in text_of(mail)


def leave(stage: Stage, into: Event | None = None) -> None:
    """Take the event off the list, or let another take its place."""
    if into is None:
        hide(stage.dbs, stage.event, stage.setting, actor="person:m", now=stage.clock.now)
    else:
        merge(stage.dbs, stage.event, into, stage.setting, actor="person:m", now=stage.clock.now)
    stage.dbs.commit()
    stage.clock.now += MINUTE


def test_who_wanted_to_attend_hears_that_an_event_left_the_programme_and_nothing_of_its_words(stage: Stage) -> None:
    stage.publish(documents.session(**MOVED))
    leave(stage)
    mails = stage.tell()

    assert sorted(mails) == ["ravi", "rosa"]
    assert {mail["Subject"] for mail in mails.values()} == {"No longer in our programme: Care in the city"}
    method, entry = read_invitation(mails["ravi"])
    slot = stage.dbs.scalars(select(EventSession)).one()
    assert (method, str(entry["UID"]), int(entry["SEQUENCE"])) == ("CANCEL", slot.uid, slot.sequence)
    assert entry.decoded("DTSTART") == slot.starts_at
    assert objects(mails["rosa"]) == []
    for mail in mails.values():
        assert "Thursday 7 October 2021, 17:00–18:30, Barcelona" in text_of(mail)
        assert "Metro Lab" not in text_of(mail)
    for _, data in objects(mails["ravi"]):
        assert "Care in the city" not in data.decode()
    assert stage.tell(60 * MINUTE) == {}


@ONE_ENGINE
def test_event_that_is_shown_again_in_time_is_told_of_to_nobody(stage: Stage) -> None:
    leave(stage)
    show(stage.dbs, stage.event, stage.setting, actor="person:m", now=stage.clock.now)
    stage.dbs.commit()

    assert stage.tell(60 * MINUTE) == {}
    assert stage.dbs.scalars(select(Change.kind).order_by(Change.id)).all() == ["added", "hidden", "revived"]


@ONE_ENGINE
def test_event_that_is_shown_again_later_comes_with_its_invitation(stage: Stage) -> None:
    leave(stage)
    stage.tell()
    show(stage.dbs, stage.event, stage.setting, actor="person:m", now=stage.clock.now)
    stage.dbs.commit()
    mails = stage.tell()

    assert {mail["Subject"] for mail in mails.values()} == {"It takes place: Care in the city"}
    assert read_invitation(mails["ravi"])[0] == "REQUEST"


@ONE_ENGINE
@pytest.mark.parametrize("why", ["called off before", "over", "another date", "muted"])
def test_who_lost_nothing_by_it_is_not_told_that_an_event_left(stage: Stage, why: str) -> None:
    if why == "called off before":
        stage.publish(documents.session(status="cancelled"))
        stage.tell()
    elif why == "over":
        stage.clock.now = datetime(2021, 10, 8, tzinfo=UTC)
    elif why == "another date":
        stage.dbs.execute(update(Registration).values(sessions=["another"]))
        stage.dbs.execute(update(Follow).values(ended_at=NOW))
    else:
        stage.dbs.execute(update(Registration).values(muted_at=NOW))
        stage.dbs.execute(update(Follow).values(ended_at=NOW))
    stage.dbs.commit()
    leave(stage)

    assert stage.tell() == {}


def test_who_had_a_place_in_a_merged_event_is_led_to_the_one_that_took_its_place(stage: Stage) -> None:
    stage.publish(others=(documents.event("two"),))
    into = stage.dbs.scalars(select(Event).where(Event.key == "two")).one()
    leave(stage, into)
    mails = stage.tell()

    # Rosa, who only followed it, follows the other one now.
    assert sorted(mails) == ["ravi"]
    text = text_of(mails["ravi"])
    assert ("Another listing took its place" in text, f"http://wmd.example/e/{into.code}\n" in text) == (True, True)
    assert read_invitation(mails["ravi"])[0] == "CANCEL"


@ONE_ENGINE
def test_mail_that_an_event_left_does_not_go_out_once_it_is_back(stage: Stage) -> None:
    leave(stage)
    stage.clock.now += 15 * MINUTE
    tell_changes(stage.tools())
    show(stage.dbs, stage.event, stage.setting, actor="person:m", now=stage.clock.now)
    stage.dbs.commit()
    send_mail(stage.tools())

    assert stage.mailbox.mails == []


def test_staff_hear_at_once_of_what_changes_shortly_before(stage: Stage) -> None:
    cast = make_cast(stage.dbs, NOW)
    stage.dbs.commit()
    stage.clock.now = datetime(2021, 10, 6, 9, tzinfo=UTC)
    stage.publish(documents.session(**MOVED))
    mails = stage.tell(timedelta())
    assert mails
    assert {mail["X-Mail-Kind"] for mail in mails.values()} == {"late-change"}
    text = text_of(next(iter(mails.values())))
    submission = stage.dbs.scalars(select(Submission.id)).one()
    assert "They get a mail: registered here 1, following 1." in text
    assert f"/staff/desk/{submission}" in text
    assert "List-Unsubscribe" not in next(iter(mails.values()))
    assert cast.mona
    assert stage.tell(timedelta()) == {}


@pytest.mark.parametrize("size", [1, 2, 3, 200])
def test_pages_of_any_size_tell_everybody_once(stage: Stage, size: int) -> None:
    for number in range(5):
        attendees.follow(stage.dbs, stage.person(f"p{number}"), stage.event, NOW)
    stage.dbs.commit()
    stage.publish(documents.session(**MOVED))
    stage.clock.now += 15 * MINUTE
    notice = stage.dbs.scalars(select(ChangeNotice.id)).one()
    pages = 1
    while tell_page(stage.dbs, notice, now=stage.clock.now, size=size):
        stage.dbs.commit()
        pages += 1
    stage.dbs.commit()
    assert pages == 7 // size + 1
    told = stage.dbs.scalars(select(Message.person_id).order_by(Message.person_id)).all()
    assert told == ["p0", "p1", "p2", "p3", "p4", "ravi", "rosa"]
    assert stage.dbs.scalars(select(ChangeNotice.people)).one() == 7


@pytest.mark.parametrize("count", [1, 3])
def test_reading_a_batch_takes_as_many_statements_for_three_as_for_one(stage: Stage, count: int) -> None:
    for number in range(count):
        attendees.register(stage.dbs, stage.person(f"p{number}"), stage.event, NOW)
    stage.dbs.commit()
    stage.publish(documents.session(**MOVED))
    stage.clock.now += 15 * MINUTE
    tell_changes(stage.tools())
    rows = stage.dbs.scalars(select(Message).where(Message.person_id.startswith("p"))).all()
    assert len(rows) == count
    tools = stage.tools()
    with count_statements(stage.dbs) as so_far:
        read_attendee_letters(stage.dbs, rows, tools.press, OwnLinks(tools.box, stage.clock.now))
    assert so_far() == 24


@ONE_ENGINE
def test_one_click_stops_are_in_the_head_and_no_link_is_shown_to_staff(stage: Stage) -> None:
    stage.publish(documents.session(**MOVED))
    mail = stage.tell()["rosa"]
    stop = str(mail["List-Unsubscribe"]).strip("<>")
    assert stop.startswith("http://wmd.example/me/unsubscribe/")
    assert stop in text_of(mail)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    row = stage.dbs.scalars(select(Message).where(Message.person_id == "ravi")).one()
    reading = shown(stage.dbs, row, stage.tools().press)
    assert "http://wmd.example/me/•••/" in reading.text
    assert "?t=•••" in reading.text


def test_real_mail_server_gets_the_invitation_whole_with_the_times_that_are_published(stage: Stage) -> None:
    stage.publish(documents.session(**MOVED))
    stage.clock.now += 15 * MINUTE
    tell_changes(stage.tools())
    answers = Answers()
    with smtp_server(answers) as port:
        mailer = SmtpMailer(SmtpSetting.from_url(f"smtp://127.0.0.1:{port}"), hello="wmd.example", per_minute=0)
        assert send_mail(replace(stage.tools(), mailer=mailer)) == 2
    row = stage.dbs.scalars(select(EventSession)).one()
    assert sorted(answers.readers) == ["ravi@attendees.example", "rosa@attendees.example"]
    taken = {reader: read_mail(data) for reader, data in answers.taken}
    method, entry = read_invitation(taken["ravi@attendees.example"])
    assert (method, entry.decoded("DTSTART"), entry.decoded("DTEND")) == ("REQUEST", row.starts_at, row.ends_at)
    assert "10:00–11:30, Bogotá" in text_of(taken["rosa@attendees.example"])


def test_hostile_title_stays_a_title(stage: Stage) -> None:
    hostile = 'https://evil.example/\r\nBcc: eve@evil.example {stop_link} <b>"x"</b>'
    stage.publish(documents.session(**MOVED))
    stage.dbs.execute(update(EventText).where(EventText.field == "title").values(body=hostile))
    stage.dbs.commit()
    mail = stage.tell()["ravi"]
    assert "Bcc" not in mail
    assert str(mail["Subject"]).endswith(' {stop_link} <b>"x"</b>')
    assert "<b>" not in html_of(mail)
    assert read_invitation(mail)[0] == "REQUEST"


@ONE_ENGINE
def test_mail_about_an_event_that_left_is_the_golden_one(stage: Stage) -> None:
    leave(stage)
    found = written(stage.tell()["ravi"])
    path = GOLDEN / "event-unlisted.txt"
    if os.environ.get("WMD_WRITE_GOLDEN"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["event-changed", "event-called-off", "late-change"])
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_mail_is_the_golden_one(stage: Stage, kind: str) -> None:
    if kind == "late-change":
        make_cast(stage.dbs, NOW)
        stage.dbs.commit()
        stage.clock.now = datetime(2021, 10, 6, 9, tzinfo=UTC)
    change = {"status": "cancelled"} if kind == "event-called-off" else MOVED
    session = documents.session(starts="2021-10-09T10:00", ends="2021-10-09T11:00", time_text="")
    other = documents.event("two", texts={"en": {"title": "Another one"}}, sessions=[session])
    stage.publish(others=(other,))
    stage.publish(documents.session(**change), others=(other,), public_reason={"en": "The hall is flooded."} if
                  kind == "event-called-off" else {})  # fmt: skip
    mails = stage.tell(timedelta() if kind == "late-change" else 15 * MINUTE)
    mail = next(mail for mail in (mails.get("ravi"), *mails.values()) if mail is not None)
    found = written(mail)
    path = GOLDEN / f"{kind}.txt"
    if os.environ.get("WMD_WRITE_GOLDEN"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


def written(mail: EmailMessage) -> str:
    """Return a mail as its golden file has it: headers, text, HTML, calendar; tokens and boundaries left out."""
    headers = "".join(f"{name}: {value}\n" for name, value in mail.items() if name not in {"Content-Type"})
    parts = [f"==== {name or 'offered'}\n{data.decode()}" for name, data in objects(mail)]
    whole = "\n".join((headers, text_of(mail), "==== HTML", html_of(mail), *parts)).replace("\r\n", "\n")
    whole = re.sub(r"\?t=(?:[\w.-]|\n ){20,}", "?t=TOKEN", whole)
    whole = re.sub(r"(/me/unsubscribe/|/me/)[\w.-]{20,}", r"\1TOKEN", whole)
    whole = re.sub(r"/registrations/[\w-]+", "/registrations/ID", whole)
    whole = re.sub(r"/staff/desk/[\w-]+", "/staff/desk/ID", whole)
    return re.sub(r"Message-ID: .*", "Message-ID: …", whole)
