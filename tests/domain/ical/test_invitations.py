"""Invitations to one person, read back by the strict check and by two libraries that are not ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st
from ical.calendar_stream import IcsCalendarStream

from tests.domain.ical import cast
from tests.domain.ical.test_parsers import HOSTILE
from tests.factories import make_event, make_session
from wmd.domain.ical import strict
from wmd.domain.ical.invitations import CalendarObject, Party, call_off, invite, publication
from wmd.domain.programme import EventView, SessionView
from wmd.domain.vocabulary import SessionStatus

AT = datetime(2021, 9, 30, 8, 15, 7, tzinfo=UTC)
US = Party("World Metropolitan Day", "events@wmd.example")
ANA = Party("Ana Example", "ana@people.example")


def message(event: EventView, method: str = "REQUEST", session: int = 0, **parties: Party) -> CalendarObject:
    shown = cast.published(event).sessions[session]
    make = invite if method == "REQUEST" else call_off
    named = {"organiser": US, "attendee": ANA, **parties}
    return make(shown, shown.entries["en"], stamped_at=AT, **named)


def only_event(data: bytes) -> Any:  # noqa: ANN401 -- the library has no types for it
    return icalendar.Calendar.from_ical(data).walk("VEVENT")[0]


def off(event: EventView, status: SessionStatus = SessionStatus.CANCELLED) -> EventView:
    """Return the event with its session called off, one version later."""
    session = event.sessions[0]
    gone = replace(session, status=status, sequence=session.sequence + 1)
    return replace(event, sessions=(gone,))


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
@pytest.mark.parametrize("event", [cast.lead_event(), make_event(1, title="a"), make_event(2, sessions=[
    make_session(1, zone="America/Bogota"), make_session(2)])])  # fmt: skip
def test_message_passes_the_strict_check(event: EventView, method: str) -> None:
    one = message(event, method)
    assert one.method == method
    assert strict.check_invitation(one.data, method) == []
    assert strict.check_invitation(one.data, "PUBLISH") != []


@pytest.mark.parametrize("status", [SessionStatus.CANCELLED, SessionStatus.POSTPONED])
def test_session_that_is_off_makes_a_cancel_and_no_request(status: SessionStatus) -> None:
    gone = off(cast.lead_event(), status)
    assert strict.check_invitation(message(gone, "CANCEL").data, "CANCEL") == []
    assert strict.check_invitation(message(gone).data, "REQUEST") != []


def test_uid_and_sequence_are_those_of_the_feed_and_the_stamp_is_that_of_sending() -> None:
    event = cast.lead_event()
    found, fed = only_event(message(event).data), icalendar.Calendar.from_ical(cast.feed_of([event])).walk("VEVENT")[0]
    same = ("UID", "SEQUENCE", "SUMMARY", "DTSTART", "DTEND", "LOCATION", "DESCRIPTION", "URL", "LAST-MODIFIED")
    assert {name: found.get(name) for name in same} == {name: fed.get(name) for name in same}
    assert found.decoded("DTSTAMP") == AT
    assert fed.decoded("DTSTAMP") == cast.CHANGED_AT


def test_one_attendee_is_asked_by_the_sender_of_the_mail() -> None:
    found = only_event(message(cast.lead_event()).data)
    assert (str(found["ORGANIZER"]), dict(found["ORGANIZER"].params)) == ("mailto:events@wmd.example", {"CN": US.name})
    assert str(found["ATTENDEE"]) == "mailto:ana@people.example"
    assert dict(found["ATTENDEE"].params) == {
        "CN": "Ana Example", "CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION",
        "RSVP": "TRUE",
    }  # fmt: skip


def test_cancel_has_the_same_uid_and_attendee_and_a_higher_sequence() -> None:
    event = cast.lead_event()
    first, last = only_event(message(event).data), only_event(message(off(event), "CANCEL").data)
    assert [str(each["UID"]) for each in (first, last)] == [event.sessions[0].uid] * 2
    assert str(first["ATTENDEE"]) == str(last["ATTENDEE"])
    assert (int(first["SEQUENCE"]), int(last["SEQUENCE"])) == (2, 3)
    assert (str(first["STATUS"]), str(last["STATUS"])) == ("CONFIRMED", "CANCELLED")
    assert "PARTSTAT" not in last["ATTENDEE"].params


def test_cancel_for_one_person_leaves_the_session_as_it_is_to_others() -> None:
    one = message(cast.lead_event(), "CANCEL")
    assert strict.check_invitation(one.data, "CANCEL") == []
    assert str(only_event(one.data)["STATUS"]) == "CANCELLED"


def test_file_to_add_holds_all_sessions_and_asks_nobody() -> None:
    event = cast.published(make_event(1, sessions=[make_session(1), make_session(2, zone="Asia/Kathmandu")]))
    one = publication([(each, each.entries["en"]) for each in event.sessions], organiser=US, stamped_at=AT)
    assert one.method == "PUBLISH"
    assert strict.check_invitation(one.data, "PUBLISH") == []
    calendar = icalendar.Calendar.from_ical(one.data)
    assert [str(each["UID"]) for each in calendar.walk("VEVENT")] == [each.uid for each in event.sessions]
    assert [str(each["TZID"]) for each in calendar.walk("VTIMEZONE")] == ["Asia/Kathmandu", "Europe/Madrid"]
    assert all("ATTENDEE" not in each for each in calendar.walk("VEVENT"))


def in_utc(session: SessionView) -> tuple[datetime, datetime]:
    return session.starts_at, session.ends_at


NIGHT_OF_25_OCTOBER = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("hours", range(-1, 3))
def test_times_of_a_night_that_turns_clocks_back_are_read_alike(hours: int) -> None:
    starts = NIGHT_OF_25_OCTOBER + timedelta(hours=hours)
    shown = make_session(1, starts_at=starts, ends_at=starts + timedelta(hours=2))
    data = message(make_event(1, sessions=[shown])).data
    assert strict.check_invitation(data, "REQUEST") == []
    ours = only_event(data)
    assert (ours.decoded("DTSTART"), ours.decoded("DTEND")) == in_utc(shown)
    other = vobject.readOne(data.decode()).vevent
    assert (other.dtstart.value, other.dtend.value) == in_utc(shown)
    third = IcsCalendarStream.calendar_from_ics(data.decode())
    assert (third.method, third.events[0].start.astimezone(UTC)) == ("REQUEST", starts)  # type: ignore[union-attr]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(HOSTILE), max_size=12).map("".join))
def test_hostile_names_and_titles_stay_where_they_are(text: str) -> None:
    event = make_event(1, texts=cast.texts("en", f"x{text}", text, text))
    data = message(event, attendee=Party(text, ANA.address)).data
    assert strict.check_invitation(data, "REQUEST") == []
    found = only_event(data)
    assert str(found["ATTENDEE"]) == "mailto:ana@people.example"
    assert len(icalendar.Calendar.from_ical(data).walk()) == len(icalendar.Calendar.from_ical(
        message(make_event(1)).data).walk())  # fmt: skip


@pytest.mark.parametrize(
    ("address", "uri"),
    [
        ("o'neil+wmd@sub.example.org", "mailto:o'neil+wmd@sub.example.org"),
        ("a%b?c&d#e@example.org", "mailto:a%25b%3Fc%26d%23e@example.org"),
        ("ána@example.org", "mailto:%C3%A1na@example.org"),
        ("a=b/c{d}@xn--bcher-kva.example", "mailto:a%3Db%2Fc%7Bd%7D@xn--bcher-kva.example"),
    ],
)
def test_address_is_written_as_a_uri(address: str, uri: str) -> None:
    data = message(cast.lead_event(), attendee=Party("", address)).data
    assert strict.check_invitation(data, "REQUEST") == []
    assert str(only_event(data)["ATTENDEE"]) == uri
    assert "CN" not in only_event(data)["ATTENDEE"].params


FAULTS = {
    "no method": (b"METHOD:REQUEST\r\n", b""),
    "another method": (b"METHOD:REQUEST", b"METHOD:CANCEL"),
    "no organiser": (b'ORGANIZER;CN="World Metropolitan Day":mailto:events@wmd.example\r\n', b""),
    "a web address as organiser": (b"mailto:events@wmd.example", b"https://wmd.example/"),
    "two mailboxes": (b"mailto:events@wmd.example", b"mailto:events@wmd.example@wmd.example"),
    "an answer already": (b"PARTSTAT=NEEDS-ACTION", b"PARTSTAT=ACCEPTED"),
    "called off": (b"STATUS:CONFIRMED", b"STATUS:CANCELLED"),
    "an alarm": (b"END:VEVENT", b"BEGIN:VALARM\r\nEND:VALARM\r\nEND:VEVENT"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_strict_check_of_an_invitation_finds(fault: str) -> None:
    data = message(cast.lead_event()).data.replace(b"\r\n ", b"")
    assert FAULTS[fault][0] in data
    assert not [each for each in strict.check_invitation(data, "REQUEST") if "octets" not in each]
    broken = strict.check_invitation(data.replace(*FAULTS[fault]), "REQUEST")
    assert [each for each in broken if "octets" not in each]
