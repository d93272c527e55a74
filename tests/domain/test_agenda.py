from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from tests.domain.random_programme import random_programme
from tests.factories import code, make_event, make_programme, make_session
from wmd.domain.agenda import (
    DayGroup,
    band,
    daylight,
    first_ahead,
    group_by_day,
    next_change,
    next_events,
    on_now,
    related,
    rows,
    sky,
    state_of,
)
from wmd.domain.index import Index
from wmd.domain.programme import Programme, SessionView
from wmd.domain.vocabulary import SessionStatus

THE_DAY = date(2021, 10, 7)
BEFORE = datetime(2021, 9, 1, tzinfo=UTC)


def wall(*parts: int) -> datetime:
    year, month, day, *time = parts
    return datetime(year, month, day, *time)  # noqa: DTZ001 -- wall time


def all_day(number: int, first: date, last: date, zone: str = "Europe/Madrid") -> SessionView:
    length = make_session(
        number, starts=wall(first.year, first.month, first.day), minutes=1440 * ((last - first).days + 1), zone=zone
    )
    return replace(length, all_day=True, starts_on=first, ends_on=last)


def programme_of(*sessions: SessionView) -> Programme:
    return make_programme([make_event(number, sessions=[each]) for number, each in enumerate(sessions, start=1)])


def shape(groups: list[DayGroup]) -> list[tuple[str, bool, list[str]]]:
    return [(group.day.isoformat(), group.several_days, [row.session.key for row in group.rows]) for group in groups]


def everything(programme: Programme) -> range:
    return range(len(programme.sessions))


# Days


def test_group_by_day_in_two_zones_moves_a_late_session() -> None:
    programme = programme_of(make_session(1), make_session(2, starts=wall(2021, 10, 7, 23, 30)))
    madrid = group_by_day(programme, everything(programme), "Europe/Madrid", now=BEFORE)
    assert shape(madrid) == [("2021-10-07", False, ["session-1", "session-2"])]
    tokyo = group_by_day(programme, everything(programme), "Asia/Tokyo", now=BEFORE)
    assert shape(tokyo) == [("2021-10-07", False, ["session-1"]), ("2021-10-08", False, ["session-2"])]


def with_umbrellas() -> Programme:
    return programme_of(
        all_day(1, date(2021, 10, 1), date(2021, 10, 7)),
        make_session(2, starts=wall(2021, 10, 4, 10)),
        make_session(3, starts=wall(2021, 10, 5, 10), minutes=30 * 60),
        make_session(4),
    )


@pytest.mark.parametrize(
    ("now", "apart"),
    [
        (datetime(2021, 9, 30, tzinfo=UTC), []),
        (datetime(2021, 10, 2, tzinfo=UTC), ["session-1"]),
        (datetime(2021, 10, 5, 9, tzinfo=UTC), ["session-1", "session-3"]),
        (datetime(2021, 10, 20, tzinfo=UTC), []),
    ],
)
def test_group_by_day_puts_umbrellas_apart_only_while_they_run(now: datetime, apart: list[str]) -> None:
    programme = with_umbrellas()
    days = {"session-1": "2021-10-01", "session-2": "2021-10-04", "session-3": "2021-10-05", "session-4": "2021-10-07"}
    dated = [(day, False, [key]) for key, day in days.items() if key not in apart]
    groups = shape(group_by_day(programme, everything(programme), "Europe/Madrid", now=now))
    assert groups == ([(dated[0][0], True, apart)] if apart else []) + dated


def test_group_by_day_puts_umbrellas_apart_whose_first_day_was_not_asked_for() -> None:
    programme = with_umbrellas()
    found = {
        day: shape(group_by_day(programme, [0], "Europe/Madrid", now=BEFORE, days=[day]))
        for day in ("2021-10-01", "2021-10-03")
    }
    assert found == {
        "2021-10-01": [("2021-10-01", False, ["session-1"])],
        "2021-10-03": [("2021-10-01", True, ["session-1"])],
    }


