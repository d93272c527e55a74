from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.factories import make_edition, make_event, make_programme, make_session
from tests.web.public.conftest import Visit, main_of
from wmd.domain.filters import FACETS
from wmd.domain.programme import EventView, Programme
from wmd.domain.vocabulary import SessionStatus
from wmd.web.public.programme import PAGE_SIZE


def two_topics() -> Programme:
    return make_programme(
        [
            make_event(1, title="Squares for all", topics=("public-space-and-housing",), spoken=("en",)),
            make_event(2, title="Plazas abiertas", topics=("gender-equality",), spoken=("es",)),
            make_event(3, title="Rutas seguras", topics=("gender-equality",), spoken=("es", "en")),
        ]
    )


def titles(html: str) -> list[str]:
    return re.findall(r'<h3 class="title"><a href="[^"]*">(?:<bdi[^>]*>)?([^<]*)', main_of(html))


def test_programme_lists_every_event_under_its_day(visit: Visit) -> None:
    html = visit(two_topics()).page("/2021/programme")
    assert titles(html) == ["Squares for all", "Plazas abiertas", "Rutas seguras"]
    assert re.findall(r"<h2>(?!<)([^<]*)</h2>", html) == ["Thursday 7 October 2021"]


def test_programme_groups_by_day_of_the_viewer(visit: Visit) -> None:
    late = make_event(1, sessions=[make_session(1, starts=datetime(2021, 10, 7, 20, 0))])  # noqa: DTZ001
    visitor = visit(make_programme([late]))
    assert "Thursday 7 October 2021" in visitor.text("/2021/programme")
    in_melbourne = visitor.text("/2021/programme?tz=Australia%2FMelbourne".replace("%2F", "/"))
    assert "Friday 8 October 2021" in in_melbourne
    assert "05:00–06:30 UTC+11 · 20:00 in Barcelona Thu 7 Oct there" in in_melbourne


def test_zone_of_the_address_wins_over_the_cookie_and_that_over_the_default(visit: Visit) -> None:
    visitor = visit(two_topics())
    assert "15:00–16:30 UTC+2" in visitor.text("/2021/programme")
    assert "08:00–09:30 UTC−5" in visitor.text("/2021/programme", cookie="America/Bogota")
    both = visitor.text("/2021/programme?tz=Asia/Kathmandu", cookie="America/Bogota")
    assert "18:45–20:15 UTC+5:45" in both


def test_cookie_with_nonsense_is_as_good_as_none(visit: Visit) -> None:
    assert "15:00–16:30 UTC+2" in visit(two_topics()).text("/2021/programme", cookie="Mars/Olympus")


def test_page_of_a_zone_cookie_is_private_and_of_a_zone_in_the_address_shared(visit: Visit) -> None:
    visitor = visit(two_topics())
    private = visitor.get("/2021/programme").headers
    shared = visitor.get("/2021/programme?tz=UTC").headers
    assert (private["Cache-Control"].split(",")[0], private["Vary"]) == ("private", "Cookie")
    assert (shared["Cache-Control"].split(",")[0], shared.get("Vary")) == ("public", None)


def test_filter_narrows_and_counts_leave_their_own_facet_out(visit: Visit) -> None:
    html = visit(two_topics()).page("/2021/programme?topic=gender-equality&language=en")
    assert titles(html) == ["Rutas seguras"]
    topics = html.partition("<summary>Topic</summary>")[2].partition("</details>")[0]
    found = re.findall(r"<span>([^<]*)</span> <span class=\"n\"[^>]*>(\d+)</span>", topics)
    assert found == [("Gender equality", "1"), ("Public space and housing", "1")]
    assert "1 of 3 events" in main_of(html)


def test_chips_take_one_choice_back_each(visit: Visit) -> None:
    html = visit(two_topics()).page("/2021/programme?topic=gender-equality&language=es&q=rutas")
    chips = html.partition('<ul class="chosen">')[2].partition("</ul>")[0]
    assert re.findall(r'href="([^"]*)"', chips) == [
        "/2021/programme?language=es&amp;q=rutas",
        "/2021/programme?topic=gender-equality&amp;q=rutas",
        "/2021/programme?topic=gender-equality&amp;language=es",
        "/2021/programme",
    ]


