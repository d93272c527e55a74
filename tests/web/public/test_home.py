from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.factories import make_edition, make_event, make_programme, make_session
from tests.web.public.conftest import WEEK_BEFORE, Visit, main_of, words_of
from wmd.domain.index import Index
from wmd.domain.programme import Programme, SessionView, Site
from wmd.domain.vocabulary import SessionStatus
from wmd.web.public.home import MOST_TICKS, band_model, home_model
from wmd.web.public.phase import phase_of, phase_turns_at
from wmd.web.public.rows import Eyes
from wmd.web.reading import Viewer


def with_lead() -> Programme:
    lead = make_event(1, title="Caring metropolises", is_lead=True)
    later = make_event(2, title="Night buses", sessions=[make_session(2, starts=datetime(2021, 10, 8, 9, 0))])  # noqa: DTZ001
    return make_programme([lead, later])


def test_home_shows_theme_date_and_lead_event(visit: Visit) -> None:
    text = visit(with_lead()).text("/2021/")
    assert "Thursday 7 October 2021 · World Metropolitan Day 2021 Resilience for all" in text
    assert "Creating caring metropolises beyond COVID-19" in text
    assert "2 events · Friday 1 October – Sunday 31 October 2021" in text
    assert "Lead event Time in Barcelona (CEST, UTC+2) 15:00–16:30 Thursday 7 October 2021" in text


def test_home_has_the_lead_event_and_its_buttons_before_the_introduction(visit: Visit) -> None:
    programme = with_lead()
    programme = replace(programme, edition=make_edition(introduction="A long word of welcome."))
    html = main_of(visit(programme).page("/2021/"))
    parts = ("<h1>", 'class="button"', '<article class="card" ', "A long word of welcome.", "2 events")
    assert [html.index(part) for part in parts] == sorted(html.index(part) for part in parts)


def test_home_says_once_that_the_lead_event_is_on(visit: Visit) -> None:
    html = main_of(visit(with_lead(), now=datetime(2021, 10, 7, 13, 30, tzinfo=UTC)).page("/2021/"))
    card = html.partition('<article class="card" ')[2].partition("</article>")[0]
    assert words_of(card).count("On now") == 1
    assert " data-live></span></dd>" in card


def test_start_is_the_current_edition_and_names_its_own_address(visit: Visit) -> None:
    html = visit(with_lead()).page("/")
    assert '<link rel="canonical" href="http://wmd.example/2021/">' in html
    assert "Resilience for all" in main_of(html)


def test_edition_without_slash_leads_to_its_home(visit: Visit) -> None:
    response = visit(with_lead()).get("/2021")
    assert (response.status_code, response.headers["Location"]) == (308, "/2021/")


def test_start_without_any_edition_is_designed(visit: Visit) -> None:
    assert "No edition is announced yet" in visit(current=None).text("/")


def test_next_events_are_dated(visit: Visit) -> None:
    text = visit(with_lead()).text("/2021/")
    following = text.partition("Everything still to come")[2]
    assert "Thu 7 Oct 15:00–16:30 UTC+2 · in Barcelona Caring metropolises" in following
    assert "Fri 8 Oct 09:00–10:30 UTC+2 · in Barcelona Night buses" in following


def test_what_is_on_stands_before_the_band(visit: Visit) -> None:
    html = main_of(visit(with_lead(), now=datetime(2021, 10, 7, 13, 1, tzinfo=UTC)).page("/2021/"))
    text = words_of(html)
    assert text.index("On now 1 session") < text.index("Round the planet in 24 hours")


@pytest.mark.parametrize(
    ("today", "phase"),
    [
        (date(2021, 9, 30), "before"),
        (date(2021, 10, 1), "running"),
        (date(2021, 10, 31), "running"),
        (date(2021, 11, 1), "over"),
    ],
)
def test_phase_of_an_edition(today: date, phase: str) -> None:
    assert phase_of(make_edition(), today) == phase


