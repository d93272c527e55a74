"""The day-of desk: what is on now and what comes next, with all that staff ask about when something goes wrong.

Read in a fixed number of queries, however many events there are; names and numbers of contacts only of events that are
theirs who look.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from wmd.models import (
    Change,
    Edition,
    Event,
    EventOrganisation,
    EventSession,
    EventText,
    LinkCheck,
    OrganisationContact,
    Person,
    ProblemReport,
    Submission,
    WebinarBinding,
    ZoomDrift,
)
from wmd.services.actors import Actor, theirs
from wmd.services.audience import Counts, count_audiences

#: What begins within this time stands open on the page; what comes later within ``LATER`` is folded.
NEXT: Final = timedelta(hours=3)
LATER: Final = timedelta(hours=24)
PAGE_SIZE: Final = 200
#: Who reads only sees no telephone numbers.
CALLERS: Final = frozenset({"moderator", "administrator"})


@dataclass(frozen=True, slots=True)
class Link:
    """How the way into an event stands. ``at``: since when, or when the link was last seen working.

    ``kind``: works, wrong (said so by somebody), gone (being renewed), doubt (not found, looked at again), drift, lost
    (the account cannot be read), unreachable, unchecked, none (no link was given), here (one registers with us),
    in-person, over. ``registration``: what the room's own page says of registration, see ``WebinarBinding``.
    """

    kind: str
    at: datetime | None = None
    registration: str = "unknown"
    is_looked_at: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """Who answers for an event: the name, and the number for those who may call."""

    person_id: str
    name: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class DayRow:
    """One session on the desk with all that staff ask about."""

    session: EventSession
    event: Event
    edition: Edition
    submission_id: str
    binding_id: str
    title: str
    organiser: str
    contacts: tuple[Reach, ...]
    link: Link
    counts: Counts
    change: Change | None
    problems: int
    drifts: tuple[ZoomDrift, ...]
    answer: LinkCheck | None

    @property
    def is_off(self) -> bool:
        """Whether it does not take place."""
        return self.session.status != "scheduled"

    @property
    def wants(self) -> bool:
        """Whether somebody should look at it."""
        return not self.is_off and bool(
            self.problems or self.drifts or self.link.kind in {"wrong", "gone", "doubt", "drift", "none", "unreachable"}
        )


@dataclass(frozen=True, slots=True)
class Day:
    """What the desk shows. ``later`` holds what lasts whole days too; ``has_more``: there are more than are shown."""

    on_now: tuple[DayRow, ...] = ()
    coming: tuple[DayRow, ...] = ()
    later: tuple[DayRow, ...] = ()
    has_more: bool = False

    @property
    def wanting(self) -> int:
        """How many of those that are on, or come next, somebody should look at."""
        return sum(row.wants for row in (*self.on_now, *self.coming))

    @property
    def wanting_later(self) -> int:
        """How many of those that come later somebody should look at."""
        return sum(row.wants for row in self.later)

    @property
    def zone(self) -> str:
        """The zone of the edition of what comes first; UTC on a day without anything."""
        return next((row.edition.zone for row in (*self.on_now, *self.coming, *self.later)), "UTC")


@dataclass(frozen=True, slots=True)
class _Around:
    """What stands around the events that are shown, by their ids."""

    titles: Mapping[str, str] = field(default_factory=dict)
    organisers: Mapping[str, str] = field(default_factory=dict)
    bindings: Mapping[str, WebinarBinding] = field(default_factory=dict)
    drifts: Mapping[str, list[ZoomDrift]] = field(default_factory=dict)
    counts: Mapping[str, Counts] = field(default_factory=dict)
    changes: Mapping[str, Change] = field(default_factory=dict)
    problems: Mapping[str, int] = field(default_factory=dict)
    contacts: Mapping[str, list[Reach]] = field(default_factory=dict)
    people: Mapping[str, Reach] = field(default_factory=dict)
    answers: Mapping[str, LinkCheck] = field(default_factory=dict)


def read_day(dbs: Session, *, actor: Actor, now: datetime) -> Day:
    """Return the sessions of the next 24 hours that a member of the staff may see. Twelve queries at most."""
    found = dbs.execute(_shown(actor, now)).tuples().all()
    shown = found[:PAGE_SIZE]
    around = _read_around(dbs, shown, actor)
    rows = [_row(slot, event, edition, submission, around, now) for slot, event, edition, submission in shown]
    lasting = [row for row in rows if row.session.all_day and row.session.starts_at <= now]
    timed = [row for row in rows if row not in lasting]
    return Day(
        tuple(row for row in timed if row.session.starts_at <= now),
        tuple(row for row in timed if now < row.session.starts_at <= now + NEXT),
        tuple(row for row in timed if row.session.starts_at > now + NEXT) + tuple(lasting),
        len(found) > PAGE_SIZE,
    )


def find_shown(dbs: Session, code: str, actor: Actor) -> Event | None:
    """Return a listed event by its code when a member of the staff may see it."""
    event = dbs.scalars(select(Event).where(Event.code == code)).first()
    if event is None or event.hidden_at is not None or event.merged_into_id is not None:
        return None
    return event if actor.may_see(event.region, event.language) else None


def title_of(dbs: Session, event: Event) -> str:
    """Return an event's title, in its own language where it has one."""
    return _titles(dbs, {event.id: event.language}).get(event.id, event.code)


