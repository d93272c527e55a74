"""``flask backup``: a copy under load, checked, and brought back on either kind of database."""

from __future__ import annotations

import gzip
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import JSON, select, text
from sqlalchemy.orm import Session

from tests.conftest import LEAD_STARTED_AT, Clock, Databases, Engine, _dispose, make_test_app
from tests.models.dumps import Dump, dump
from tests.models.rows import fill_empty
from wmd.db import Model, make_engine
from wmd.models import AuditEntry, MailSwitch, MailToken, Message, Organisation, Person, WebSession
from wmd.secretbox import SecretBox
from wmd.services.audit_seals import check_seals, seal_audit
from wmd.services.backup import Row, create_backup, read_backup
from wmd.services.outbox import put_message
from wmd.services.states import audit

NOW = LEAD_STARTED_AT
LONG_AGO = NOW - timedelta(days=1)


Change = Callable[[list[bytes]], list[bytes]]


@dataclass
class Place:
    """One installation: its database, its commands."""

    url: str
    app: Flask

    def run(self, *words: object) -> Any:  # noqa: ANN401 -- click's own result
        runner: FlaskCliRunner = self.app.test_cli_runner()
        return runner.invoke(args=[str(word) for word in words])


Places = Callable[..., Place]


@pytest.fixture
def places(databases: Databases, tmp_path: Path) -> Iterator[Places]:
    """Make installations: ``places("sqlite", demo=True)``."""
    made: list[Place] = []

    def make(engine: Engine, *, demo: bool = False) -> Place:
        folder = tmp_path / f"place-{len(made)}"
        folder.mkdir()
        url = databases.copy(engine, folder, demo=demo)
        made.append(Place(url, make_test_app(url, folder, Clock(NOW))))
        return made[-1]

    yield make
    for place in made:
        _dispose(place.app)
        databases.drop(place.url)


def fill(url: str) -> None:
    """Put a row into every table that the demonstration leaves empty, and rows that refer to their own table."""
    engine = make_engine(url)
    with Session(engine) as dbs:
        audit(dbs, actor="command", action="try", kind="x", subject_id="é 𝄞", detail={"a": [None, 1.5, "ü"]}, now=NOW)
        dbs.commit()
        seal_audit(dbs, now=NOW)
        dbs.commit()
    with engine.connect() as connection:
        fill_empty(connection)
    with Session(engine) as dbs:
        first, second, third = dbs.scalars(select(Organisation).order_by(Organisation.id).limit(3)).all()
        # Against the order of the ids: the first waits for the second, which waits for the third.
        first.state, first.merged_into_id = "merged", second.id
        second.state, second.merged_into_id = "merged", third.id
        dbs.commit()
    engine.dispose()


#: What a restore itself writes.
WRITTEN = {"audit_entries", "mail_switch", "mail_tokens", "messages", "web_sessions"}


def without(found: Dump) -> Dump:
    return {name: rows for name, rows in found.items() if name not in WRITTEN}


@pytest.mark.parametrize(
    ("source", "target"),
    [("sqlite", "sqlite"), ("sqlite", "postgresql"), ("postgresql", "sqlite"), ("postgresql", "postgresql")],
)
def test_a_copy_comes_back_row_for_row(places: Places, tmp_path: Path, source: Engine, target: Engine) -> None:
    old, new = places(source, demo=True), places(target)
    fill(old.url)
    before = dump(old.url)
    assert [name for name, rows in before.items() if not rows] == []
    file = tmp_path / "copy.wmd"

    made = old.run("backup", "create", file)
    rows = sum(len(found) for found in before.values())
    assert (made.exit_code, made.stderr) == (0, "")
    assert made.stdout.startswith(f"{file}: {rows} rows in {len(before)} tables of migration ")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert old.run("backup", "check", file).stdout.startswith(f"{file} is whole: {rows} rows in")

    back = new.run("backup", "restore", file)
    assert (back.exit_code, back.stderr) == (0, "")
    after = dump(new.url)
    assert without(after) == without(before)
    # Of mails with a link nothing but the fate is changed; see below.
    others = {row[0] for row in before["messages"]} - {row[0] for row in after["messages"] if "restored" in row}
    assert [row for row in after["messages"] if row[0] in others] == [
        row for row in before["messages"] if row[0] in others
    ]
    assert len(others) > 0
    assert after["audit_entries"][:-1] == before["audit_entries"]
    assert dump(old.url) == before

    engine = make_engine(new.url)
    with Session(engine) as dbs:
        restored = dbs.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
        assert (restored.actor, restored.action, restored.detail) == ("command", "restore", {"rows": [0, rows]})
        assert check_seals(dbs).broken_id is None
        switch = dbs.get_one(MailSwitch, 1)
        assert (switch.held_at, switch.reason != "") == (NOW, True)
        # New rows are numbered after the old ones: none of these collides.
        audit(dbs, actor="command", action="try", kind="x", subject_id="1", now=NOW)
        dbs.commit()
    if target == "sqlite":
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    engine.dispose()


