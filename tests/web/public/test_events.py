from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.factories import PUBLISHED_AT, code, make_edition, make_event, make_programme, make_session
from tests.web.public.conftest import Elements, Visit, Visitor, main_of, words_of
from wmd.domain.programme import (
    ChangeView,
    EventView,
    OrganiserView,
    PanelView,
    SpeakerView,
    TextView,
    VenueView,
)
from wmd.domain.vocabulary import Answer, EventFormat, OrganiserRole, SessionStatus, SpeakerRole

FIRST, SECOND = code(1), code(2)
PATH = f"/2021/events/{FIRST}-side-event-1"


def shown(visit: Visit, event: EventView, **options: object) -> str:
    return visit(make_programme([event]), **options).text(f"/2021/events/{event.code}-{event.slug}")


def test_event_page_shows_three_clocks_with_their_zones(visit: Visit) -> None:
    html = visit(make_programme()).page(PATH, cookie="America/Bogota")
    ticket = words_of(html.partition('<dl class="times')[2].partition("</dl>")[0])
    assert (
        "Your time · Bogotá (UTC−5) 08:00–09:30 Thursday 7 October 2021 "
        "Barcelona (CEST, UTC+2) 15:00–16:30 UTC 13:00–14:30" in ticket
    )


def test_event_page_in_melbourne_says_that_it_is_the_next_day(visit: Visit) -> None:
    evening = make_event(1, sessions=[make_session(1, starts=datetime(2021, 10, 7, 20, 0))])  # noqa: DTZ001
    text = visit(make_programme([evening])).text(f"{PATH}?tz=Australia/Melbourne")
    assert "Melbourne (AEDT, UTC+11) 05:00–06:30 +1 day Friday 8 October 2021, Thursday in Barcelona" in text
    assert "Barcelona (CEST, UTC+2) 20:00–21:30 Thursday 7 October 2021" in text


def test_event_page_says_of_which_day_it_speaks_before_when_it_ends(visit: Visit) -> None:
    early = make_event(1, sessions=[make_session(1, starts=datetime(2021, 10, 8, 6, 30))])  # noqa: DTZ001
    text = visit(make_programme([early])).text(f"{PATH}?tz=America/Bogota")
    assert "23:30–01:00 −1 day Thursday 7 October 2021, Friday in Barcelona · ends Fri 8 Oct" in text


def test_event_page_without_a_chosen_zone_is_in_the_events_own(visit: Visit) -> None:
    event = make_event(1, sessions=[make_session(1, zone="Asia/Kathmandu")], host_city="Patan", host_country="NP")
    visitor = visit(make_programme([event]))
    assert "Time in Patan (UTC+5:45) 15:00–16:30" in visitor.text(PATH)
    assert "Your time · Kathmandu (UTC+5:45), as in Patan 15:00–16:30" in visitor.text(PATH, cookie="Asia/Kathmandu")


@pytest.mark.parametrize(("cookie", "said"), [("", "Times in Madrid"), ("Europe/Madrid", "Your time Madrid")])
def test_header_says_whose_time_it_is(cookie: str, said: str, visit: Visit) -> None:
    html = visit(make_programme()).page(PATH, cookie=cookie)
    assert words_of(html.partition("<summary>")[2].partition("</summary>")[0]) == said


def test_recording_is_offered_when_the_event_is_over(visit: Visit) -> None:
    event = make_event(1, recording_url="https://video.example/1")
    visitor = visit(make_programme([event]))
    assert "https://video.example/1" not in main_of(visitor.page(PATH))
    visitor.clock.now = event.sessions[0].ends_at
    assert '<a href="https://video.example/1" rel="nofollow noopener">Recording</a>' in visitor.page(PATH)


def test_title_of_the_page_names_the_edition(visit: Visit) -> None:
    html = visit(make_programme()).page(PATH)
    assert re.findall(r"<title>(.*?)</title>", html) == ["Side event 1 · World Metropolitan Day 2021"]


def test_goals_are_a_list(visit: Visit) -> None:
    html = visit(make_programme([make_event(1, sdgs=(5, 11))])).page(PATH)
    goals = html.partition("<dt>Sustainable Development Goals</dt>")[2].partition("</div>")[0]
    assert [line.partition(".")[0] for line in re.findall(r"<li>(.*?)</li>", goals)] == ["5", "11"]


