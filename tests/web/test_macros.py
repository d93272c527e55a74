"""The parts pages are made of: what they draw for plain values, and that a missing one leaves no trace."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import make_test_app
from wmd.domain.agenda import Tick
from wmd.web.reading import Viewer

Draw = Callable[..., str]


@pytest.fixture
def draw(tmp_path: Path) -> Draw:
    """Render one macro with the application's own environment."""
    app = make_test_app(f"sqlite:///{tmp_path / 'nothing.sqlite3'}", tmp_path)

    def call(name: str, *args: object, **named: object) -> str:
        with app.test_request_context("/"):
            return str(getattr(app.jinja_env.get_template("_macros.html").module, name)(*args, **named))

    return call


def test_band_draws_one_bar_for_each_event_where_it_takes_place(draw: Draw) -> None:
    ticks = [Tick(360, 450, "A", "Early", False, 0), Tick(400, 520, "B", "The <lead>", True, 1)]
    drawn = draw("band", ticks, [0.0] * 24 + [1.0] * 24, 720, "Two events")
    bars = re.findall(r'<rect class="tick" x="([\d.]+)%" y="([\d.]+)" width="([\d.]+)%".*?<title>(.*?)</title>', drawn)
    assert [(x, width, title) for x, _, width, title in bars] == [
        ("25.00", "6.25", "Early"),
        ("27.78", "8.33", "The &lt;lead&gt;"),
    ]
    assert float(bars[1][1]) < float(bars[0][1])
    assert re.findall(r'<svg class="now" x="([\d.]+)%"', drawn) == ["50.00"]
    assert drawn.count("<stop ") == 48
    assert 'role="img" aria-label="Two events"' in drawn


def test_band_keeps_many_lanes_within_its_height(draw: Draw) -> None:
    drawn = draw("band", [Tick(600, 690, "A", "x", False, lane) for lane in range(30)], [1.0] * 48)
    heights = [float(y) for y in re.findall(r'<rect class="tick" x="[\d.]+%" y="([\d.]+)"', drawn)]
    assert len(heights) == 30
    assert min(heights) > 10
    assert "now" not in drawn


def test_band_with_addresses_leads_from_each_bar_to_its_event(draw: Draw) -> None:
    ticks = [Tick(360, 450, "A", 'A "quoted" title', False, 0), Tick(400, 520, "B", "A pile", False, 1)]
    drawn = draw("band", ticks, [], label="Two events", caption="Day and night in Bogotá", urls={"A": "/e/A"})
    links = re.findall(r'<a href="([^"]*)" tabindex="(-1)" aria-label="([^"]*)"><rect class="tick"', drawn)
    assert links == [("/e/A", "-1", "A &#34;quoted&#34; title")]
    assert drawn.count('class="tick"') == 2
    assert drawn.count("</a>") == 1
    assert 'role="group" aria-label="Two events"' in drawn
    assert re.findall(r"<figcaption>(.*?)</figcaption>", drawn) == ["Day and night in Bogotá"]


def test_band_without_events_or_sky_still_draws(draw: Draw) -> None:
    drawn = draw("band", [], [])
    assert drawn.count('class="tick"') == 0
    assert drawn.count("<li>") == 8


def test_relative_is_left_out_for_what_does_not_take_place(draw: Draw) -> None:
    assert draw("relative", "2021-10-07T13:00:00Z", "2021-10-07T14:30:00Z", off=True) == ""
    assert draw("relative", "") == ""


def test_relative_beside_on_now_does_not_say_it_twice(draw: Draw) -> None:
    times = ("2021-10-07T13:00:00Z", "2021-10-07T14:30:00Z")
    span = '<span class="relative" data-starts="2021-10-07T13:00:00Z" data-ends="2021-10-07T14:30:00Z"'
    assert draw("relative", *times, live=True) == f"{span} data-live></span>"
    assert draw("relative", *times) == f"{span}></span>"
    assert draw("relative", *times, within_h=48) == f'{span} data-within-h="48"></span>'


def test_row_with_the_least_says_no_none(draw: Draw) -> None:
    drawn = draw("row", {"url": "/e", "title": "A <b>", "time": "15:00–16:30"})
    assert "None" not in drawn
    assert re.findall(r"<a href=\"(.*?)\">(.*?)</a>", drawn) == [("/e", "A &lt;b&gt;")]
    assert re.findall(r"<small|class=\"facts|class=\"who", drawn) == []


def test_row_of_what_has_ended_is_muted(draw: Draw) -> None:
    item = {"url": "/e", "title": "A", "time": "15:00–16:30"}
    assert re.findall(r'<li class="([^"]*)"', draw("row", item | {"over": True})) == ["row over"]
    assert re.findall(r'<li class="([^"]*)"', draw("row", item)) == ["row"]