def test_permanent_edition_always_runs() -> None:
    assert phase_of(make_edition(is_permanent=True), date(2031, 1, 1)) == "running"


def test_edition_that_is_over_says_so(visit: Visit) -> None:
    text = visit(with_lead(), now=datetime(2022, 1, 5, tzinfo=UTC)).text("/2021/")
    assert "This edition is over; its programme stays here." in text
    assert "Everything still to come" not in text


def test_other_editions_are_listed_the_latest_first(visit: Visit) -> None:
    later = make_edition(slug="2026", name="World Metropolitan Day 2026", main_day=date(2026, 10, 7))
    all_year = make_edition(slug="all-year", name="All year round", is_permanent=True, theme="")
    text = visit(
        with_lead(), make_programme([], edition=all_year), make_programme([], edition=later)
    ).text("/2021/")  # fmt: skip
    assert "Other editions World Metropolitan Day 2026 7 October 2026" in text
    assert text.index("World Metropolitan Day 2026") < text.index("All year round")


def model_at(programme: Programme, now: datetime, zone: str = "Europe/Madrid") -> datetime | None:
    site = Site(1, {"2021": programme.edition}, "2021", {}, (), {})
    return home_model(programme, Index.build(programme), site, Viewer(zone, "url"), now).valid_until


def test_home_before_the_edition_holds_until_the_viewers_midnight() -> None:
    assert model_at(with_lead(), WEEK_BEFORE) == datetime(2021, 9, 30, 22, 0, tzinfo=UTC)
    assert model_at(with_lead(), WEEK_BEFORE, "America/Bogota") == datetime(2021, 10, 1, 5, 0, tzinfo=UTC)


def test_home_on_the_day_holds_until_the_line_of_the_present_moves() -> None:
    now = datetime(2021, 10, 7, 13, 1, 30, tzinfo=UTC)
    assert model_at(with_lead(), now) == datetime(2021, 10, 7, 13, 10, tzinfo=UTC)


def test_home_on_the_day_holds_until_a_session_starts() -> None:
    programme = make_programme([make_event(1, sessions=[make_session(1, starts=datetime(2021, 10, 7, 15, 5))])])  # noqa: DTZ001
    now = datetime(2021, 10, 7, 13, 1, tzinfo=UTC)
    assert model_at(programme, now) == datetime(2021, 10, 7, 13, 5, tzinfo=UTC)


def test_band_of_the_day_has_a_tick_and_a_line_for_each_session() -> None:
    programme = with_lead()
    eyes = Eyes("Europe/Madrid", "en", WEEK_BEFORE)
    band = band_model(programme, Index.build(programme), date(2021, 10, 7), eyes)
    assert [(tick.start, tick.end, tick.is_lead) for tick in band.ticks] == [(900, 990, True)]
    assert [row["title"] for row in band.rows] == ["Caring metropolises"]
    assert band.starts_iso == "2021-10-06T22:00:00Z"
    assert band.now_minute is None


def test_band_of_today_has_the_line_of_the_present() -> None:
    programme = with_lead()
    eyes = Eyes("America/Bogota", "en", datetime(2021, 10, 7, 13, 7, tzinfo=UTC))
    assert band_model(programme, Index.build(programme), date(2021, 10, 7), eyes).now_minute == 8 * 60


def test_crowded_band_is_drawn_in_piles_with_the_lead_event_by_itself() -> None:
    start = datetime(2021, 10, 7, 0, 0)  # noqa: DTZ001 -- wall time
    events = [
        make_event(
            number, is_lead=number == 9, sessions=[make_session(number, starts=start + timedelta(minutes=number))]
        )
        for number in range(1, 400)
    ]
    programme = make_programme(events)
    eyes = Eyes("Europe/Madrid", "en", WEEK_BEFORE)
    ticks = band_model(programme, Index.build(programme), date(2021, 10, 7), eyes).ticks
    assert len(ticks) <= MOST_TICKS
    assert [tick.title for tick in ticks if tick.is_lead] == ["Side event 9"]
    assert ticks[0].title == "29 events"