def test_event_that_runs_says_so_once_in_its_ticket(visit: Visit) -> None:
    html = visit(make_programme(), now=datetime(2021, 10, 7, 13, 30, tzinfo=UTC)).page(PATH)
    ticket = html.partition('<aside class="card ticket"')[2].partition("</aside>")[0]
    assert words_of(ticket).count("On now") == 1
    # Beside the relative time, where the script takes it back when it is over.
    (state, relative) = re.findall(r'<span class="state (\w+)">On now</span> <span class="(\w+)"', ticket)[0]
    assert (state, relative) == ("live", "relative")


def test_event_page_of_an_unknown_zone_is_a_400(visit: Visit) -> None:
    response = visit(make_programme()).get(f"{PATH}?tz=CET")
    assert response.status_code == 400
    assert "<code>tz=CET</code>" in response.get_data(as_text=True)


def test_event_page_of_an_umbrella_shows_dates_and_no_clock(visit: Visit) -> None:
    umbrella = replace(make_session(1), all_day=True, starts_on=date(2021, 10, 4), ends_on=date(2021, 10, 8))
    text = shown(visit, make_event(1, sessions=[umbrella]))
    assert "In Barcelona All day Monday 4 October – Friday 8 October 2021" in text


def test_panels_show_their_questions_and_speakers(visit: Visit) -> None:
    speakers = (
        SpeakerView("", SpeakerRole.MODERATOR, {"en": "Director of planning"}, "Example City"),
        SpeakerView("Ana Example", SpeakerRole.SPEAKER, {"en": "Mayor"}, ""),
    )
    panel = PanelView("p1", {"en": "Creating care"}, {"en": "With **tea**."}, ({"en": "Who cares?"},), speakers)
    event = make_event(1, sessions=[make_session(1, panels=(panel,))])
    html = main_of(visit(make_programme([event])).page(PATH))
    assert "Creating care With tea . Who cares? Director of planning Example City Moderator" in words_of(html)
    assert "Ana Example Mayor" in words_of(html)


def test_sessions_are_listed_with_their_times_and_states(visit: Visit) -> None:
    sessions = [
        make_session(1, title={"en": "Opening"}),
        make_session(
            2, starts=datetime(2021, 10, 8, 10, 0), title={"en": "Workshop"}, status=SessionStatus.CANCELLED,  # noqa: DTZ001
            event_code=FIRST,
        ),
    ]  # fmt: skip
    text = shown(visit, make_event(1, sessions=sessions))
    assert "2 sessions in all" in text
    assert "Part of this event has been cancelled: see its sessions below." in text
    assert (
        "Workshop Cancelled Time in Barcelona (CEST, UTC+2) 10:00–11:30 Friday 8 October 2021 "
        "UTC 08:00–09:30 Fri 8 Oct" in text
    )


def test_cancelled_event_gives_its_reason_in_the_readers_language(visit: Visit) -> None:
    off = [make_session(1, status=SessionStatus.CANCELLED)]
    words = {"es": "El salón está en obras.", "en": "The hall is closed."}
    text = shown(visit, make_event(1, sessions=off, language="en", public_reason=words))
    assert "This event has been cancelled. The reason: The hall is closed." in text
    assert "The reason:" not in shown(visit, make_event(1, public_reason=words))


def test_languages_are_separate_facts(visit: Visit) -> None:
    event = make_event(1, spoken=("es", "en"), interpreted=("fr",), captioned=("en",), signed=("ise",))
    text = shown(visit, event)
    assert (
        "Spoken Spanish, English Interpretation into French Live captions in English "
        "Sign language Italian Sign Language" in text
    )


def test_access_facts_are_plain_answers_and_unknown_ones_are_left_out(visit: Visit) -> None:
    facts = {"step-free": Answer.YES, "phone": Answer.NO, "transcript": Answer.UNKNOWN}
    text = shown(visit, make_event(1, access_facts=facts, access_note="Quiet room beside the hall"))
    assert "Step-free venue Yes Can be followed by phone No About access Quiet room beside the hall" in text
    assert "Transcript" not in text