def test_subscribe_link_carries_the_selection_without_page_and_still_to_come(visit: Visit) -> None:
    html = visit(two_topics()).page("/2021/programme?day=2021-10-07&upcoming=1", cookie="America/Bogota")
    assert 'href="/2021/subscribe?day=2021-10-07&amp;tz=America/Bogota">Subscribe to exactly this selection' in html


@pytest.mark.parametrize(
    ("asked", "canonical"),
    [
        ("language=es&topic=gender-equality", "topic=gender-equality&language=es"),
        ("topic=gender-equality&topic=gender-equality", "topic=gender-equality"),
        ("utm_source=mail&language=es&fbclid=x", "language=es"),
        ("q=&language=", ""),
        ("page=1", ""),
        ("q=%20plazas%20%20abiertas", "q=plazas%20abiertas"),
        ("tz=Asia/Calcutta", "tz=Asia/Kolkata"),
    ],
)
def test_other_spellings_redirect_to_the_canonical_address(asked: str, canonical: str, visit: Visit) -> None:
    response = visit(two_topics()).get(f"/2021/programme?{asked}")
    assert response.status_code == 303
    assert response.headers["Location"] == "/2021/programme" + (f"?{canonical}" if canonical else "")


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("colour=red", "colour=red"),
        ("topic=alchemy", "topic=alchemy"),
        ("tz=Mars/Olympus", "tz=Mars/Olympus"),
        ("page=0", "page=0"),
        ("day=yesterday", "day=yesterday"),
        ("topic=%3Cscript%3E", "topic=&lt;script&gt;"),
        ("sdg=18", "sdg=18"),
    ],
)
def test_address_that_was_never_valid_is_a_400_that_names_it(asked: str, named: str, visit: Visit) -> None:
    response = visit(two_topics()).get(f"/2021/programme?{asked}")
    assert response.status_code == 400
    assert f"<code>{named}</code>" in response.get_data(as_text=True)
    assert response.headers["Cache-Control"] == "no-store"


def test_unknown_edition_is_404(visit: Visit) -> None:
    visitor = visit(two_topics())
    paths = ["/1999/programme", "/1999/", "/1999/changes", "/1999/subscribe", "/1999/organisations/"]
    assert [visitor.get(path).status_code for path in paths] == [404] * 5


def test_selection_without_events_is_designed(visit: Visit) -> None:
    text = visit(two_topics()).text("/2021/programme?q=zeppelin")
    assert "0 of 3 events" in text
    assert "Nothing matches this selection" in text
    assert "See the whole programme" in text


def test_search_finds_without_accents(visit: Visit) -> None:
    event = make_event(1, title="Ciudades que cuidan: Medellín")
    assert titles(visit(make_programme([event])).page("/2021/programme?q=medellin")) == [
        "Ciudades que cuidan: Medellín"
    ]  # fmt: skip


def many(count: int) -> Programme:
    return make_programme([make_event(number) for number in range(1, count + 1)])


def test_programme_is_paged(visit: Visit) -> None:
    visitor = visit(many(PAGE_SIZE * 2 + 3))
    first, last = visitor.page("/2021/programme"), visitor.page("/2021/programme?page=3")
    assert (len(titles(first)), len(titles(last))) == (PAGE_SIZE, 3)
    assert 'rel="next" href="/2021/programme?page=2"' in first
    assert "Page 3 of 3" in main_of(last)


def test_page_past_the_end_redirects_to_the_last(visit: Visit) -> None:
    response = visit(many(PAGE_SIZE + 1)).get("/2021/programme?page=9")
    assert (response.status_code, response.headers["Location"]) == (303, "/2021/programme?page=2")


def test_full_page_of_a_large_edition_stays_under_a_hundred_kilobytes(visit: Visit) -> None:
    html = visit(many(300)).page("/2021/programme")
    assert len(html.encode()) < 100_000


def marked(status: SessionStatus) -> EventView:
    return make_event(1, title="Night buses", sessions=[make_session(1, status=status)])


