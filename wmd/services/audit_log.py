"""The audit, read: searched page by page, exported whole, and checked against the seals made over it.

Entries hold ids only. Who somebody is comes from the Person table at the moment of reading, so that an erased person
has no name here either.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from wmd.domain.documents.write_csv import Cell
from wmd.models import AuditEntry, Edition, Event, Organisation, Person, Revision, Submission

PERSON = "person:"
PAGE_ROWS = 50
#: Rows read at once for an export.
BATCH = 1000
#: Fewer letters than these are in every title.
_SHORTEST_TITLE = 3
#: Of a longer list in an entry these are named.
MOST_NAMED = 20
_LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """What is looked for; an empty field does not narrow. ``text`` is a subject's id, code, receipt or slug.

    ``since`` and ``until`` are instants, the second excluded. ``before_id`` pages: entries older than that one.
    """

    text: str = ""
    kind: str = ""
    actor: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before_id: int | None = None


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One entry as it is shown. ``who`` is the person's present name, empty for an erased one and for machines.

    ``about`` is the present title or name of the subject, empty for what has none.
    """

    id: int
    at: datetime
    actor: str
    who: str
    action: str
    kind: str
    subject_id: str
    before: str
    after: str
    detail: dict[str, object]
    about: str = ""


@dataclass(frozen=True, slots=True)
class AuditPage:
    """One page of entries, the newest first; ``next_before`` leads to older ones.

    ``names`` says what people, events and organisations that the entries name are called now, ``versions`` gives the
    numbers of revisions, both by id.
    """

    lines: tuple[AuditLine, ...]
    next_before: int | None
    names: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, int] = field(default_factory=dict)


def search_audit(dbs: Session, query: AuditQuery, *, rows: int = PAGE_ROWS) -> AuditPage:
    """Return one page of what fits the query. The number of statements does not depend on what is found."""
    wanted = _narrowed(dbs, query).order_by(AuditEntry.id.desc()).limit(rows + 1)
    found = dbs.scalars(wanted).all()
    known = _known(dbs, {id_ for entry in found[:rows] for id_ in _named(entry)})
    lines = tuple(_line(entry, known) for entry in found[:rows])
    return AuditPage(lines, found[rows - 1].id if len(found) > rows else None, known.names, known.versions)


def known_words(dbs: Session) -> tuple[list[str], list[str]]:
    """Return every action and every kind of subject that the audit holds, for the two choices of the search."""
    actions = dbs.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action)).all()
    kinds = dbs.scalars(select(AuditEntry.subject_kind).distinct().order_by(AuditEntry.subject_kind)).all()
    return list(actions), list(kinds)


def all_audit(dbs: Session, query: AuditQuery) -> Iterator[AuditLine]:
    """Yield everything that fits the query, the oldest first, read in batches."""
    wanted = _narrowed(dbs, query)
    last = 0
    while True:
        found = dbs.scalars(wanted.where(AuditEntry.id > last).order_by(AuditEntry.id).limit(BATCH)).all()
        if not found:
            return
        known = _known(dbs, {id_ for entry in found for id_ in (entry.subject_id, _person(entry))})
        yield from (_line(entry, known) for entry in found)
        last = found[-1].id
        # What was written out is not kept in memory.
        dbs.expunge_all()


HEADER: tuple[str, ...] = (
    "id", "at", "actor", "who", "action", "kind", "subject_id", "before", "after", "detail",
)  # fmt: skip


def audit_cells(lines: Iterable[AuditLine]) -> Iterator[Sequence[Cell]]:
    """Yield the header and the entries as the cells of a table; old and new values as JSON in one cell."""
    yield HEADER
    for line in lines:
        yield (
            line.id, line.at.isoformat(), line.actor, line.who, line.action, line.kind, line.subject_id,
            line.before, line.after, json.dumps(line.detail, ensure_ascii=False) if line.detail else "",
        )  # fmt: skip


def audit_json(lines: Iterable[AuditLine]) -> Iterator[bytes]:
    """Yield the entries as one JSON array, a line for each."""
    yield b"["
    for number, line in enumerate(lines):
        yield (",\n" if number else "\n").encode() + json.dumps(_document(line), ensure_ascii=False).encode()
    yield b"\n]\n"


def _document(line: AuditLine) -> dict[str, object]:
    """Return one entry as a JSON object."""
    return {
        "id": line.id, "at": line.at.isoformat(), "actor": line.actor, "who": line.who, "action": line.action,
        "kind": line.kind, "subject_id": line.subject_id, "before": line.before, "after": line.after,
        "detail": line.detail,
    }  # fmt: skip