_Shown = tuple[EventSession, Event, Edition, Submission | None]


def _shown(actor: Actor, now: datetime) -> Select[Any]:
    return (
        select(EventSession, Event, Edition, Submission)
        .join(Event, Event.id == EventSession.event_id)
        .join(Edition, Edition.id == Event.edition_id)
        .outerjoin(Submission, and_(Submission.event_id == Event.id, Submission.merged_into_id.is_(None)))
        .where(
            EventSession.starts_at <= now + LATER, EventSession.ends_at > now, Event.hidden_at.is_(None),
            Event.merged_into_id.is_(None), theirs(actor, Event.region, Event.language),
        )
        # What lasts for days shall not take the room of what begins now.
        .order_by(EventSession.all_day, EventSession.starts_at, EventSession.code)
        .limit(PAGE_SIZE + 1)
    )  # fmt: skip


def _read_around(dbs: Session, shown: Sequence[_Shown], actor: Actor) -> _Around:
    if not shown:
        return _Around()
    events = {event.id: event for _, event, _, _ in shown}
    submissions = [submission for *_, submission in shown if submission is not None]
    bindings = {
        row.event_id: row
        for row in dbs.scalars(
            select(WebinarBinding).where(
                WebinarBinding.event_id.in_(events), WebinarBinding.is_primary, WebinarBinding.ended_at.is_(None)
            )
        )
    }
    may_call = actor.role in CALLERS
    return _Around(
        titles=_titles(dbs, {event.id: event.language for event in events.values()}),
        organisers=_organisers(dbs, events),
        bindings=bindings,
        drifts=_drifts(dbs, [row.id for row in bindings.values()]),
        counts=count_audiences(dbs, list(events)),
        changes=_changes(dbs, events),
        problems=_problems(dbs, events),
        contacts=_contacts(dbs, {each.organisation_id for each in submissions if each.organisation_id}, may_call),
        people=_people(dbs, {each.person_id for each in submissions if each.person_id}, may_call),
        answers=_answers(dbs, [slot.id for slot, *_ in shown]),
    )


def _row(
    slot: EventSession, event: Event, edition: Edition, submission: Submission | None, around: _Around, now: datetime
) -> DayRow:
    binding = around.bindings.get(event.id)
    drifts = [
        each
        for each in around.drifts.get(binding.id if binding is not None else "", ())
        if each.session_id in {"", slot.id}
    ]
    return DayRow(
        session=slot, event=event, edition=edition, submission_id=submission.id if submission is not None else "",
        binding_id=binding.id if binding is not None else "",
        title=around.titles.get(event.id, event.code), organiser=around.organisers.get(event.id, ""),
        contacts=_reached(submission, around), link=link_of(event, binding, now), counts=around.counts[event.id],
        change=around.changes.get(event.id), problems=around.problems.get(event.id, 0), drifts=tuple(drifts),
        answer=around.answers.get(slot.id),
    )  # fmt: skip


def link_of(event: Event, binding: WebinarBinding | None, now: datetime) -> Link:
    """Return how the way into an event stands, the gravest first."""
    if event.format == "in-person":
        return Link("in-person")
    seen_at = binding.seen_at or binding.last_ok_at if binding is not None else None
    registration = binding.registration if binding is not None else "unknown"
    if event.link_wrong_at is not None:
        return Link("wrong", event.link_wrong_at, registration)
    if binding is None or binding.state in {"draft", "checking"}:
        return Link(_unlooked(event, binding), seen_at, registration)
    kinds = {
        "ok": "works", "drift": "drift", "missing": "doubt", "trashed": "gone", "gone": "gone", "auth_lost": "lost",
        "unreachable": "unreachable", "ended": "over",
    }  # fmt: skip
    kind = kinds[binding.state]
    since = {"doubt": binding.missing_since, "unreachable": binding.failing_since}.get(kind) or seen_at
    # A link that is only looked at now and then may have worked a while ago: the page says when that was.
    return Link(kind, since if since is None or since <= now else now, registration, is_looked_at=True)


