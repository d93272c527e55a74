"""The note of a change on an event's page and in its rows: which change, in whose time, and until when."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import code, make_event, make_programme, make_session
from tests.web.public.conftest import Visit, main_of, words_of
from wmd.domain.change_notes import STANDS, notes_turn_at
from wmd.domain.programme import ChangeView, Programme

NOW = datetime(2021, 10, 5, 12, tzinfo=UTC)
PATH = f"/2021/events/{code(1)}-side-event-1"
TIMES = {"starts_at": "2021-10-07T12:00:00+00:00", "ends_at": "2021-10-07T13:30:00+00:00", "zone": "Europe/Madrid"}


def change(kind: str, hours_ago: float = 2, session: int | None = 1, number: int = 1) -> ChangeView:
    before = TIMES if kind == "moved" else {}
    at = NOW - timedelta(hours=hours_ago)
    return ChangeView(number, at, kind, code(1), code(session, "S") if session else None, before, {})


def programme(*changes: ChangeView) -> Programme:
    return make_programme([make_event(1), make_event(2)], changes=changes)


def note(html: str) -> str:
    return words_of(main_of(html).partition('<div class="notice warning" role="note">')[2].partition("</div>")[0])


def marks(html: str) -> list[str]:
    """Return the marks of changed rows, blanks run together."""
    return [words_of(each) for each in re.findall(r'<p class="hint">((?:(?!</p>).)*class="ago".*?)</p>', main_of(html))]


def test_moved_event_says_when_it_was_changed_and_from_what(visit: Visit) -> None:
    html = visit(programme(change("moved")), now=NOW).page(PATH, cookie="America/Bogota")
    assert note(html) == ("Moved Tue 5 Oct, 05:00 (Bogotá, UTC−5) Before: Thu 7 Oct, 07:00–08:30 (Bogotá, UTC−5)")
    assert '<span class="ago" data-at="2021-10-05T10:00:00Z"></span>' in html


@pytest.mark.parametrize("path", ["/2021/programme", "/2021/", f"/2021/topics/{make_event(1).topics[0]}"])
def test_row_of_a_changed_event_says_so_and_the_others_do_not(visit: Visit, path: str) -> None:
    html = visit(programme(change("place", session=None)), now=NOW).page(path, cookie="America/Bogota")
    assert marks(html) == ["Another place Tue 5 Oct, 05:00 (Bogotá, UTC−5)"]


@pytest.mark.parametrize("kind", ["text", "added", "hidden"])
def test_what_nobody_is_told_of_is_not_noted(visit: Visit, kind: str) -> None:
    visitor = visit(programme(change(kind, session=None)), now=NOW)
    assert note(visitor.page(PATH)) == ""
    assert 'class="ago"' not in visitor.page("/2021/programme")


@pytest.mark.parametrize(
    ("kinds", "noted"),
    [
        (["moved", "link"], "Moved"), (["link", "moved"], "Moved"), (["place", "moved", "link"], "Moved"),
        (["moved", "cancelled", "link"], "Cancelled"), (["cancelled", "revived", "moved"], "Takes place after all"),
        (["link", "place"], "Another place"),
    ],
)  # fmt: skip
def test_what_matters_most_is_noted_of_changes_made_together(visit: Visit, kinds: list[str], noted: str) -> None:
    several = [
        change(kind, session=None if kind in {"link", "place"} else 1, number=number)
        for number, kind in enumerate(kinds, 1)
    ]
    visitor = visit(programme(*several), now=NOW)
    page = main_of(visitor.page(PATH))
    # That it is cancelled stands in a smaller line.
    assert (note(visitor.page(PATH)) or words_of(page.partition('<p class="hint">')[2])).startswith(
        f"{noted} Tue 5 Oct, 12:00"
    )
    assert [mark.startswith(noted) for mark in marks(visitor.page("/2021/programme"))] == [True]


def test_newest_of_several_moves_is_noted(visit: Visit) -> None:
    several = programme(change("moved", 5), change("moved", 3, number=2), change("link", 1, session=None, number=3))
    assert note(visit(several, now=NOW).page(PATH)).startswith("Moved Tue 5 Oct, 11:00")


def test_note_goes_after_a_week_and_the_page_is_kept_no_longer() -> None:
    found = programme(change("moved"), change("text", 1, None))
    at = NOW - timedelta(hours=2)
    turns = at + STANDS
    assert [notes_turn_at(found, now) for now in (at, turns - timedelta(seconds=1), turns)] == [turns, turns, None]


def test_note_is_gone_once_a_week_is_over_or_the_event(visit: Visit) -> None:
    found = programme(change("moved"))
    late = make_programme(
        [make_event(1, sessions=[make_session(1, starts=datetime(2021, 10, 20, 15))])],  # noqa: DTZ001
        changes=[change("moved")],
    )
    assert note(visit(late, now=NOW + STANDS - timedelta(hours=3)).page(PATH)) != ""
    assert note(visit(late, now=NOW + STANDS - timedelta(hours=2)).page(PATH)) == ""
    assert note(visit(found, now=datetime(2021, 10, 7, 15, tzinfo=UTC)).page(PATH)) == ""


def test_change_of_one_session_marks_its_row_alone(visit: Visit) -> None:
    starts = datetime(2021, 10, 8, 15)  # noqa: DTZ001
    event = make_event(1, sessions=[make_session(1), make_session(2, starts=starts, event_code=code(1))])
    found = make_programme([event], changes=[change("moved", session=2)])
    html = visit(found, now=NOW).page("/2021/programme")
    assert [mark.partition(" ")[0] for mark in marks(html)] == ["Moved"]
    assert html.index('class="ago"') > html.index("Friday 8 October")
