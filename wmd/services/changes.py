"""Public changes: what a publication alters, as dated facts for the change page, its feed and later mails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from wmd.domain.programme import EventView, SessionView
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
) -> list[NewChange]:
    """Return what a publication changes, given the rows as they are before it; ``rows`` are known sessions by id."""
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
    registration = view.registration
    if (event.registration_url, event.registration_state) != (registration.url, registration.state.value):
        before, after = {"state": event.registration_state}, {"state": registration.state.value}
        found.append(NewChange("link", None, before, after))
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
