"""What goes out to Zoom: UTC with the zone beside it, nothing that was not wished."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from wmd.domain.zoom.wishes import RegistrantWish, RoomWish

MADRID = ZoneInfo("Europe/Madrid")


@pytest.mark.parametrize(("day", "sent"), [(24, "2026-10-24T11:00:00Z"), (26, "2026-10-26T12:00:00Z")])
def test_time_goes_out_in_utc_with_its_zone_on_both_sides_of_a_clock_change(day: int, sent: str) -> None:
    wish = RoomWish(starts_at=datetime(2026, 10, day, 13, tzinfo=MADRID), zone="Europe/Madrid")
    assert wish.body() == {"start_time": sent, "timezone": "Europe/Madrid"}


def test_naive_time_is_not_sent() -> None:
    with pytest.raises(ValueError, match="naive"):
        RoomWish(starts_at=datetime(2026, 10, 7, 13)).body()  # noqa: DTZ001 -- that is the fault


def test_only_what_is_wished_is_sent() -> None:
    assert RoomWish(topic="x" * 300, settings={"approval_type": 0}).body() == {
        "topic": "x" * 200,
        "settings": {"approval_type": 0},
    }


def test_registrant_without_a_name_goes_by_the_address() -> None:
    assert RegistrantWish("vera@example.org").body() == {"email": "vera@example.org", "first_name": "vera"}


def test_registrant_with_everything() -> None:
    wish = RegistrantWish(
        "vera@example.org", "Vera", "Vasquez", "City", "Planner", "ES", "es-ES", (("Why?", "Water"),), "77"
    )
    assert wish.body() == {
        "email": "vera@example.org", "first_name": "Vera", "last_name": "Vasquez", "org": "City",
        "job_title": "Planner",
        "country": "ES", "language": "es-ES", "custom_questions": [{"title": "Why?", "value": "Water"}],
        "source_id": "77",
    }  # fmt: skip
    assert wish.short_body() == {"email": "vera@example.org", "first_name": "Vera", "last_name": "Vasquez"}
    assert "vera" not in repr(wish).lower()


@pytest.mark.parametrize(
    ("email", "is_sendable"), [("a@example.org", True), ("a" * 128 + "@example.org", False), ("", False)]
)
def test_address_longer_than_zoom_takes_is_not_sent(email: str, *, is_sendable: bool) -> None:
    assert RegistrantWish(email).is_sendable is is_sendable
