"""What people read about their place, with the invitation from the first mail on, and taken back at the end."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import attendees
from tests.conftest import Clock
from tests.mails import Mailbox, text_of
from tests.services.test_registrations import join, publish
from tests.services.test_telling import GOLDEN, objects, read_invitation, written
from tests.submissions import MONA
from wmd.jobs.mail_causes import send_letters, turn_waiting_lists
from wmd.jobs.outbox import send_mail
from wmd.jobs.tools import Tools, tools_of
from wmd.models import Attendee, Event, EventSession, Message, Person, RegistrantLetter, Registration, Submission
from wmd.secretbox import SecretBox
from wmd.services import registrations as places
from wmd.services.letters import shown
from wmd.services.personal_links import open_token
from wmd.services.publishing import Setting
from wmd.services.registrant_letters import decide_letter
from wmd.services.registration_changes import change_wanted
from wmd.services.registration_mail import NOTHING_ON
from wmd.services.registration_wishes import Wanted
from wmd.services.rooms import room_for
from wmd.services.zoom_registrants import tell

NOW = datetime(2021, 10, 7, 13, 1, tzinfo=UTC)


class Desk:
    """An event of two dates with one place, and the mails that go out about it."""

    def __init__(self, app: Flask, dbs: Session, setting: Setting, clock: Clock) -> None:
        self.app, self.dbs, self.clock, self.mailbox = app, dbs, clock, Mailbox()
        clock.now = NOW
        self.event: Event = publish(dbs, setting, capacity=1)
        self.box: SecretBox = app.extensions["wmd.secretbox"]

    def tools(self) -> Tools:
        return replace(tools_of(self.app, self.dbs), mailer=self.mailbox, workers=1)

    def join(self, who: str, **wanted: object) -> Registration:
        row = join(self.dbs, self.box, self.event, who, now=self.clock.now, **wanted)
        self.dbs.get_one(Person, row.person_id).zone = "America/Bogota"
        self.dbs.commit()
        return row

    def mails_after_sending(self) -> list[tuple[str, EmailMessage]]:
        """Run the job that sends, and return every new mail."""
        before = len(self.mailbox.mails)
        send_mail(self.tools())
        return self.mailbox.mails[before:]

    def send(self) -> dict[str, EmailMessage]:
        """Run the jobs and return new mails by who got them."""
        before = len(self.mailbox.mails)
        turn_waiting_lists(self.tools())
        send_letters(self.tools())
        send_mail(self.tools())
        return {reader.partition("@")[0]: mail for reader, mail in self.mailbox.mails[before:]}


@pytest.fixture
def desk(app: Flask, dbs: Session, setting: Setting, clock: Clock) -> Desk:
    """The event, nobody registered yet."""
    return Desk(app, dbs, setting, clock)


def test_first_mail_carries_an_invitation_to_each_chosen_date(desk: Desk) -> None:
    second = list(desk.dbs.scalars(select(EventSession).order_by(EventSession.starts_at)))[1]
    desk.join("ana", sessions=(second.id,))
    mail = desk.send()["ana"]
    method, entry = read_invitation(mail)

    assert (method, str(entry["UID"]), str(entry["ATTENDEE"])) == ("REQUEST", second.uid, "mailto:ana@people.example")
    assert entry.decoded("DTSTART") == second.starts_at
    assert len(objects(mail)) == 2
    text = text_of(mail)
    assert "08:00–09:30, Bogotá (UTC−5)\n= Monday 11 October 2021, 15:00–16:30, Barcelona" in text
    assert ("10 October" in text, f"/go/{second.code}?t=" in text) == (False, True)


def test_invitation_leads_its_reader_into_the_room_and_its_revocation_has_no_token(desk: Desk) -> None:
    row = desk.join("ana")
    mail = desk.send()["ana"]
    assert "do not forward it" in text_of(mail)
    for _, data in objects(mail):
        ways = re.findall(rb"/go/(\w+)(\?t=[\w.-]+)?", data.replace(b"\r\n ", b""))
        assert len(ways) == 3
        assert all(token for _, token in ways)
        token = open_token(desk.box, ways[0][1][3:].decode(), scope="go", now=desk.clock.now)
        assert token is not None
        assert (token.person_id, token.subject) == (row.person_id, ways[0][0].decode())
    places.cancel(desk.dbs, row, box=desk.box, now=desk.clock.now)
    desk.dbs.commit()
    assert [b"?t=" in data for _, data in objects(desk.send()["ana"])] == [False] * 2


def test_each_date_is_offered_by_a_mail_of_its_own(desk: Desk) -> None:
    desk.join("ana")
    mail = desk.send()["ana"]
    assert desk.mails_after_sending() == []
    desk.clock.now += timedelta(minutes=1)
    [(reader, short)] = desk.mails_after_sending()
    uids = desk.dbs.scalars(select(EventSession.uid).order_by(EventSession.starts_at)).all()
    found = [(method, str(entry["UID"])) for method, entry in map(read_invitation, (mail, short))]
    assert (reader, found) == ("ana@people.example", [("REQUEST", uid) for uid in uids])
    assert (text_of(mail).count("11 October"), text_of(short).count("10 October")) == (2, 0)


@pytest.mark.parametrize("wish", ["publish", "none"])
def test_who_changed_their_mind_about_invitations_gets_no_short_mail(desk: Desk, wish: str) -> None:
    row = desk.join("ana")
    desk.send()
    desk.dbs.get_one(Attendee, row.person_id).invitations = wish
    desk.dbs.commit()
    desk.clock.now += timedelta(minutes=1)
    assert desk.mails_after_sending() == []


def test_cancelling_takes_the_invitation_back(desk: Desk) -> None:
    row = desk.join("ana")
    desk.send()
    places.cancel(desk.dbs, row, box=desk.box, now=desk.clock.now)
    desk.dbs.commit()
    mail = desk.send()["ana"]
    desk.clock.now += timedelta(minutes=1)
    apart = [mail for _, mail in desk.mails_after_sending()]

    uids = desk.dbs.scalars(select(EventSession.uid).order_by(EventSession.starts_at)).all()
    found = [(method, str(entry["UID"])) for method, entry in map(read_invitation, (mail, *apart))]
    assert found == [("CANCEL", uids[0]), ("CANCEL", uids[1])]
    assert "as you asked" in text_of(mail)


def test_who_never_had_a_place_gets_nothing_for_the_calendar(desk: Desk) -> None:
    desk.join("ana")
    row = desk.join("ben")
    mails = desk.send()
    assert [objects(mails["ben"]), str(mails["ben"]["Subject"])] == [[], "On the waiting list: Care in the city"]
    places.cancel(desk.dbs, row, box=desk.box, now=desk.clock.now)
    desk.dbs.commit()

    assert objects(desk.send()["ben"]) == []


@pytest.mark.parametrize(("wish", "count"), [("publish", 1), ("none", 0)])
def test_who_wants_a_file_or_nothing_gets_that(desk: Desk, wish: str, count: int) -> None:
    row = desk.join("ana")
    desk.dbs.get_one(Attendee, row.person_id).invitations = wish
    desk.dbs.commit()
    mail = desk.send()["ana"]

    assert len(objects(mail)) == count
    assert all(b"METHOD:PUBLISH" in data for _, data in objects(mail))
    assert ("Open the attached file" in text_of(mail)) == (wish == "publish")


def test_mail_that_is_overtaken_does_not_go_out(desk: Desk) -> None:
    row = desk.join("ana")
    places.cancel(desk.dbs, row, box=desk.box, now=desk.clock.now)
    desk.dbs.commit()

    assert [str(mail["Subject"]) for mail in desk.send().values()] == ["Not registered any more: Care in the city"]


@pytest.mark.parametrize("status", ["cancelled", "postponed"])
def test_mail_names_only_dates_that_take_place(desk: Desk, status: str) -> None:
    second = list(desk.dbs.scalars(select(EventSession).order_by(EventSession.starts_at)))[1]
    desk.join("ana")
    desk.join("ben")
    second.status = status
    desk.dbs.commit()
    mails = desk.send()

    for text in (text_of(mails["ana"]), text_of(mails["ben"])):
        assert ("Sunday 10 October 2021" in text, "11 October" in text) == (True, False)
    assert len(objects(mails["ana"])) == 2


def test_mail_about_dates_that_are_all_off_does_not_go_out(desk: Desk) -> None:
    first, second = desk.dbs.scalars(select(EventSession).order_by(EventSession.starts_at))
    desk.join("ana", sessions=(second.id,))
    second.status = "cancelled"
    desk.dbs.commit()

    assert (desk.send(), first.status) == ({}, "scheduled")
    message = desk.dbs.scalars(select(Message).where(Message.kind == "registered")).one()
    desk.dbs.refresh(message)
    assert (message.state, message.reason) == ("skipped", NOTHING_ON)


def test_button_of_an_early_mail_opens_the_room_of_a_session_that_moved(desk: Desk) -> None:
    first = next(iter(desk.dbs.scalars(select(EventSession).order_by(EventSession.starts_at))))
    desk.join("ana", sessions=(first.id,))
    found = re.search(r"/go/\w+\?t=(\S+)", text_of(desk.send()["ana"]))
    assert found is not None
    first.starts_at += timedelta(days=7)
    first.ends_at += timedelta(days=7)
    desk.dbs.commit()

    room = room_for(desk.dbs, desk.box, found[1], first.code, now=first.starts_at)
    assert room is not None
    assert room.starts_at == first.starts_at


def test_other_dates_are_invited_to_and_those_left_out_taken_back(desk: Desk) -> None:
    first, second = desk.dbs.scalars(select(EventSession.id).order_by(EventSession.starts_at))
    row = desk.join("ana", sessions=(first,))
    desk.send()
    desk.clock.now += timedelta(minutes=1)
    change_wanted(desk.dbs, row, Wanted(sessions=(second,)), box=desk.box, now=desk.clock.now)
    desk.dbs.commit()
    new = desk.mails_after_sending()
    desk.clock.now += timedelta(minutes=1)
    new += desk.mails_after_sending()

    # Each is offered by a mail of its own: a mail program takes up one of each mail.
    uids = dict(desk.dbs.execute(select(EventSession.id, EventSession.uid)).tuples().all())
    found = [(method, str(entry["UID"])) for method, entry in (read_invitation(mail) for _, mail in new)]
    assert found == [("REQUEST", uids[second]), ("CANCEL", uids[first])]
    assert "takes a date of it out of your calendar:\n\nSun 10 Oct: " in text_of(new[1][1])
    change_wanted(desk.dbs, row, Wanted(sessions=(second,)), box=desk.box, now=desk.clock.now)
    desk.dbs.commit()
    assert desk.send() == {}


def test_who_registers_anew_is_not_told_that_it_ended(desk: Desk) -> None:
    row = desk.join("ana")
    desk.send()
    places.cancel(desk.dbs, row, box=desk.box, now=desk.clock.now)
    desk.dbs.commit()
    desk.join("ana")

    assert [str(mail["Subject"]) for _, mail in desk.mails_after_sending()] == ["You have a place: Care in the city"]


def test_letter_is_not_sent_to_who_wants_no_mail_about_the_event(desk: Desk) -> None:
    row = desk.join("ana")
    desk.send()
    letter(desk)
    send_letters(desk.tools())
    row.muted_at = desk.clock.now
    desk.dbs.commit()

    assert desk.send() == {}


def test_offer_that_was_taken_meanwhile_is_not_mailed(desk: Desk) -> None:
    first, second = desk.join("ana"), desk.join("ben")
    desk.send()
    places.cancel(desk.dbs, first, box=desk.box, now=desk.clock.now)
    places.accept_offer(desk.dbs, second, box=desk.box, now=desk.clock.now)
    desk.dbs.commit()

    assert str(desk.send()["ben"]["Subject"]) == "You have a place: Care in the city"


@pytest.mark.parametrize("wish", ["paused_at", "left_at"])
@pytest.mark.parametrize(
    ("kind", "goes_out"),
    [("registered", True), ("waiting", True), ("place-offered", True), ("registration-ended", True),
     ("registrants-letter", False)],
)  # fmt: skip
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_who_paused_or_stopped_all_still_hears_of_their_own_place(
    desk: Desk, kind: str, goes_out: bool, wish: str
) -> None:
    """As the words on one's own page say; ``handover_checks`` and ``audience`` hold back all that follows an event."""
    arrange(desk, kind)
    send_letters(desk.tools())
    person_id = desk.dbs.scalars(select(Person.id).where(Person.address.like("ana@%"))).one()
    setattr(desk.dbs.get_one(Attendee, person_id), wish, NOW)
    desk.dbs.commit()

    found = [str(mail["X-Mail-Kind"]) for who, mail in desk.mails_after_sending() if who.startswith("ana@")]
    assert found == ([kind] if goes_out else [])


