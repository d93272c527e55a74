from __future__ import annotations

import itertools
from datetime import date

import pytest

from tests.domain.exports.programmes import BASE_URL, empty_programme, hard_programme
from tests.factories import make_edition, make_programme
from wmd.domain.codes import ALPHABET
from wmd.domain.exports.addresses import web_uri
from wmd.domain.exports.timetable import Slot, acronym, number_of, timetable


def slots() -> dict[str, Slot]:
    days = timetable(hard_programme(), BASE_URL).days
    found = [slot for day in days for room in day.rooms.values() for slot in room]
    return {slot.code: slot for slot in found}


def by_title(part: str) -> Slot:
    (slot,) = (slot for slot in slots().values() if part in slot.title)
    return slot


def test_every_session_is_a_slot_of_its_own() -> None:
    programme = hard_programme()
    assert sorted(slots()) == sorted(session.code for session in programme.sessions)
    for name in ("number", "guid", "slug"):
        assert len({getattr(slot, name) for slot in slots().values()}) == len(programme.sessions)


def test_number_of_a_code_is_positive_distinct_and_fits_31_bits() -> None:
    assert number_of("222222") == 1
    assert number_of("222223") == 2
    assert number_of("ZZZZZZ") == 30**6
    assert number_of("ZZZZZZ") < 2**31
    assert number_of("000000") == 30**6 + 1
    codes = ["".join(each) for each in itertools.product(ALPHABET[:3] + "0OI", repeat=6)][:5000]
    assert len({number_of(each) for each in codes}) == len(codes)


@pytest.mark.parametrize("bad", ["", "22222", "2222222", "22222é", "22222a", "２22222"])
def test_number_of_something_else_is_an_error(bad: str) -> None:
    with pytest.raises(ValueError, match="not a public code"):
        number_of(bad)


@pytest.mark.parametrize(
    ("slug", "short"), [("2021", "wmd2021"), ("all-year", "wmdallyear"), ("demo", "wmddemo"), ("-", "wmd0")]
)
def test_acronym_is_what_both_schemas_take(slug: str, short: str) -> None:
    assert acronym(make_edition(slug=slug)) == short


def test_days_are_cut_at_midnight_of_the_edition_and_hold_only_what_there_is() -> None:
    days = timetable(hard_programme(), BASE_URL).days
    assert [(day.index, day.date.isoformat()) for day in days] == [
        (1, "2021-10-01"), (2, "2021-10-05"), (3, "2021-10-06"), (4, "2021-10-07"), (5, "2021-10-29"),
        (6, "2021-10-31"),
    ]  # fmt: skip
    assert (days[-1].starts.isoformat(), days[-1].ends.isoformat()) == (
        "2021-10-31T00:00:00+02:00",
        "2021-11-01T00:00:00+01:00",
    )


def test_empty_edition_has_its_main_day() -> None:
    (day,) = timetable(empty_programme(), BASE_URL).days
    assert (day.date, day.rooms) == (date(2021, 10, 7), {})


def test_times_are_in_the_editions_zone_also_when_its_clocks_change() -> None:
    slot = by_title("Side event 9")
    assert (slot.starts.isoformat(), slot.start_text, slot.duration_text, slot.ends.isoformat()) == (
        "2021-10-31T03:30:00+01:00", "03:30", "01:30", "2021-10-31T05:00:00+01:00",
    )  # fmt: skip


def test_all_day_session_has_a_room_of_its_own_and_says_its_dates() -> None:
    slot = by_title("Open doors")
    assert (slot.room, slot.subtitle, slot.start_text, slot.duration_text) == (
        "All day", "2021-10-01 – 2021-10-07", "00:00", "23:59",
    )  # fmt: skip


def test_longest_session_is_cut_to_what_the_format_can_say() -> None:
    assert by_title("Side event 8").duration_text == "99:59"


def test_rooms_are_online_or_the_place() -> None:
    assert by_title("script").room == 'Hall, north; "A", Barcelona'
    assert by_title("Cancelled").room == "Barcelona"
    assert by_title("رعاية").room == "Online"


def test_title_says_cancelled_and_postponed_in_the_readers_words() -> None:
    titles = [slot.title for slot in slots().values() if ": Side event" in slot.title]
    assert sorted(titles) == ["Cancelled: Side event 6", "Postponed: Side event 7"]
    words = {"Cancelled: {title}": "Cancelado: {title}"}
    table = timetable(hard_programme(), BASE_URL, translate=lambda text: words.get(text, text))
    assert "Cancelado: Side event 6" in [
        slot.title for day in table.days for room in day.rooms.values() for slot in room
    ]


def test_slug_comes_from_the_code_with_the_words_of_the_address() -> None:
    assert by_title("رعاية").slug == "wmd2021-s2222c-event"
    assert by_title("关怀").slug == "wmd2021-s2222d"


def test_persons_are_those_with_a_public_name_and_panels_are_in_the_text() -> None:
    slot = by_title("script")
    assert [person.name for person in slot.persons] == ["Zoë <Nöel> & Co"]
    assert slot.persons[0].number == by_title("script").persons[0].number
    assert slot.subtitle == "Night part"
    assert slot.description.endswith("Panel 1: care\n- What are the key lessons?")


def test_links_are_public_addresses_of_the_web_only() -> None:
    assert [address for _, address in by_title("script").links] == ["https://wmd.example/go/S22232"]
    everything = repr(slots())
    assert "javascript" not in everything
    assert "zoom.us" not in everything


@pytest.mark.parametrize(
    ("address", "uri"),
    [
        ("https://example.org/a?b=c%20d#e", "https://example.org/a?b=c%20d#e"),
        ("https://example.org/städte", "https://example.org/st%C3%A4dte"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("http://[::1/", ""),
        ("https://", ""),
        ("javascript:alert(1)", ""),
        ("//example.org", ""),
        ("https://example.org/a b", ""),
        ("https://.ü./", ""),
        ('https://example.org/"<x>', "https://example.org/%22%3Cx%3E"),
    ],
)
def test_web_uri_is_ascii_or_nothing(address: str, uri: str) -> None:
    assert web_uri(address) == uri


def test_retired_topic_is_no_track_and_yet_named_on_its_slots() -> None:
    programme = make_programme()
    assert len(timetable(programme, BASE_URL).tracks) == 8
    assert by_title("Side event 9").track == "Public space and housing"
