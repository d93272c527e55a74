"""Importing a programme file: all of it or nothing, through the same door as a form.

Each event becomes a revision with source ``import``, a decision and a publication. A repeated import of the same file
changes nothing; what a file leaves out is not cancelled.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session

from wmd.domain.content import EditionContent, EventContent, SessionContent
from wmd.domain.documents.check_file import check_file
from wmd.domain.documents.read_file import ReadFile
from wmd.domain.findings import N_, Finding, Level, errors
from wmd.domain.identities import forget_ids, ids_in, with_people
from wmd.domain.vocabulary import RegistrationState, SessionStatus
from wmd.errors import InvalidContentError, NotPublishableError
from wmd.models import (
    Edition,
    Event,
    EventOrganisation,
    EventSession,
    Organisation,
    Panel,
    PanelQuestion,
    PublicCode,
    Revision,
    Series,
    Speaker,
)
from wmd.secretbox import SecretBox
from wmd.services.intake import find_submission, hand_in, read_content, standing_revision
from wmd.services.moderation import decide
from wmd.services.private_links import keep_link, latest_end, move_end
from wmd.services.projection import slot_of
from wmd.services.publishing import Setting, publish
from wmd.services.references import find_edition, put_edition, put_organisation, put_person, put_series
from wmd.services.versions import raise_version, touch_site

ACTOR = "import"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or (on a dry run, rolled back by the caller) would do."""

    added: int
    changed: int
    unchanged: int
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class _Stale:
    """Ids of what a file changed and events of before it show."""

    organisations: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)


def edition_content(edition: Edition) -> EditionContent:
    """Return an edition's row as content, for checks against its window."""
    return EditionContent(
        slug=edition.slug, name=edition.name, main_day=edition.main_day, window_from=edition.window_from,
        window_to=edition.window_to, zone=edition.zone, theme=edition.theme, introduction=edition.introduction,
        hashtags=tuple(edition.hashtags), languages=tuple(edition.languages), is_permanent=edition.is_permanent,
        is_demo=edition.is_demo,
    )  # fmt: skip


def apply_file(
    dbs: Session, read: ReadFile, *, box: SecretBox, setting: Setting, now: datetime, silent: bool = False
) -> ImportReport:
    """Apply a whole file in the caller's transaction; ``silent`` notes no public changes (demonstration only).

    Raises InvalidContentError with every finding when there is any error; the caller rolls back.
    """
    findings = _check(dbs, read)
    if errors(findings):
        raise InvalidContentError(findings)
    edition, edition_changed = _edition(dbs, read, now=now)
    people, stale = _references(dbs, read, setting, now=now)
    taken = _ids_taken(dbs, read)
    revisions: list[Revision] = []
    claims: dict[str, EventContent] = {}
    for event in read.file.events:
        content = _resolve(
            dbs, edition, event, people, read.join_links.get(event.key, ""), box, setting, taken, now=now
        )
        taken |= ids_in(event)
        revision = hand_in(dbs, edition, content, source="import", actor=ACTOR, mint=setting.mint, now=now)
        if revision is not None:
            decide(dbs, revision, "approved", moderator=ACTOR, now=now)
            revisions.append(revision)
            claims[revision.id] = event
    again = _again(dbs, edition, revisions, stale, everything=edition_changed)
    publication = publish(
        dbs, edition, [*revisions, *again], setting, actor=ACTOR, now=now, claims=claims, silent=silent
    )
    _publish_elsewhere(dbs, edition, stale, setting, now=now, silent=silent)
    unchanged = len(read.file.events) - len(revisions)
    return ImportReport(publication.added, len(revisions) - publication.added, unchanged, tuple(findings))