def test_home_of_a_large_edition_stays_under_a_hundred_kilobytes(visit: Visit) -> None:
    html = visit(make_programme([make_event(number) for number in range(1, 400)])).page("/2021/")
    assert len(html.encode()) < 100_000


def test_topics_lead_to_their_pages_with_their_counts(visit: Visit) -> None:
    html = main_of(visit(with_lead()).page("/2021/"))
    assert re.findall(r'href="(/2021/topics/[^"]*)">([^<]*)</a> <small>([^<]*)', html) == [
        ("/2021/topics/public-space-and-housing", "Public space and housing", "2 events")
    ]


def test_front_page_turns_to_the_next_edition_when_one_is_over() -> None:
    site = Site(
        1,
        {
            "2021": make_edition(),
            "2022": make_edition(slug="2022", main_day=date(2022, 10, 7), window_from=date(2022, 10, 1),
                                 window_to=date(2022, 10, 31)),
        },
        None, {}, (), {},
    )  # fmt: skip

    assert [site.current_on(day) for day in (date(2021, 10, 31), date(2021, 11, 1))] == ["2021", "2022"]


@pytest.mark.parametrize(
    ("now", "turns_at"),
    [
        (datetime(2021, 9, 1, tzinfo=UTC), datetime(2021, 10, 1, 5, tzinfo=UTC)),
        (datetime(2021, 10, 1, 5, tzinfo=UTC), datetime(2021, 11, 1, 5, tzinfo=UTC)),
        (datetime(2021, 11, 1, 5, tzinfo=UTC), None),
    ],
)
def test_phase_turns_at_the_viewers_midnight(now: datetime, turns_at: datetime | None) -> None:
    assert phase_turns_at(make_edition(), "America/Bogota", now) == turns_at


def night(number: int, *starts: int, **changes: object) -> SessionView:
    return make_session(number, starts=datetime(*starts), zone="UTC", **changes)  # type: ignore[arg-type]  # noqa: DTZ001


@pytest.mark.parametrize(
    ("zone", "drawn"),
    [("America/Bogota", ["Evening before", "Noon"]), ("Pacific/Auckland", ["Evening before", "Day before"])],
)
def test_list_under_the_band_is_what_is_drawn(zone: str, drawn: list[str]) -> None:
    """In Bogotá the first begins at 23:30 on the 6th, and in Auckland the second at 11:00 on the 7th."""
    programme = make_programme(
        [
            make_event(1, title="Evening before", sessions=[night(1, 2021, 10, 7, 4, 30)]),
            make_event(2, title="Day before", sessions=[night(2, 2021, 10, 6, 22, 0, minutes=60)]),
            make_event(3, title="Noon", sessions=[night(3, 2021, 10, 7, 17, 0)]),
            make_event(4, title="Called off", sessions=[night(4, 2021, 10, 7, 5, 30, status=SessionStatus.CANCELLED)]),
        ]
    )
    shown = band_model(programme, Index.build(programme), date(2021, 10, 7), Eyes(zone, "en", WEEK_BEFORE))
    assert sorted(tick.title for tick in shown.ticks) == sorted(drawn)
    assert sorted(row["title"] for row in shown.rows) == sorted(drawn)
    assert shown.urls.keys() == {tick.code for tick in shown.ticks}


def test_line_under_the_band_that_began_the_evening_before_says_so() -> None:
    programme = make_programme([make_event(1, sessions=[night(1, 2021, 10, 7, 4, 30)])])
    eyes = Eyes("America/Bogota", "en", WEEK_BEFORE)
    shown = band_model(programme, Index.build(programme), date(2021, 10, 7), eyes)
    assert [(row["day"], row["time"]) for row in shown.rows] == [("Wed 6 Oct", "23:30–01:00")]