def _narrowed(dbs: Session, query: AuditQuery) -> Select[tuple[AuditEntry]]:
    wanted = select(AuditEntry)
    if query.text:
        wanted = wanted.where(AuditEntry.subject_id.in_(_subjects(dbs, query.text.strip())))
    if query.kind:
        wanted = wanted.where(AuditEntry.subject_kind == query.kind)
    if query.actor:
        wanted = wanted.where(AuditEntry.actor.in_(_actors(dbs, query.actor.strip())))
    if query.action:
        wanted = wanted.where(AuditEntry.action == query.action)
    if query.since is not None:
        wanted = wanted.where(AuditEntry.at >= query.since)
    if query.until is not None:
        wanted = wanted.where(AuditEntry.at < query.until)
    if query.before_id is not None:
        wanted = wanted.where(AuditEntry.id < query.before_id)
    return wanted


def _subjects(dbs: Session, text: str) -> list[str]:
    """Return the ids that a word may mean: itself, a receipt, an event's or organisation's code, an edition's slug."""
    found = {text}
    code = text.upper()
    for row in dbs.execute(
        select(Submission.id, Submission.event_id)
        .outerjoin(Event, Event.id == Submission.event_id)
        .where(or_(Submission.receipt == code, Submission.event_id == text, Submission.id == text, Event.code == code))
        .limit(100)
    ):
        found.update(row)
    if len(text) >= _SHORTEST_TITLE:
        titled = select(Submission.id, Submission.event_id).where(Submission.title.icontains(text, autoescape=True))
        for row in dbs.execute(titled.limit(100)):
            found.update(row)
    found.update(dbs.scalars(select(Event.id).where(Event.code == code)))
    found.update(dbs.scalars(select(Organisation.id).where(or_(Organisation.code == code, Organisation.key == text))))
    found.update(str(id_) for id_ in dbs.scalars(select(Edition.id).where(Edition.slug == text.lower())))
    return sorted(found)


def _actors(dbs: Session, text: str) -> list[str]:
    """Return the actors that a word may mean: itself, a person's id, name or mail address."""
    people = dbs.scalars(
        select(Person.id)
        .where(or_(Person.id == text, Person.address_key == text.lower(), Person.name.icontains(text, autoescape=True)))
        .limit(200)
    )
    return [text, *(PERSON + id_ for id_ in people)]


@dataclass(frozen=True, slots=True)
class _Known:
    """What ids are called: people, titles of submissions, their events and versions, organisations; and versions."""

    names: dict[str, str]
    versions: dict[str, int]


def _known(dbs: Session, ids: set[str]) -> _Known:
    """Read what these ids are called: as many statements for one as for many."""
    names: dict[str, str] = {}
    versions: dict[str, int] = {}
    known = select(Submission.id, Submission.event_id, Submission.title)
    for id_, event_id, title in dbs.execute(known.where(or_(Submission.id.in_(ids), Submission.event_id.in_(ids)))):
        names |= {id_: title, event_id: title}
    numbered = select(Revision.id, Revision.number, Submission.title).outerjoin(
        Submission, Submission.id == Revision.submission_id
    )
    for id_, number, title in dbs.execute(numbered.where(Revision.id.in_(ids))):
        names[id_], versions[id_] = title or "", number
    for row in dbs.scalars(select(Organisation).where(Organisation.id.in_(ids))):
        names[row.id] = row.names.get(row.language) or next(iter(row.names.values()), "")
    names |= dict(dbs.execute(select(Person.id, Person.name).where(Person.id.in_(ids))).tuples().all())
    return _Known(names, versions)


def _named(entry: AuditEntry) -> Iterator[str]:
    """Yield what may be an id in an entry: of whoever acted, of its subject, and among its values."""
    yield from (_person(entry), entry.subject_id, entry.before, entry.after)
    for change in entry.detail.values():
        for value in change if isinstance(change, list) else ():
            some = value[:MOST_NAMED] if isinstance(value, list) else [value]
            yield from (one for one in some if isinstance(one, str) and len(one) <= _LONGEST_ID)


def _person(entry: AuditEntry) -> str:
    """Return the id of the person who acted, or a blank."""
    return entry.actor.removeprefix(PERSON) if entry.actor.startswith(PERSON) else ""


def _line(entry: AuditEntry, known: _Known) -> AuditLine:
    return AuditLine(
        entry.id, entry.at, entry.actor, known.names.get(_person(entry), ""), entry.action, entry.subject_kind,
        entry.subject_id, entry.before, entry.after, entry.detail, known.names.get(entry.subject_id, ""),
    )  # fmt: skip
