"""The one function that changes a state: only along the table, and never without an audit entry."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import documents
from tests.conftest import LEAD_STARTED_AT
from wmd.domain.states import MACHINES, may_move
from wmd.errors import NotAllowedMoveError
from wmd.models import AuditEntry, EventSession, Registration, Revision, Submission, WebinarBinding
from wmd.services.publishing import Setting
from wmd.services.states import move

LATER = LEAD_STARTED_AT + timedelta(hours=1)
KINDS: dict[str, tuple[type[Submission | Revision | EventSession | Registration], str]] = {
    "submission": (Submission, "state"),
    "revision": (Revision, "state"),
    "session": (EventSession, "status"),
    "registration": (Registration, "state"),
}


def entries(dbs: Session, actor: str) -> list[tuple[str, ...]]:
    dbs.flush()
    found = dbs.scalars(select(AuditEntry).where(AuditEntry.actor == actor).order_by(AuditEntry.id))
    return [(one.action, one.subject_kind, one.subject_id, one.before, one.after) for one in found]


@pytest.mark.parametrize("machine", sorted(MACHINES))
def test_every_move_of_the_table_is_made_and_audited_and_no_other(dbs: Session, setting: Setting, machine: str) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))
    model, attribute = KINDS[machine]
    # What goes with a registration's states is another's to set: here it is not in the database.
    subject = Registration(id="one") if model is Registration else dbs.scalars(select(model)).one()
    states = list(MACHINES[machine])
    other = [(before, after) for before in states for after in states if before != after]

    said = {pair: try_move(dbs, subject, attribute, *pair) for pair in other}

    assert {pair: sentence for pair, sentence in said.items() if not may_move(machine, *pair)} == {
        (before, after): f"a {machine} cannot go from {before!r} to {after!r}"
        for before, after in other
        if not may_move(machine, before, after)
    }
    made = [pair for pair in other if may_move(machine, *pair)]
    assert [said[pair] for pair in made] == [""] * len(made)
    assert entries(dbs, "m") == [("move", machine, subject.id, before, after) for before, after in made]


def try_move(
    dbs: Session, subject: Submission | Revision | EventSession | Registration, attribute: str, before: str, after: str
) -> str:
    """Put a subject into a state and move it on; return why that was refused, or nothing when it went there."""
    setattr(subject, attribute, before)
    try:
        move(dbs, subject, after, actor="m", now=LATER)
    except NotAllowedMoveError as error:
        return str(error) if getattr(subject, attribute) == before else "moved all the same"
    return "" if getattr(subject, attribute) == after else "not moved"


def test_move_to_the_present_state_leaves_no_trace(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))

    move(dbs, dbs.scalars(select(Submission)).one(), "approved", actor="m", now=LATER)

    assert entries(dbs, "m") == []


def test_import_is_audited_from_submission_to_publication(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))
    submission, revision = dbs.scalars(select(Submission)).one(), dbs.scalars(select(Revision)).one()

    assert entries(dbs, "import") == [
        ("submit", "submission", submission.id, "", "submitted"),
        ("move", "revision", revision.id, "pending", "approved"),
        ("move", "submission", submission.id, "submitted", "approved"),
        ("publish", "event", submission.event_id, "", revision.id),
        ("bind", "binding", dbs.scalars(select(WebinarBinding.id)).one(), "", "link"),
    ]
    assert {one.at for one in dbs.scalars(select(AuditEntry))} == {LEAD_STARTED_AT}


def test_audit_and_revisions_hold_no_name(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))
    people = [{"key": "ada", "name": "Ada Renamed"}]
    documents.apply(dbs, setting, documents.document(documents.event(spoken=["fr"]), people=people), now=LATER)

    kept = [str(one.content) for one in dbs.scalars(select(Revision))]
    kept += [f"{one.before} {one.after} {one.subject_id}" for one in dbs.scalars(select(AuditEntry))]
    assert [text for text in kept if "Ada" in text or "Example" in text] == []
