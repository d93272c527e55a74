"""What the public will see of content that is not published: the same projection, on the side and without a trace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.codes import SeededMint, readable_slug
from wmd.domain.content import EventContent, OrganisationContent, SessionContent, SignUpQuestionContent
from wmd.domain.forms.reading import NEW_LEAD
from wmd.domain.programme import EventView, OrganisationView, OrganiserView, Programme
from wmd.domain.times import UnknownZone, WallTimeError
from wmd.errors import NotPublishableError
from wmd.models import Edition, Event, EventSession, Organisation, Person, Revision, Submission
from wmd.services.intake import read_content
from wmd.services.known import organisers_of, people_in, pictures_of
from wmd.services.organisers import with_agreed_organisers
from wmd.services.projection import Listing, Stamp, project, slot_of
from wmd.services.questions import public_answers, questions_of

#: Stands where a code will be: no code begins so, and nobody takes it for one.
NO_CODE = "------"


@dataclass(frozen=True, slots=True)
class Preview:
    """An event as it will be shown, beside the programme it will stand in.

    ``left_out`` counts sessions whose time cannot be read yet; ``unconfirmed`` organisations that are shown only once
    they have said yes. ``asked``: what who registers with us will be asked, which no public page shows.
    """

    event: EventView
    programme: Programme
    left_out: int
    unconfirmed: int
    asked: tuple[SignUpQuestionContent, ...] = ()


@dataclass(frozen=True, slots=True)
class NotYet:
    """What only a form knows: names of people by stand-in, and the organisation that is new with it."""

    names: Mapping[str, str] = field(default_factory=dict)
    organisation: OrganisationContent | None = None


def preview_revision(dbs: Session, revision: Revision, programme: Programme, *, now: datetime) -> Preview:
    """Return a revision of an event as it will be shown. Raises NotPublishableError when no time in it can be read."""
    submission = dbs.get_one(Submission, revision.submission_id)
    edition = dbs.get_one(Edition, submission.edition_id)
    return preview_content(dbs, edition, read_content(revision), programme, submission=submission, now=now)


def preview_content(
    dbs: Session,
    edition: Edition,
    content: EventContent,
    programme: Programme,
    *,
    now: datetime,
    submission: Submission | None = None,
    not_yet: NotYet | None = None,
) -> Preview:
    """Return content as it will be shown, which ``programme`` of its edition stays without.

    Raises NotPublishableError when no session has a time that can be read. Writes nothing.
    """
    not_yet = not_yet or NotYet()
    timed = replace(content, sessions=tuple(_identified(content.sessions)))
    if not timed.sessions:
        msg = "there is no time to show yet"
        raise NotPublishableError(msg)
    shown = _shown(dbs, timed, submission, not_yet)
    event = dbs.get(Event, submission.event_id) if submission is not None else None
    slug = readable_slug({tag: text.title for tag, text in content.texts.items()}, content.language)
    listing = Listing(
        event.code if event else NO_CODE, slug, event.published_at if event else now, now, programme.version
    )
    view = project(
        shown,
        listing=listing,
        stamps=_stamps(dbs, shown, now),
        slots={session.id: slot_of(session) for session in shown.sessions},
        organisers=_organisers(dbs, shown, not_yet),
        names=_names(dbs, shown) | dict(not_yet.names),
        pictures=pictures_of(dbs, {shown.image.id} if shown.image else set()),
        answers=public_answers(shown, questions_of(dbs, edition)),
    )
    unconfirmed = len(content.organisers) - len(shown.organisers)
    asked = content.registration.questions if content.registration.takes_here else ()
    beside = _with_organisation(programme, not_yet.organisation)
    return Preview(view, beside, len(content.sessions) - len(timed.sessions), unconfirmed, asked)


def _identified(sessions: tuple[SessionContent, ...]) -> list[SessionContent]:
    """Return the sessions whose times can be read, each with an id to be told apart by."""
    found = []
    for index, session in enumerate(sessions):
        try:
            slot = slot_of(session)
        except (NotPublishableError, WallTimeError, UnknownZone, ValueError):
            continue
        if slot.starts_at < slot.ends_at:
            found.append(session if session.id else replace(session, id=f"new-{index}"))
    return found


def _shown(dbs: Session, content: EventContent, submission: Submission | None, not_yet: NotYet) -> EventContent:
    """Return the content with those organisers alone that will be named."""
    known = {NEW_LEAD} if not_yet.organisation is not None else set()
    known |= set(
        dbs.scalars(select(Organisation.key).where(Organisation.key.in_([one.key for one in content.organisers])))
    )
    there = replace(content, organisers=tuple(one for one in content.organisers if one.key in known))
    if submission is None:
        return there
    return with_agreed_organisers(dbs, {submission.id: there})[submission.id]


def _organisers(dbs: Session, content: EventContent, not_yet: NotYet) -> tuple[OrganiserView, ...]:
    keys = [one.key for one in content.organisers if one.key != NEW_LEAD]
    rows = {row.key: row for row in dbs.scalars(select(Organisation).where(Organisation.key.in_(keys)))}
    new = not_yet.organisation
    found = []
    for one in content.organisers:
        if one.key == NEW_LEAD and new is not None:
            slug = readable_slug(new.names, new.language)
            found.append(OrganiserView(NO_CODE, slug, new.names[new.language], new.language, one.role, new.kind))
        else:
            found += organisers_of(replace(content, organisers=(one,)), rows)
    return tuple(found)


def _names(dbs: Session, content: EventContent) -> dict[str, str]:
    ids = sorted(set(people_in([content])))
    return dict(dbs.execute(select(Person.id, Person.name).where(Person.id.in_(ids))).tuples().all()) if ids else {}


def _stamps(dbs: Session, content: EventContent, now: datetime) -> dict[str, Stamp]:
    """Return what published sessions carry already, and for new ones something to fill the places."""
    ids = [session.id for session in content.sessions]
    rows = {row.id: row for row in dbs.scalars(select(EventSession).where(EventSession.id.in_(ids)))}
    mint = SeededMint("preview")
    return {
        id_: Stamp(row.code, row.uid, row.sequence, row.created_at, row.last_modified_at)
        if (row := rows.get(id_))
        else Stamp(mint.code(), id_, 0, now, now)
        for id_ in ids
    }


def _with_organisation(programme: Programme, new: OrganisationContent | None) -> Programme:
    """Return the programme with an organisation that is new, so that its names are found."""
    if new is None:
        return programme
    view = OrganisationView(
        NO_CODE, readable_slug(new.names, new.language), new.names, new.language, new.acronym, new.kind, new.city,
        new.country, new.region, new.website, new.is_demo, retired=False,
    )  # fmt: skip
    return replace(programme, organisations={**programme.organisations, NO_CODE: view})
