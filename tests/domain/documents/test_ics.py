from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.documents.cast import CALENDAR_DEFAULTS, REGISTRATION_PAGE, read_stored, wall
from wmd.domain.content import OrganiserContent, RegistrationContent, SessionContent, TextContent, VenueContent
from wmd.domain.documents.ics_lines import MOST_EVENTS
from wmd.domain.documents.read_file import ReadFile
from wmd.domain.documents.read_ics import IcsDefaults, read
from wmd.domain.vocabulary import EventFormat, RegistrationState, SessionStatus

JOIN = "https://us02web.zoom.us/j/81234567890?pwd=c2VjcmV0d29yZA"


def calendar(*lines: str, defaults: IcsDefaults = CALENDAR_DEFAULTS, head: str = "") -> ReadFile:
    """Read a calendar with one entry of these lines."""
    text = "\r\n".join(
        ["BEGIN:VCALENDAR", *filter(None, [head]), "BEGIN:VEVENT", "UID:a", *lines, "END:VEVENT", "END:VCALENDAR"]
    )
    return read(text.encode(), "x.ics", edition_slug="2021", defaults=defaults)


def session_of(read_file: ReadFile) -> SessionContent:
    assert read_file.findings == ()
    return read_file.file.events[0].sessions[0]


def test_entry_becomes_an_event_with_its_uid_as_key() -> None:
    (event,) = read_stored("faultless.ics").file.events

    assert (event.key, event.organisers) == ("a@example.org", (OrganiserContent("metro-lab"),))
    assert event.texts == {"en": TextContent("A walk, with care", description="We visit five places of care.")}
    assert event.sessions == (
        SessionContent(
            "", "a@example.org", zone="Europe/Madrid", starts=wall("2021-10-05T10:00"), ends=wall("2021-10-05T11:30")
        ),
    )
    assert event.registration == RegistrationContent(RegistrationState.OPEN, REGISTRATION_PAGE)


def test_name_that_windows_gives_a_zone_is_translated() -> None:
    (event,) = read_stored("windows-zone.ics").file.events

    assert event.sessions[0].zone == "Europe/Paris"


def test_time_in_utc_is_written_in_the_zone_of_the_calendar() -> None:
    session = read_stored("utc-and-duration.ics").file.events[0].sessions[0]

    assert (session.zone, session.starts, session.ends) == (
        "Asia/Kathmandu", wall("2021-10-05T13:45"), wall("2021-10-05T15:15"),
    )  # fmt: skip
    assert session.status is SessionStatus.CANCELLED


@pytest.mark.parametrize(
    ("head", "zone", "expected"),
    [
        ("", "", ("UTC", "2021-10-05T08:00")),
        ("", "America/Bogota", ("America/Bogota", "2021-10-05T03:00")),
        ("X-WR-TIMEZONE:Asia/Tokyo", "", ("Asia/Tokyo", "2021-10-05T17:00")),
        ("X-WR-TIMEZONE:Asia/Tokyo", "America/Bogota", ("America/Bogota", "2021-10-05T03:00")),
        ("X-WR-TIMEZONE:CET", "", ("UTC", "2021-10-05T08:00")),
    ],
)
def test_zone_for_utc_is_the_given_one_then_the_calendars_own(head: str, zone: str, expected: tuple[str, str]) -> None:
    defaults = IcsDefaults(organiser="metro-lab", zone=zone)
    session = session_of(calendar("DTSTART:20211005T080000Z", "DTEND:20211005T090000Z", defaults=defaults, head=head))

    assert (session.zone, session.starts) == (expected[0], wall(expected[1]))


def test_hours_of_a_duration_are_counted_by_the_stop_watch_and_days_by_the_calendar() -> None:
    night = "DTSTART;TZID=Europe/Madrid:20211030T200000"

    assert session_of(calendar(night, "DURATION:PT10H")).ends == wall("2021-10-31T05:00")
    assert session_of(calendar(night, "DURATION:P1D")).ends == wall("2021-10-31T20:00")


def test_dates_are_whole_days_whose_end_is_exclusive_in_the_calendar() -> None:
    several = session_of(calendar("DTSTART;VALUE=DATE:20211004", "DTEND;VALUE=DATE:20211009"))
    single = session_of(calendar("DTSTART;VALUE=DATE:20211004"))

    assert (several.all_day, several.starts_on, several.ends_on) == (True, date(2021, 10, 4), date(2021, 10, 8))
    assert (single.all_day, single.starts_on, single.ends_on) == (True, date(2021, 10, 4), date(2021, 10, 4))


def test_children_are_sessions_of_their_parents_event() -> None:
    (event,) = read_stored("umbrella.ics").file.events

    assert event.key == "week@example.org"
    assert event.texts["en"].title == "A week of care"
    assert [(session.key, dict(session.title), session.all_day) for session in event.sessions] == [
        ("week@example.org", {"en": "A week of care"}, True),
        ("day1@example.org", {"en": "First talk"}, False),
    ]


