"""Taking a published event off the list: its page answers 410, calendars are told, and nothing is deleted.

Beside ``publishing.py`` the only file that writes published rows: the same door, the other way. Showing
it again is publishing its revision again.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, delete, func, insert, select, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from wmd.domain.codes import Mint
from wmd.errors import NotAllowedMoveError
from wmd.models import (
    Attendee,
    CalendarEntry,
    Change,
    ChangeNotice,
    Edition,
    Event,
    EventSession,
    Follow,
    Organisation,
    Registration,
    Revision,
)
from wmd.services.bindings import follow_publication
from wmd.services.calendar_entries import digest_of, hidden_rows, risen
from wmd.services.change_notices import note_changes
from wmd.services.intake import read_content
from wmd.services.known import organisers_of
from wmd.services.programme import edition_view
from wmd.services.projection import Listing, Stamp, project, slots_of
from wmd.services.publishing import Publication, Setting, publish
from wmd.services.states import audit
from wmd.services.versions import lock_edition, raise_version


def find_event(dbs: Session, code: str) -> Event | None:
    """Return the published event of a public code, hidden or not."""
    return dbs.scalars(select(Event).where(Event.code == code)).first()


def hide(dbs: Session, event: Event, setting: Setting, *, actor: str, now: datetime) -> None:
    """Take an event off the list; who wanted to attend is told. Raises NotAllowedMoveError when it already is."""
    edition = _locked_edition(dbs, event)
    if event.hidden_at is not None or event.merged_into_id is not None:
        msg = f"event {event.code} is not listed"
        raise NotAllowedMoveError(msg)
    event.hidden_at = now
    _leave(dbs, event, edition, setting, "hidden", actor=actor, now=now)


def merge(dbs: Session, event: Event, into: Event, setting: Setting, *, actor: str, now: datetime) -> None:
    """Let another event of the same edition take the place of this one; its addresses then lead there.

    Raises NotAllowedMoveError for itself, another edition, or an event that is not listed.
    """
    edition = _locked_edition(dbs, event, into)
    listed = [each.hidden_at is None and each.merged_into_id is None for each in (event, into)]
    if event.id == into.id or event.edition_id != into.edition_id or not all(listed):
        msg = f"event {event.code} cannot be merged into {into.code}"
        raise NotAllowedMoveError(msg)
    event.merged_into_id = into.id
    _bring_along(dbs, event, into, now=now)
    _leave(dbs, event, edition, setting, "merged", actor=actor, now=now)


def _bring_along(dbs: Session, event: Event, into: Event, *, now: datetime) -> None:
    """Let who follows an event, or has a place in it, follow the one that takes its place: they hear of it from there.

    Their wishes for the former stay as they are, for the day it is listed again. Places are not given: there may be
    none. Who stopped the mails of either hears of neither.
    """
    wishes: dict[str, datetime] = {}
    for table, wants in ((Registration, Registration.muted_at.is_(None)), (Follow, true())):
        rows = dbs.execute(
            select(table.person_id, table.confirmed_at)
            .join(Attendee, Attendee.person_id == table.person_id)
            .where(
                table.event_id == event.id, table.ended_at.is_(None), table.confirmed_at.is_not(None), wants,
                Attendee.left_at.is_(None), table.person_id.not_in(_want_no_mail_of(into.id)),
            )
        )  # fmt: skip
        wishes.update((person_id, at) for person_id, at in rows.tuples() if at is not None)
    make = postgresql.insert if dbs.get_bind().dialect.name == "postgresql" else sqlite.insert
    for person_id, confirmed_at in sorted(wishes.items()):
        values = {
            "id": str(uuid.uuid4()), "person_id": person_id, "edition_id": into.edition_id, "event_id": into.id,
            "query": "", "cadence": "", "told_change_id": 0, "created_at": now, "confirmed_at": confirmed_at,
        }  # fmt: skip
        dbs.execute(make(Follow).values(**values).on_conflict_do_nothing())


def _want_no_mail_of(event_id: str) -> Select[tuple[str]]:
    """Return the ids of those who have a place in an event and stopped its mails."""
    return select(Registration.person_id).where(
        Registration.event_id == event_id, Registration.ended_at.is_(None), Registration.muted_at.is_not(None)
    )


def show(dbs: Session, event: Event, setting: Setting, *, actor: str, now: datetime) -> Publication:
    """List a hidden or merged event again, as it was; who was told that it is gone is told that it is back."""
    edition = dbs.get_one(Edition, event.edition_id)
    revision = dbs.get_one(Revision, event.revision_id)
    publication = publish(dbs, edition, [revision], setting, actor=actor, now=now, relist=True)
    dbs.refresh(event)
    if _is_told(dbs, event):
        for slot in dbs.scalars(select(EventSession).where(EventSession.event_id == event.id)):
            if slot.status == "scheduled" and slot.ends_at > now:
                dbs.add(
                    Change(
                        edition_id=edition.id, event_id=event.id, session_id=slot.id, at=event.changed_at,
                        kind="revived", before={"status": "hidden"}, after={"status": "scheduled"},
                        version=edition.version,
                    )
                )  # fmt: skip
        dbs.flush()
        note_changes(dbs, edition, [event.id], now=now)
    return publication


def _is_told(dbs: Session, event: Event) -> bool:
    """Whether anybody was mailed that an event had left the list, since it last did."""
    left = dbs.scalar(select(func.max(Change.id)).where(Change.event_id == event.id, Change.kind == "hidden"))
    told = select(ChangeNotice.id).where(
        ChangeNotice.event_id == event.id, ChangeNotice.began_at.is_not(None), ChangeNotice.people > 0,
        ChangeNotice.first_id <= (left or 0), ChangeNotice.through_id >= (left or 0),
    )  # fmt: skip
    return left is not None and dbs.scalar(told.limit(1)) is not None


def _locked_edition(dbs: Session, *events: Event) -> Edition:
    """Hold the edition, and read the events as they are now: nothing is published in it meanwhile."""
    edition = dbs.get_one(Edition, events[0].edition_id)
    lock_edition(dbs, edition)
    for event in events:
        dbs.refresh(event)
    return edition


def _leave(
    dbs: Session, event: Event, edition: Edition, setting: Setting, action: str, *, actor: str, now: datetime
) -> None:
    """Make every entry of the event cancelled and wordless, note the change and raise the edition's version."""
    now = now.replace(microsecond=0)
    event.version, event.changed_at = raise_version(dbs, edition, now=now), now
    rows = dbs.scalars(select(EventSession).where(EventSession.event_id == event.id)).all()
    dbs.execute(delete(CalendarEntry).where(CalendarEntry.session_id.in_([row.id for row in rows])))
    for entry in _hidden_entries(dbs, event, edition, rows, setting, now):
        dbs.execute(insert(CalendarEntry), entry)
    dbs.add(
        Change(
            edition_id=edition.id, event_id=event.id, session_id=None, at=now, kind="hidden", before={}, after={},
            version=edition.version,
        )
    )  # fmt: skip
    audit(
        dbs, actor=actor, action=action, kind="event", subject_id=event.id, before=event.revision_id, after=action,
        now=now,
    )  # fmt: skip
    dbs.flush()
    note_changes(dbs, edition, [event.id], now=now)
    follow_publication(dbs, [event.id], actor=actor, mint=Mint(), now=now)


