"""The journal: sealed lines that survive a cut, and a database that gets back what it lacks."""

from __future__ import annotations

import stat
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.cast import Cast, make_cast
from tests.conftest import LEAD_STARTED_AT
from tests.domain.forms.cast import filled
from tests.handing_in import BOX, hand_in, make_edition
from wmd.db import db
from wmd.domain.codes import Mint
from wmd.models import Message, Organisation, Person, Revision, Submission
from wmd.services.actors import VISITOR, Actor
from wmd.services.form_reading import typed_of
from wmd.services.intake import read_content
from wmd.services.journal import Entry, Journal, erasure
from wmd.services.publishing import Setting
from wmd.services.replaying import erase_again, put_back, submission_entry

NOW = LEAD_STARTED_AT
ANA = Actor("person:ana", "ana")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """A journal in a folder that is not there yet."""
    return Journal(tmp_path / "var" / "journal", BOX)


def entry(number: int) -> Entry:
    """Return a line that can be told apart."""
    return Entry("submission", NOW, {"token": f"t{number}", "typed": {"contact.name": "Ana Prova"}})


class TestFiles:
    """One append-only file a day; nothing here asks the database."""

    def test_lines_come_back_in_order_and_sealed(self, journal: Journal) -> None:
        for number in range(3):
            journal.append(entry(number))
        assert [each.text("token") for each in journal.entries()] == ["t0", "t1", "t2"]
        assert next(journal.entries()).typed == {"contact.name": "Ana Prova"}
        (path,) = journal.folder.iterdir()
        assert path.name == "2021-10-07.journal"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(journal.folder.stat().st_mode) == 0o700
        assert b"Ana" not in path.read_bytes()

    def test_line_that_was_cut_off_costs_only_itself(self, journal: Journal) -> None:
        journal.append(entry(0))
        (path,) = journal.folder.iterdir()
        path.write_bytes(path.read_bytes() + b"v1.derived.half-a-li")
        journal.append(entry(1))
        assert [each.text("token") for each in journal.entries()] == ["t0", "t1"]

    def test_many_writers_mix_no_lines(self, journal: Journal) -> None:
        threads = [
            threading.Thread(target=lambda start=start: [journal.append(entry(start + each)) for each in range(10)])  # type: ignore[misc]
            for start in range(0, 80, 10)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {each.text("token") for each in journal.entries()} == {f"t{number}" for number in range(80)}

    def test_days_longer_ago_than_ninety_go(self, journal: Journal) -> None:
        for days in (0, 90, 91):
            journal.append(Entry("erasure", NOW - timedelta(days=days), {"person_id": "x"}))
        (journal.folder / "notes.journal").write_text("not ours")
        assert journal.delete_old(now=NOW) == 1
        assert sorted(path.name for path in journal.folder.iterdir()) == [
            "2021-07-09.journal",
            "2021-10-07.journal",
            "notes.journal",
        ]


def lines_of(dbs: Session, cast: Cast) -> list[Entry]:
    """Hand in what there is to lose, as the pages do, and return the journal's lines of it."""
    edition = make_edition(dbs, NOW)
    speaker = {
        "sessions[0].speakers[0].name": "Sira Unica", "sessions[0].speakers[0].title": "Mayor",
        "sessions[0].speakers[0].consent": "yes",
    }  # fmt: skip
    lines = []
    for number, (typed, actor) in enumerate(((filled() | speaker, VISITOR), (_of_ana(), ANA))):
        receipt = hand_in(dbs, edition, typed, token=f"t{number}", now=NOW, actor=actor)
        submission = dbs.get_one(Submission, receipt.submission_id)
        lines.append(
            submission_entry(
                edition, receipt, typed, form_token=f"t{number}", actor=actor, submission=submission,
                organisation=dbs.get_one(Organisation, submission.organisation_id), changes=False,
                base_revision_id=None, now=NOW,
            )
        )  # fmt: skip
    revision = dbs.scalars(select(Revision).where(Revision.form_token == "t1")).one()
    typed = typed_of(dbs, read_content(revision)) | {"texts.en.title": "Care, changed"}
    receipt = hand_in(dbs, edition, typed, token="t2", now=NOW, actor=ANA, submission=submission)
    lines.append(
        submission_entry(
            edition, receipt, typed, form_token="t2", actor=ANA, submission=submission,
            organisation=dbs.get_one(Organisation, cast.a), changes=True, base_revision_id=revision.id, now=NOW,
        )
    )  # fmt: skip
    return lines


def _of_ana() -> dict[str, str]:
    typed = {name: text for name, text in filled().items() if not name.startswith(("organisation.", "contact."))}
    return typed | {"organisation.key": "organisation-a"}


def shape(dbs: Session) -> list[tuple[object, ...]]:
    """Return what people would miss: numbers, states, titles, who, and which ids."""
    rows = dbs.execute(
        select(Submission.id, Submission.receipt, Submission.state, Submission.title, Submission.person_id).order_by(
            Submission.receipt
        )
    )
    return [tuple(row) for row in rows]


def test_database_gets_back_exactly_what_it_lacks(app: Flask, dbs: Session) -> None:
    cast = make_cast(dbs, NOW)
    make_edition(dbs, NOW)
    dbs.commit()
    # What is handed in here is lost: the copy was made before.
    with dbs.begin_nested() as lost:
        lines = lines_of(dbs, cast)
        wanted = shape(dbs)
        sira = dbs.scalars(select(Person.id).where(Person.name == "Sira Unica")).one()
        lost.rollback()
    assert shape(dbs) == []
    outcomes = [put_back(dbs, line, box=BOX, mint=Mint()) for line in lines]
    dbs.commit()
    assert outcomes == ["put back", "put back", "put back"]
    assert shape(dbs) == wanted
    assert dbs.get_one(Person, sira).name == "Sira Unica"
    assert [put_back(dbs, line, box=BOX, mint=Mint()) for line in lines] == ["there", "there", "there"]
    # Nobody is written to again, but for the link that was lost.
    assert dbs.scalars(select(Message.kind)).all() == ["confirm"]
    assert dbs.scalar(select(func.count()).select_from(Submission)) == 2


def test_erased_person_is_erased_again(app: Flask, dbs: Session, setting: Setting) -> None:
    cast = make_cast(dbs, NOW)
    make_edition(dbs, NOW)
    dbs.commit()
    with dbs.begin_nested() as lost:
        lines = lines_of(dbs, cast)
        noor, sira = (
            dbs.scalars(select(Person.id).where(Person.name == name)).one() for name in ("Ana Prova", "Sira Unica")
        )
        lost.rollback()
    put_back(dbs, lines[0], box=BOX, mint=Mint())
    for person_id in (noor, sira):
        assert erase_again(dbs, erasure(person_id, NOW), setting, now=NOW) is True
        assert erase_again(dbs, erasure(person_id, NOW), setting, now=NOW) is False
    dbs.commit()
    names = dbs.scalars(select(Person.name).where(Person.id.in_([noor, sira]))).all()
    assert names == ["", ""]


def test_command_says_first_and_does_then(app: Flask) -> None:
    with app.app_context():
        dbs = db.session()
        cast = make_cast(dbs, NOW)
        make_edition(dbs, NOW)
        dbs.commit()
        lines = lines_of(dbs, cast)
        dbs.rollback()
    journal: Journal = app.extensions["wmd.journal"]
    for line in lines:
        journal.append(line)
    run = app.test_cli_runner().invoke
    said = run(args=["submissions", "replay", "--dry-run"])
    assert (said.exit_code, said.stdout.splitlines()) == (0, ["Nothing was changed. It would be:", "3 put back."])
    with app.app_context():
        assert db.session().scalars(select(Submission)).all() == []
        db.session.rollback()
    assert run(args=["submissions", "replay"]).stdout.splitlines() == ["3 put back."]
    assert run(args=["submissions", "replay"]).stdout.splitlines() == ["3 are there already."]