def test_child_without_its_parent_in_the_file_still_belongs_to_it() -> None:
    read_file = calendar("SUMMARY:A talk", "RELATED-TO:week", "DTSTART;VALUE=DATE:20211004")

    assert [(f.code, f.where, f.line) for f in read_file.findings] == [("ics.no-parent", "VEVENT[0].RELATED-TO", 5)]
    assert [event.key for event in read_file.file.events] == ["week"]


def test_other_relations_make_no_family() -> None:
    read_file = calendar("RELATED-TO;RELTYPE=SIBLING:b", "DTSTART;VALUE=DATE:20211004")

    assert [event.key for event in read_file.file.events] == ["a"]


@pytest.mark.parametrize(
    "line",
    [f"LOCATION:{JOIN}", f"URL:{JOIN}", f"CONFERENCE;VALUE=URI:{JOIN}", f"CONFERENCE;VALUE=URI:{JOIN}\r\nURL:{JOIN}"],
)
def test_private_link_is_kept_apart_wherever_it_stands(line: str) -> None:
    read_file = calendar("SUMMARY:A talk", "DTSTART;VALUE=DATE:20211004", line)

    assert dict(read_file.join_links) == {"a": JOIN}
    assert JOIN not in repr(read_file)


def test_ordinary_link_is_the_events_page() -> None:
    (event,) = calendar("DTSTART;VALUE=DATE:20211004", "URL:https://example.org/walk").file.events

    assert (event.web_url, event.registration) == ("https://example.org/walk", RegistrationContent())


def test_place_and_coordinates_are_the_venue_of_an_event_that_people_come_to() -> None:
    defaults = IcsDefaults(organiser="x", format=EventFormat.IN_PERSON, host_city="Barcelona", host_country="ES")
    read_file = calendar("DTSTART;VALUE=DATE:20211004", "LOCATION:Town hall", "GEO:41.38;2.17", defaults=defaults)

    assert read_file.file.events[0].venue == VenueContent("Town hall", "", "Barcelona", "ES", 41.38, 2.17)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["DTSTART:20211004T100000Z", "DTEND;VALUE=DATE:20211005"], [("ics.mixed", "VEVENT[0].DTEND", 5)]),
        (["DTSTART;VALUE=DATE:20211004", "DTEND:20211005T100000Z"], [("ics.mixed", "VEVENT[0].DTEND", 5)]),
        (["SUMMARY:No time"], [("ics.no-start", "VEVENT[0]", 2)]),
        (["DTSTART;VALUE=DATE:20211004", "STATUS:MAYBE"], [("ics.status", "VEVENT[0].STATUS", 5)]),
        (["DTSTART;VALUE=DATE:20211004", "RDATE:20211005"], [("ics.recurrence", "VEVENT[0].RDATE", 5)]),
        (["DTSTART;VALUE=DATE:20211004", "GEO:north;west"], [("ics.value", "VEVENT[0].GEO", 5)]),
        (["DTSTART;VALUE=DATE:20211004", "END:VTODO"], [("ics.syntax", "", 5)]),
    ],
)
def test_entry_with_a_fault_is_named_with_property_and_line(
    lines: list[str], expected: list[tuple[str, str, int]]
) -> None:
    read_file = calendar(*lines)

    assert [(f.code, f.where, f.line) for f in read_file.findings] == expected
    assert read_file.file.events == ()


def test_number_of_entries_is_bounded_before_the_library_reads_them() -> None:
    text = "BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\nEND:VEVENT\n" * (MOST_EVENTS + 1) + "END:VCALENDAR\n"
    read_file = read(text.encode(), "x.ics", edition_slug="2021", defaults=CALENDAR_DEFAULTS)

    assert [(f.code, f.line) for f in read_file.findings] == [("ics.too-many", 2 + 2 * MOST_EVENTS)]


NAMES = st.one_of(
    st.sampled_from(["SUMMARY", "UID", "STATUS", "LOCATION", "GEO", "URL", "RELATED-TO", "CATEGORIES", 'X-A;B="']),
    st.sampled_from(["DTSTART", "DTSTART;TZID=Europe/Madrid", "DTSTART;VALUE=DATE", "DTEND", "DTEND;VALUE=DATE"]),
    st.just("DURATION"),
)
VALUES = st.one_of(
    st.text(alphabet='a0129TZP,;:\\"/.-', max_size=20),
    st.sampled_from(
        ["00010101T000000", "00010101T000000Z", "99991231", "99991231T235959Z", "PT1H", "P99999999D", "-P9D"]
    ),
)
CONTENT_LINES = st.lists(st.builds("{}{}{}".format, NAMES, st.sampled_from([":", ";", "=:"]), VALUES), max_size=6)


@given(CONTENT_LINES)
def test_reader_never_raises(lines: list[str]) -> None:
    assert calendar(*lines).file.edition_slug == "2021"