def test_row_of_a_title_in_another_script_marks_language_and_direction(draw: Draw) -> None:
    drawn = draw("row", {"url": "/e", "title": "مدينة", "lang": "ar", "dir": "rtl", "time": "15:00"})
    assert '<bdi lang="ar" dir="rtl">مدينة</bdi>' in drawn


def test_facet_marks_what_is_chosen(draw: Draw) -> None:
    drawn = draw(
        "facet",
        "Topic",
        [
            {"url": "?topic=a", "label": "A", "count": 1, "chosen": True},
            {"url": "?topic=b", "label": "B", "count": 2, "chosen": False},
        ],
    )
    assert re.findall(r'href="([^"]*)" rel="nofollow"( aria-current="true")?', drawn) == [
        ("?topic=a", ' aria-current="true"'),
        ("?topic=b", ""),
    ]
    assert re.findall(r'<span class="n">(\d+)</span>', drawn) == ["1", "2"]


def test_pager_of_a_single_page_is_not_there(draw: Draw) -> None:
    assert draw("pager", 1, 1).strip() == ""
    assert re.findall(r'rel="(\w+)" href="([^"]*)"', draw("pager", 2, 3, "?a", "?b")) == [
        ("prev", "?a"),
        ("next", "?b"),
    ]


def test_feed_shows_its_address_without_a_script(draw: Draw) -> None:
    drawn = draw("feed", "All", "https://wmd.example/2021/calendar.ics?a=1&b=2")
    assert re.findall(r"<code>(.*?)</code>", drawn) == ["https://wmd.example/2021/calendar.ics?a=1&amp;b=2"]
    assert re.findall(r'<button class="copy" type="button" (\w+) ', drawn) == ["hidden"]


def test_ticket_separates_time_shift_and_date_for_those_who_hear_or_copy_it(draw: Draw) -> None:
    mine = {
        "label": "Your time · Auckland", "time": "02:00–03:30", "plus": "+1 day",
        "day": "Friday 8 October 2021, Thursday in Barcelona",
    }  # fmt: skip
    other = {"label": "Barcelona", "time": "15:00–16:30", "day": "Thursday 7 October 2021"}
    readings = re.findall(r"<dd>(.*?)</dd>", draw("times", mine, [other]), re.DOTALL)
    assert [re.sub(r"<[^>]*>", "", reading).strip() for reading in readings] == [
        "02:00–03:30 +1 day Friday 8 October 2021, Thursday in Barcelona",
        "15:00–16:30 Thursday 7 October 2021",
    ]


def test_ticket_without_a_date_ends_with_the_time(draw: Draw) -> None:
    drawn = draw("times", {"label": "In Brussels", "time": "All day"})
    assert re.findall(r"<dd>(.*?)</dd>", drawn) == ["<time>All day</time> "]


def test_address_on_paper_is_written_out(draw: Draw) -> None:
    drawn = draw("on_paper", "Register", "https://wmd.example/go/ABCDEF")
    assert drawn == '<p class="on-paper">Register: <b>https://wmd.example/go/ABCDEF</b></p>'


def test_change_says_when_the_event_was_to_be(draw: Draw) -> None:
    item = {"at": "14:00", "at_iso": "2021-10-05T14:00:00Z", "kind": "cancelled", "label": "Cancelled", "title": "A"}
    assert '<p class="who">Thu 7 Oct, 15:00</p>' in draw("change", item | {"event_at": "Thu 7 Oct, 15:00"})
    assert 'class="who"' not in draw("change", item)


def test_zone_chooser_works_as_a_plain_form(draw: Draw) -> None:
    who = Viewer(zone="America/Bogota", zone_source="cookie")
    drawn = draw("zone_chooser", who, "Bogotá", "/2021/programme?q=care")
    assert re.findall(r'<form class="sheet" action="([^"]*)" method="(\w+)">', drawn) == [("/zone", "get")]
    assert re.findall(r'<label for="tz">|<select id="tz" name="tz">|<button class="button">', drawn) == [
        '<label for="tz">', '<select id="tz" name="tz">', '<button class="button">',
    ]  # fmt: skip
    assert re.findall(r'name="next" value="([^"]*)"', drawn) == ["/2021/programme?q=care"]
    assert re.findall(r'<option value="([^"]*)" selected>', drawn) == ["America/Bogota"]


@pytest.mark.parametrize(
    ("kind", "sentence", "short"),
    [
        (
            "all",
            "These events are made up to show how the service works.",
            "Made-up events – nobody is waiting for you",
        ),
        ("lead", "Only the lead event is real.", "Only the lead event is real; the others are made up"),
        ("some", "Some of these events are made up to show how the service works;", "Some of these events are made up"),
    ],
)
def test_note_on_made_up_events_has_a_sentence_and_a_short_form(
    draw: Draw, kind: str, sentence: str, short: str
) -> None:
    drawn = draw("demo_banner", kind=kind)
    assert re.findall(r"<span>(.*?)</span>", drawn)[0].startswith(sentence)
    assert re.findall(r'<b class="short">(.*?)</b>', drawn) == [short]
