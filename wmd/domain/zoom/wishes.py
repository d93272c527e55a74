"""What we ask of Zoom: a room, or a place in one. Times go out in UTC with ``Z`` and the zone beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

#: Zoom's limits on what it takes (its reference, "topic", "agenda", registrants).
_TOPIC, _AGENDA, _FIRST_NAME, _EMAIL = 200, 2000, 64, 128

Action = Literal["approve", "deny", "cancel"]


@dataclass(frozen=True, slots=True)
class RoomWish:
    """A room to create, or what to change of one: None leaves a field as it is.

    ``type`` is Zoom's number: 5 for a webinar, 2 for a meeting. ``starts_at`` is aware, ``zone`` an IANA name.
    ``settings`` are sent whole: what is left out takes the *host's* defaults since March 2026.
    """

    topic: str | None = None
    starts_at: datetime | None = None
    duration_minutes: int | None = None
    zone: str | None = None
    agenda: str | None = None
    type: int | None = None
    settings: Mapping[str, object] | None = None

    def body(self) -> dict[str, object]:
        """Return the JSON to send."""
        found: dict[str, object | None] = {
            "topic": None if self.topic is None else self.topic[:_TOPIC],
            "type": self.type,
            "start_time": None if self.starts_at is None else _utc(self.starts_at),
            "duration": self.duration_minutes,
            "timezone": self.zone,
            "agenda": None if self.agenda is None else self.agenda[:_AGENDA],
            "settings": None if self.settings is None else dict(self.settings),
        }
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class RegistrantWish:
    """Somebody to register. Without a first name Zoom takes nobody: then it is the address before the at-sign."""

    email: str = field(repr=False)
    first_name: str = field(default="", repr=False)
    last_name: str = field(default="", repr=False)
    organisation: str = field(default="", repr=False)
    job_title: str = field(default="", repr=False)
    country: str = field(default="", repr=False)
    language: str = ""
    answers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    source_id: str = ""

    def body(self) -> dict[str, object]:
        """Return the JSON to send."""
        found: dict[str, object] = {
            **self.short_body(),
            "org": self.organisation,
            "job_title": self.job_title,
            "country": self.country,
            "language": self.language,
            "custom_questions": [{"title": title, "value": value} for title, value in self.answers],
            "source_id": self.source_id,
        }
        return {name: value for name, value in found.items() if value}

    def short_body(self) -> dict[str, object]:
        """Return the JSON of one entry of a batch: name and address only."""
        first = (self.first_name.strip() or self.email.partition("@")[0])[:_FIRST_NAME]
        found: dict[str, object] = {"email": self.email, "first_name": first, "last_name": self.last_name.strip()}
        return {name: value for name, value in found.items() if value}

    @property
    def is_sendable(self) -> bool:
        """Whether Zoom can take the address at all."""
        return 0 < len(self.email) <= _EMAIL and "@" in self.email


def _utc(instant: datetime) -> str:
    if instant.tzinfo is None:
        msg = "a naive time cannot be sent"
        raise ValueError(msg)
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
