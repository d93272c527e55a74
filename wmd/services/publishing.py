"""The one door: an approved revision becomes Event rows, calendar entries and public changes.

A batch of revisions of one edition is published in the caller's transaction with one new edition version. Beside
``hiding.py``, which takes events off the list again, nothing else writes these tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, true, update
from sqlalchemy.orm import Session

from wmd.db import Model
from wmd.domain.codes import Mint, readable_slug
from wmd.domain.content import EventContent, SessionContent
from wmd.domain.ical.feed import LIMIT_BYTES
from wmd.domain.programme import EventView
from wmd.errors import NotPublishableError
from wmd.models import (
    CalendarEntry,
    Change,
    Edition,
    EditionOrganisation,
    Event,
    EventLanguage,
    EventOrganisation,
    EventSdg,
    EventSession,
    EventText,
    EventTopic,
    Panel,
    PanelQuestion,
    PublicCode,
    Revision,
    Speaker,
    Submission,
)
from wmd.services.alarms import clear_alarm, raise_alarm
from wmd.services.bindings import follow_publication
from wmd.services.calendar_entries import CalendarSetting, digest_of, entry_rows, risen
from wmd.services.change_notices import note_changes
from wmd.services.changes import changes_of, leads_elsewhere
from wmd.services.intake import read_content
from wmd.services.known import Known, new_code, organisers_of, read_known, rows_by_id
from wmd.services.organisers import with_agreed_organisers
from wmd.services.projection import Listing, Slot, Stamp, project, slots_of
from wmd.services.questions import public_answers
from wmd.services.rows import EventRows, Rows, event_rows, event_values, session_values
from wmd.services.states import audit, move
from wmd.services.versions import lock_edition, raise_status, touch_site

#: What a feed's head and time zones may take at most: about 230 octets for each of a hundred zones.
ROOM_FOR_HEAD_BYTES = 30_000


@dataclass(frozen=True, slots=True)
class Setting:
    """What publishing needs to know besides the revision."""

    calendar: CalendarSetting
    uid_domain: str
    mint: Mint


@dataclass(slots=True)
class Publication:
    """What one call published."""

    version: int
    added: int = 0
    changed: int = 0
    dates: int = 0


def publish(
    dbs: Session,
    edition: Edition,
    revisions: Sequence[Revision],
    setting: Setting,
    *,
    actor: str,
    now: datetime,
    claims: Mapping[str, EventContent] | None = None,
    silent: bool = False,
    relist: bool = False,
) -> Publication:
    """Project approved revisions into the programme and raise the edition's version by one.

    ``claims`` maps a revision's id to the content of an export of ours, whose codes, UIDs and stamps are taken over
    for sessions that are new here. ``silent`` notes no public changes. An event that was taken off the
    list stays so, with its newest revision waiting, unless ``relist``. Raises NotPublishableError for a revision that
    is not approved or whose times are missing, and for an entry whose bytes cannot be made right; the caller then
    rolls everything back.
    """
    now = now.replace(microsecond=0)
    lock_edition(dbs, edition)
    publication = Publication(version=edition.version + 1)
    if not revisions:
        return publication
    submissions = _submissions_of(dbs, revisions)
    claimed = {revision.submission_id or "": _approved(revision) for revision in revisions}
    agreed = with_agreed_organisers(dbs, claimed)
    contents = [
        (revision, submissions[revision.submission_id or ""], agreed[revision.submission_id or ""])
        for revision in revisions
    ]
    known = read_known(dbs, edition, contents, setting)
    batch = EventRows()
    if not relist:
        contents = [
            item for item in contents if not _stays_hidden(dbs, item[0], known.events.get(item[1].event_id), actor, now)
        ]
    for revision, submission, content in contents:
        claim = (claims or {}).get(revision.id)
        _publish_one(dbs, _One(revision, submission, content, claim, actor, now), known, batch, publication)
    if silent:
        batch.changes.clear()
    shown = [submission.event_id for _, submission, _ in contents]
    _replace_children(dbs, shown, batch)
    _remember_organisations(dbs, edition, {row["organisation_id"] for row in batch.organisations})
    edition.version = publication.version
    edition.published_at = max(now, edition.published_at)
    if publication.added or publication.dates:
        touch_site(dbs)
    dbs.flush()
    # Ids of its own making: those of the demonstration's addresses come from one sequence, the same everywhere.
    follow_publication(dbs, shown, actor=actor, mint=Mint(), now=now)
    # What is new is told to nobody but those who follow a filter, by a digest.
    older = {row["event_id"] for row in batch.changes if row["kind"] != "added" or row["session_id"]}
    note_changes(dbs, edition, sorted(older), now=now)
    _watch_size(dbs, edition, now=now)
    return publication


def _stays_hidden(dbs: Session, revision: Revision, event: Event | None, actor: str, now: datetime) -> bool:
    """Whether the event was taken off the list; its newest revision is then what would be shown again."""
    if event is None or (event.hidden_at is None and event.merged_into_id is None):
        return False
    audit(
        dbs, actor=actor, action="await", kind="event", subject_id=event.id, before=event.revision_id,
        after=revision.id, now=now,
    )  # fmt: skip
    event.revision_id = revision.id
    return True


def publish_again(
    dbs: Session, wanted: ColumnElement[bool], setting: Setting, *, actor: str, now: datetime, silent: bool = False
) -> list[Publication]:
    """Publish again, each from its revision, the listed events that a condition on events fits.

    One edition after the other, in the order of their ids. What comes out the same keeps its stamps; a session whose
    instants moved is noted as moved, unless ``silent``.
    """
    listed = and_(wanted, Event.hidden_at.is_(None), Event.merged_into_id.is_(None))
    editions = select(Edition).where(Edition.id.in_(select(Event.edition_id).where(listed))).order_by(Edition.id)
    done = []
    for edition in dbs.scalars(editions).all():
        of_edition = select(Event.revision_id).where(listed, Event.edition_id == edition.id)
        revisions = dbs.scalars(select(Revision).where(Revision.id.in_(of_edition)).order_by(Revision.id)).all()
        done.append(publish(dbs, edition, revisions, setting, actor=actor, now=now, silent=silent))
    return done


def shows(organisation_id: str) -> ColumnElement[bool]:
    """Return the condition on events that an organisation stands on them."""
    return Event.id.in_(select(EventOrganisation.event_id).where(EventOrganisation.organisation_id == organisation_id))


def rederive(dbs: Session, setting: Setting, *, actor: str, now: datetime) -> None:
    """Publish every listed event again: after an update of tzdata, or of how entries are written."""
    publish_again(dbs, true(), setting, actor=actor, now=now)


def _watch_size(dbs: Session, edition: Edition, *, now: datetime) -> None:
    """Tell staff when the whole edition no longer fits into one calendar, even without any text."""
    key = f"feed-size:{edition.slug}"
    size = dbs.scalar(
        select(func.coalesce(func.sum(func.length(CalendarEntry.head) + func.length(CalendarEntry.tail)), 0))
        .join(EventSession, EventSession.id == CalendarEntry.session_id)
        .join(Event, Event.id == EventSession.event_id)
        .where(Event.edition_id == edition.id, CalendarEntry.language == "en")
    )
    # The calendar's own head and its time zones come on top of the entries; it is told a little early.
    if (size or 0) > LIMIT_BYTES - ROOM_FOR_HEAD_BYTES:
        message = (
            f"The whole calendar of {edition.slug} is, or will soon be, too large for some services: "
            "point people to narrower ones."
        )
        raise_alarm(dbs, key, message, now=now)
    else:
        clear_alarm(dbs, key, now=now)


@dataclass(frozen=True, slots=True)
class _One:
    """One revision to publish, with what belongs to it."""

    revision: Revision
    submission: Submission
    content: EventContent
    claim: EventContent | None
    actor: str
    now: datetime


def _approved(revision: Revision) -> EventContent:
    if revision.state != "approved":
        msg = f"revision {revision.id} is {revision.state}, not approved"
        raise NotPublishableError(msg)
    return read_content(revision)


def _submissions_of(dbs: Session, revisions: Sequence[Revision]) -> dict[str, Submission]:
    return rows_by_id(dbs, Submission, {revision.submission_id or "" for revision in revisions})


def _publish_one(dbs: Session, one: _One, known: Known, batch: EventRows, publication: Publication) -> None:
    """Publish one revision: derive, compare with what was shown, stamp, build entries, lay out rows."""
    content, now = one.content, one.now
    event = known.events.get(one.submission.event_id)
    slots = slots_of(content)
    stamps = {session.id: _stamp(session, one, known) for session in content.sessions}
    code = event.code if event else new_code(known, one.claim.code if one.claim else "")
    slug = readable_slug({tag: text.title for tag, text in content.texts.items()}, content.language)
    listing = Listing(code, slug, event.published_at if event else now, now, publication.version)
    organisers = organisers_of(content, known.organisations)

    def show(with_stamps: Mapping[str, Stamp]) -> EventView:
        return project(
            content, listing=listing, stamps=with_stamps, slots=slots, organisers=organisers, names=known.names,
            pictures=known.pictures, answers=public_answers(content, known.questions),
        )  # fmt: skip

    draft = show(stamps)
    digests = {slot.id: digest_of(known.view, draft, slot, known.setting.calendar) for slot in draft.sessions}
    view = show({id_: risen(stamp, known.sessions.get(id_), digests[id_], now) for id_, stamp in stamps.items()})
    for session in view.sessions:
        row = known.sessions.get(session.id)
        batch.entries += entry_rows(dbs, known.view, view, session, row, known.setting.calendar, now=now)
    private_link_id = content.registration.private_link_id
    for change in changes_of(event, view, known.sessions, slots, digests, private_link_id):
        batch.changes.append(change.row(one.submission.event_id, known.edition.id, publication.version, now))
    new_dates = sum(session.id not in known.sessions for session in view.sessions)
    publication.dates += new_dates if event else 0
    publication.added += event is None
    publication.changed += event is not None
    audit(
        dbs, actor=one.actor, action="publish", kind="event", subject_id=one.submission.event_id,
        before=event.revision_id if event else "", after=one.revision.id, now=now,
    )  # fmt: skip
    _write_event(dbs, one, view, known, batch)
    _write_sessions(dbs, one, view, known, batch, slots, digests)


def _stamp(session: SessionContent, one: _One, known: Known) -> Stamp:
    """Return what the session already carries, or what a new one begins with."""
    row = known.sessions.get(session.id)
    if row is not None:
        return Stamp(row.code, row.uid, row.sequence, row.created_at, row.last_modified_at)
    claim = _claimed(session, one.claim)
    code = new_code(known, claim.code if claim else "")
    uid = (
        claim.uid if claim and claim.uid and claim.uid not in known.uids else f"{session.id}@{known.setting.uid_domain}"
    )
    known.uids.add(uid)
    if claim is None or claim.sequence is None:
        return Stamp(code, uid, 0, one.now, one.now)
    # A stamp from the future would stand still in calendars until then.
    created, modified = (min(stamp or one.now, one.now) for stamp in (claim.created_at, claim.last_modified_at))
    return Stamp(code, uid, claim.sequence, created, modified)


def _claimed(session: SessionContent, claim: EventContent | None) -> SessionContent | None:
    """Return what the export says of this session: found by its id, else by its key when it has one."""
    for same in (lambda other: other.id == session.id, lambda other: bool(other.key) and other.key == session.key):
        found = next(filter(same, claim.sessions if claim else ()), None)
        if found is not None:
            return found
    return None


def _write_event(dbs: Session, one: _One, view: EventView, known: Known, batch: EventRows) -> None:
    """Put the event's own row and its parts into the batch, or update the row that exists."""
    event_id = one.submission.event_id
    values = event_values(view, one.content, one.revision.id, known.edition.id, known.series.get(view.series or ""))
    event = known.events.get(event_id)
    if event is not None:
        if event.link_wrong_at is not None and leads_elsewhere(event, view, values["private_link_id"]):
            # That the old one failed says nothing of a new one.
            values["link_wrong_at"] = None
            raise_status(dbs)
        if (event.registration_here, event.capacity) != (view.registration.is_here, view.capacity):
            # Whether places are left may read differently now.
            raise_status(dbs)
        dbs.execute(update(Event).where(Event.id == event_id).values(**values))
    else:
        batch.codes.append({"code": view.code, "kind": "event", "created_at": one.now})
        batch.events.append({"id": event_id, **values})
    event_rows(batch, event_id, one.content, view, known.topics, known.organisations)


