"""Rooms that we make ourselves: what Zoom is told of an event, and whether it did as it was told.

Everything that we rely on is said at creation: what is left out takes the defaults of the *host* (since March 2026,
https://developers.zoom.us/changelog/). Of a change only what changed is sent, so that what somebody changed at Zoom
stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from wmd.domain.zoom.answers import Room
from wmd.domain.zoom.wishes import RoomWish

#: Zoom's number for a webinar with one date.
SINGLE_WEBINAR: Final = 5
#: Zoom's limits on what it takes.
_TOPIC: Final = 200
_AGENDA: Final = 2000
_MOST_PEOPLE: Final = 20_000
_AUTOMATIC, _NO_REGISTRATION = 0, 2
#: What is said of every webinar, whatever the event. Nobody but us writes to those who register.
_ALWAYS: Final[Mapping[str, object]] = {
    "registration_type": 1,
    "registrants_email_notification": False,
    "registrants_confirmation_email": False,
    "attendees_and_panelists_reminder_email_notification": {"enable": False, "type": 0},
    "follow_up_attendees_email_notification": {"enable": False, "type": 0},
    "follow_up_absentees_email_notification": {"enable": False, "type": 0},
    "allow_multiple_devices": True,
    "audio": "both",
    "auto_recording": "none",
    "host_video": False,
    "meeting_authentication": False,
    "on_demand": False,
    "panelist_authentication": False,
    "practice_session": True,
    "show_share_button": False,
}
_START_TOLERANCE: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class MadeRoom:
    """What Zoom is told of an event. ``marker`` stands first in the agenda, so that a room is known again as ours.

    ``starts_at`` None: the event has no date just now, and nothing is said of it. ``takes_people``: who takes part
    registers on Zoom, by themselves or through us; else the join link is all they need.
    """

    topic: str
    marker: str
    about: str
    zone: str
    starts_at: datetime | None
    duration_minutes: int
    takes_people: bool
    capacity: int

    @property
    def agenda(self) -> str:
        """What stands on Zoom's page under the title."""
        return f"{self.marker}\n\n{self.about}".strip()[:_AGENDA]

    @property
    def settings(self) -> dict[str, object]:
        """Every setting that we rely on."""
        return {
            **_ALWAYS,
            "approval_type": _AUTOMATIC if self.takes_people else _NO_REGISTRATION,
            "registrants_restrict_number": self.capacity if self.takes_people else 0,
        }

    def as_sent(self) -> dict[str, object]:
        """Return it as it is remembered once Zoom was told: JSON."""
        kept = asdict(self)
        kept["starts_at"] = None if self.starts_at is None else self.starts_at.isoformat()
        return kept

    def creation(self) -> RoomWish:
        """Return what creates it. Raises ValueError without a date."""
        if self.starts_at is None:
            msg = "a webinar is made for a date"
            raise ValueError(msg)
        return RoomWish(
            topic=self.topic, starts_at=self.starts_at, duration_minutes=self.duration_minutes, zone=self.zone,
            agenda=self.agenda, type=SINGLE_WEBINAR, settings=self.settings,
        )  # fmt: skip

    def news(self, sent: Mapping[str, object]) -> frozenset[str]:
        """Return the names of what is otherwise than what Zoom was last told."""
        ours = self.as_sent()
        if self.starts_at is None:
            ours = {name: value for name, value in ours.items() if name not in _TIME}
        return frozenset(name for name, value in ours.items() if sent.get(name) != value)

    def change(self, names: Collection[str]) -> RoomWish:
        """Return what tells Zoom of these, and of nothing else. Dates go together."""
        wanted = set(names)
        has_time = bool(wanted & _TIME) and self.starts_at is not None
        settings: dict[str, object] = {}
        if wanted & {"takes_people", "capacity"}:
            both = ("approval_type", "registrants_restrict_number")
            settings = {name: self.settings[name] for name in both}
        return RoomWish(
            topic=self.topic if "topic" in wanted else None,
            starts_at=self.starts_at if has_time else None,
            duration_minutes=self.duration_minutes if has_time else None,
            zone=self.zone if has_time else None,
            agenda=self.agenda if wanted & {"marker", "about"} else None,
            settings=settings or None,
        )


_TIME: Final = frozenset({"starts_at", "duration_minutes", "zone"})


def made_room(
    *,
    title: str,
    marker: str,
    about: str,
    zone: str,
    starts_at: datetime | None,
    ends_at: datetime | None,
    takes_people: bool,
    capacity: int | None,
) -> MadeRoom:
    """Return what Zoom is told of an event, cut to what it takes."""
    minutes = 0
    if starts_at is not None and ends_at is not None:
        minutes = max(1, round((ends_at - starts_at).total_seconds() / 60))
    return MadeRoom(
        topic=" ".join(title.split())[:_TOPIC], marker=marker, about=about, zone=zone, starts_at=starts_at,
        duration_minutes=minutes, takes_people=takes_people, capacity=min(capacity or 0, _MOST_PEOPLE),
    )  # fmt: skip


def not_taken(made: MadeRoom, room: Room) -> list[str]:
    """Return the names of what Zoom has otherwise than it was told; a setting that it does not repeat is none.

    Whether people are approved by the host is the exception: that is always said.
    """
    found = [
        name
        for name, value in sorted(made.settings.items())
        if (name in room.settings or name == "approval_type") and not _is_same(room.settings.get(name), value)
    ]
    if room.topic != made.topic:
        found.append("topic")
    if room.starts_at is None or made.starts_at is None or abs(room.starts_at - made.starts_at) > _START_TOLERANCE:
        found.append("start_time")
    if room.duration_minutes != made.duration_minutes:
        found.append("duration")
    if room.type != SINGLE_WEBINAR:
        found.append("type")
    return found


def _is_same(theirs: object, ours: object) -> bool:
    """Whether Zoom has what we said; of what has parts only those that we said count, and of those only on and off."""
    if isinstance(ours, Mapping):
        return isinstance(theirs, Mapping) and theirs.get("enable") == ours.get("enable")
    return theirs == ours
