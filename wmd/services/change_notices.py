"""What must be told of what was published: noted in the same transaction, several changes of an event as one notice.

A notice gathers until its hour; from the first mail on (``began_at``) it takes nothing more in, and what changes then
becomes a notice of its own. ``services/change_mail.py`` says what each reader is told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from wmd.domain.change_ladder import LATE, Noted, Slot, due_at, is_told, slots_of, starts_within
from wmd.models import Change, ChangeNotice, Edition, EventSession

#: So many of the newest changes of a publication are looked at in one statement.
_AT_ONCE = 500


def note_changes(dbs: Session, edition: Edition, event_ids: Sequence[str], *, now: datetime) -> int:
    """Put what the publication just written changes about these events into notices; return how many events.

    Called in the publishing transaction, with the edition locked and its new version set; the number of statements
    does not grow with the events, but for one per thousand of them.
    """
    noted = 0
    for start in range(0, len(event_ids), _AT_ONCE):
        noted += _note_some(dbs, edition, sorted(event_ids)[start : start + _AT_ONCE], now)
    return noted


def _note_some(dbs: Session, edition: Edition, event_ids: Sequence[str], now: datetime) -> int:
    changes = _changes_of(dbs, edition, event_ids)
    sessions = session_slots(dbs, list(changes))
    told = {
        event_id: found
        for event_id, several in changes.items()
        if (found := [each for each in several if is_told(each, sessions[event_id], now)])
    }
    if not told:
        return 0
    standing = _gathering(dbs, sorted(told))
    earlier = changes_in(dbs, list(standing.values()))
    for event_id, several in told.items():
        _note_one(dbs, event_id, several, standing.get(event_id), earlier.get(event_id, []), sessions[event_id], now)
    dbs.flush()
    return len(told)


def _note_one(
    dbs: Session,
    event_id: str,
    several: Sequence[Noted],
    notice: ChangeNotice | None,
    earlier: Sequence[Noted],
    sessions: Mapping[str, Slot],
    now: datetime,
) -> None:
    if notice is None:
        notice = ChangeNotice(
            event_id=event_id, first_id=several[0].id, through_id=several[-1].id, due_at=now, created_at=now
        )  # fmt: skip
        dbs.add(notice)
    everything = [*earlier, *several]
    notice.through_id = several[-1].id
    # One that is due already is not put off again: a scheduler that stood still must not lengthen the wait.
    due = due_at(everything, sessions, first_at=notice.created_at, now=now)
    notice.due_at = min(notice.due_at, due) if now > notice.due_at else due
    touched = [slot for each in several for slot in slots_of(each, sessions)]
    notice.is_late = bool(notice.is_late) or starts_within(LATE, touched, now)


def _changes_of(dbs: Session, edition: Edition, event_ids: Sequence[str]) -> dict[str, list[Noted]]:
    """Return the changes of the edition's present version, by event, in order."""
    rows = dbs.scalars(
        select(Change)
        .where(Change.edition_id == edition.id, Change.version == edition.version, Change.event_id.in_(event_ids))
        .order_by(Change.id)
    )
    found: dict[str, list[Noted]] = defaultdict(list)
    for row in rows:
        found[row.event_id].append(Noted(row.id, row.kind, row.session_id, row.before, row.after))
    return found


def session_slots(dbs: Session, event_ids: Sequence[str]) -> dict[str, dict[str, Slot]]:
    """Return the times of the sessions of some events, by event and session id."""
    found: dict[str, dict[str, Slot]] = defaultdict(dict)
    rows = dbs.execute(
        select(EventSession.event_id, EventSession.id, EventSession.starts_at, EventSession.ends_at).where(
            EventSession.event_id.in_(event_ids)
        )
    )
    for event_id, session_id, starts_at, ends_at in rows:
        found[event_id][session_id] = Slot(starts_at, ends_at)
    return found


def _gathering(dbs: Session, event_ids: Sequence[str]) -> dict[str, ChangeNotice]:
    """Return the notices that still take changes in, held: a scheduler that begins one now waits, or was here before.

    In the second case PostgreSQL reads the row again, finds it begun, and it is not among these any more.
    """
    rows = dbs.scalars(
        select(ChangeNotice)
        .where(
            ChangeNotice.event_id.in_(event_ids), ChangeNotice.told_at.is_(None), ChangeNotice.began_at.is_(None)
        )
        .order_by(ChangeNotice.event_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )  # fmt: skip
    return {row.event_id: row for row in rows}


def changes_in(dbs: Session, notices: Sequence[ChangeNotice]) -> dict[str, list[Noted]]:
    """Return the changes that are told with some notices, by event, in order; in one statement."""
    if not notices:
        return {}
    spans = (
        and_(Change.event_id == each.event_id, Change.id.between(each.first_id, each.through_id)) for each in notices
    )
    found: dict[str, list[Noted]] = defaultdict(list)
    for row in dbs.scalars(select(Change).where(or_(*spans)).order_by(Change.id)):
        found[row.event_id].append(Noted(row.id, row.kind, row.session_id, row.before, row.after))
    return found
