"""Feeds: what is in them, in which order, and the ladder that keeps them small enough."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache

import pytest

from tests.domain.ical import cast
from tests.factories import make_edition, make_event, make_session
from wmd.domain.ical import feed, strict
from wmd.domain.ical.words import ENGLISH
from wmd.domain.programme import EntryView, SessionView
from wmd.domain.vocabulary import SessionStatus

DAY = cast.DAY


def join(
    sessions: Sequence[SessionView],
    *,
    head: feed.FeedHead = cast.HEAD,
    language: str = "en",
    now_day: date = DAY,
    running: bool = True,
    limit_bytes: int = feed.LIMIT_BYTES,
) -> feed.Feed:
    return feed.join(head, sessions, language=language, now_day=now_day, running=running, limit_bytes=limit_bytes)


def wall(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 -- wall time


def uids(body: bytes) -> list[str]:
    return [event.text("UID") for event in strict.parse(body).components("VEVENT")]


def test_join_with_all_kinds_of_events_passes_the_strict_check() -> None:
    sessions = cast.sessions_of(cast.published(event) for event in cast.everything())
    made = join(sessions)
    assert strict.check_calendar(made.body) == []
    assert (made.size, made.too_large, made.dropped, made.missing) == ("full", False, 0, 0)
    assert len(uids(made.body)) == len(sessions)


def test_join_writes_the_calendar_properties_with_their_parameters() -> None:
    body = join([], head=replace(cast.HEAD, name="Parks, squares", description="a; b")).body
    assert body.decode().split("\r\n") == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//World Metropolitan Day//Programme//EN",
        "CALSCALE:GREGORIAN",
        "LAST-MODIFIED:20210920T103000Z",
        "NAME;LANGUAGE=en:Parks\\, squares",
        "X-WR-CALNAME:Parks\\, squares",
        "DESCRIPTION;LANGUAGE=en:a\\; b",
        "X-WR-CALDESC:a\\; b",
        "URL:https://wmd.example/2021/programme",
        "SOURCE;VALUE=URI:https://wmd.example/2021/calendar.ics",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
        "X-PUBLISHED-TTL:PT6H",
        "COLOR:royalblue",
        "END:VCALENDAR",
        "",
    ]


def test_join_with_nothing_selected_is_a_valid_empty_calendar() -> None:
    made = join([])
    assert strict.check_calendar(made.body) == []
    assert (made.size, uids(made.body)) == ("full", [])


def test_join_orders_by_start_then_code_whatever_the_input_order() -> None:
    late = make_session(1, starts=wall(2021, 10, 7, 9, 0), zone="America/Lima")
    early = make_session(2, starts=wall(2021, 10, 7, 20, 0), zone="Asia/Seoul")
    same = make_session(3, starts=wall(2021, 10, 7, 20, 0), zone="Asia/Seoul")
    events = [make_event(number, sessions=(session,)) for number, session in enumerate((late, early, same), 1)]
    sessions = cast.sessions_of(map(cast.published, events))
    assert uids(join(sessions).body) == [early.uid, same.uid, late.uid]
    assert join(sessions).body == join(sessions[::-1]).body


def test_join_declares_exactly_the_zones_used_in_order_of_name() -> None:
    zones = ["Pacific/Kiritimati", "UTC", "Africa/Casablanca", "Asia/Kathmandu", "Africa/Casablanca"]
    events = [make_event(n, sessions=(make_session(n, zone=zone),)) for n, zone in enumerate(zones, 1)]
    events.append(make_event(9, sessions=(cast.umbrella_event().sessions[0],)))
    body = join(cast.sessions_of(map(cast.published, events))).body
    declared = [zone.text("TZID") for zone in strict.parse(body).components("VTIMEZONE")]
    assert declared == ["Africa/Casablanca", "Asia/Kathmandu", "Pacific/Kiritimati"]


def test_join_takes_the_language_asked_for_then_english_then_any() -> None:
    texts = cast.texts("en", "Talk") | cast.texts("es", "Charla")
    both = cast.published(make_event(1, texts=texts), {"en": ENGLISH, "es": cast.SPANISH})
    english = cast.published(make_event(2, title="English only", sessions=(make_session(2),)))
    arabic = cast.published(
        replace(cast.scripts_events()[0], sessions=(make_session(5),)), {"ar": cast.ARABIC, "xx": ENGLISH}
    )
    body = join(cast.sessions_of([both, english, arabic]), language="es").body
    titles = [event.text("SUMMARY") for event in strict.parse(body).components("VEVENT")]
    assert titles == ["Charla", "English only", arabic.original.title]


def test_join_with_a_session_without_an_entry_counts_it() -> None:
    made = join([make_session(1), *cast.published(make_event(2, sessions=(make_session(2),))).sessions])
    assert (made.missing, len(uids(made.body))) == (1, 1)


@pytest.mark.parametrize("status", [SessionStatus.CANCELLED, SessionStatus.POSTPONED])
def test_join_keeps_what_does_not_take_place_until_30_days_after_its_old_end(status: SessionStatus) -> None:
    gone = cast.published(make_event(1, sessions=(make_session(1, status=status),)))
    ended_on = date(2021, 10, 7)
    counts = [
        len(uids(join(gone.sessions, now_day=ended_on + timedelta(days=days), running=running).body))
        for running in (True, False)
        for days in (-60, 0, 30, 31)
    ]
    assert counts == [1, 1, 1, 0, 1, 1, 1, 0]


def test_join_keeps_what_took_place_for_ever() -> None:
    held = cast.published(make_event(1))
    assert len(uids(join(held.sessions, now_day=date(2041, 1, 1), running=False).body)) == 1


def test_join_twice_gives_the_same_bytes() -> None:
    first = join(cast.sessions_of(map(cast.published, cast.everything())))
    second = join(cast.sessions_of(map(cast.published, cast.everything())))
    assert first == second


# fmt: off
FORTY_ZONES = (
    "Africa/Cairo", "Africa/Casablanca", "Africa/Dakar", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi",
    "Africa/Tunis", "America/Asuncion", "America/Bogota", "America/La_Paz", "America/Lima", "America/Mexico_City",
    "America/Montevideo", "America/New_York", "America/Santiago", "America/Sao_Paulo", "America/Tijuana",
    "America/Toronto", "Asia/Amman", "Asia/Jakarta", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Manila", "Asia/Seoul",
    "Asia/Shanghai", "Asia/Tehran", "Asia/Tokyo", "Australia/Melbourne", "Australia/Sydney", "Europe/Athens",
    "Europe/Berlin", "Europe/Brussels", "Europe/Istanbul", "Europe/Lisbon", "Europe/London", "Europe/Madrid",
    "Europe/Paris", "Europe/Rome", "Pacific/Auckland", "Pacific/Chatham",
)
# fmt: on


@cache
def many(count: int) -> list[SessionView]:
    """Return sessions with texts of about 560 characters in 40 zones, a third of them long over on 7 October."""
    sessions = []
    for number in range(count):
        day = wall(2021, 8, 1, 10) if number % 3 == 0 else wall(2021, 10, 1 + number % 28, 10)
        event = make_event(
            number,
            texts=cast.texts(
                "en", f"Side event {number} on cities", "A summary of it. " * 10, "Some more words. " * 24
            ),
            sessions=(make_session(number, starts=day, zone=FORTY_ZONES[number % 40]),),
        )
        sessions += cast.published(event).sessions
    return sessions


@pytest.mark.parametrize(
    ("count", "running", "size", "too_large", "dropped"),
    [
        (400, True, "full", False, 0),
        (400, False, "full", False, 0),
        (1_000, True, "short", False, 0),
        (1_000, False, "short", False, 0),
        (3_000, True, "bare-recent", True, 1_000),
        (3_000, False, "bare", True, 0),
    ],
)
def test_join_climbs_down_the_ladder(count: int, running: bool, size: str, too_large: bool, dropped: int) -> None:
    made = join(many(count), now_day=date(2021, 10, 7), running=running)
    assert (made.size, made.too_large, made.dropped) == (size, too_large, dropped)
    assert (len(made.body) <= feed.LIMIT_BYTES) is not too_large
    calendar = strict.parse(made.body)
    events = calendar.components("VEVENT")
    assert len(events) == count - dropped
    longest = max(len(event.text("DESCRIPTION")) for event in events)
    assert (longest > 400, longest > 0) == {"full": (True, True), "short": (False, True)}.get(size, (False, False))
    assert calendar.text("X-WR-CALDESC").startswith(cast.HEAD.too_large_text) is too_large


def test_join_each_step_of_the_ladder_passes_the_strict_check() -> None:
    sessions = many(400)[:12]
    sizes = {}
    for limit in range(2_000, 30_000, 500):
        made = join(sessions, now_day=date(2021, 10, 7), limit_bytes=limit)
        if made.size not in sizes or not made.too_large:
            assert strict.check_calendar(made.body) == []
        sizes[made.size, made.too_large] = len(made.body) <= limit
    assert sizes == {
        ("bare-recent", True): False,
        ("bare-recent", False): True,
        ("bare", False): True,
        ("short", False): True,
        ("full", False): True,
    }


def test_join_at_the_very_limit_keeps_the_full_text() -> None:
    sessions = many(400)[:5]
    exact = len(join(sessions).body)
    assert join(sessions, limit_bytes=exact).size == "full"
    assert join(sessions, limit_bytes=exact - 1).size == "short"


def test_join_never_reads_the_pieces_it_leaves_out() -> None:
    session = replace(make_session(1), entries={"en": EntryView(b"H;", b"F;", b"S;", b"T;", "d")})
    assert b"H;F;T;" in join([session]).body


def test_digest_stays_while_the_bytes_stay() -> None:
    sessions = cast.sessions_of(map(cast.published, cast.everything()))

    def key(chosen: Sequence[SessionView] = sessions, day: date = DAY, head: feed.FeedHead = cast.HEAD) -> str:
        return feed.digest(head, chosen, language="en", now_day=day, running=True)

    assert key() == key(sessions[::-1])
    moved = [key(sessions[1:]), key(day=DAY + timedelta(days=1)), key(head=replace(cast.HEAD, name="x"))]
    assert len({key(), *moved}) == 4


def test_single_holds_all_sessions_and_the_html_and_no_name() -> None:
    event = cast.published(cast.umbrella_event())
    data = feed.single(make_edition(), event, language="en", html="<p>Hello, you</p>")
    assert strict.check_calendar(data, feed=False) == []
    calendar = strict.parse(data)
    assert [found.name for found in calendar.properties] == ["VERSION", "PRODID", "CALSCALE"]
    assert [zone.text("TZID") for zone in calendar.components("VTIMEZONE")] == ["Australia/Melbourne"]
    assert [entry.text("X-ALT-DESC") for entry in calendar.components("VEVENT")] == ["<p>Hello, you</p>"] * 3


def test_single_of_a_long_cancelled_event_still_says_so() -> None:
    data = feed.single(make_edition(), cast.published(cast.cancelled_event()), language="en")
    assert strict.parse(data).components("VEVENT")[0].raw("STATUS") == "CANCELLED"


def test_join_with_a_hostile_head_stays_valid() -> None:
    head = replace(
        cast.HEAD,
        name="\r\n\x00",
        description="a\r\nMETHOD:PUBLISH; b",
        url='https://wmd.example/2021/programme?q="a|é"',
        source="https://wmd.example/2021/calendar.ics?q=100%\r\nX:1",
    )
    body = join([], head=head).body
    assert strict.check_calendar(body) == []
    assert strict.parse(body).text("NAME") == "World Metropolitan Day"