def _check(dbs: Session, read: ReadFile) -> list[Finding]:
    """Return every finding about the file, laid beside what is known already."""
    slug = read.file.edition.slug if read.file.edition else read.file.edition_slug
    edition = find_edition(dbs, slug)
    found = check_file(
        read,
        edition=edition_content(edition) if edition else None,
        organisations=set(dbs.scalars(select(Organisation.key))),
        series=set(dbs.scalars(select(Series.slug))),
    )
    return sorted([*found, *_without_place(dbs, edition, read)], key=lambda finding: finding.line or 0)


def _without_place(dbs: Session, edition: Edition | None, read: ReadFile) -> Iterator[Finding]:
    """Find postponed sessions without times that are not known yet: there is no old place in time to keep."""
    for event in read.imported():
        postponed = [
            (index, session)
            for index, session in enumerate(event.content.sessions)
            if session.status is SessionStatus.POSTPONED and not _has_times(session)
        ]
        submission = (
            find_submission(dbs, edition, event.content.key, event.content.code) if postponed and edition else None
        )
        standing = standing_revision(dbs, submission) if submission else None
        before = read_content(standing).sessions if standing else ()
        known = {mark for session in before for mark in (session.id, session.key) if mark}
        for index, session in postponed:
            if not {session.id, session.key} & known:
                where = f"{event.where}.sessions[{index}]"
                text = N_("A postponed session that is new here needs the times it was to have.")
                yield Finding("time.missing-start", Level.ERROR, where, text, line=read.line_of(where))


def _edition(dbs: Session, read: ReadFile, *, now: datetime) -> tuple[Edition, bool]:
    if read.file.edition is not None:
        return put_edition(dbs, read.file.edition, now=now)
    edition = find_edition(dbs, read.file.edition_slug)
    if edition is None:
        msg = f"there is no edition {read.file.edition_slug!r}"
        raise NotPublishableError(msg)
    return edition, False


def _references(dbs: Session, read: ReadFile, setting: Setting, *, now: datetime) -> tuple[dict[str, str], _Stale]:
    """Put organisations, series and people in place; return person ids by key, and who changed."""
    changed_series = [series.slug for series in read.file.series if put_series(dbs, series)]
    if changed_series:
        touch_site(dbs)
        of_series = select(Series.id).where(Series.slug.in_(changed_series))
        _touch(dbs, select(Event.id).where(Event.series_id.in_(of_series)), now=now)
    codes = set(dbs.scalars(select(PublicCode.code)))
    stale = _Stale()
    for content in read.file.organisations:
        row, changed = put_organisation(dbs, content, codes, mint=setting.mint, now=now)
        if changed:
            stale.organisations.append(row.id)
    by_these = EventOrganisation.organisation_id.in_(stale.organisations)
    _touch(dbs, select(EventOrganisation.event_id).where(by_these), now=now)
    people: dict[str, str] = {}
    for person in read.file.people:
        row_of_person, changed = put_person(dbs, person, mint=setting.mint, now=now)
        people[person.key] = row_of_person.id
        if changed:
            stale.people.append(row_of_person.id)
    return people, stale


def _touch(dbs: Session, shown: Select[tuple[str]], *, now: datetime) -> None:
    """Have these events read anew in every edition that shows them: what they refer to has changed."""
    for edition in dbs.scalars(
        select(Edition).where(Edition.id.in_(select(Event.edition_id).where(Event.id.in_(shown))))
    ):
        version = raise_version(dbs, edition, now=now)
        dbs.execute(
            update(Event).where(Event.edition_id == edition.id, Event.id.in_(shown)).values(version=version),
            execution_options={"synchronize_session": False},
        )
    dbs.flush()