@pytest.mark.parametrize("engine_name", ["sqlite", "postgresql"])
def test_no_mailed_link_works_after_a_restore(places: Places, tmp_path: Path, engine_name: Engine) -> None:
    old, new = places(engine_name), places(engine_name)
    engine = make_engine(old.url)
    with Session(engine) as dbs:
        for name, ended in (("open", {}), ("used", {"used_at": LONG_AGO}), ("revoked", {"revoked_at": LONG_AGO})):
            dbs.add(
                MailToken(
                    id=name, digest=name, purpose="invite", created_at=LONG_AGO, expires_at=NOW + timedelta(days=9),
                    **ended,
                )
            )  # fmt: skip
        for kind, secret in (("confirm", "/x?t=y"), ("test", None)):
            put_message(
                dbs, kind=kind, dedupe_key=kind, cause="command", to="a@example.org", secret=secret, now=NOW,
                box=SecretBox.derived("key"),
            )  # fmt: skip
        dbs.commit()
    engine.dispose()
    old.run("backup", "create", tmp_path / "copy")
    assert new.run("backup", "restore", tmp_path / "copy").exit_code == 0
    engine = make_engine(new.url)
    with Session(engine) as dbs:
        links = dbs.execute(select(MailToken.id, MailToken.used_at, MailToken.revoked_at).order_by(MailToken.id))
        assert links.all() == [("open", None, NOW), ("revoked", None, LONG_AGO), ("used", LONG_AGO, None)]
        mails = dbs.execute(select(Message.kind, Message.state, Message.sealed == "").order_by(Message.kind))
        assert mails.all() == [("confirm", "cancelled", True), ("test", "queued", False)]
    engine.dispose()


def test_everybody_is_signed_out_but_what_was_typed_without_signing_in_stays(places: Places, tmp_path: Path) -> None:
    old, new = places("sqlite"), places("sqlite")
    engine = make_engine(old.url)
    with Session(engine) as dbs:
        dbs.add(Person(id="p", name="Ana Example", created_at=NOW))
        dbs.flush()
        for digest, person in (("in", "p"), ("out", None)):
            dbs.add(WebSession(digest=digest, id=digest, person_id=person, created_at=NOW, last_seen_at=NOW))
        dbs.commit()
    engine.dispose()
    old.run("backup", "create", tmp_path / "copy")
    assert new.run("backup", "restore", tmp_path / "copy").exit_code == 0
    engine = make_engine(new.url)
    with Session(engine) as dbs:
        ended = dict(dbs.execute(select(WebSession.digest, WebSession.ended_at)).tuples().all())
    engine.dispose()
    assert ended == {"in": NOW, "out": None}


def test_a_copy_made_while_others_write_is_of_one_moment(places: Places, tmp_path: Path, engine_name: Engine) -> None:
    place = places(engine_name, demo=True)
    stop = threading.Event()
    written = []

    def write() -> None:
        """Add a person and the audit entry about it, together, as fast as it goes."""
        engine = make_engine(place.url)
        number = 0
        while not stop.is_set():
            with Session(engine) as dbs:
                dbs.add(Person(id=f"new-{number}", name="", created_at=NOW))
                audit(dbs, actor="command", action="add", kind="person", subject_id=f"new-{number}", now=NOW)
                dbs.commit()
            number += 1
        written.append(number)
        engine.dispose()

    writers = [threading.Thread(target=write)]
    for thread in writers:
        thread.start()
    engine = make_engine(place.url)
    try:
        for number in range(3):
            create_backup(engine, tmp_path / f"copy-{number}", now=NOW)
    finally:
        stop.set()
        for thread in writers:
            thread.join()
        engine.dispose()

    assert written[0] > 0
    for number in range(3):
        rows = [item for item in read_backup(tmp_path / f"copy-{number}") if isinstance(item, Row)]
        people = {row.values[0] for row in rows if row.table == "people" and str(row.values[0]).startswith("new-")}
        names = [column.name for column in Model.metadata.tables["audit_entries"].columns]
        told = {
            row.values[names.index("subject_id")]
            for row in rows
            if row.table == "audit_entries" and row.values[names.index("action")] == "add"
        }
        assert people == told