def letter(desk: Desk, state: str = "approved", *, by_staff: bool = False) -> None:
    desk.dbs.add(
        RegistrantLetter(
            id="letter", by_staff=by_staff, event_id=desk.event.id,
            author=attendees.attend(desk.dbs, "orga", NOW), subject="Bring water",
            body="It will be <hot>.\n{stop_link}", state=state, created_at=NOW,
            decided_at=NOW if state == "approved" else None,
        )
    )  # fmt: skip
    desk.dbs.commit()


def arrange(desk: Desk, kind: str) -> None:
    """Let things happen until a mail of a kind is due for ana."""
    row = desk.join("ana") if kind not in {"waiting", "place-offered"} else None
    if row is None:
        first = desk.join("ben")
        desk.join("ana")
        if kind == "place-offered":
            desk.send()
            places.cancel(desk.dbs, first, box=desk.box, now=desk.clock.now)
    elif kind == "registration-ended":
        desk.send()
        places.cancel(desk.dbs, row, box=desk.box, now=desk.clock.now)
    elif kind in {"registrants-letter", "staff-letter"}:
        desk.send()
        letter(desk, by_staff=kind == "staff-letter")
    elif kind == "room-place":
        desk.send()
        tell(desk.dbs, row, desk.event, "denied", mark="z", cause="job:zoom-registrants", box=desk.box, now=NOW)
    elif kind == "calendar-entry":
        desk.send()
        desk.clock.now += timedelta(minutes=1)
    desk.dbs.commit()


