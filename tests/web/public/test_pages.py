"""Organisations, topics, series, subscribe and changes: each over a small programme."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.factories import PUBLISHED_AT, code, make_edition, make_event, make_programme, make_session
from tests.web.public.conftest import Visit, main_of, words_of
from wmd.domain.programme import (
    ChangeView,
    EditionView,
    EventView,
    OrganisationView,
    OrganiserView,
    Programme,
    SeriesView,
)
from wmd.domain.vocabulary import OrganiserRole, SessionStatus

ORGANISATION = "ZRG222"
PATH = f"/2021/events/{code(1)}-side-event-1"
TALKS = SeriesView("metrotalks", "MetroTalks", "Talks with urban thinkers.")


def later_edition() -> Programme:
    edition = make_edition(slug="2026", name="World Metropolitan Day 2026", main_day=date(2026, 10, 7))
    return make_programme([make_event(7, title="Seventh talk", series="metrotalks")], edition=edition)


def test_organisation_page_shows_who_it_is_and_its_events(visit: Visit) -> None:
    programme = make_programme([make_event(1), make_event(2)])
    organisation = programme.organisations[ORGANISATION]._replace(
        names={"en": "Example City", "ca": "Ciutat Exemple"}, language="ca", acronym="EC", website="https://ec.example"
    )
    programme = replace(programme, organisations={ORGANISATION: organisation})
    html = main_of(visit(programme).page(f"/2021/organisations/{ORGANISATION}-example-city"))
    text = words_of(html)
    assert "Example City (EC) Ciutat Exemple Local or city government Barcelona, Spain" in text
    assert "Events 2 events" in text
    assert 'href="https://ec.example" rel="nofollow noopener"' in html
    assert f'href="/2021/subscribe?organisation={ORGANISATION}"' in html


@pytest.mark.parametrize("ref", [ORGANISATION, ORGANISATION.lower(), f"{ORGANISATION}-old-name"])
def test_other_spellings_of_an_organisation_redirect(ref: str, visit: Visit) -> None:
    response = visit(make_programme()).get(f"/2021/organisations/{ref}")
    assert (response.status_code, response.headers["Location"]) == (
        301, f"/2021/organisations/{ORGANISATION}-example-city",
    )  # fmt: skip


@pytest.mark.parametrize("ref", ["AAAAAA", "x", f"{ORGANISATION}x"])
def test_unknown_organisation_is_404(ref: str, visit: Visit) -> None:
    assert visit(make_programme()).get(f"/2021/organisations/{ref}").status_code == 404


def test_organisation_without_an_event_in_the_edition_keeps_its_page(visit: Visit) -> None:
    retired = OrganisationView("ZRG999", "gone", {"en": "Gone"}, "en", "", "other", "", "", "global", "", False, True)
    programme = make_programme()
    programme = replace(programme, organisations={**programme.organisations, "ZRG999": retired})
    assert "No event at present" in visit(programme).text("/2021/organisations/ZRG999-gone")


def test_website_that_is_no_web_address_is_not_linked(visit: Visit) -> None:
    programme = make_programme()
    odd = programme.organisations[ORGANISATION]._replace(website="javascript:alert(1)")
    html = visit(replace(programme, organisations={ORGANISATION: odd})).page(
        f"/2021/organisations/{ORGANISATION}-example-city"
    )
    assert "javascript:" not in html


def test_list_of_organisations_is_by_name_with_counts(visit: Visit) -> None:
    text = visit(make_programme([make_event(1), make_event(2)])).text("/2021/organisations/")
    assert "1 organisation holds events in this edition. Example City Local or city government · 2 events" in text


def test_topic_page_of_an_edition_lists_its_events_alone(visit: Visit) -> None:
    events = [make_event(1, title="Squares"), make_event(2, title="Buses", topics=("gender-equality",))]
    html = main_of(visit(make_programme(events)).page("/2021/topics/gender-equality"))
    assert "Gender equality" in words_of(html)
    assert ("Buses" in html, "Squares" in html) == (True, False)
    assert 'href="/2021/subscribe?topic=gender-equality"' in html
    assert 'href="/topics/gender-equality"' in html


def test_retired_topic_keeps_its_page(visit: Visit) -> None:
    programme = make_programme()
    topics = tuple(topic._replace(retired=True) for topic in programme.topics)
    response = visit(replace(programme, topics=topics)).get("/2021/topics/gender-equality")
    assert response.status_code == 200


def test_topic_without_events_is_designed(visit: Visit) -> None:
    assert "Nothing here yet" in visit(make_programme()).text("/2021/topics/sustainable-economy")


def test_unknown_topic_is_404(visit: Visit) -> None:
    visitor = visit(make_programme())
    assert [visitor.get(path).status_code for path in ("/2021/topics/alchemy", "/topics/alchemy")] == [404, 404]


def test_topic_page_across_editions_begins_with_the_latest(visit: Visit) -> None:
    text = visit(make_programme(), later_edition()).text("/topics/public-space-and-housing")
    assert text.index("World Metropolitan Day 2026") < text.index("World Metropolitan Day 2021")
    assert ("Seventh talk" in text, "Side event 1" in text) == (True, True)


def test_series_page_gathers_its_events_and_offers_its_feed(visit: Visit) -> None:
    first = make_programme([make_event(1, title="First talk", series="metrotalks"), make_event(2)])
    programmes = [replace(each, series={"metrotalks": TALKS}) for each in (first, later_edition())]
    text = visit(*programmes, series={"metrotalks": TALKS}).text("/series/metrotalks")
    assert "MetroTalks Talks with urban thinkers." in text
    assert text.index("Seventh talk") < text.index("First talk")
    assert "Side event 2" not in text
    assert "http://wmd.example/feeds/series-metrotalks.ics" in text


def test_unknown_series_is_404(visit: Visit) -> None:
    assert visit(make_programme()).get("/series/nothing").status_code == 404


def test_subscribe_page_of_the_whole_programme(visit: Visit) -> None:
    html = main_of(visit(make_programme()).page("/2021/subscribe"))
    links = re.findall(r'<li><a href="([^"]*)" rel="nofollow">', html)
    assert [link.partition("?")[0] for link in links] == [
        "webcal://wmd.example/2021/calendar.ics",
        "https://calendar.google.com/calendar/r",
        "https://outlook.live.com/calendar/0/addfromweb",
        "https://outlook.office.com/calendar/0/addfromweb",
    ]
    assert "looks again only after 8 to 24 hours" in html
    assert 'data-copy="http://wmd.example/2021/calendar.ics"' in html


def test_subscribe_page_names_the_selection_and_its_feed(visit: Visit) -> None:
    html = main_of(visit(make_programme()).page("/2021/subscribe?topic=gender-equality&language=es"))
    text = words_of(html)
    assert "World Metropolitan Day 2021: Gender equality, Spoken in Spanish" in text
    assert "0 events · Nothing matches at present; the calendar fills itself when something does." in text
    assert 'data-copy="http://wmd.example/2021/calendar.ics?topic=gender-equality&amp;language=es"' in html


def test_subscribe_page_drops_what_a_feed_cannot_hold(visit: Visit) -> None:
    response = visit(make_programme()).get("/2021/subscribe?upcoming=1&page=2&language=es&utm_source=x")
    assert (response.status_code, response.headers["Location"]) == (303, "/2021/subscribe?language=es")


def test_subscribe_page_writes_down_whose_day_is_meant(visit: Visit) -> None:
    response = visit(make_programme()).get("/2021/subscribe?day=2021-10-07", cookie="America/Bogota")
    assert response.headers["Location"] == "/2021/subscribe?day=2021-10-07&tz=America/Bogota"


def test_subscribe_page_offers_ready_made_calendars_that_hold_something(visit: Visit) -> None:
    html = main_of(visit(make_programme()).page("/2021/subscribe"))
    assert re.findall(r"http://wmd\.example(/2021/feeds/[^\"]+)", html) == [
        "/2021/feeds/topic-public-space-and-housing.ics",
        "/2021/feeds/region-europe.ics",
        "/2021/feeds/language-en.ics",
    ]


def test_subscribe_page_of_what_never_was_is_a_400(visit: Visit) -> None:
    response = visit(make_programme()).get("/2021/subscribe?topic=alchemy")
    assert response.status_code == 400
    assert "<code>topic=alchemy</code>" in response.get_data(as_text=True)


def change(number: int, kind: str, **facts: dict[str, object]) -> ChangeView:
    at = PUBLISHED_AT + timedelta(hours=number)
    return ChangeView(number, at, kind, code(1), None, facts.get("before", {}), facts.get("after", {}))


CHANGES = {
    "added": (change(1, "added"), "Added Side event 1"),
    "cancelled": (change(1, "cancelled"), "Cancelled Side event 1"),
    "postponed": (change(1, "postponed"), "Postponed Side event 1"),
    "revived": (change(1, "revived"), "Takes place after all Side event 1"),
    "text": (change(1, "text"), "Text changed Side event 1"),
    "link opened": (
        change(1, "link", before={"state": "not-yet"}, after={"state": "open"}),
        "Registration changed Side event 1 Thu 7 Oct, 15:00 (Madrid, UTC+2) "
        "Before: Registration not open yet Now: Registration open",
    ),
    "link replaced": (
        change(1, "link", before={"state": "open"}, after={"state": "open"}),
        "Registration changed Side event 1 Thu 7 Oct, 15:00 (Madrid, UTC+2) The registration link is a new one.",
    ),
    "moved": (
        change(1, "moved", before={"starts_at": "2021-10-07T23:00:00Z"}, after={"starts_at": "2021-10-08T23:00:00Z"}),
        "Before: Fri 8 Oct, 01:00 (Madrid, UTC+2) Now: Sat 9 Oct, 01:00 (Madrid, UTC+2)",
    ),
    "online after all": (
        change(
            1,
            "place",
            before={"format": "in-person", "city": "Nairobi", "country": "KE", "venue": "0f"},
            after={"format": "online", "city": "", "country": "", "venue": ""},
        ),
        "Another place Side event 1 Thu 7 Oct, 15:00 (Madrid, UTC+2) Before: In person, Nairobi, Kenya Now: Online",
    ),
    "another venue in town": (
        change(
            1,
            "place",
            before={"format": "hybrid", "city": "Nairobi", "country": "KE", "venue": "0f"},
            after={"format": "hybrid", "city": "Nairobi", "country": "KE", "venue": "aa"},
        ),
        "The venue is another one: its page says where.",
    ),
    "moved without readable times": (change(1, "moved", before={"starts_at": "soon"}), "Moved Side event 1"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_change_is_worded(name: str, visit: Visit) -> None:
    made, said = CHANGES[name]
    text = visit(make_programme(changes=[made])).text("/2021/changes")
    assert "Wednesday 1 September 2021 11:00 (UTC+2)" in text
    assert said in text


def test_change_of_an_event_that_went_does_not_tell_its_title(visit: Visit) -> None:
    went = change(1, "hidden")._replace(event_code=code(9))
    html = main_of(visit(make_programme(changes=[went])).page("/2021/changes"))
    assert "No longer listed An event that is no longer listed" in words_of(html)
    assert f'href="/e/{code(9)}"' in html


def test_changes_are_newest_first_and_paged(visit: Visit) -> None:
    visitor = visit(make_programme(changes=[change(number, "text") for number in range(1, 121)]))
    first, last = main_of(visitor.page("/2021/changes")), main_of(visitor.page("/2021/changes?page=3"))
    stamps = re.findall(r'datetime="([^"]*)"', first)
    assert (len(stamps), stamps) == (50, sorted(stamps, reverse=True))
    assert len(re.findall(r'<li class="change', last)) == 20
    assert visitor.get("/2021/changes?page=9").headers["Location"] == "/2021/changes"
    assert visitor.get("/2021/changes?page=none").status_code == 400


def test_no_changes_are_designed(visit: Visit) -> None:
    assert "Nothing has changed yet" in visit(make_programme()).text("/2021/changes")


def test_cancelled_session_among_several_is_named_in_its_change(visit: Visit) -> None:
    sessions = [make_session(1), make_session(2, title={"en": "Workshop"}, status=SessionStatus.CANCELLED)]
    made = change(1, "cancelled")._replace(session_code=code(2, "S"))
    programme = make_programme([make_event(1, sessions=sessions)], changes=[made])
    assert "Cancelled Side event 1 – Workshop" in visit(programme).text("/2021/changes")


def test_cancelled_event_says_when_it_was_to_be(visit: Visit) -> None:
    off = make_event(1, sessions=[make_session(1, status=SessionStatus.CANCELLED)])
    text = visit(make_programme([off], changes=[change(1, "cancelled")])).text("/2021/changes")
    assert "Cancelled Side event 1 It was to take place Thu 7 Oct, 15:00 (Madrid, UTC+2)." in text


def test_many_events_added_on_a_day_are_one_entry(visit: Visit) -> None:
    events = [make_event(number) for number in range(1, 61)]
    added = [change(0, "added")._replace(id=number, event_code=code(number)) for number in range(1, 61)]
    moved = change(1, "moved")._replace(id=99)
    html = visit(make_programme(events, changes=[*added, moved])).page("/2021/changes")
    text = words_of(main_of(html))
    assert "Moved Side event 1" in text
    assert "60 events added Which ones Side event 60 Thu 7 Oct, 15:00 (Madrid, UTC+2) Side event 59" in text
    assert "Older" not in text


def test_day_that_added_a_thousand_events_names_some_and_leads_to_all(visit: Visit) -> None:
    events = [make_event(number) for number in range(1, 1001)]
    added = [change(0, "added")._replace(id=number, event_code=code(number)) for number in range(1, 1001)]
    html = visit(make_programme(events, changes=added)).page("/2021/changes")
    assert "900 more are in the programme." in html
    assert len(html.encode()) < 100_000


@pytest.mark.parametrize(
    ("events", "edition", "note"),
    [
        ([make_event(1, is_lead=True, is_demo=False), make_event(2)], make_edition(), "Only the lead event is real."),
        ([make_event(1, is_demo=False), make_event(2)], make_edition(), "Some of these events are made up"),
        ([make_event(1)], make_edition(), "These events are made up"),
        ([make_event(1, is_demo=False)], make_edition(is_demo=True), "These events are made up"),
    ],
)
@pytest.mark.parametrize("path", ["/2021/", "/2021/programme", "/2021/subscribe", "/2021/changes", PATH])
def test_every_page_says_which_events_are_made_up(
    events: list[EventView], edition: EditionView, note: str, path: str, visit: Visit
) -> None:
    html = visit(make_programme(events, edition=edition)).page(path)
    banner = html.partition('<aside class="demo-banner"')[2].partition("</aside>")[0]
    assert note in banner


def test_pages_of_real_events_say_nothing_of_made_up_ones(visit: Visit) -> None:
    assert "demo-banner" not in visit(make_programme([make_event(1, is_demo=False)])).page("/2021/")


def test_topic_across_editions_marks_what_is_made_up_line_by_line(visit: Visit) -> None:
    demo = make_programme([make_event(1)], edition=make_edition(slug="demo", name="Demonstration", is_demo=True))
    real = make_programme([make_event(2, is_demo=False)])
    html = visit(real, demo).page("/topics/public-space-and-housing")
    assert "Some of these events are made up" in html
    assert html.count("<li>Demonstration data</li>") == 1


def test_topic_page_shows_all_topics_of_its_events(visit: Visit) -> None:
    event = make_event(1, topics=("gender-equality", "public-space-and-housing"))
    html = main_of(visit(make_programme([event])).page("/2021/topics/public-space-and-housing"))
    assert re.findall(r'<li><span class="topic[^>]*>([^<]*)', html) == ["Gender equality", "Public space and housing"]


def test_organisations_are_in_order_of_their_names_without_accents(visit: Visit) -> None:
    organisers = [
        OrganiserView(f"ZRG22{digit}", "x", name, "en", OrganiserRole.LEAD, "community")
        for digit, name in ((2, "Zhuwan"), (3, "Àrea"), (4, "Berlin"))
    ]
    programme = make_programme([make_event(1, organisers=tuple(organisers))])
    html = main_of(visit(programme).page("/2021/organisations/"))
    assert re.findall(r"<li><b><a [^>]*>([^<]*)", html) == ["Àrea", "Berlin", "Zhuwan"]


def test_subscribe_page_tells_each_calendars_way_before_the_links(visit: Visit) -> None:
    text = visit(make_programme()).text("/2021/subscribe")
    wanted = [
        "iPhone, iPad, Mac",
        "Google Calendar Follow",
        "Outlook Follow",
        "Android",
        "Anything else",
        "Copy address",
    ]
    assert [text.index(each) for each in wanted] == sorted(text.index(each) for each in wanted)


def test_subscribe_page_of_an_edition_that_is_over_promises_nothing_new(visit: Visit) -> None:
    text = visit(make_programme(), now=datetime(2022, 1, 5, tzinfo=UTC)).text("/2021/subscribe")
    assert "nothing new appears in it" in text
    assert "New events appear by themselves" not in text
    assert "New events appear by themselves" in visit(make_programme()).text("/2021/subscribe")


def test_series_page_has_the_same_links_as_the_subscribe_page(visit: Visit) -> None:
    talks = SeriesView("talks", "MetroTalks", "")
    programme = replace(make_programme([make_event(1, series="talks")]), series={"talks": talks})
    html = visit(programme, series={"talks": talks}).page("/series/talks")
    card = html.partition('<article class="card feed">')[2].partition("</article>")[0]
    assert 'href="webcal://wmd.example/feeds/series-talks.ics"' in card
    assert "https://calendar.google.com/calendar/" in card