def _resolve(
    dbs: Session,
    edition: Edition,
    event: EventContent,
    people: dict[str, str],
    join_link: str,
    box: SecretBox,
    setting: Setting,
    taken: set[str],
    *,
    now: datetime,
) -> EventContent:
    """Replace person keys by ids and a raw join link by the id of its sealed row; drop ids of other events."""
    submission = find_submission(dbs, edition, event.key, event.code)
    previous = standing_revision(dbs, submission) if submission else None
    before = read_content(previous) if previous else None
    event = forget_ids(event, taken - (ids_in(before) if before else set()))
    known = before.registration.private_link_id if before else None
    registration = event.registration
    if join_link:
        link_id = keep_link(
            dbs, box, join_link, known_id=known, ends_at=_last_end(event, before),
            latest_at=latest_end(edition, now), mint=setting.mint, now=now,
        )  # fmt: skip
        # Whoever gives a link and says nothing of sign-up means that people can take part.
        state = RegistrationState.OPEN if registration.state is RegistrationState.MISSING else registration.state
        registration = replace(registration, private_link_id=link_id, state=state)
    elif known and not registration.url and registration.state is not RegistrationState.MISSING:
        # An export never holds the link itself, so leaving it out keeps the one we have, as long as the event lasts.
        move_end(dbs, known, _last_end(event, before))
        registration = replace(registration, private_link_id=known)
    return replace(with_people(event, people.__getitem__), registration=registration)


def _last_end(event: EventContent, before: EventContent | None) -> datetime | None:
    """Return when the last session ends, with those of before that the file leaves out and that stay."""
    marks = {mark for session in event.sessions for mark in (session.id, session.key) if mark}
    staying = [session for session in before.sessions if not {session.id, session.key} & marks] if before else []
    known = (slot_of(session).ends_at for session in (*event.sessions, *staying) if _has_times(session))
    return max(known, default=None)


def _has_times(session: SessionContent) -> bool:
    return bool((session.starts and session.ends) or (session.starts_on and session.ends_on))


def _ids_taken(dbs: Session, read: ReadFile) -> set[str]:
    """Return which ids of the file belong to something already: a copied event must not take another's."""
    wanted = sorted(set().union(*(ids_in(event) for event in read.file.events)))
    taken: set[str] = set()
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        for model in (EventSession, Panel, PanelQuestion, Speaker):
            taken |= set(dbs.scalars(select(model.id).where(model.id.in_(some))))
    return taken


def _again(
    dbs: Session, edition: Edition, revisions: Sequence[Revision], stale: _Stale, *, everything: bool
) -> list[Revision]:
    """Return the published revisions that show something that changed elsewhere: edition, organisation or person."""
    shown = or_(Event.id.in_(_events_of(stale.organisations)), Event.id.in_(_events_naming(stale.people)))
    wanted = select(Event.revision_id).where(Event.edition_id == edition.id)
    if not everything:
        wanted = wanted.where(shown)
    done = {revision.submission_id for revision in revisions}
    rows = dbs.scalars(select(Revision).where(Revision.id.in_(wanted)).order_by(Revision.id))
    return [row for row in rows if row.submission_id not in done]


def _events_of(organisation_ids: Sequence[str]) -> Select[tuple[str]]:
    return select(EventOrganisation.event_id).where(EventOrganisation.organisation_id.in_(organisation_ids))


def _events_naming(person_ids: Sequence[str]) -> Select[tuple[str]]:
    sessions = select(Speaker.session_id).where(Speaker.person_id.in_(person_ids))
    return select(EventSession.event_id).where(EventSession.id.in_(sessions))


def _publish_elsewhere(
    dbs: Session, here: Edition, stale: _Stale, setting: Setting, *, now: datetime, silent: bool
) -> None:
    """Publish again what names a renamed person in other editions: an event holds no copy of a person's name."""
    if not stale.people:
        return
    named = select(Event.edition_id).where(Event.id.in_(_events_naming(stale.people)), Event.edition_id != here.id)
    people = _Stale(people=stale.people)
    for edition in dbs.scalars(select(Edition).where(Edition.id.in_(named)).order_by(Edition.id)).all():
        again = _again(dbs, edition, (), people, everything=False)
        publish(dbs, edition, again, setting, actor=ACTOR, now=now, silent=silent)