def _hidden_entries(
    dbs: Session, event: Event, edition: Edition, rows: Sequence[EventSession], setting: Setting, now: datetime
) -> list[dict[str, object]]:
    content = read_content(dbs.get_one(Revision, event.revision_id))
    keys = [organiser.key for organiser in content.organisers]
    organisations = {row.key: row for row in dbs.scalars(select(Organisation).where(Organisation.key.in_(keys)))}
    by_id = {row.id: row for row in rows}
    slots = slots_of(content)
    listing = Listing(event.code, event.slug, event.published_at, now, edition.version)
    organisers = organisers_of(content, organisations)
    stamps = {row.id: Stamp(row.code, row.uid, row.sequence, row.created_at, row.last_modified_at) for row in rows}
    draft = project(content, listing=listing, stamps=stamps, slots=slots, organisers=organisers, names={})
    about = edition_view(edition)
    for session in draft.sessions:
        row = by_id[session.id]
        digest = digest_of(about, draft, session, setting.calendar, hidden=True)
        stamps[row.id] = risen(stamps[row.id], row, digest, now)
        row.digest, row.sequence = digest, stamps[row.id].sequence
        row.last_modified_at = stamps[row.id].last_modified_at
    view = project(content, listing=listing, stamps=stamps, slots=slots, organisers=organisers, names={})
    return [entry for session in view.sessions for entry in hidden_rows(session, setting.calendar)]