@pytest.mark.parametrize(
    ("status", "mark"), [(SessionStatus.CANCELLED, "Cancelled"), (SessionStatus.POSTPONED, "Postponed")]
)
def test_what_is_off_is_shown_as_such(status: SessionStatus, mark: str, visit: Visit) -> None:
    html = main_of(visit(make_programme([marked(status)])).page("/2021/programme"))
    assert '<li class="row off" data-code=' in html
    assert f'<span class="state {status.value}">{mark}</span>' in html


def test_still_to_come_leaves_out_what_has_ended(visit: Visit) -> None:
    early = make_event(1, title="Early", sessions=[make_session(1, starts=datetime(2021, 10, 5, 9, 0))])  # noqa: DTZ001
    late = make_event(2, title="Late")
    visitor = visit(make_programme([early, late]), now=datetime(2021, 10, 6, tzinfo=UTC))
    assert titles(visitor.page("/2021/programme?upcoming=1")) == ["Late"]
    assert titles(visitor.page("/2021/programme")) == ["Early", "Late"]


def test_session_that_is_on_is_marked_until_it_ends(visit: Visit) -> None:
    starts_at = datetime(2021, 10, 7, 13, 0, tzinfo=UTC)
    visitor = visit(make_programme([make_event(1)]), now=starts_at)
    assert "On now" in visitor.text("/2021/programme")
    visitor.clock.now = starts_at + timedelta(minutes=90)
    assert "On now" not in visitor.text("/2021/programme")


def test_umbrella_that_has_not_begun_stands_under_its_first_day_with_its_dates(visit: Visit) -> None:
    umbrella = replace(make_session(2), all_day=True, ends_on=datetime(2021, 10, 9, tzinfo=UTC).date())
    text = visit(make_programme([make_event(2, sessions=[umbrella])])).text("/2021/programme")
    assert "Over several days" not in text
    assert "Thursday 7 October 2021 1 session · Madrid time Thu 7 – Sat 9 Oct All day in Barcelona" in text


def test_every_facet_has_a_title() -> None:
    from wmd.web.public.selection import FACET_TITLES

    assert set(FACET_TITLES) == set(FACETS)


def test_title_in_another_language_is_tagged(visit: Visit) -> None:
    texts = {"ar": make_event(1).original._replace(language="ar", title="حافلة الجبل")}
    event = make_event(1, language="ar", texts=texts)
    html = visit(make_programme([event])).page("/2021/programme")
    assert '<bdi lang="ar" dir="rtl">حافلة الجبل</bdi>' in html


def exhibition() -> EventView:
    week = make_session(2, starts=datetime(2021, 10, 4, 0, 0), minutes=5 * 1440)  # noqa: DTZ001
    week = replace(week, all_day=True, starts_on=date(2021, 10, 4), ends_on=date(2021, 10, 8))
    return make_event(2, title="Exhibition", sessions=[week])


def test_umbrella_that_runs_has_a_heading_of_its_own(visit: Visit) -> None:
    visitor = visit(make_programme([make_event(1), exhibition()]), now=datetime(2021, 10, 6, 12, tzinfo=UTC))
    assert "Over several days 1 session Mon 4 – Fri 8 Oct All day in Barcelona Exhibition" in visitor.text(
        "/2021/programme"
    )


def test_umbrella_of_an_edition_that_is_over_stands_under_its_first_day(visit: Visit) -> None:
    visitor = visit(make_programme([make_event(1), exhibition()]), now=datetime(2022, 1, 5, tzinfo=UTC))
    text = visitor.text("/2021/programme")
    assert "Over several days" not in text
    assert "Monday 4 October 2021 1 session · Madrid time Mon 4 – Fri 8 Oct" in text


def test_umbrella_asked_for_by_a_later_day_is_not_put_under_its_first(visit: Visit) -> None:
    text = visit(make_programme([exhibition()])).text("/2021/programme?day=2021-10-06")
    assert "Over several days 1 session Mon 4 – Fri 8 Oct" in text
    assert "Monday 4 October 2021" not in text


def two_days() -> Programme:
    early = make_event(1, title="Early", sessions=[make_session(1, starts=datetime(2021, 10, 5, 9, 0))])  # noqa: DTZ001
    return make_programme([early, make_event(2, title="Late")])