def test_what_lasts_all_day_stands_besides_the_band(visit: Visit) -> None:
    week = make_session(1, all_day=True, starts_on=date(2021, 10, 4), ends_on=date(2021, 10, 8))
    text = visit(make_programme([make_event(1, title="Exhibition", sessions=[week])])).text("/2021/")
    assert "All day, or over several days Mon 4 – Fri 8 Oct All day in Barcelona Exhibition" in text
    assert "Nothing takes place on this day" not in text


def test_what_is_on_all_day_is_not_shown_twice(visit: Visit) -> None:
    week = make_session(1, all_day=True, starts_on=date(2021, 10, 7), ends_on=date(2021, 10, 8))
    programme = make_programme([make_event(1, title="Exhibition", sessions=[week])])
    text = visit(programme, now=datetime(2021, 10, 7, 13, 30, tzinfo=UTC)).text("/2021/")
    assert text.count("Exhibition") == 1
    assert "Nothing takes place on this day" not in text


def over_with_a_recording() -> Programme:
    return make_programme(
        [
            make_event(1, title="Caring metropolises", is_lead=True),
            make_event(2, title="Unrecorded"),
            make_event(3, title="Recorded", recording_url="https://video.example/1"),
            make_event(4, title="Called off", sessions=[make_session(4, status=SessionStatus.CANCELLED)]),
        ]
    )


def test_home_of_an_edition_that_is_over_shows_what_can_be_watched_first(visit: Visit) -> None:
    html = visit(over_with_a_recording(), now=datetime(2022, 1, 5, tzinfo=UTC)).page("/2021/")
    sample = html.partition("From this edition")[2].partition("</section>")[0]
    assert re.findall(r'<h3 class="title"><a[^>]*>([^<]*)', sample) == ["Recorded", "Unrecorded"]
    assert "Put it in my calendar" not in html
    assert "Keep it in a calendar" in html


@pytest.mark.parametrize(
    ("now", "address"),
    [(WEEK_BEFORE, "/2021/submit"), (datetime(2022, 3, 1, tzinfo=UTC), "/organiser/")],
    ids=["ahead", "over"],
)
def test_home_leads_organisers_to_where_they_can_hand_in(visit: Visit, now: datetime, address: str) -> None:
    part = main_of(visit(with_lead(), now=now).page("/2021/")).partition("Hold an event of your own</h2>")[2]
    assert re.findall(r'href="([^"]+)"', part)[:1] == [address]


def test_home_of_an_edition_that_is_ahead_sells_its_calendar_and_no_sample(visit: Visit) -> None:
    text = visit(over_with_a_recording()).text("/2021/")
    assert "Put it in my calendar" in text
    assert "From this edition" not in text


def test_home_leads_to_the_other_editions_at_once(visit: Visit) -> None:
    later = make_edition(slug="2026", name="World Metropolitan Day 2026", main_day=date(2026, 10, 7))
    hero = visit(with_lead(), make_programme([], edition=later)).page("/2021/").partition("</section>")[0]
    assert 'Also here: <a href="/2026/">World Metropolitan Day 2026</a>' in hero


def test_unknown_edition_is_404_without_a_detour(visit: Visit) -> None:
    assert visit(with_lead()).get("/nothing").status_code == 404


@pytest.mark.parametrize("path", ["/2021/programme", "/2021/subscribe", "/2021/changes", "/about"])
def test_slash_too_many_leads_to_the_page(path: str, visit: Visit) -> None:
    response = visit(with_lead()).get(f"{path}/?tz=UTC")
    assert (response.status_code, response.headers["Location"]) == (308, f"{path}?tz=UTC")


@pytest.mark.parametrize(
    "path", ["/nothing/", "/nothing/programme/", "/2021/nothing/", "/2021/calendar.ics/", "/2021/events/"]
)
def test_slash_too_many_behind_what_is_no_page_is_404(path: str, visit: Visit) -> None:
    assert visit(with_lead()).get(path).status_code == 404