def test_venue_has_address_and_map(visit: Visit) -> None:
    venue = VenueView("Town hall", "Main square 1", "Patan", "NP", 27.6766, 85.3142)
    event = make_event(1, venue=venue, format=EventFormat.HYBRID)
    html = main_of(visit(make_programme([event])).page(PATH))
    assert "Town hall Main square 1 Patan, Nepal" in words_of(html)
    assert "https://www.openstreetmap.org/?mlat=27.67660&amp;mlon=85.31420#map=17/27.67660/85.31420" in html


def test_organisers_lead_to_their_pages_with_their_part(visit: Visit) -> None:
    organisers = (
        OrganiserView("ZRG222", "a", "City A", "en", OrganiserRole.LEAD, "local-government"),
        OrganiserView("ZRG333", "b", "Foundation B", "fr", OrganiserRole.SUPPORTER, "foundation"),
    )
    html = main_of(visit(make_programme([make_event(1, organisers=organisers)])).page(PATH))
    assert "City A Local or city government Foundation B Foundation With the support of" in words_of(html)
    assert 'href="/2021/organisations/ZRG333-b"' in html


def test_calendar_links_are_offered_while_the_event_is_ahead(visit: Visit) -> None:
    html = main_of(visit(make_programme()).page(PATH))
    menu = html.partition('<details class="menu calendar">')[2].partition("</details>")[0]
    hosts = re.findall(r'href="(https://[^/"]+|/e/[^"]+)', menu)
    assert hosts == [
        "https://calendar.google.com", "https://outlook.live.com", "https://outlook.office.com",
        "https://calendar.yahoo.com", f"/e/{FIRST}.ics",
    ]  # fmt: skip
    assert "20211007T130000Z" in menu


def test_calendar_links_stay_when_the_event_is_over_and_go_when_it_is_cancelled(visit: Visit) -> None:
    over = visit(make_programme(), now=datetime(2021, 10, 8, tzinfo=UTC)).page(PATH)
    cancelled = [make_event(sessions=[make_session(status=SessionStatus.CANCELLED)])]
    off = visit(make_programme(cancelled)).page(PATH)

    assert ("calendar.google.com" in over, "calendar.google.com" in off) == (True, False)


def test_related_events_share_a_topic(visit: Visit) -> None:
    events = [make_event(1), make_event(2, title="Another square"), make_event(3, topics=(), region="africa")]
    html = main_of(visit(make_programme(events)).page(PATH))
    related = words_of(html.partition("Related events")[2])
    assert "Another square" in related
    assert "Side event 3" not in related


def test_change_history_is_worded_with_old_and_new_time_in_the_viewers_zone(visit: Visit) -> None:
    change = ChangeView(
        1, PUBLISHED_AT, "moved", FIRST, code(1, "S"),
        {"starts_at": "2021-10-07T12:00:00+00:00", "ends_at": "2021-10-07T13:30:00+00:00", "zone": "Europe/Madrid"},
        {"starts_at": "2021-10-07T13:00:00+00:00", "ends_at": "2021-10-07T14:30:00+00:00", "zone": "Europe/Madrid"},
    )  # fmt: skip
    visitor = visit(make_programme([make_event(1)], changes=[change]))
    text = visitor.text(PATH, cookie="America/Bogota")
    assert (
        "Moved Side event 1 Before: Thu 7 Oct, 07:00–08:30 (Bogotá, UTC−5) "
        "Now: Thu 7 Oct, 08:00–09:30 (Bogotá, UTC−5)" in text
    )


def in_spanish(origin: str = "original") -> EventView:
    texts = {"es": TextView("es", "Plazas abiertas", "Resumen", "Una **plaza**.", "original")}
    if origin != "original":
        texts["en"] = TextView("en", "Open squares", "Summary", "A square.", origin)
    return make_event(1, language="es", texts=texts)


def test_untranslated_event_says_so_and_tags_its_language(visit: Visit) -> None:
    html = visit(make_programme([in_spanish()])).page(PATH)
    assert "Not translated into English. Original in Spanish." in words_of(html)
    assert '<div class="prose" lang="es" dir="ltr">' in html
    head = html.partition('<div lang="es" dir="ltr">')[2].partition("</div>")[0]
    assert re.findall(r"<(h1|p class=\"lede\")>(.*?)</", head) == [
        ("h1", "Plazas abiertas"),
        ('p class="lede"', "Resumen"),
    ]