@pytest.mark.parametrize(
    ("now", "found"),
    [
        (datetime(2021, 9, 30, tzinfo=UTC), None),
        (datetime(2021, 10, 4, 8, 30, tzinfo=UTC), None),
        (datetime(2021, 10, 4, 9, 30, tzinfo=UTC), (2, date(2021, 10, 5))),
        (datetime(2021, 10, 7, 13, tzinfo=UTC), (3, date(2021, 10, 7))),
        (datetime(2021, 10, 20, tzinfo=UTC), None),
    ],
)
def test_first_ahead_is_the_first_dated_line_that_is_not_over(now: datetime, found: tuple[int, date] | None) -> None:
    programme = with_umbrellas()
    assert first_ahead(programme, everything(programme), "Europe/Madrid", now=now) == found


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Europe/Madrid", "Pacific/Pago_Pago"])
def test_group_by_day_puts_an_all_day_session_first_on_its_own_date_everywhere(zone: str) -> None:
    programme = programme_of(
        make_session(1, starts=wall(2021, 10, 7, 12), zone=zone),
        all_day(2, THE_DAY, THE_DAY, "Pacific/Auckland"),
        make_session(3, starts=wall(2021, 10, 6, 12), zone=zone),
    )
    assert shape(group_by_day(programme, everything(programme), zone, now=BEFORE)) == [
        ("2021-10-06", False, ["session-3"]),
        ("2021-10-07", False, ["session-2", "session-1"]),
    ]


def test_group_by_day_pages_hold_every_session_once_in_order() -> None:
    programme = random_programme(120)
    whole = group_by_day(programme, everything(programme), "Asia/Kathmandu", now=BEFORE, page_size=1000)
    listed = [row.position for group in whole for row in group.rows]
    assert sorted(listed) == list(everything(programme))
    paged = []
    for page in range(1, 20):
        groups = group_by_day(programme, everything(programme), "Asia/Kathmandu", now=BEFORE, page=page, page_size=20)
        paged += [row.position for group in groups for row in group.rows]
    assert paged == listed
    assert group_by_day(programme, everything(programme), "Asia/Kathmandu", now=BEFORE, page=500, page_size=20) == []
    days = [group.day for group in whole if not group.several_days]
    assert days == sorted(set(days))


def test_row_knows_when_it_ends_on_a_later_day() -> None:
    programme = programme_of(
        make_session(1, starts=wall(2021, 10, 7, 22), minutes=120),
        make_session(2, starts=wall(2021, 10, 7, 22), minutes=121),
        all_day(3, THE_DAY, date(2021, 10, 9)),
    )
    found = {row.session.key: row for row in rows(programme, everything(programme), "Europe/Madrid")}
    assert [found[f"session-{number}"].days_later for number in (1, 2, 3)] == [0, 1, 0]
    assert found["session-1"].starts.isoformat() == "2021-10-07T22:00:00+02:00"
    assert (found["session-3"].first_day, found["session-3"].last_day) == (THE_DAY, date(2021, 10, 9))


# States


def test_state_of_a_session_through_its_life() -> None:
    session = make_session()
    starts, ends, moment = session.starts_at, session.ends_at, timedelta(microseconds=1)
    assert [
        state_of(session, now)
        for now in (
            starts - timedelta(minutes=60) - moment, starts - timedelta(minutes=60), starts - moment, starts,
            ends - moment, ends,
        )
    ] == ["upcoming", "soon", "soon", "now", "now", "ended"]  # fmt: skip


@pytest.mark.parametrize("status", [SessionStatus.CANCELLED, SessionStatus.POSTPONED])
def test_state_of_what_does_not_take_place_never_changes(status: SessionStatus) -> None:
    session = make_session(status=status)
    for now in (session.starts_at - timedelta(days=9), session.starts_at, session.ends_at):
        assert (state_of(session, now), next_change(session, now)) == (status.value, None)


