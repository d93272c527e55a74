"""What we write, read back by parsers that are not ours, and by the strict one.

``ical`` is the strict parser behind Home Assistant, ``icalendar`` the lenient one behind many servers,
``vobject`` one that evaluates VTIMEZONE itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ical.calendar_stream import IcsCalendarStream

from tests.domain.ical import cast
from tests.factories import make_edition, make_event, make_session
from wmd.domain.ical import description, feed, strict
from wmd.domain.ical.words import ENGLISH
from wmd.domain.programme import EventView
from wmd.domain.vocabulary import SessionStatus

ZONES = (
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Africa/Casablanca",
    "Australia/Sydney",
    "Europe/Lisbon",
    "America/Asuncion",
    "Asia/Amman",
)

HOSTILE = (
    "\r\n", "\n", "\r", ";", ",", ":", '"', "\\", "\\n", "\\N", "\\,", "^n", "^'", "\x00", "\x07", "\x0b", "\x1f",
    "\x7f", "\x85", "\u2028", "\u202e", "\u2067", "\ufeff", "\t", "  ", "=", "BEGIN:VEVENT", "END:VCALENDAR", "x" * 71,
    "שלום", "مدن", "大都市", "é", "e\u0301", "👩\u200d👩\u200d👧", "🇪🇸", "👍🏽", "a", "Z", "-", "<b>", "&amp;", "%0A",
)  # fmt: skip


class Seen(NamedTuple):
    """What a parser says of one entry; times in UTC, or dates."""

    uid: str
    starts: date | datetime
    ends: date | datetime
    status: str
    title: str
    text: str


def in_utc(when: date | datetime) -> date | datetime:
    return when.astimezone(UTC) if isinstance(when, datetime) else when


def by_strict(data: bytes) -> Iterator[Seen]:
    for event in strict.parse(data).components("VEVENT"):
        starts, ends = event.when("DTSTART"), event.when("DTEND")
        assert starts is not None
        assert ends is not None
        yield Seen(
            event.text("UID"), in_utc(starts), in_utc(ends), event.raw("STATUS"), event.text("SUMMARY"),
            event.text("DESCRIPTION"),
        )  # fmt: skip


def by_ical(data: bytes) -> Iterator[Seen]:
    for event in IcsCalendarStream.calendar_from_ics(data.decode()).events:
        assert event.end is not None
        status = event.status.value if event.status else ""
        yield Seen(
            event.uid, in_utc(event.start), in_utc(event.end), status, event.summary or "", event.description or ""
        )


def by_icalendar(data: bytes) -> Iterator[Seen]:
    calendar = icalendar.Calendar.from_ical(data)
    assert calendar.errors == []
    for event in calendar.events:
        assert event.errors == []
        yield Seen(
            str(event["UID"]), in_utc(event.start), in_utc(event.end), str(event["STATUS"]), str(event["SUMMARY"]),
            str(event["DESCRIPTION"]),
        )  # fmt: skip


def by_vobject(data: bytes) -> Iterator[Seen]:
    # It keeps the first VTIMEZONE that it ever met under a name, whatever later calendars say.
    vars(vobject.icalendar)["__tzidMap"].clear()
    vobject.icalendar.registerTzid("UTC", vobject.icalendar.utc)
    calendar = vobject.readOne(data.decode())
    assert calendar.validate() is True
    for event in calendar.contents.get("vevent", []):
        yield Seen(
            event.uid.value, in_utc(event.dtstart.value), in_utc(event.dtend.value), event.status.value,
            event.summary.value, event.description.value,
        )  # fmt: skip


PARSERS: tuple[Callable[[bytes], Iterator[Seen]], ...] = (by_strict, by_ical, by_icalendar, by_vobject)


def expected(event: EventView) -> list[Seen]:
    """Return what every parser must see, taken from the source and not from bytes."""
    seen = []
    for session in event.sessions:
        text = event.original
        to = description.addresses(event, session, cast.BASE_URL)
        scheduled = session.status is SessionStatus.SCHEDULED
        seen.append(
            Seen(
                session.uid,
                session.starts_on if session.all_day else session.starts_at,
                session.ends_on + timedelta(days=1) if session.all_day else session.ends_at,
                "CONFIRMED" if scheduled else "CANCELLED",
                description.title(event, session, text, ENGLISH),
                description.full_text(make_edition(), event, session, text, ENGLISH, to),
            )
        )
    return seen


def feed_of(event: EventView) -> bytes:
    made = feed.join(cast.HEAD, cast.published(event).sessions, language="en", now_day=cast.DAY, running=True)
    assert strict.check_calendar(made.body) == []
    return made.body


@st.composite
def instants(draw: st.DrawFn) -> datetime:
    """Return a UTC minute of 2021 or 2026, most often in the season."""
    year = draw(st.sampled_from([2021, 2026]))
    start = datetime(year, draw(st.sampled_from([1, 3, 9, 9, 9, 10])), 20, tzinfo=UTC)
    return start + timedelta(minutes=draw(st.integers(0, 60 * 24 * 45)))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    zone=st.sampled_from(ZONES),
    starts_at=instants(),
    minutes=st.integers(1, 60 * 72),
    status=st.sampled_from(SessionStatus),
)
def test_times_in_hard_zones_are_read_alike_by_four_parsers(
    zone: str, starts_at: datetime, minutes: int, status: SessionStatus
) -> None:
    local = starts_at.astimezone(ZoneInfo(zone))
    session = make_session(
        1,
        zone=zone,
        status=status,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        starts_on=local.date(),
        ends_on=(starts_at + timedelta(minutes=minutes)).astimezone(ZoneInfo(zone)).date() + timedelta(days=3_650),
    )
    event = make_event(1, sessions=(session,))
    data = feed_of(event)
    for parser in PARSERS:
        assert list(parser(data)) == expected(event), parser.__name__


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    title=st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=12).map("".join),
    summary=st.lists(st.sampled_from(HOSTILE), max_size=25).map("".join),
    body=st.one_of(st.text(max_size=300), st.lists(st.sampled_from(HOSTILE), max_size=60).map("".join)),
)
def test_hostile_text_is_read_alike_by_four_parsers(title: str, summary: str, body: str) -> None:
    event = make_event(1, texts=cast.texts("en", f"T{title}", summary, body))
    data = feed_of(event)
    for parser in PARSERS:
        assert list(parser(data)) == expected(event), parser.__name__


@pytest.mark.parametrize("parser", PARSERS)
def test_every_kind_of_event_is_read_as_it_was_meant(parser: Callable[[bytes], Iterator[Seen]]) -> None:
    for event in cast.everything():
        seen = {entry.uid: entry for entry in parser(feed_of(event))}
        assert seen == {entry.uid: entry for entry in expected(event)}


def test_download_with_html_is_read_as_it_was_meant() -> None:
    event = cast.published(cast.lead_event())
    data = feed.single(make_edition(), event, language="en", html='<p>"a", b; c</p>\n<p>مدن</p>')
    for parser in PARSERS:
        assert list(parser(data)) == expected(event), parser.__name__