@pytest.mark.parametrize(
    ("origin", "note"),
    [
        ("human", "Translation. Original in Spanish."),
        ("machine", "Translated by a machine. Original in Spanish."),
    ],
)
def test_translated_event_says_by_whom_and_keeps_the_original(origin: str, note: str, visit: Visit) -> None:
    html = main_of(visit(make_programme([in_spanish(origin)])).page(PATH))
    assert note in words_of(html)
    assert '<section id="original" lang="es" dir="ltr">' in html
    assert "Original in Spanish Plazas abiertas Resumen Una plaza ." in words_of(html)


@pytest.mark.parametrize(("description", "first"), [("", "Original in Spanish"), ("A square.", "About this event")])
def test_body_begins_with_what_there_is_to_read(description: str, first: str, visit: Visit) -> None:
    event = in_spanish("human")
    texts = {**event.texts, "en": event.texts["en"]._replace(description=description)}
    html = main_of(visit(make_programme([replace(event, texts=texts)])).page(PATH))
    assert words_of(html.partition('<div class="body">')[2]).startswith(first)
    assert html.count('id="original"') == 1


def test_speakers_are_tagged_with_the_language_of_their_titles(visit: Visit) -> None:
    speaker = SpeakerView("Ana Example", SpeakerRole.SPEAKER, {"ar": "عمدة"}, "بلدية")
    texts = {"ar": TextView("ar", "حافلة", "", "", "original")}
    panel = PanelView("p1", {"ar": "حافلة"}, {}, (), (speaker,))
    event = make_event(1, language="ar", texts=texts, sessions=[make_session(1, panels=(panel,))])
    html = main_of(visit(make_programme([event])).page(PATH))
    assert '<span><bdi lang="ar" dir="rtl">عمدة</bdi></span>' in html
    assert '<span class="who"><bdi lang="ar" dir="rtl">بلدية</bdi></span>' in html
    assert '<div class="panel" dir="rtl">\n<h3 lang="ar">حافلة</h3>' in html


HOSTILE = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<!--<script>",
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "\u202edrowssap\u2066",
    "%(num)d %s {0}",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_shown_as_text_everywhere(hostile: str, visit: Visit) -> None:
    organiser = OrganiserView("ZRG222", "example", hostile, "en", OrganiserRole.LEAD, "local-government")
    panel = PanelView("p", {"en": hostile}, {"en": hostile}, ({"en": hostile},), (
        SpeakerView(hostile, SpeakerRole.SPEAKER, {"en": hostile}, hostile),
    ))  # fmt: skip
    event = make_event(
        1, title=hostile, texts={"en": TextView("en", hostile, hostile, hostile, "original")}, organisers=(organiser,),
        venue=VenueView(hostile, hostile, hostile, "NP", None, None), format=EventFormat.HYBRID, cost=hostile,
        access_note=hostile, audience=(hostile,), hashtags=(hostile,), host_city=hostile, is_lead=True,
        sessions=[make_session(1, title={"en": hostile}, panels=(panel,)), make_session(2, title={"en": hostile})],
        web_url="javascript:alert(1)", recording_url="data:text/html,x",
    )  # fmt: skip
    visitor = visit(make_programme([event], edition=make_edition(theme=hostile, name=hostile)))
    organisation = "/2021/organisations/ZRG222-example"
    for path in (PATH, "/", "/2021/programme", "/2021/changes", "/2021/subscribe", organisation):
        elements = Elements(visitor.page(path)).found
        assert {tag for tag, _ in elements}.isdisjoint({"img", "iframe", "object", "style"})
        assert [attrs for tag, attrs in elements if tag == "script" and not {"src", "type"} & set(attrs)] == []
        assert [name for _, attrs in elements for name in attrs if name.startswith("on") or name == "style"] == []
        addresses = [attrs.get("href") or "" for _, attrs in elements]
        assert [link for link in addresses if link.startswith(("javascript:", "data:"))] == []


def test_braces_in_a_text_are_not_run(visit: Visit) -> None:
    assert "{{ 7 * 7 }}" in shown(visit, make_event(1, title="{{ 7 * 7 }}"))