def test_next_change_is_exactly_when_the_state_changes() -> None:
    session = make_session()
    now = session.starts_at - timedelta(days=3)
    states = [state_of(session, now)]
    while (change := next_change(session, now)) is not None:
        assert state_of(session, change - timedelta(microseconds=1)) == states[-1]
        states.append(state_of(session, change))
        now = change
    assert states == ["upcoming", "soon", "now", "ended"]


def test_on_now_and_next_events_part_at_now() -> None:
    programme = programme_of(
        make_session(1, starts=wall(2021, 10, 7, 9), minutes=600),
        make_session(2, starts=wall(2021, 10, 7, 10), minutes=60),
        make_session(3, starts=wall(2021, 10, 7, 12), status=SessionStatus.CANCELLED),
        make_session(4, starts=wall(2021, 10, 7, 12)),
        make_session(5, starts=wall(2021, 10, 7, 13), status=SessionStatus.CANCELLED),
        make_session(6, starts=wall(2021, 10, 7, 14)),
    )
    noon = datetime(2021, 10, 7, 10, tzinfo=UTC)
    assert on_now(programme, noon) == [0, 3]
    assert next_events(programme, noon, 5) == [5]
    before = noon - timedelta(days=1)
    assert on_now(programme, before) == []
    assert next_events(programme, before, 2) == [0, 1]


def test_next_events_name_each_event_once() -> None:
    sessions = [make_session(each, starts=wall(2021, 10, 6 + each, 10), event_code=code(1)) for each in (0, 1)]
    programme = make_programme([make_event(1, sessions=sessions), make_event(2)])
    found = next_events(programme, datetime(2021, 10, 1, tzinfo=UTC), 3)
    assert [programme.owners[position].code for position in found] == [code(1), code(2)]


# Related


def test_related_scores_series_topics_and_region_with_upcoming_first() -> None:
    ours = make_event(1, series="metrotalks", topics=("gender-equality", "sustainable-economy"))
    past = make_session(2, starts=wall(2021, 10, 1, 10))
    others = [
        make_event(2, sessions=[past], series="metrotalks", topics=ours.topics),
        make_event(3, series="metrotalks", topics=(), region="africa"),
        make_event(4, topics=("sustainable-economy",)),
        make_event(5, topics=ours.topics, region="africa"),
        make_event(6, topics=()),
        make_event(7, topics=(), region="africa"),
        make_event(8, topics=ours.topics, sessions=[make_session(8, status=SessionStatus.CANCELLED)]),
        make_event(9, topics=("sustainable-economy",), sessions=[make_session(9, starts=wall(2021, 10, 6, 10))]),
    ]
    index = Index.build(make_programme([*others, ours]))
    found = related(index, ours, datetime(2021, 10, 5, tzinfo=UTC), limit=9)
    assert [event.key for event in found] == ["event-3", "event-5", "event-9", "event-4", "event-6", "event-2"]
    assert related(index, ours, datetime(2021, 10, 5, tzinfo=UTC), limit=2) == found[:2]


# The band


def test_band_holds_what_takes_place_within_one_day_of_the_zone() -> None:
    programme = programme_of(
        make_session(1, starts=wall(2021, 10, 6, 23), minutes=120),
        make_session(2, starts=wall(2021, 10, 6, 22), minutes=120),
        make_session(3, starts=wall(2021, 10, 7, 0, 30), minutes=60),
        make_session(4),
        make_session(5, starts=wall(2021, 10, 7, 16), status=SessionStatus.CANCELLED),
        make_session(6, starts=wall(2021, 10, 7, 23), minutes=180),
        make_session(7, starts=wall(2021, 10, 8)),
        all_day(8, THE_DAY, THE_DAY),
        make_session(9, starts=wall(2021, 10, 6, 12), minutes=48 * 60),
    )
    ticks = band(programme, THE_DAY, "Europe/Madrid")
    assert [(tick.start, tick.end, tick.title, tick.lane) for tick in ticks] == [
        (0, 60, "Side event 1", 0),
        (30, 90, "Side event 3", 1),
        (900, 990, "Side event 4", 0),
        (1380, 1440, "Side event 6", 0),
    ]
    assert [tick.code for tick in ticks] == [code(number, "S") for number in (1, 3, 4, 6)]


