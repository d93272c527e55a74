"""Names for Zoom's form, what it asks, and how many came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from wmd.domain.zoom.answers import Participant, Question
from wmd.domain.zoom.registering import Named, ask_again_at, attendance, named, unanswerable

NOW = datetime(2021, 10, 7, 13, tzinfo=UTC)


def stay(minutes: int = 60, *, after: int = 0) -> Participant:
    joined_at = NOW + timedelta(minutes=after)
    return Participant("", joined_at, joined_at + timedelta(minutes=minutes), minutes * 60)


@pytest.mark.parametrize(
    ("name", "parts"),
    [("Ann Mary Lee", ("Ann Mary", "Lee")), ("  Ann   Lee ", ("Ann", "Lee")), ("Ann", ("Ann", "")), ("", ("", ""))],
)
def test_name_is_parted_before_its_last_word(name: str, parts: tuple[str, str]) -> None:
    assert named(name) == Named(*parts)


@pytest.mark.parametrize(
    ("question", "is_unanswerable"),
    [
        (Question("", "Your city?", is_required=True), True), (Question("", "Your city?", is_required=False), False),
        (Question("last_name", "", is_required=True), False), (Question("org", "", is_required=True), True),
        (Question("email", "", is_required=True), False),
    ],
)  # fmt: skip
def test_form_is_answered_with_name_and_address_alone(question: Question, is_unanswerable: bool) -> None:
    assert unanswerable([question], Named("Ann", "Lee")) is is_unanswerable


def test_last_name_that_is_not_known_is_not_made_up() -> None:
    assert unanswerable([Question("last_name", "", is_required=True)], Named("Ann", ""))


def test_who_waits_for_the_host_is_asked_about_more_often_shortly_before() -> None:
    assert ask_again_at(NOW + timedelta(hours=3), NOW) == NOW + timedelta(hours=1)
    assert ask_again_at(NOW + timedelta(hours=2), NOW) == NOW + timedelta(minutes=5)
    assert ask_again_at(None, NOW) == NOW + timedelta(hours=1)


def test_who_comes_back_is_one_person_and_the_crew_is_none() -> None:
    stays = [("ann", stay(10)), ("ann", stay(20, after=30)), ("bob", stay(30)), ("host", stay(90))]
    found = attendance(stays, frozenset({"host"}))
    assert (found.known, found.unknown, found.came, found.average_s) == (frozenset({"ann", "bob"}), 0, 2, 1800)


def test_people_without_an_address_count_as_many_as_were_there_at_once() -> None:
    stays = [("", stay(10)), ("", stay(10, after=10)), ("", stay(30, after=5))]
    assert attendance(stays, frozenset()).unknown == 2
    assert attendance([("", Participant("", None, None, None))] * 3, frozenset()).unknown == 1
    assert attendance([], frozenset()).came == 0