def test_finished_session_of_a_running_edition_is_marked_and_muted(visit: Visit) -> None:
    html = visit(two_days(), now=datetime(2021, 10, 6, tzinfo=UTC)).page("/2021/programme")
    assert html.count('<li class="row over" ') == 1
    assert html.count('<span class="state ended">Ended</span>') == 1
    assert 'href="#day-2021-10-07">Jump to what is on now and next' in html


@pytest.mark.parametrize("now", [datetime(2021, 9, 30, tzinfo=UTC), datetime(2022, 1, 5, tzinfo=UTC)])
def test_nothing_is_marked_as_finished_before_and_after_an_edition(now: datetime, visit: Visit) -> None:
    html = visit(two_days(), now=now).page("/2021/programme")
    assert ("row over" in html, "Jump to" in html) == (False, False)


def test_jump_leads_to_the_page_that_holds_now(visit: Visit) -> None:
    early = [
        make_event(number, sessions=[make_session(number, starts=datetime(2021, 10, 5, 9, 0))])  # noqa: DTZ001
        for number in range(1, PAGE_SIZE + 2)
    ]
    visitor = visit(make_programme([*early, make_event(200)]), now=datetime(2021, 10, 6, tzinfo=UTC))
    assert 'href="/2021/programme?page=2#day-2021-10-07">Jump' in visitor.page("/2021/programme")
    assert 'href="#day-2021-10-07">Jump' in visitor.page("/2021/programme?page=2")


def test_still_to_come_is_not_offered_in_an_edition_that_is_over_unless_it_is_chosen(visit: Visit) -> None:
    visitor = visit(two_days(), now=datetime(2022, 1, 5, tzinfo=UTC))
    assert "Only what is still to come" not in visitor.page("/2021/programme")
    assert "Only what is still to come" in visitor.page("/2021/programme?upcoming=1")
    visitor.clock.now = datetime(2021, 9, 1, tzinfo=UTC)
    assert "Only what is still to come" in visitor.page("/2021/programme")


def test_events_can_be_reached_past_the_filters_and_choices_come_back_to_them(visit: Visit) -> None:
    html = visit(two_topics()).page("/2021/programme")
    assert (
        html.index('<a class="vh" href="#events">') < html.index('<details class="filters"') < html.index('id="events"')
    )
    panel = html.partition('<details class="filters"')[2].partition('<div id="events"')[0]
    assert 'id="filters"' in panel
    assert re.findall(r'<p class="to-list"><a class="button" href="#events">(.*?)</a>', panel) == ["Show 3 events"] * 2
    choices = re.findall(r'href="([^"]*)" rel="nofollow"', panel)
    assert len(choices) > 5
    assert [url for url in choices if not url.endswith("#filters")] == []


def test_choices_that_are_looked_up_by_name_stand_in_its_order(visit: Visit) -> None:
    events = [make_event(1, spoken=("es", "ar")), make_event(2, spoken=("es", "sq")), make_event(3, spoken=("de",))]
    html = visit(make_programme(events)).page("/2021/programme")
    spoken = html.partition("<summary>Spoken language</summary>")[2].partition("</details>")[0]
    assert re.findall(r"<span>([^<]*)</span>", spoken) == ["Albanian", "Arabic", "German", "Spanish"]


def test_search_without_result_tells_what_other_editions_hold(visit: Visit) -> None:
    other = make_programme([make_event(7, title="Zeppelins")], edition=make_edition(slug="2026", name="WMD 2026"))
    visitor = visit(two_topics(), other)
    found = visitor.page("/2021/programme?q=zeppelin")
    assert 'href="/2026/programme?q=zeppelin">1 event in WMD 2026</a>' in found
    assert "WMD 2026" not in visitor.page("/2021/programme?q=nothing")
    assert "WMD 2026" not in visitor.page("/2021/programme?q=plazas")


def test_languages_of_captions_and_interpretation_are_named(visit: Visit) -> None:
    event = make_event(1, captioned=("en", "es"), interpreted=("es",))
    assert "English Interpreted into Spanish Captions: English, Spanish Online" in visit(make_programme([event])).text(
        "/2021/programme"
    )
