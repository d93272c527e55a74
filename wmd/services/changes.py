"""Public changes: what a publication alters, as dated facts for the change page, its feed and later mails."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from wmd.domain.programme import EventView, SessionView
from wmd.domain.ways_in import WayIn
from wmd.models import Event, EventSession
from wmd.services.projection import Slot

_KIND_OF_STATUS = {"cancelled": "cancelled", "postponed": "postponed", "scheduled": "revived"}


@dataclass(frozen=True, slots=True)
class NewChange:
    """One fact to note; values are plain (ISO instants, states), never prose."""

    kind: str
    session_id: str | None = None
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)

    def row(self, event_id: str, edition_id: int, version: int, now: datetime) -> dict[str, Any]:
        """Return the row of the ``changes`` table."""
        return {
            "edition_id": edition_id, "event_id": event_id, "session_id": self.session_id, "at": now,
            "kind": self.kind, "before": dict(self.before), "after": dict(self.after), "version": version,
        }  # fmt: skip


def changes_of(
    event: Event | None,
    view: EventView,
    rows: Mapping[str, EventSession],
    slots: Mapping[str, Slot],
    digests: Mapping[str, str],
    private_link_id: str | None = None,
) -> list[NewChange]:
    """Return what a publication changes, given the rows as they are before it; ``rows`` are known sessions by id.

    ``private_link_id`` is the one of the new version.
    """
    if event is None:
        return [NewChange("added")]
    found: list[NewChange] = []
    if event.hidden_at is not None or event.merged_into_id is not None:
        found.append(NewChange("revived"))
    for session in view.sessions:
        row = rows.get(session.id)
        if row is None:
            found.append(NewChange("added", session.id, {}, {"starts_at": session.starts_at.isoformat()}))
        else:
            found += _session_changes(row, session, slots[session.id])
    was, is_ = _place_of(event), _place_of(view)
    if was != is_:
        found.append(NewChange("place", None, was, is_))
    was, is_ = _way_in(event, event.private_link_id), _way_in(view, private_link_id)
    if was != is_:
        found.append(NewChange("link", None, was, is_))
    if not found and any(id_ in rows and rows[id_].digest != digest for id_, digest in digests.items()):
        found.append(NewChange("text"))
    return found


def _session_changes(row: EventSession, session: SessionView, slot: Slot) -> list[NewChange]:
    found = []
    status = session.status.value
    if row.status != status:
        found.append(NewChange(_KIND_OF_STATUS[status], session.id, {"status": row.status}, {"status": status}))
    # Instants are compared too: a government that moves its clocks moves the session.
    was = (row.wall_starts, row.wall_ends, row.zone, row.starts_at, row.ends_at)
    if was != (slot.wall_starts, slot.wall_ends, session.zone, session.starts_at, session.ends_at):
        before = {"starts_at": row.starts_at.isoformat(), "ends_at": row.ends_at.isoformat(), "zone": row.zone}
        after = {
            "starts_at": session.starts_at.isoformat(), "ends_at": session.ends_at.isoformat(), "zone": session.zone
        }  # fmt: skip
        found.append(NewChange("moved", session.id, before, after))
    return found


def _place_of(event: Event | EventView) -> dict[str, Any]:
    """Return where an event is, as plain values: what is written of the venue itself only as a digest.

    A change must not go on saying an address that was taken back since.
    """
    if isinstance(event, Event):
        city, country = event.venue_city, event.venue_country
        venue = (event.venue_name, event.address) if event.has_venue else None
        form = event.format
    else:
        city, country = (event.venue.city, event.venue.country) if event.venue else ("", "")
        venue = (event.venue.name, event.venue.address) if event.venue else None
        form = event.format.value
    return {"format": form, "city": city, "country": country, "venue": _digest(*venue) if venue and any(venue) else ""}


def _way_in(event: Event | EventView, private_link_id: str | None) -> dict[str, Any]:
    """Return how people take part: the state of registration, and a digest of where it leads."""
    if isinstance(event, Event):
        way = way_of(event)
    else:
        said = event.registration
        way = WayIn(said.state.value, said.url, event.stream_url, event.web_url, said.is_here)
    link = way._replace(private_link_id=private_link_id).link()
    return {"state": way.state, "link": _digest(*link) if any(link) else ""}


def way_of(event: Event) -> WayIn:
    """Return what a published event says of where one takes part."""
    return WayIn(
        event.registration_state, event.registration_url, event.stream_url, event.web_url, event.registration_here,
        event.private_link_id,
    )  # fmt: skip


def leads_elsewhere(event: Event, view: EventView, private_link_id: str | None) -> bool:
    """Tell whether a new version has another way in than the one that is published."""
    before, after = _way_in(event, event.private_link_id), _way_in(view, private_link_id)
    return bool(before["link"] != after["link"])


def _digest(*texts: str) -> str:
    return hashlib.blake2b("\n".join(texts).encode(), digest_size=8).hexdigest()
