"""``flask audit``: the trail as a file, and its check."""

from __future__ import annotations

import csv
import io
import json
import stat
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import text

from tests import documents
from wmd.db import db, make_engine
from wmd.jobs import run_job
from wmd.services.publishing import Setting


@pytest.fixture
def run(app: Flask, setting: Setting) -> FlaskCliRunner:
    """The commands on a database with one published event, whose trail is in order."""
    # No context stays open: a command that finds one takes its session instead of having its own.
    with app.app_context():
        documents.apply(db.session(), setting, documents.document(documents.event()))
    return app.test_cli_runner()


def test_the_trail_is_exported_as_json_and_as_csv(run: FlaskCliRunner, tmp_path: Path) -> None:
    entries = json.loads(run.invoke(args=["audit", "export"]).stdout)
    assert [entry["action"] for entry in entries][-2:] == ["publish", "bind"]
    assert {entry["actor"] for entry in entries} == {"import"}

    path = tmp_path / "audit.csv"
    result = run.invoke(args=["audit", "export", "--format", "csv", "--output", str(path)])
    assert (result.exit_code, result.stdout) == (0, "")
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    assert [row["action"] for row in rows] == [entry["action"] for entry in entries]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_export_is_bounded_by_days_and_subject(run: FlaskCliRunner) -> None:
    def actions(*options: str) -> list[str]:
        return [entry["action"] for entry in json.loads(run.invoke(args=["audit", "export", *options]).stdout)]

    assert actions("--since", "2021-10-08") == []
    assert actions("--until", "2021-10-07") == []
    assert actions("--since", "2021-10-07", "--until", "2021-10-08") == actions()
    assert actions("--subject", "nobody") == []


def test_the_check_says_what_it_found(run: FlaskCliRunner, app: Flask, database_url: str) -> None:
    entries = len(json.loads(run.invoke(args=["audit", "export"]).stdout))
    said = run.invoke(args=["audit", "check"]).stdout
    assert said == f"0 entries under 0 seals are as they were; {entries} wait for one.\n"

    assert run_job(app, "seal-audit") == entries
    assert run_job(app, "seal-audit") == 0
    said, digest = run.invoke(args=["audit", "check"]).stdout.rstrip().split("\nNewest digest: ")
    assert said == f"{entries} entries under 1 seals are as they were; 0 wait for one."
    assert run.invoke(args=["audit", "check", "--digest", digest]).exit_code == 0
    other = run.invoke(args=["audit", "check", "--digest", "0" * 64])
    assert (other.exit_code, other.stderr) == (
        1,
        "Error: No seal has this digest: the audit and its seals were made anew.\n",
    )

    engine = make_engine(database_url)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER audit_entries_no_update"))
        else:
            connection.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER ALL"))
        connection.execute(text("UPDATE audit_entries SET actor = 'nobody' WHERE action = 'publish'"))
    engine.dispose()
    broken = run.invoke(args=["audit", "check"])
    assert broken.exit_code == 1
    assert broken.stderr == "Error: Seal 1 does not fit what it seals: the audit was changed from outside.\n"
