"""All that stands around one submission on the desk, read in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.changesets import Change, changes
from wmd.domain.content import EventContent
from wmd.domain.findings import Finding
from wmd.domain.spam import SpamFacts, spam_signs
from wmd.domain.spam_data import SAME_TEXT
from wmd.models import (
    AuditEntry,
    CoOrganiser,
    Decision,
    Edition,
    Event,
    FieldComment,
    LinkCheck,
    Note,
    Organisation,
    OrganisationContact,
    Person,
    Revision,
    StaffMember,
    Submission,
)
from wmd.services.co_organisers import partners_of
from wmd.services.event_checks import check_content
from wmd.services.intake import read_content
from wmd.services.link_checks import checks_of
from wmd.services.moderation import Seen, seen_now, waiting_revision
from wmd.services.staff_edits import approved_revision
from wmd.services.threads import thread_of
from wmd.services.verdicts import versions
from wmd.services.visits import times_opened

MOST_HISTORY = 200


@dataclass(frozen=True, slots=True)
class Item:
    """One submission as a moderator sees it. ``revision`` is what waits, else what stands, else the newest.

    ``edit`` lists what an edit changes, ``people`` maps ids to names, ``keys`` organisations' keys to their rows.
    ``opened``: how often the way into the published event was asked for; ``link_checks``: whether its link works.
    """

    submission: Submission
    edition: Edition
    revision: Revision
    content: EventContent
    seen: Seen | None
    edit: tuple[Change, ...]
    findings: tuple[Finding, ...]
    organisation: Organisation | None
    contacts: tuple[Person, ...]
    event: Event | None
    revisions: tuple[Revision, ...]
    decisions: tuple[Decision, ...]
    trail: tuple[AuditEntry, ...]
    thread: tuple[Note, ...]
    comments: tuple[FieldComment, ...]
    partners: tuple[tuple[CoOrganiser, Organisation, str], ...]
    people: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, Organisation] = field(default_factory=dict)
    opened: int = 0
    link_checks: tuple[LinkCheck, ...] = ()


def read_item(dbs: Session, submission: Submission) -> Item:
    """Return all that stands around a submission."""
    waiting = waiting_revision(dbs, submission.id)
    approved = approved_revision(dbs, submission)
    revisions = dbs.scalars(
        select(Revision).where(Revision.submission_id == submission.id).order_by(Revision.number.desc()).limit(100)
    ).all()
    shown = waiting or approved or revisions[0]
    content = read_content(shown)
    seen, edit = None, []
    if waiting is not None:
        seen = seen_now(dbs, submission, waiting)
        base, proposed, before = versions(dbs, submission, waiting)
        edit = changes(base, proposed) if base is not None and before is not None else []
    edition = dbs.get_one(Edition, submission.edition_id)
    event = dbs.get(Event, submission.event_id)
    decisions = _decisions(dbs, revisions)
    thread = thread_of(dbs, submission.id, for_staff=True)
    trail = dbs.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject_id.in_([submission.id, submission.event_id]))
        .order_by(AuditEntry.id.desc())
        .limit(MOST_HISTORY)
    ).all()
    organisation = dbs.get(Organisation, submission.organisation_id or "")
    comments = dbs.scalars(
        select(FieldComment).where(FieldComment.submission_id == submission.id).order_by(FieldComment.id)
    ).all()
    keys = {organiser.key for organiser in content.organisers}
    return Item(
        submission=submission, edition=edition, revision=shown, content=content, seen=seen, edit=tuple(edit),
        findings=(*check_content(dbs, edition, content), *_signs(submission, content)), organisation=organisation,
        contacts=_contacts(dbs, submission), event=event, revisions=tuple(revisions),
        decisions=tuple(decisions), trail=tuple(trail), thread=tuple(thread), comments=tuple(comments),
        partners=tuple(partners_of(dbs, submission.id)),
        people=names_of(dbs, _everybody(content, revisions, decisions, trail, thread, submission)),
        keys={row.key: row for row in dbs.scalars(select(Organisation).where(Organisation.key.in_(sorted(keys))))},
        opened=times_opened(dbs, event.id) if event else 0,
        link_checks=tuple(checks_of(dbs, event.id)) if event else (),
    )  # fmt: skip


def _signs(submission: Submission, content: EventContent) -> list[Finding]:
    """Return the signs of spam: those of the words, and those of how it came as they were noted then."""
    noted = set(submission.flags)
    took = timedelta() if "spam.fast" in noted else None if "spam.no-render-time" in noted else timedelta(days=1)
    return spam_signs(
        content,
        SpamFacts(
            trap_filled="spam.honeypot" in noted, took=took, same_text=SAME_TEXT if "spam.same-text" in noted else 0
        ),
    )


def _decisions(dbs: Session, revisions: Sequence[Revision]) -> Sequence[Decision]:
    ids = [revision.id for revision in revisions]
    return dbs.scalars(select(Decision).where(Decision.revision_id.in_(ids)).order_by(Decision.id.desc())).all()


def _contacts(dbs: Session, submission: Submission) -> tuple[Person, ...]:
    rows = dbs.scalars(
        select(Person)
        .join(OrganisationContact, OrganisationContact.person_id == Person.id)
        .where(
            OrganisationContact.organisation_id == submission.organisation_id,
            OrganisationContact.removed_at.is_(None),
        )
        .order_by(OrganisationContact.is_main.desc(), Person.name)
        .limit(50)
    )
    return tuple(rows)


def _everybody(
    content: EventContent,
    revisions: Iterable[Revision],
    decisions: Iterable[Decision],
    trail: Iterable[AuditEntry],
    thread: Iterable[Note],
    submission: Submission,
) -> set[str]:
    actors = {revision.actor for revision in revisions} | {decision.moderator for decision in decisions}
    actors |= {entry.actor for entry in trail} | {note.author for note in thread}
    found = {actor.removeprefix("person:") for actor in actors if actor.startswith("person:")}
    found |= {entry.before for entry in trail if entry.action == "claim"}
    found |= {entry.after for entry in trail if entry.action == "claim"}
    found |= {submission.claimed_by or "", submission.person_id or ""}
    for session in content.sessions:
        for speaker in (*session.speakers, *(one for panel in session.panels for one in panel.speakers)):
            found.add(speaker.person_id or "")
    return found - {""}


def names_of(dbs: Session, ids: Iterable[str]) -> dict[str, str]:
    """Return people's names by id, as far as they have one."""
    rows = dbs.execute(select(Person.id, Person.name).where(Person.id.in_(sorted(ids)))).tuples()
    return dict(rows.all())


def moderators(dbs: Session) -> list[tuple[str, str]]:
    """Return ids and names of those to whom a submission can be handed over."""
    rows = dbs.execute(
        select(Person.id, Person.name)
        .join(StaffMember, StaffMember.person_id == Person.id)
        .where(StaffMember.disabled_at.is_(None), StaffMember.role.in_(("moderator", "administrator")))
        .order_by(Person.name)
        .limit(100)
    ).tuples()
    return list(rows.all())
