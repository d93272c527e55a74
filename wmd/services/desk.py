"""What staff see: the queue of the desk, in a fixed number of queries whatever waits, and what is on the start page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, String, and_, case, cast, func, or_, select
from sqlalchemy.orm import Session

from wmd.domain.findings import N_
from wmd.domain.working_days import is_overdue, working_age
from wmd.models import Edition, Organisation, Person, Submission
from wmd.services.actors import Actor, theirs

PAGE_ROWS = 25
#: What the queue calls an approved event of which a change waits.
EDIT_WAITS = "edit waiting"

_NOT_SUSPECT = Submission.suspect_at.is_(None)
_STAFFS_TURN = Submission.waiting_since.is_not(None)

#: Kinds of work: what each is called and what belongs to it. What is set aside as suspect belongs to one alone.
KINDS: Mapping[str, tuple[str, ColumnElement[bool]]] = {
    "open": (
        N_("Everything that waits for us"),
        and_(
            _NOT_SUSPECT, _STAFFS_TURN,
            Submission.state.in_(("unconfirmed", "submitted", "in review", "changes requested", "approved")),
        ),
    ),
    "new": (
        N_("New events"), and_(_NOT_SUSPECT, _STAFFS_TURN, Submission.state.in_(("submitted", "in review"))),
    ),
    "edits": (N_("Changes to listed events"), and_(_NOT_SUSPECT, _STAFFS_TURN, Submission.state == "approved")),
    "unconfirmed": (N_("Address not confirmed"), and_(_NOT_SUSPECT, Submission.state == "unconfirmed")),
    "asked": (N_("Waiting for the organiser"), and_(_NOT_SUSPECT, Submission.state == "changes requested")),
    "later": (N_("Published unseen: for a later look"), Submission.later_look_at.is_not(None)),
    "dated": (N_("Approved, to be published on a date"), Submission.publish_on.is_not(None)),
    "suspect": (
        N_("Possible spam"),
        and_(Submission.suspect_at.is_not(None), Submission.state.not_in(("rejected", "withdrawn"))),
    ),
    "listed": (N_("Approved"), and_(Submission.state == "approved", Submission.publish_on.is_(None))),
    "over": (N_("Rejected or withdrawn"), Submission.state.in_(("rejected", "withdrawn"))),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filter:
    """What of the queue is wanted; an empty value does not narrow. ``q`` is a number or words of a title."""

    kind: str = "open"
    region: str = ""
    language: str = ""
    topic: str = ""
    flag: str = ""
    mine: bool = False
    q: str = ""
    edition: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the queue."""

    id: str
    title: str
    state: str
    language: str
    region: str
    flags: tuple[str, ...]
    organisation: str
    waiting_since: datetime | None
    age: timedelta
    is_overdue: bool
    claimed_by: str | None
    claimant: str
    suspect: bool
    edition: str
    publish_on: datetime | None = None
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of the queue, how many there are of each kind of work, and which languages occur."""

    rows: tuple[Row, ...]
    page: int
    pages: int
    counts: Mapping[str, int]
    languages: tuple[str, ...]

    @property
    def total(self) -> int:
        """How many are waiting in all."""
        return self.counts.get("open", 0)


def read_queue(dbs: Session, wanted: Filter, *, actor: Actor, page: int = 1, now: datetime) -> Queue:
    """Return a page of the queue of a member of the staff, urgent and oldest first: three queries."""
    narrowed = and_(_theirs(actor), *_narrowing(wanted, actor))
    counts = _counts(dbs, narrowed)
    kind = wanted.kind if wanted.kind in KINDS else "open"
    pages = max(1, -(-counts[kind] // PAGE_ROWS))
    page = min(max(page, 1), pages)
    waiting = case((cast(Submission.flags, String).like('%"urgent"%'), 0), else_=1)
    found = dbs.execute(
        select(
            Submission.id, Submission.title, Submission.state, Submission.language, Submission.region,
            Submission.flags, Submission.waiting_since, Submission.created_at, Submission.claimed_by,
            Submission.suspect_at, Submission.publish_on, Organisation.names, Organisation.language.label("own"),
            Person.name.label("claimant"), Edition.zone, Edition.slug,
        )
        .join(Edition, Edition.id == Submission.edition_id)
        .outerjoin(Organisation, Organisation.id == Submission.organisation_id)
        .outerjoin(Person, Person.id == Submission.claimed_by)
        .where(narrowed, KINDS[kind][1])
        .order_by(waiting, func.coalesce(Submission.waiting_since, Submission.created_at), Submission.id)
        .limit(PAGE_ROWS)
        .offset((page - 1) * PAGE_ROWS)
    )  # fmt: skip
    rows = tuple(
        Row(
            id=one.id, title=one.title, state=_standing(one.state, one.waiting_since),
            language=one.language, region=one.region,
            flags=tuple(one.flags), organisation=(one.names or {}).get(one.own, ""), waiting_since=one.waiting_since,
            age=working_age(one.waiting_since, now, one.zone) if one.waiting_since else timedelta(),
            is_overdue=bool(one.waiting_since) and is_overdue(one.waiting_since, now, one.zone),
            claimed_by=one.claimed_by, claimant=one.claimant or "", suspect=one.suspect_at is not None,
            edition=one.slug, publish_on=one.publish_on, zone=one.zone,
        )
        for one in found
    )  # fmt: skip
    languages = dbs.scalars(select(Submission.language).where(_theirs(actor)).distinct())
    return Queue(rows, page, pages, counts, tuple(sorted(tag for tag in languages if tag)))


def _standing(state: str, waiting_since: datetime | None) -> str:
    return EDIT_WAITS if state == "approved" and waiting_since is not None else state


def _counts(dbs: Session, narrowed: ColumnElement[bool]) -> dict[str, int]:
    sums = [func.coalesce(func.sum(case((rule, 1), else_=0)), 0).label(name) for name, (_, rule) in KINDS.items()]
    return {name: int(value) for name, value in dbs.execute(select(*sums).where(narrowed)).one()._mapping.items()}


def _theirs(actor: Actor) -> ColumnElement[bool]:
    """Return what a member of the staff may see: their regions and languages, and what names neither."""
    return theirs(actor, Submission.region, Submission.language)


def _narrowing(wanted: Filter, actor: Actor) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.region:
        found.append(Submission.region == wanted.region)
    if wanted.language:
        found.append(Submission.language == wanted.language)
    for column, value in ((Submission.topics, wanted.topic), (Submission.flags, wanted.flag)):
        if value:
            # The columns hold JSON lists of slugs, which have nothing in them that JSON or LIKE would escape.
            found.append(cast(column, String).contains(f'"{value}"', autoescape=True))
    if wanted.mine:
        found.append(Submission.claimed_by == (actor.person_id or ""))
    if wanted.edition:
        edition = select(Edition.id).where(Edition.slug == wanted.edition)
        found.append(Submission.edition_id.in_(edition))
    if wanted.q:
        words = wanted.q.strip()
        found.append(
            or_(
                func.lower(Submission.title).contains(words.lower(), autoescape=True),
                Submission.receipt == words.upper(),
                Submission.id == words,
            )
        )
    return found


def next_after(dbs: Session, submission_id: str, wanted: Filter, *, actor: Actor, now: datetime) -> str | None:
    """Return which submission opens after a decision on one: the first of the same selection that is another."""
    queue = read_queue(dbs, wanted, actor=actor, now=now)
    return next((row.id for row in queue.rows if row.id != submission_id), None)


@dataclass(frozen=True, slots=True)
class Overview:
    """What the start page says: how much waits of each kind, and the oldest."""

    counts: Mapping[str, int]
    mine: int
    oldest: tuple[Row, ...]


def read_overview(dbs: Session, *, actor: Actor, now: datetime) -> Overview:
    """Return what waits for a member of the staff."""
    queue = read_queue(dbs, Filter(), actor=actor, now=now)
    mine = dbs.scalar(
        select(func.count())
        .select_from(Submission)
        .where(_theirs(actor), KINDS["open"][1], Submission.claimed_by == (actor.person_id or ""))
    )
    return Overview(queue.counts, mine or 0, queue.rows[:5])