def _write_sessions(
    dbs: Session,
    one: _One,
    view: EventView,
    known: Known,
    batch: EventRows,
    slots: Mapping[str, Slot],
    digests: Mapping[str, str],
) -> None:
    """Put new sessions into the batch and update those that exist; a status moves through its machine."""
    shown = {session.id: session for session in view.sessions}
    for position, session in enumerate(one.content.sessions):
        values = session_values(session, shown[session.id], slots[session.id], digests[session.id], position)
        row = known.sessions.get(session.id)
        if row is not None:
            move(dbs, row, session.status.value, actor=one.actor, now=one.now)
            for name, value in values.items():
                setattr(row, name, value)
            continue
        stamp = shown[session.id]
        batch.codes.append({"code": stamp.code, "kind": "session", "created_at": one.now})
        batch.sessions.append(
            {
                "id": session.id, "event_id": one.submission.event_id, "code": stamp.code, "uid": stamp.uid,
                "status": session.status.value, "created_at": stamp.created_at, **values,
            }
        )  # fmt: skip


def _remember_organisations(dbs: Session, edition: Edition, shown: set[str]) -> None:
    """Note which organisations were ever shown in the edition."""
    known = dbs.scalars(select(EditionOrganisation.organisation_id).where(EditionOrganisation.edition_id == edition.id))
    rows = [{"edition_id": edition.id, "organisation_id": id_} for id_ in sorted(shown - set(known))]
    if rows:
        dbs.execute(insert(EditionOrganisation), rows)


