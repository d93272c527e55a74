"""What a fake begins with: an account with hosts and an app, a partner's account, and for demonstrations some rooms.

No person's data: every address is an example.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from wmd_fakezoom.records import MANUAL, User
from wmd_fakezoom.tokens import App
from wmd_fakezoom.world import World

if TYPE_CHECKING:
    from wmd_fakezoom.control import Control

ACCOUNT_ID: Final = "fake-account-of-ours"
CLIENT_ID: Final = "fake-client"
CLIENT_SECRET: Final = "fake-client-secret"  # noqa: S105 -- the fake's, as public as the fake
PARTNER_ACCOUNT_ID: Final = "fake-account-of-a-partner"
PARTNER_CLIENT_ID: Final = "fake-partner-client"
PARTNER_CLIENT_SECRET: Final = "fake-partner-client-secret"  # noqa: S105 -- as above
WEBHOOK_SECRET: Final = "fake-webhook-secret"  # noqa: S105 -- as above

HOST: Final = "host@metropolis.example"
SECOND_HOST: Final = "second.host@metropolis.example"
UNLICENSED: Final = "unlicensed@metropolis.example"
PARTNER: Final = "host@partner.example"


def seed_cast(world: World, redirect_uris: tuple[str, ...]) -> None:
    """Enter the accounts, users and apps that every fake has."""
    for name, email, account_id, capacity in (
        ("host", HOST, ACCOUNT_ID, 500),
        ("second", SECOND_HOST, ACCOUNT_ID, 100),
        ("unlicensed", UNLICENSED, ACCOUNT_ID, 0),
        ("partner", PARTNER, PARTNER_ACCOUNT_ID, 500),
    ):
        user = User(world.ids.text(22), email, account_id, name.capitalize(), webinar_capacity=capacity)
        user.type = 2 if capacity else 1
        world.users.append(user)
    world.tokens.apps += [
        App(CLIENT_ID, CLIENT_SECRET, ACCOUNT_ID),
        App(PARTNER_CLIENT_ID, PARTNER_CLIENT_SECRET, redirect_uris=redirect_uris),
    ]


def seed_demo(control: Control) -> None:
    """Enter rooms of every kind around the fake's time."""
    hour: datetime = control.now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    first = control.add_webinar(hour + timedelta(days=1), topic="Cities and the climate", duration=90)
    control.add_webinar(hour + timedelta(days=2), topic="Housing for all", approval=MANUAL, duration=60)
    control.add_webinar(
        hour + timedelta(days=3),
        topic="Learning from cities",
        type=9,
        recurrence={"type": 2, "repeat_interval": 1, "end_times": 4},
        uuid_form="/",
    )
    control.add_webinar(None, topic="Open office hour", type=6)
    control.add_webinar(hour, topic="World Metropolitan Day: opening", uuid_form="//")
    control.add_meeting(hour + timedelta(days=4), topic="Round table")
    control.add_webinar(hour + timedelta(days=2), topic="A partner's side event", host=PARTNER)
    for number in range(1, 4):
        control.register(first.id, f"attendee{number}@example.org")


def seed_rooms(control: Control, documents: Iterable[Mapping[str, Any]]) -> None:
    """Enter webinars of ours that are described: ``id``, ``topic``, ``start_time``, ``duration``, ``timezone``,
    ``is_closed``, and the ``token`` of the registration page (blank: one of its own).
    """
    for each in documents:
        room = control.add_webinar(
            datetime.fromisoformat(str(each["start_time"])), topic=each["topic"], duration=each["duration"],
            timezone=each["timezone"],
        )  # fmt: skip
        room.id = int(each["id"])
        if token := str(each.get("token", "")):
            room.raw_uuid = room.raw_token = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        if each.get("is_closed"):
            control.close_registration(room.id)
