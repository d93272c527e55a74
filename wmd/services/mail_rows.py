"""The rows that mails are put into words from, read for a whole batch in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from wmd.db import among
from wmd.domain.content import EventContent
from wmd.domain.mail_kinds import KINDS
from wmd.models import (
    Decision,
    Draft,
    Edition,
    Event,
    FieldComment,
    Note,
    Organisation,
    Person,
    ProblemReport,
    Reason,
    Revision,
    Submission,
    ZoomDrift,
)
from wmd.services.intake import read_content
from wmd.services.mail_texts import Contents, Written, read_written

_ABOUT_SUBMISSION = frozenset(name for name, kind in KINDS.items() if "receipt" in kind.places)
ABOUT_ORGANISATION = frozenset(
    name for name, kind in KINDS.items() if "organisation" in kind.places and "receipt" not in kind.places
)


class About(Protocol):
    """What is read of a message: a row of the table, or a claimed one."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def person_id(self) -> str | None: ...  # noqa: D102
    @property
    def edition_id(self) -> int | None: ...  # noqa: D102
    @property
    def subject_id(self) -> str: ...  # noqa: D102
    @property
    def facts(self) -> dict[str, Any]: ...  # noqa: D102
    @property
    def created_at(self) -> datetime: ...  # noqa: D102


@dataclass(slots=True)
class Known:
    """The rows that a batch refers to."""

    people: dict[str, Person] = field(default_factory=dict)
    editions: dict[int, Edition] = field(default_factory=dict)
    submissions: dict[str, Submission] = field(default_factory=dict)
    revisions: dict[str, list[Revision]] = field(default_factory=dict)
    organisations: dict[str, Organisation] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    #: Verdicts by their id; the newest on each revision also by the revision's.
    decisions: dict[int | str, Decision] = field(default_factory=dict)
    #: Questions by their id; the newest of each submission also by the submission's.
    notes: dict[int | str, Note] = field(default_factory=dict)
    comments: dict[str, list[FieldComment]] = field(default_factory=dict)
    reasons: dict[str, Reason] = field(default_factory=dict)
    reports: dict[str, ProblemReport] = field(default_factory=dict)
    drifts: dict[str, ZoomDrift] = field(default_factory=dict)
    contents: Contents = field(default_factory=Contents)
    #: What was put into words already, by all that it depends on: many mails of a batch are about one event.
    times: dict[tuple[str, str, str], str] = field(default_factory=dict)
    written: Written = field(default_factory=dict)

    def content(self, revision: Revision) -> EventContent:
        """Return the content of a revision, read once."""
        found = self.contents.get(revision.id)
        if found is None:
            found = self.contents.put(revision.id, read_content(revision))
        return found


def read_known(dbs: Session, rows: Sequence[About]) -> Known:
    """Read what a batch refers to: each table at most once, and only those that a kind in it needs."""
    kinds = {row.kind for row in rows}
    known = Known(written=read_written(dbs, kinds))
    subjects = {row.subject_id for row in rows if row.kind in _ABOUT_SUBMISSION}
    known.people = _by_id(dbs, Person, (row.person_id for row in rows))
    known.submissions = _by_id(dbs, Submission, subjects)
    known.editions = _by_id(
        dbs, Edition,
        {*(row.edition_id for row in rows), *(each.edition_id for each in known.submissions.values())},
    )  # fmt: skip
    organisations = {each.organisation_id for each in known.submissions.values()}
    organisations |= {row.facts.get("organisation_id") for row in rows}
    organisations |= {row.subject_id for row in rows if row.kind in ABOUT_ORGANISATION}
    known.organisations = _by_id(dbs, Organisation, organisations)
    if "draft-reminder" in kinds:
        known.drafts = _by_id(dbs, Draft, (row.subject_id for row in rows if row.kind == "draft-reminder"))
    known.reports = _by_id(dbs, ProblemReport, (row.facts.get("report_id") for row in rows))
    known.drifts = _by_id(dbs, ZoomDrift, (each for row in rows for each in row.facts.get("drifts", ())))
    if subjects:
        _read_submissions(dbs, known, subjects, kinds, rows)
    if "reason" in _places(kinds):
        _read_decisions(dbs, known, rows)
    return known


def _places(kinds: set[str]) -> set[str]:
    return {place for kind in kinds for place in KINDS[kind].places}


def _read_submissions(dbs: Session, known: Known, subjects: set[str], kinds: set[str], rows: Sequence[About]) -> None:
    known.events = _by_id(dbs, Event, (each.event_id for each in known.submissions.values()))
    for revision in dbs.scalars(
        select(Revision).where(Revision.submission_id.in_(subjects)).order_by(Revision.submission_id, Revision.number)
    ):
        known.revisions.setdefault(revision.submission_id or "", []).append(revision)
    places = _places(kinds)
    if "comments" in places:
        open_ones = select(FieldComment).where(
            FieldComment.submission_id.in_(subjects), FieldComment.settled_at.is_(None)
        )
        for comment in dbs.scalars(open_ones.order_by(FieldComment.id)):
            known.comments.setdefault(comment.submission_id, []).append(comment)
    if "question" in places:
        _read_questions(dbs, known, rows)


def _read_decisions(dbs: Session, known: Known, rows: Sequence[About]) -> None:
    """Read the verdicts that are named, and those on the submissions; and the canned reasons in them."""
    named = {row.facts["decision_id"] for row in rows if row.facts.get("decision_id")}
    ids = [each.id for several in known.revisions.values() for each in several]
    found = select(Decision).where(or_(Decision.revision_id.in_(ids), Decision.id.in_(named)))
    for decision in dbs.scalars(found.order_by(Decision.id)):
        # In the order of their ids: the newest stays.
        known.decisions[decision.id] = known.decisions[decision.revision_id] = decision
    slugs = {slug for each in known.decisions.values() for slug in each.reasons}
    if slugs:
        known.reasons = {each.slug: each for each in dbs.scalars(select(Reason).where(Reason.slug.in_(slugs)))}


def _read_questions(dbs: Session, known: Known, rows: Sequence[About]) -> None:
    asked = {row.subject_id for row in rows if "question" in KINDS[row.kind].places}
    found = select(Note).where(
        Note.submission_id.in_(asked), Note.by_staff, Note.is_question, ~Note.is_private
    )  # fmt: skip
    for note in dbs.scalars(found.order_by(Note.id)):
        # In the order of their ids: the newest stays.
        known.notes[note.id] = known.notes[note.submission_id] = note


def _by_id(dbs: Session, model: Any, ids: Iterable[Any]) -> dict[Any, Any]:  # noqa: ANN401 -- any model with an id
    wanted = {each for each in ids if each}
    if not wanted:
        return {}
    return {each.id: each for each in dbs.scalars(_with_ids(model), {"p_ids": list(wanted)})}


@lru_cache
def _with_ids(model: Any) -> Select[Any]:  # noqa: ANN401 -- as above
    """Return the statement that reads rows by their ids; it is put together once."""
    return select(model).where(among(model.id, "p_ids"))
