"""Programmes that an export must get right, and where the shared schemas lie."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from tests.factories import code, make_edition, make_event, make_programme, make_session
from wmd.domain.programme import PanelView, Programme, SpeakerView, TextView, VenueView
from wmd.domain.vocabulary import EventFormat, SessionStatus, SpeakerRole

BASE_URL = "https://wmd.example"
SCHEMAS = Path(__file__).parents[4] / "shared" / "schedule"


def schema(name: str) -> Path:
    """Return a schema beside the repository, or skip the test."""
    path = SCHEMAS / name
    if not path.exists():
        pytest.skip(f"the c3voc schema {name} is not beside the repository (../shared/schedule)")
    return path


def wall(*parts: int) -> datetime:
    year, month, day, *time = parts
    return datetime(year, month, day, *time)  # noqa: DTZ001 -- wall time


def text(language: str, title: str) -> dict[str, TextView]:
    return {language: TextView(language, title, title, f"{title}\n\n<p>& \x07", "original")}


def hard_programme() -> Programme:
    """Return few events with everything that makes an export invalid when it is careless."""
    repeats = [make_session(number, starts=wall(2021, 10, number, 10), event_code=code(1)) for number in (5, 6, 7)]
    week = replace(
        make_session(20, starts=wall(2021, 10, 1), minutes=7 * 1440),
        all_day=True,
        starts_on=date(2021, 10, 1),
        ends_on=date(2021, 10, 7),
    )
    speakers = (
        SpeakerView("Zoë <Nöel> & Co", SpeakerRole.SPEAKER, {}, "City"),
        SpeakerView("", SpeakerRole.MODERATOR, {"en": "Director of planning"}, "City"),
    )
    panel = PanelView("p1", {"en": "Panel 1: care"}, {}, ({"en": "What are the key lessons?"},), speakers)
    night = replace(make_session(30, starts=wall(2021, 10, 7, 23, 30)), title={"en": "Night part"}, panels=(panel,))
    arabic = make_event(2, sessions=[make_session(10)], language="ar", texts=text("ar", "رعاية المدن"), slug="event")
    chinese = make_event(3, sessions=[make_session(11)], language="zh-Hans", texts=text("zh-Hans", "关怀城市"), slug="")
    events = [
        make_event(1, sessions=repeats),
        replace(arabic, spoken=("ar",)),
        replace(chinese, spoken=()),
        make_event(4, sessions=[week], title="Open doors"),
        make_event(
            5, sessions=[night], title="</script><!-- \x0b =1+1", format=EventFormat.HYBRID,
            venue=VenueView("Hall, north; \"A\"", "Street 1", "Barcelona", "ES", 41.4, 2.17),
            web_url="https://example.org/städte?q=a b", recording_url="javascript:alert(1)",
        ),
        make_event(6, sessions=[make_session(40, status=SessionStatus.CANCELLED)], format=EventFormat.IN_PERSON),
        make_event(7, sessions=[make_session(41, status=SessionStatus.POSTPONED)], topics=()),
        make_event(8, sessions=[make_session(42, minutes=5 * 1440, starts=wall(2021, 10, 29, 10))]),
        make_event(9, sessions=[make_session(43, starts=wall(2021, 10, 31, 2, 30), zone="Europe/Lisbon")]),
    ]  # fmt: skip
    owned = [
        replace(event, sessions=tuple(replace(session, event_code=event.code) for session in event.sessions))
        for event in events
    ]
    return make_programme(owned)


def empty_programme() -> Programme:
    return make_programme([], edition=make_edition(slug="all-year", zone="Etc/UTC"))
