"""Mails that come back: each counts once, against its own reader, and nobody can silence somebody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import make_cast
from tests.conftest import LEAD_STARTED_AT
from tests.documents import BOX
from wmd.domain.bounces import Bounce
from wmd.models import AuditEntry, Message, Person, Suppression
from wmd.services.bounces import A_DAY, Noted, note_bounce, silent_people
from wmd.services.delivery import RETURNED, address_digest, forgive, is_suppressed
from wmd.services.outbox import put_message

NOW = LEAD_STARTED_AT
DIGEST = address_digest("key")
Note = Callable[..., Noted]


@pytest.fixture
def ana(dbs: Session) -> Person:
    return dbs.get_one(Person, make_cast(dbs, NOW).ana)


def sent(dbs: Session, person: Person | None, number: int = 0) -> Message:
    to = {"person_id": person.id} if person else {"to": "nobody@example.org"}
    row = put_message(dbs, kind="test", dedupe_key=f"t{number}", cause="command", now=NOW, box=BOX, **to)  # type: ignore[arg-type]
    assert row is not None
    row.state, row.sent_at, row.sealed = "sent", NOW, ""
    dbs.flush()
    return row


def note(dbs: Session, row: Message, status: str = "5.2.1", **changes: object) -> Noted:
    person = dbs.get(Person, row.person_id) if row.person_id else None
    said: dict[str, object] = {"domain": "wmd.example", "addresses": (person.address.lower() if person else "x@y.z",)}
    said |= {name: changes.pop(name) for name in ("domain", "addresses") if name in changes}
    options: dict[str, object] = {"actor": "job:bounces", "now": NOW} | changes
    bounce = Bounce(row.message_id, status=status, **said)  # type: ignore[arg-type]
    return note_bounce(dbs, bounce, domain="WMD.example", digest=DIGEST, **options)  # type: ignore[arg-type]


def test_third_hard_one_stops_the_address_and_an_accepted_mail_between_changes_nothing(
    dbs: Session, ana: Person
) -> None:
    found = []
    for number in range(3):
        found.append(note(dbs, sent(dbs, ana, number)))
        forgive(dbs, DIGEST(ana.address.lower()))
    assert found == [Noted.HARD, Noted.HARD, Noted.STOPPED]
    assert dbs.execute(select(Suppression.reason, Suppression.bounces, Suppression.since_at)).all() == [
        (RETURNED, 3, NOW)
    ]
    assert silent_people(dbs, [ana], DIGEST) == {ana.id: NOW}


def test_address_that_does_not_exist_is_stopped_at_once(dbs: Session, ana: Person) -> None:
    row = sent(dbs, ana)
    assert silent_people(dbs, [ana], DIGEST) == {}
    assert note(dbs, row, "5.1.1") is Noted.STOPPED
    assert (row.state, row.bounced_at, row.last_error) == ("sent", NOW, "came back 5.1.1")
    trail = dbs.execute(select(AuditEntry.actor, AuditEntry.action, AuditEntry.subject_id, AuditEntry.after)).all()
    assert trail == [("job:bounces", "bounce", row.id, "5.1.1")]


def test_same_report_counts_once(dbs: Session, ana: Person) -> None:
    row = sent(dbs, ana)
    assert [note(dbs, row) for _ in range(4)] == [Noted.HARD, Noted.AGAIN, Noted.AGAIN, Noted.AGAIN]
    assert dbs.scalars(select(Suppression.bounces)).all() == [1]


@pytest.mark.parametrize("status", ["4.2.2", "4.4.7", "5.7.1"])
def test_soft_one_is_noted_and_counts_for_nothing(dbs: Session, ana: Person, status: str) -> None:
    row = sent(dbs, ana)
    assert note(dbs, row, status) is Noted.SOFT
    assert (row.bounced_at, row.last_error) == (None, f"came back {status}")
    assert dbs.scalars(select(Suppression.digest)).all() == []
    # It fails for good later.
    assert note(dbs, row, "5.1.1") is Noted.STOPPED


def test_forged_report_is_about_no_mail_of_ours(dbs: Session, ana: Person) -> None:
    row = sent(dbs, ana)
    assert note(dbs, row, domain="evil.example") is Noted.FOREIGN
    assert note(dbs, row, now=NOW + timedelta(days=30, seconds=1)) is Noted.FOREIGN
    invented = Message(message_id="00000000-0000-5000-8000-000000000000")
    assert note(dbs, invented) is Noted.FOREIGN
    waiting = sent(dbs, ana, 2)
    waiting.state, waiting.sent_at = "queued", None
    assert note(dbs, waiting) is Noted.FOREIGN
    assert (row.bounced_at, dbs.scalars(select(Suppression.digest)).all()) == (None, [])


def test_reader_of_one_mail_silences_nobody_else(dbs: Session, ana: Person) -> None:
    row = sent(dbs, ana)
    ben = dbs.get_one(Person, "ben")
    assert note(dbs, row, "5.1.1", addresses=(ben.address,)) is Noted.HARD
    assert (is_suppressed(dbs, DIGEST(ben.address)), is_suppressed(dbs, DIGEST(ana.address))) == (False, False)
    assert note(dbs, sent(dbs, None, 1), "5.1.1", addresses=(ben.address,)) is Noted.HARD
    assert dbs.scalars(select(Suppression.digest)).all() == []


def test_report_on_an_old_address_does_not_stop_the_new_one(dbs: Session, ana: Person) -> None:
    row, old = sent(dbs, ana), ana.address
    ana.address = "ana.new@example.org"
    assert note(dbs, row, "5.1.1", addresses=(old,)) is Noted.HARD
    assert silent_people(dbs, [ana], DIGEST) == {}


def test_so_many_a_day_are_believed_and_a_person_of_ours_always(dbs: Session, ana: Person) -> None:
    rows = [sent(dbs, ana, number) for number in range(A_DAY.count + 2)]
    found = [note(dbs, row, "4.2.2") for row in rows]
    assert found == [Noted.SOFT] * A_DAY.count + [Noted.TOO_MANY] * 2
    assert note(dbs, rows[-1], is_trusted=True) is Noted.HARD
    assert note(dbs, rows[-2], "4.2.2", now=NOW + timedelta(days=1)) is Noted.SOFT
