"""What the fake remembers: users, rooms (webinars and meetings), registrants, instances. All of it in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from wmd_fakezoom.ids import link_token, uuid_text

Kind = Literal["webinar", "meeting"]
#: ``trashed`` can come back, ``gone`` cannot.
RoomState = Literal["active", "trashed", "gone"]

#: The types of a room that takes place once, of a series without times, and of one with times.
SINGLE: Final = {"webinar": 5, "meeting": 2}
TIMELESS: Final = {"webinar": 6, "meeting": 3}
RECURRING: Final = {"webinar": 9, "meeting": 8}

#: Approval: at once, by the host, no registration at all.
AUTOMATIC, MANUAL, NO_REGISTRATION = 0, 1, 2


@dataclass
class User:
    """A Zoom user. ``type`` 1 is basic, 2 licensed; ``webinar_capacity`` 0 says: no webinar licence."""

    id: str
    email: str
    account_id: str
    first_name: str = "Host"
    last_name: str = "Example"
    type: int = 2
    webinar_capacity: int = 500
    timezone: str = "Europe/Madrid"
    #: What rooms of this host get where a request leaves a setting out (since March 2026 Zoom inherits them).
    defaults: dict[str, Any] = field(default_factory=dict)


@dataclass
class Occurrence:
    """One date of a recurring room; ``status`` is available or deleted."""

    id: str
    starts_at: datetime
    duration: int
    status: str = "available"


@dataclass
class Registrant:
    """Somebody registered; ``status`` is approved, pending, denied or cancelled (then in no list)."""

    id: str
    email: str
    fields: dict[str, Any]
    status: str
    created_at: datetime
    ticket: str
    occurrence_ids: tuple[str, ...] = ()
    seq: int = 0


@dataclass
class Visit:
    """Somebody was there once; who left and came back has two of them. Outsiders have no address."""

    name: str
    email: str
    joined_at: datetime
    left_at: datetime
    registrant_id: str = ""


@dataclass
class Instance:
    """One time that a room took place."""

    uuid: str
    starts_at: datetime
    ended_at: datetime | None = None
    visits: list[Visit] = field(default_factory=list)


@dataclass
class Room:
    """A webinar or a meeting. ``duration`` in minutes."""

    kind: Kind
    id: int
    raw_uuid: bytes
    raw_token: bytes
    type: int
    topic: str
    host: User
    created_at: datetime
    password: str
    timezone: str = "UTC"
    starts_at: datetime | None = None
    duration: int = 60
    agenda: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    recurrence: dict[str, Any] | None = None
    occurrences: list[Occurrence] = field(default_factory=list)
    state: RoomState = "active"
    is_closed: bool = False
    live: Instance | None = None
    instances: list[Instance] = field(default_factory=list)
    registrants: list[Registrant] = field(default_factory=list)
    questions: list[dict[str, Any]] = field(default_factory=list)
    custom_questions: list[dict[str, Any]] = field(default_factory=list)
    panelists: list[dict[str, str]] = field(default_factory=list)
    tracking_sources: list[dict[str, Any]] = field(default_factory=list)
    seq: int = 0

    @property
    def uuid(self) -> str:
        """The UUID of the instance to come, as Zoom writes it."""
        return uuid_text(self.raw_uuid)

    @property
    def token(self) -> str:
        """The end of the registration link."""
        return ("WN_" if self.kind == "webinar" else "") + link_token(self.raw_token)

    @property
    def approval(self) -> int:
        """How registrants are approved: 0, 1, or 2 for no registration."""
        return int(self.settings.get("approval_type", NO_REGISTRATION))

    @property
    def ends_at(self) -> datetime | None:
        """When the last date is over, or nothing for a room without times."""
        if self.type == RECURRING[self.kind]:
            ends = [item.starts_at + timedelta(minutes=item.duration) for item in self.available]
            return max(ends, default=None)
        return None if self.starts_at is None else self.starts_at + timedelta(minutes=self.duration)

    @property
    def available(self) -> list[Occurrence]:
        """The dates that were not taken out."""
        return [item for item in self.occurrences if item.status == "available"]

    def is_over(self, now: datetime) -> bool:
        """Say whether it has taken place, or its time has passed."""
        if self.live is not None:
            return False
        is_single = self.type == SINGLE[self.kind]
        ends_at = self.ends_at
        return (is_single and bool(self.instances)) or (ends_at is not None and now >= ends_at)

    def has_expired(self, now: datetime) -> bool:
        """Say whether the number works no more: a webinar's to its scheduled end, a meeting's 30 days longer.

        Recurring ones live for a year. The times are those of Zoom's support pages.
        """
        if self.live is not None:
            return False
        ends_at = self.ends_at or self.created_at
        longer = timedelta(days=0 if self.kind == "webinar" else 30)
        return now >= ends_at + (longer if self.type == SINGLE[self.kind] else timedelta(days=365))

    def approved(self) -> list[Registrant]:
        """Return those who count against the capacity."""
        return [item for item in self.registrants if item.status == "approved"]

    def capacity(self) -> int:
        """Return how many may be approved: the host's cap for this room, or the licence's; 0 for no limit."""
        wanted = int(self.settings.get("registrants_restrict_number", 0) or 0)
        licence = self.host.webinar_capacity if self.kind == "webinar" else 4999
        return min(wanted, licence) if wanted else licence

    def alternative_hosts(self) -> set[str]:
        """Return the addresses of the other hosts, in lower case."""
        text = str(self.settings.get("alternative_hosts", ""))
        return {item.strip().lower() for item in text.replace(";", ",").split(",") if item.strip()}