def test_json_ld_of_a_hostile_title_is_one_script_that_reads_back(visit: Visit) -> None:
    title = "</script><script>alert(1)</script> & <!-- “care”"
    html = visit(make_programme([make_event(1, title=title)])).page(PATH)
    (data,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert json.loads(data)["name"] == title


def test_short_address_leads_to_the_page(visit: Visit) -> None:
    visitor = visit(make_programme())
    found = visitor.get(f"/e/{FIRST}")
    assert (found.status_code, found.headers["Location"]) == (303, PATH)
    typed = visitor.get(f"/e/{FIRST.lower()}?tz=Asia/Kathmandu&utm_source=poster")
    assert (typed.status_code, typed.headers["Location"]) == (303, f"{PATH}?tz=Asia/Kathmandu")


def test_short_address_of_a_session_leads_to_its_place_on_the_page(visit: Visit) -> None:
    session = code(1, "S")
    response = visit(make_programme()).get(f"/e/{session}")
    assert (response.status_code, response.headers["Location"]) == (303, f"{PATH}#session-{session}")


@pytest.mark.parametrize("ref", [FIRST, f"{FIRST}-another-title", f"{FIRST.lower()}-side-event-1", f"{FIRST}-"])
def test_other_spellings_of_an_event_redirect_for_good(ref: str, visit: Visit) -> None:
    response = visit(make_programme()).get(f"/2021/events/{ref}")
    assert (response.status_code, response.headers["Location"]) == (301, PATH)


@pytest.mark.parametrize("ref", [f"{FIRST}-event", f"{FIRST}-", FIRST.lower()])
def test_event_whose_title_gives_no_letters_is_at_its_code_alone(ref: str, visit: Visit) -> None:
    visitor = visit(make_programme([make_event(1, slug="")]))
    assert visitor.get(f"/2021/events/{FIRST}").status_code == 200
    response = visitor.get(f"/2021/events/{ref}")
    assert (response.status_code, response.headers["Location"]) == (301, f"/2021/events/{FIRST}")


@pytest.mark.parametrize("ref", ["ABC", "ABCDEF", "ABCDEF-x", f"{FIRST}x", "%2e%2e", f"{FIRST[:5]}0"])
def test_event_that_never_was_is_404(ref: str, visit: Visit) -> None:
    visitor = visit(make_programme())
    assert visitor.get(f"/2021/events/{ref}").status_code == 404
    assert visitor.get(f"/e/{ref}").status_code == 404


def with_one_gone_and_one_merged(visit: Visit) -> Visitor:
    programme = make_programme([make_event(1)])
    return visit(replace(programme, gone={SECOND: PUBLISHED_AT}, moved={code(3): code(4), code(4): FIRST}))


@pytest.mark.parametrize("path", [f"/e/{SECOND}", f"/2021/events/{SECOND}-side-event-2", f"/2021/events/{SECOND}"])
def test_event_that_went_is_410_and_helps(path: str, visit: Visit) -> None:
    response = with_one_gone_and_one_merged(visit).get(path)
    text = words_of(main_of(response.get_data(as_text=True)))
    assert response.status_code == 410
    assert "This page is no longer public" in text
    assert "1 September 2021" in text
    assert "See the whole programme" in text


def test_merged_event_redirects_to_what_took_its_place(visit: Visit) -> None:
    visitor = with_one_gone_and_one_merged(visit)
    assert visitor.get(f"/2021/events/{code(3)}-old").headers["Location"] == PATH
    assert visitor.get(f"/2021/events/{code(3)}-old").status_code == 301
    assert visitor.get(f"/e/{code(4)}").headers["Location"] == PATH


def test_event_of_another_edition_redirects_there(visit: Visit) -> None:
    other = make_programme([make_event(2)], edition=make_edition(slug="2026", name="World Metropolitan Day 2026"))
    response = visit(make_programme(), other).get(f"/2021/events/{SECOND}-side-event-2")
    assert (response.status_code, response.headers["Location"]) == (301, f"/2026/events/{SECOND}-side-event-2")


def test_cancelled_event_says_so_first(visit: Visit) -> None:
    text = shown(visit, make_event(1, sessions=[make_session(1, status=SessionStatus.CANCELLED)]))
    assert "This event has been cancelled." in text


def test_postponed_event_says_that_the_old_time_no_longer_holds(visit: Visit) -> None:
    text = shown(visit, make_event(1, sessions=[make_session(1, status=SessionStatus.POSTPONED)]))
    assert "This event has been postponed. Its new time is not known yet; the old one no longer holds." in text


def test_main_session_of_several_is_the_next_one(visit: Visit) -> None:
    sessions = [
        make_session(1),
        make_session(2, starts=datetime(2021, 10, 9, 10, 0), event_code=FIRST),  # noqa: DTZ001
    ]
    visitor = visit(make_programme([make_event(1, sessions=sessions)]))
    ticket = re.compile(r'<div class="mine">.*?</div>', re.DOTALL)
    before = words_of(ticket.findall(visitor.page(PATH))[0])
    visitor.clock.now = sessions[0].ends_at + timedelta(minutes=1)
    after = words_of(ticket.findall(visitor.page(PATH))[0])
    assert ("Thursday 7 October 2021" in before, "Saturday 9 October 2021" in after) == (True, True)


def test_made_up_event_in_a_real_edition_is_marked(visit: Visit) -> None:
    assert "Demonstration data" in shown(visit, make_event(1, is_demo=True))


def test_real_event_is_not_marked(visit: Visit) -> None:
    assert "Demonstration data" not in shown(visit, make_event(1, is_demo=False))


def test_made_up_event_says_beside_its_button_that_the_link_leads_nowhere(visit: Visit) -> None:
    said = "Register on Zoom This event is made up; its link leads nowhere."
    assert said in shown(visit, make_event(1))
    assert "made up" not in shown(visit, make_event(1, is_demo=False))


def test_organiser_is_named_in_the_readers_language_with_its_own_name_beside(visit: Visit) -> None:
    organiser = OrganiserView("ZRG222", "zhuwan", "珠湾健康社区办公室", "zh", OrganiserRole.LEAD, "community")
    programme = make_programme([make_event(1, organisers=(organiser,))])
    known = programme.organisations["ZRG222"]
    names = {"zh": organiser.name, "en": "Zhuwan Healthy Communities"}
    visitor = visit(replace(programme, organisations={"ZRG222": known._replace(names=names)}))
    own = '<bdi lang="zh" dir="ltr">珠湾健康社区办公室</bdi>'
    for path in (PATH, "/2021/programme", "/2021/"):
        assert f">Zhuwan Healthy Communities ({own})" in visitor.page(path)
    assert f"Zhuwan Healthy Communities</a></b><span>{own}</span>" in visitor.page(PATH)
    assert f'<p class="lede">{own}</p>' in visitor.page("/2021/organisations/ZRG222-zhuwan")


def test_organiser_without_a_name_in_the_readers_language_is_marked_with_its_own(visit: Visit) -> None:
    organiser = OrganiserView("ZRG222", "aleppo", "بلدية", "ar", OrganiserRole.LEAD, "community")
    html = visit(make_programme([make_event(1, organisers=(organiser,))])).page("/2021/programme")
    assert '<p class="who"><bdi lang="ar" dir="rtl">بلدية</bdi></p>' in html


def test_session_that_lasts_all_day_is_followed_by_the_next_with_a_time(visit: Visit) -> None:
    exhibition = replace(make_session(1), all_day=True, starts_on=date(2021, 10, 4), ends_on=date(2021, 10, 8))
    talk = make_session(2, event_code=FIRST)
    text = shown(visit, make_event(1, sessions=[exhibition, talk]))
    assert "Next: Thu 7 Oct, 15:00 (Madrid, UTC+2)" in text
    assert "Next:" not in shown(visit, make_event(1))


def test_sessions_that_are_over_say_so(visit: Visit) -> None:
    sessions = [
        make_session(1, title={"en": "Opening"}),
        make_session(2, title={"en": "Workshop"}, event_code=FIRST, starts=datetime(2021, 10, 9, 10, 0)),  # noqa: DTZ001
    ]
    text = shown(visit, make_event(1, sessions=sessions), now=datetime(2021, 10, 8, tzinfo=UTC))
    assert "Opening Ended Time in Barcelona" in text
    assert "Workshop Time in Barcelona" in text


def test_registration_is_printed_with_its_address(visit: Visit) -> None:
    html = visit(make_programme()).page(PATH)
    assert f'<p class="on-paper">Register: <b>http://wmd.example/go/{FIRST}</b></p>' in html
