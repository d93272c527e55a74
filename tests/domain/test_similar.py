"""Near-duplicates: alike in any script, with less likeness needed on the same day or by the same organisation."""

from __future__ import annotations

from datetime import date
from time import process_time

import pytest

from wmd.domain.similar import Known, find_similar, likeness

DAY, OTHER_DAY = date(2021, 10, 7), date(2021, 10, 8)


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("Care in the city", "Care in the city", 1.0, 1.0),
        ("Care in the city", "CARE, in the City!", 1.0, 1.0),
        ("Movilidad y género", "Movilidad y genero", 1.0, 1.0),
        ("Care in the city", "Care in our cities", 0.6, 0.9),
        ("公共空間と住宅の未来", "公共空間と住宅", 0.7, 0.95),
        ("المدينة للجميع", "مدينة للجميع", 0.7, 1.0),
        ("Care in the city", "Water for the coast", 0.0, 0.4),
        ("", "Care", 0.0, 0.0),
        ("…", "…", 0.0, 0.0),
    ],
)
def test_likeness_of_titles_in_any_script(one: str, other: str, least: float, most: float) -> None:
    assert least <= likeness(one, other) <= most
    assert likeness(one, other) == likeness(other, one)


def known(title: str, organiser: str = "B", day: date = OTHER_DAY) -> Known:
    return Known(title, (title,), frozenset({organiser}), frozenset({day}))


@pytest.mark.parametrize(
    ("title", "organiser", "day", "found"),
    [
        ("Care in the city", "B", OTHER_DAY, True),
        ("The caring city", "B", OTHER_DAY, False),
        ("The caring city", "B", DAY, True),
        ("Housing in the city", "B", DAY, False),
        ("Cities that care", "A", OTHER_DAY, True),
        ("Caring cities", "A", OTHER_DAY, False),
        ("Caring cities", "A", DAY, True),
        ("Water for the coast", "A", DAY, False),
    ],
)
def test_same_organiser_and_day_need_less_likeness(title: str, organiser: str, day: date, found: bool) -> None:
    likely = find_similar(["Care in the city"], frozenset({"A"}), frozenset({DAY}), [known(title, organiser, day)])

    assert [(each.known.ref, each.same_organiser, each.same_day) for each in likely] == (
        [(title, organiser == "A", day == DAY)] if found else []
    )


def test_most_alike_come_first_and_few_are_named() -> None:
    titles = ["Care in the city", "Care in the cities", "Care in our city", "Cares in the city", "Care for the city"]
    likely = find_similar(["Care in the city"], frozenset({"B"}), frozenset(), [known(title) for title in titles])

    assert [each.known.ref for each in likely] == ["Care in the city", "Cares in the city", "Care in the cities"]


def test_thousands_are_compared_while_somebody_types() -> None:
    many = [
        known(f"Session {number} on housing, water and care in metropolis {number % 97}") for number in range(3_000)
    ]
    find_similar(["Warm"], frozenset(), frozenset(), many)
    started = process_time()
    find_similar(["Housing and water in the metropolis"], frozenset({"B"}), frozenset({DAY}), many)

    # Of this process alone, whatever else the machine does.
    assert process_time() - started < 0.3