def test_band_marks_the_lead_and_speaks_the_readers_language() -> None:
    event = make_event(1, is_lead=True)
    event = replace(event, texts={**event.texts, "es": event.texts["en"]._replace(language="es", title="Cuidados")})
    (tick,) = band(make_programme([event]), THE_DAY, "America/Bogota", "es")
    assert (tick.start, tick.end, tick.title, tick.is_lead) == (480, 570, "Cuidados", True)


@pytest.mark.parametrize(
    ("day", "zone", "hours"), [(date(2021, 10, 31), "Europe/Madrid", 25), (date(2021, 10, 3), "Australia/Sydney", 23)]
)
def test_band_on_a_day_when_clocks_change_stays_within_the_face(day: date, zone: str, hours: int) -> None:
    first = make_session(1, starts=wall(day.year, day.month, day.day), zone=zone).starts_at
    sessions = [
        replace(make_session(number, minutes=20), starts_at=first + timedelta(minutes=number * 10),
                ends_at=first + timedelta(minutes=number * 10 + 20))
        for number in range(170)
    ]  # fmt: skip
    ticks = band(programme_of(*sessions), day, zone)
    assert len(ticks) == hours * 6
    assert all(0 <= tick.start < tick.end <= 1440 for tick in ticks)


def test_band_lanes_never_overlap() -> None:
    programme = random_programme(400)
    for tick_day in (THE_DAY, date(2021, 10, 20)):
        ticks = band(programme, tick_day, "Asia/Kathmandu")
        assert len(ticks) > 10
        for lane in {tick.lane for tick in ticks}:
            in_lane = [tick for tick in ticks if tick.lane == lane]
            assert all(one.end <= other.start for one, other in pairwise(in_lane))


# The sky


@pytest.mark.parametrize(
    ("place", "day", "sunrise", "sunset"),
    [
        (("Europe/Madrid", 41.4, 2.17), THE_DAY, "07:54", "19:23"),
        (("Europe/Madrid", 41.4, 2.17), date(2021, 6, 21), "06:18", "21:28"),
        (("America/Bogota", 4.7, -74.07), THE_DAY, "05:41", "17:45"),
        (("Pacific/Auckland", -36.85, 174.76), date(2021, 12, 21), "05:58", "20:39"),
    ],
)
def test_daylight_is_within_five_minutes_of_the_almanac(
    place: tuple[str, float, float], day: date, sunrise: str, sunset: str
) -> None:
    light = daylight(day, place)
    for found, known in ((light.sunrise, sunrise), (light.sunset, sunset)):
        hours, minutes = known.split(":")
        assert found is not None
        assert abs(found - (int(hours) * 60 + int(minutes))) < 5


def test_daylight_beyond_the_polar_circle_is_all_or_nothing() -> None:
    tromso = ("Europe/Oslo", 69.65, 18.96)
    assert daylight(date(2021, 6, 21), tromso).always == "day"
    assert daylight(date(2021, 12, 21), tromso).always == "night"
    assert daylight(date(2021, 12, 21), tromso).sunrise is None
    assert max(sky(date(2021, 12, 21), tromso)) < 1
    assert daylight(date(2021, 6, 21), ("UTC", 90.0, 0.0)).always == "day"


def test_sky_without_a_place_goes_from_night_through_noon_to_night() -> None:
    stops = sky(THE_DAY)
    assert (len(stops), stops[0], stops[24], stops[47]) == (48, 0.0, 1.0, 0.0)
    assert stops[1:24] == sorted(stops[1:24])
    assert stops[25:] == sorted(stops[25:], reverse=True)
    assert 0 < stops[12] < 1
    assert len(sky(THE_DAY, stops=24)) == 24
