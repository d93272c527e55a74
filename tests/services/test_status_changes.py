"""Every change of a state leaves exactly one entry in the trail (I6), wherever it is made."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from tests import documents
from tests.cast import make_cast
from tests.conftest import LEAD_STARTED_AT
from tests.documents import BOX
from tests.submissions import MONA, edit, propose, seen
from wmd.domain.content import TextContent
from wmd.domain.vocabulary import SessionStatus
from wmd.models import AuditEntry, EventSession, Revision, Submission
from wmd.services.publishing import Setting
from wmd.services.staff_edits import call_off
from wmd.services.standing import Means
from wmd.services.submissions import withdraw
from wmd.services.verdicts import Said, approve, ask_for_changes, refuse, take_some

NOW = LEAD_STARTED_AT
ROOT = Path(__file__).resolve().parents[2] / "wmd"
STATES: tuple[InstrumentedAttribute[str], ...] = (Submission.state, Revision.state, EventSession.status)

Move = tuple[str, str, str]


@pytest.fixture
def moves() -> Iterator[list[Move]]:
    """Every change of a state of a row that exists, as the mapper sees it: id, before, after."""
    seen_moves: list[Move] = []

    def note(row: Submission | Revision | EventSession, after: str, before: object, _initiator: object) -> None:
        if isinstance(before, str) and before != after:
            seen_moves.append((row.id, before, after))

    for attribute in STATES:
        event.listen(attribute, "set", note, active_history=True)
    yield seen_moves
    for attribute in STATES:
        event.remove(attribute, "set", note)


def test_every_status_change_leaves_exactly_one_entry(dbs: Session, setting: Setting, moves: list[Move]) -> None:
    cast, means, at = make_cast(dbs, NOW), Means(setting, BOX), NOW

    def later() -> None:
        nonlocal at
        dbs.commit()
        at += timedelta(hours=1)

    wording = {"texts": {"en": TextContent("Care in every city", "A talk.", "Other words.")}, "cost": "5 EUR"}
    submission = propose(dbs, cast, at)
    ask_for_changes(dbs, seen(dbs, submission), Said(own="Say more."), means, actor=MONA, now=at)
    later()
    edit(dbs, submission, at, **wording)
    later()
    approve(dbs, seen(dbs, submission), means, actor=MONA, now=at)
    later()
    edit(dbs, submission, at, cost="10 EUR", host_city="Girona")
    take_some(dbs, seen(dbs, submission), ["cost"], Said(own="Only the price."), means, actor=MONA, now=at)
    later()
    edit(dbs, submission, at, cost="20 EUR")
    refuse(dbs, seen(dbs, submission), Said(own="Too much."), means, actor=MONA, now=at)
    later()
    for status in (SessionStatus.POSTPONED, SessionStatus.CANCELLED):
        call_off(dbs, submission.id, status, {"en": "The hall burnt down."}, means, actor=MONA, now=at)
        later()
    documents.apply(dbs, setting, documents.document(documents.event("imported")), now=at)
    documents.apply(dbs, setting, documents.document(documents.event("imported", cost="1 EUR")), now=at)
    withdraw(dbs, propose(dbs, cast, at), actor="person:ana", now=at)
    later()

    entries = dbs.scalars(select(AuditEntry).where(AuditEntry.action == "move").order_by(AuditEntry.id)).all()
    # An entry without a before is of a row that was born in its state.
    assert Counter((row.subject_id, row.before, row.after) for row in entries if row.before) == Counter(moves)
    assert {after for _, _, after in moves} >= {
        "changes requested", "approved", "partly approved", "refused", "superseded", "postponed",
        "cancelled", "withdrawn",
    }  # fmt: skip
    # And the rows are where the trail says that they went last.
    last = {row.subject_id: row.after for row in entries}
    for model, name in ((Submission, "state"), (Revision, "state"), (EventSession, "status")):
        for row in dbs.scalars(select(model)):
            assert last.get(row.id, getattr(row, name)) == getattr(row, name)


def test_no_statement_goes_round_the_one_function_that_moves() -> None:
    # An UPDATE of several rows is not seen by the mapper, and so not by the test above.
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "values"):
                continue
            about = ast.unparse(node.func.value)
            names = {keyword.arg for keyword in node.keywords}
            if any(f"update({model})" in about for model in ("Submission", "Revision", "EventSession")):
                found += [f"{path.name}:{node.lineno}" for name in ("state", "status") if name in names]
    assert found == []