def rewritten(file: Path, change: Change) -> None:
    lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    file.write_bytes(gzip.compress(b"".join(change(lines))))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda lines: lines[:-1], "the file has no end: the copy was not finished"),
        (lambda lines: lines[:3] + lines[4:], "the counts or the digest at the end do not fit the rows"),
        (lambda lines: [*lines[:-2], lines[-2].replace(b'"', b"'"), lines[-1]], ""),
        (lambda lines: [*lines, b"[1]\n"], "something follows the end of the copy"),
        (lambda lines: [b"{}\n", *lines[1:]], "the file is not a copy made by `flask backup create`"),
        (lambda lines: [b"\x00\xff\n"], "the file is not a copy of a database, or damaged"),
        (lambda lines: [lines[0].replace(b'"version":1', b'"version":2'), *lines[1:]], "another version"),
        (lambda lines: [lines[0].replace(b"20261120", b"20261121"), *lines[1:]], "the counts or the digest"),
        (lambda lines: [], "the file has no end"),
    ],
)
def test_a_changed_copy_is_told_not_restored(places: Places, tmp_path: Path, change: Change, complaint: str) -> None:
    place, new, file = places("sqlite"), places("sqlite"), tmp_path / "copy"
    place.run("backup", "create", file)
    rewritten(file, change)
    before = dump(new.url)
    for words in (["backup", "check", file], ["backup", "restore", file]):
        said = new.run(*words)
        assert said.exit_code == 1
        assert said.stderr.startswith("Error: Nothing was changed: ")
        assert complaint in said.stderr
    assert dump(new.url) == before


def test_a_cut_off_copy_and_a_missing_one_are_told(places: Places, tmp_path: Path) -> None:
    place, file = places("sqlite"), tmp_path / "copy"
    place.run("backup", "create", file)
    file.write_bytes(file.read_bytes()[:-20])
    assert "damaged or not whole" in place.run("backup", "check", file).stderr
    file.write_bytes(b"not gzip at all")
    assert "damaged or not whole" in place.run("backup", "check", file).stderr
    assert place.run("backup", "check", tmp_path / "none").exit_code == 1


def test_nothing_is_restored_over_what_is_there_or_on_other_tables(places: Places, tmp_path: Path) -> None:
    place, file = places("sqlite", demo=True), tmp_path / "copy"
    place.run("backup", "create", file)
    before = dump(place.url)
    said = place.run("backup", "restore", file)
    assert (said.exit_code, "the database is not empty" in said.stderr) == (1, True)
    assert dump(place.url) == before

    new = places("sqlite")
    engine = make_engine(new.url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    engine.dispose()
    assert "run the release that made it" in new.run("backup", "restore", file).stderr


def test_a_file_is_never_written_over_and_an_unfinished_one_has_no_name(places: Places, tmp_path: Path) -> None:
    place = places("sqlite")
    file = tmp_path / "copy"
    file.write_text("mine")
    said = place.run("backup", "create", file)
    assert (said.exit_code, "exists already" in said.stderr) == (1, True)
    assert file.read_text() == "mine"

    (Path(place.url.removeprefix("sqlite:///"))).unlink()
    place.run("backup", "create", tmp_path / "other")
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["copy"]


def test_every_json_column_must_have_a_value() -> None:
    # None in a nullable JSON column would come back as JSON's null, which is not the same as no value.
    nullable = [
        f"{table.name}.{column.name}"
        for table in Model.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, JSON) and column.nullable and not column.type.none_as_null
    ]
    assert nullable == []