def _replace_children(dbs: Session, event_ids: Sequence[str], batch: EventRows) -> None:
    """Delete the parts of these events that are written anew, and insert the whole batch."""
    dbs.flush()
    for start in range(0, len(event_ids), 500):
        ids = list(event_ids[start : start + 500])
        slots = select(EventSession.id).where(EventSession.event_id.in_(ids))
        panels = select(Panel.id).where(Panel.session_id.in_(slots))
        dbs.execute(delete(Speaker).where(Speaker.session_id.in_(slots)))
        dbs.execute(delete(PanelQuestion).where(PanelQuestion.panel_id.in_(panels)))
        dbs.execute(delete(Panel).where(Panel.session_id.in_(slots)))
        dbs.execute(delete(CalendarEntry).where(CalendarEntry.session_id.in_(slots)))
        for model in (EventTopic, EventSdg, EventLanguage, EventOrganisation, EventText):
            dbs.execute(delete(model).where(model.event_id.in_(ids)))
    tables: tuple[tuple[type[Model], Rows], ...] = (
        (PublicCode, batch.codes),
        (Event, batch.events),
        (EventSession, batch.sessions),
        (EventTopic, batch.topics),
        (EventSdg, batch.sdgs),
        (EventLanguage, batch.languages),
        (EventOrganisation, batch.organisations),
        (EventText, batch.texts),
        (Panel, batch.panels),
        (PanelQuestion, batch.questions),
        (Speaker, batch.speakers),
        (CalendarEntry, batch.entries),
        (Change, batch.changes),
    )
    for table, rows in tables:
        if rows:
            dbs.execute(insert(table), rows)