def _unlooked(event: Event, binding: WebinarBinding | None) -> str:
    if event.registration_here:
        has_room = event.private_link_id is not None or (binding is not None and binding.join_link_id is not None)
        return "here" if has_room else "none"
    has_link = binding is not None or event.registration_url or event.stream_url or event.private_link_id
    return "unchecked" if has_link else "none"


def _reached(submission: Submission | None, around: _Around) -> tuple[Reach, ...]:
    """Return who answers: the organisation's contacts, the main one first; where there is none, who handed it in."""
    if submission is None:
        return ()
    if found := around.contacts.get(submission.organisation_id or ""):
        return tuple(found[:3])
    alone = around.people.get(submission.person_id or "")
    return (alone,) if alone is not None else ()


def _titles(dbs: Session, languages: Mapping[str, str]) -> dict[str, str]:
    rows = dbs.execute(
        select(EventText.owner_id, EventText.language, EventText.body)
        .where(EventText.owner_id.in_(languages), EventText.field == "title")
        .order_by(EventText.owner_id, EventText.language)
    )
    found: dict[str, str] = {}
    for owner, language, body in rows:
        if owner not in found or language == languages[owner]:
            found[owner] = body
    return found


def _organisers(dbs: Session, event_ids: Collection[str]) -> dict[str, str]:
    rows = dbs.execute(
        select(EventOrganisation.event_id, EventOrganisation.name)
        .where(EventOrganisation.event_id.in_(event_ids))
        .order_by(EventOrganisation.position.desc())
    )
    return dict(rows.tuples().all())


def _drifts(dbs: Session, binding_ids: Sequence[str]) -> dict[str, list[ZoomDrift]]:
    found: dict[str, list[ZoomDrift]] = {}
    rows = dbs.scalars(
        select(ZoomDrift)
        .where(ZoomDrift.binding_id.in_(binding_ids), ZoomDrift.state == "open")
        .order_by(ZoomDrift.found_at, ZoomDrift.id)
    )
    for row in rows:
        found.setdefault(row.binding_id, []).append(row)
    return found


def _changes(dbs: Session, event_ids: Collection[str]) -> dict[str, Change]:
    newest = select(func.max(Change.id)).where(Change.event_id.in_(event_ids)).group_by(Change.event_id)
    return {row.event_id: row for row in dbs.scalars(select(Change).where(Change.id.in_(newest)))}


def _problems(dbs: Session, event_ids: Collection[str]) -> dict[str, int]:
    rows = dbs.execute(
        select(ProblemReport.event_id, func.count())
        .where(ProblemReport.event_id.in_(event_ids), ProblemReport.state == "open", ProblemReport.suspect_at.is_(None))
        .group_by(ProblemReport.event_id)
    )
    return dict(rows.tuples().all())


def _contacts(dbs: Session, organisation_ids: Collection[str], may_call: bool) -> dict[str, list[Reach]]:
    found: dict[str, list[Reach]] = {}
    rows = dbs.execute(
        select(OrganisationContact.organisation_id, Person.id, Person.name, Person.phone)
        .join(Person, Person.id == OrganisationContact.person_id)
        .where(
            OrganisationContact.organisation_id.in_(organisation_ids), OrganisationContact.removed_at.is_(None),
            Person.erased_at.is_(None),
        )
        .order_by(OrganisationContact.is_main.desc(), Person.name, Person.id)
    )  # fmt: skip
    for organisation_id, person_id, name, phone in rows:
        found.setdefault(organisation_id, []).append(Reach(person_id, name, phone if may_call else ""))
    return found


def _people(dbs: Session, person_ids: Collection[str], may_call: bool) -> dict[str, Reach]:
    rows = dbs.execute(
        select(Person.id, Person.name, Person.phone).where(Person.id.in_(person_ids), Person.erased_at.is_(None))
    )
    return {person_id: Reach(person_id, name, phone if may_call else "") for person_id, name, phone in rows}


def _answers(dbs: Session, session_ids: Collection[str]) -> dict[str, LinkCheck]:
    rows = dbs.scalars(
        select(LinkCheck)
        .where(LinkCheck.session_id.in_(session_ids), or_(LinkCheck.answer == "works", LinkCheck.answer == "wrong"))
        .order_by(LinkCheck.answered_at)
    )
    return {row.session_id: row for row in rows}