KINDS = (
    "registered",
    "calendar-entry",
    "waiting",
    "place-offered",
    "registration-ended",
    "registrants-letter",
    "staff-letter",
    "room-place",
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_mail_is_the_golden_one(desk: Desk, kind: str) -> None:
    arrange(desk, kind)
    found = written(desk.send()["ana"])
    path = GOLDEN / f"{kind}.txt"
    if os.environ.get("WMD_WRITE_GOLDEN"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["letter-accepted", "letter-refused"])
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_mail_to_who_wrote_a_letter_is_the_golden_one(desk: Desk, kind: str) -> None:
    desk.join("ana")
    desk.send()
    letter(desk, state="pending")
    submission = desk.dbs.scalars(select(Submission)).one()
    submission.person_id = "orga"
    attendees.attend(desk.dbs, "mona", NOW)
    desk.dbs.commit()
    row = desk.dbs.get_one(RegistrantLetter, "letter")
    verdict = "approved" if kind == "letter-accepted" else "refused"
    decide_letter(desk.dbs, row, verdict, "It names {name}\n\nand a <b>price</b>.", actor=MONA, box=desk.box, now=NOW)
    desk.dbs.commit()
    found = written(desk.send()["orga"]).replace(submission.id, "SUBMISSION")
    path = GOLDEN / f"{kind}.txt"
    if os.environ.get("WMD_WRITE_GOLDEN"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_staff_see_no_link_of_a_reader(desk: Desk, kind: str) -> None:
    arrange(desk, kind)
    desk.send()
    row = desk.dbs.scalars(select(Message).join(Person).where(Message.kind == kind, Person.address.like("ana@%"))).one()
    text = shown(desk.dbs, row, desk.tools().press).text

    assert "/me/•••/" in text
    assert "v1." not in text


def test_registrants_stop_mails_with_one_click_and_keep_their_place(desk: Desk) -> None:
    row = desk.join("ana")
    mail = desk.send()["ana"]

    assert str(mail["List-Unsubscribe"]).startswith("<http://wmd.example/me/unsubscribe/")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert row.state == "registered"


def test_every_link_of_a_mail_is_made_when_it_goes_out(desk: Desk, count_secrets: Callable[[], int]) -> None:
    desk.join("ana")
    desk.clock.now += timedelta(minutes=1)
    desk.send()

    assert count_secrets() == 0


@pytest.fixture
def count_secrets(dbs: Session) -> Callable[[], int]:
    """Count messages that keep something sealed."""
    return lambda: len(list(dbs.scalars(select(Message).where(Message.sealed != ""))))
