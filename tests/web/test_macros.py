"""The parts pages are made of: what they draw for plain values, and that a missing one leaves no trace."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import make_test_app
from wmd.domain.agenda import Tick

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
