"""Zoom's answers as typed, frozen values. Made in ``reading.py`` alone, from whole answers.

``start_url`` (the host's key to the room) and passcodes have no place here: what is never read is never kept. What is
about people, or opens a room, is left out of every ``repr``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from wmd.domain.zoom.links import canonical_id

__all__ = [
    "Absentee",
    "Added",
    "Approval",
    "Instance",
    "Occurrence",
    "Page",
    "Panelist",
    "Participant",
    "Question",
    "Registrant",
    "Room",
    "RoomKind",
    "RoomListing",
    "TrackingSource",
    "ZoomUser",
    "canonical_id",
]

T = TypeVar("T")


class RoomKind(StrEnum):
    """Which half of Zoom's interface a room lives in. A host can convert one into the other."""

    WEBINAR = "webinar"
    MEETING = "meeting"

    @property
    def other(self) -> RoomKind:
        """The other half."""
        return RoomKind.MEETING if self is RoomKind.WEBINAR else RoomKind.WEBINAR


class Approval(StrEnum):
    """``settings.approval_type``: registered at once (0), when the host approves (1), or without registration (2)."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some or all entries of a list, in Zoom's order. ``next_token`` is "" when there is no more to fetch.

    From the client a page holds the whole list; a ``next_token`` that is left says that it could not be read to its
    end, so that what is missing from it may be there all the same.
    """

    items: tuple[T, ...]
    next_token: str = field(default="", repr=False)

    @property
    def is_complete(self) -> bool:
        """Whether what is not among the items is not there."""
        return not self.next_token

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One date of a recurring room. Its id is no room's id."""

    id: str
    starts_at: datetime
    duration_minutes: int
    is_available: bool


@dataclass(frozen=True, slots=True)
class Room:
    """A webinar or a meeting as it is now.

    ``type`` is Zoom's: 5, 6 (recurring without times), 9 (recurring with times) for webinars; 1, 2, 3, 8 for
    meetings. ``starts_at`` is None where a room has no time of its own. ``registration_url`` is Zoom's own text, byte
    for byte, and None while registration is off; it is never put together by us. ``capacity`` 0 is without limit.
    ``is_closed`` comes from a field that Zoom calls deprecated: a hint. ``settings`` are those we send
    and read back (:data:`wmd.domain.zoom.reading.KEPT_SETTINGS`).
    """

    kind: RoomKind
    id: str
    uuid: str
    type: int
    topic: str
    starts_at: datetime | None
    duration_minutes: int | None
    zone: str
    host_id: str
    host_email: str = field(repr=False)
    join_url: str = field(repr=False)
    registration_url: str | None
    approval: Approval
    registration_type: int | None
    capacity: int
    is_closed: bool | None
    occurrences: tuple[Occurrence, ...] = ()
    alternative_hosts: tuple[str, ...] = field(default=(), repr=False)
    confirmation_email: bool | None = None
    settings: Mapping[str, object] = field(default_factory=dict, repr=False, hash=False)


@dataclass(frozen=True, slots=True)
class RoomListing:
    """A room as a host's list shows it: without settings and without its registration page."""

    kind: RoomKind
    id: str
    uuid: str
    type: int
    topic: str
    starts_at: datetime | None
    duration_minutes: int | None
    zone: str
    host_id: str
    #: Lists cut it.
    agenda: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Registrant:
    """Somebody in Zoom's list. ``status`` is approved, pending or denied; ``join_url`` is one person's ticket."""

    id: str
    email: str = field(repr=False)
    first_name: str = field(repr=False)
    last_name: str = field(repr=False)
    status: str
    join_url: str | None = field(repr=False)
    created_at: datetime | None
    occurrence_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Added:
    """Somebody whom we added. No ticket as long as the host has to approve. ``email`` is given by batches only."""

    registrant_id: str
    join_url: str | None = field(repr=False)
    email: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Question:
    """What a registration form asks: a field of Zoom's (``field``) or one that the host wrote (``title``)."""

    field: str
    title: str
    is_required: bool
    type: str = ""
    answers: tuple[str, ...] = ()

    @property
    def is_custom(self) -> bool:
        """Whether the host wrote it."""
        return not self.field


@dataclass(frozen=True, slots=True)
class Participant:
    """One stay in a room: who came back has several. ``email`` is "" for outsiders who did not register."""

    email: str = field(repr=False)
    joined_at: datetime | None
    left_at: datetime | None
    duration_s: int | None
    registrant_id: str = ""


@dataclass(frozen=True, slots=True)
class Absentee:
    """Somebody who registered and did not come."""

    registrant_id: str
    email: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TrackingSource:
    """A registration link of its own for one place where it is published, with its counts."""

    id: str
    name: str
    url: str
    registrations: int
    visitors: int


@dataclass(frozen=True, slots=True)
class Panelist:
    """Somebody on the stage, with a link of their own: never to be registered as well."""

    id: str
    email: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Instance:
    """One time that a room took place."""

    uuid: str
    starts_at: datetime | None


@dataclass(frozen=True, slots=True)
class ZoomUser:
    """A user of the account. ``has_webinars`` is None where Zoom does not say."""

    id: str
    email: str = field(repr=False)
    is_active: bool
    zone: str
    has_webinars: bool | None
    account_id: str = ""
