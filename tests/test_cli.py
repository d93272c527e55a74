"""The commands as a person meets them: what they print, how they end, and that nothing is ever half done."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests import documents
from tests.conftest import Clock, make_test_app
from tests.domain.documents.cast import FILES
from tests.models.dumps import counts, dump
from wmd.cli import publishing_setting
from wmd.db import db, make_engine
from wmd.jobs import JOBS
from wmd.models import Revision
from wmd.services.job_watch import note_beat

Run = Callable[..., Result]
EMPTY = {"topics": 8, "regions": 13, "site_state": 1, "mail_switch": 1, "reasons": 11}


@pytest.fixture
def run(app: Flask) -> Run:
    """Run a command: ``run("programme", "export", "2021")``."""
    return lambda *words: app.test_cli_runner().invoke(args=[str(word) for word in words])


def written(folder: Path, *events: dict[str, Any], **changes: Any) -> Path:
    """Write a programme file and return its path."""
    path = folder / "programme.json"
    value = documents.document(*events, **changes)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def with_lab(run: Run, folder: Path) -> None:
    """Bring the edition and the organisation that the stored files belong to."""
    lab = {"key": "metro-lab", "names": {"en": "Metro Lab"}, "kind": "academia"}
    assert run("programme", "import", written(folder, organisations=[lab])).exit_code == 0


def said(result: Result) -> tuple[int, str, list[str]]:
    """Return how a command ended, what it printed, and the lines of its complaint."""
    return result.exit_code, result.stdout, result.stderr.splitlines()


# --- import ------------------------------------------------------------------------------------------------------


def test_import_says_what_it_did(run: Run, tmp_path: Path, database_url: str) -> None:
    path = written(tmp_path, documents.event("one"), documents.event("two"))
    first = run("programme", "import", path)
    written(tmp_path, documents.event("one", spoken=["fr"]), documents.event("two"), documents.event("three"))
    second = run("programme", "import", path)

    assert (first.exit_code, first.stdout) == (0, "Added 2, changed 0, left 0 as they were.\n")
    assert (second.exit_code, second.stdout) == (0, "Added 1, changed 1, left 1 as they were.\n")
    assert counts(dump(database_url))["events"] == 3


def test_dry_run_says_what_it_would_do_and_does_nothing(run: Run, tmp_path: Path, database_url: str) -> None:
    run("programme", "import", written(tmp_path, documents.event("one")))
    before = dump(database_url)

    result = run(
        "programme", "import", written(tmp_path, documents.event("one", spoken=["fr"]), documents.event("two")),
        "--dry-run",
    )  # fmt: skip

    assert (result.exit_code, result.stdout) == (0, "Would add 1, change 1, leave 0 as they are.\n")
    assert dump(database_url) == before


def test_dry_run_of_a_faulty_file_complains_like_the_import(run: Run, tmp_path: Path) -> None:
    path = written(tmp_path, documents.event(organisers=[{"key": "nobody"}]))
    assert said(run("programme", "import", path, "--dry-run")) == said(run("programme", "import", path))


def test_import_of_a_faulty_file_says_every_fault_with_line_field_and_reason(
    run: Run, tmp_path: Path, database_url: str
) -> None:
    no_end = documents.session(time_confirmed=False)
    del no_end["ends"]
    path = written(
        tmp_path, documents.event("one"), documents.event("two", sessions=[no_end]),
        documents.event("three", organisers=[{"key": "nobody"}]),
    )  # fmt: skip
    lines = path.read_text(encoding="utf-8").splitlines()
    nobody = next(number for number, line in enumerate(lines, 1) if '"nobody"' in line)

    code, printed, complaint = said(run("programme", "import", path))

    assert (code, printed, complaint[-1]) == (
        1,
        "",
        "Error: Nothing was imported. Mend the errors above and try again.",
    )
    faults = [line for line in complaint if line.startswith("error: ")]
    assert [line.rpartition(" ")[2] for line in faults] == [
        "[time.missing-end]",
        "[time.abbreviation-disagrees]",
        "[organiser.unknown]",
    ]
    assert faults[-1] == (
        f"error: line {nobody}: events[2].organisers[0].key: There is no organisation with this key."
        " [organiser.unknown]"
    )
    assert counts(dump(database_url)) == EMPTY


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("latin-1.json", "error: line 13: The file is not UTF-8: byte "),
        ("latin-1.csv", "[file.encoding]"),
        ("formula.csv", "error: line 3: title: "),
        ("swapped-coordinates.json", "error: line 58: events[0].venue.latitude: "),
        ("email-in-text.json", "error: line 15: events[0].texts.en.description: "),
        ("workbook.csv", "[file.workbook]"),
        ("broken-value.ics", "error: line 10: VEVENT[0].DTSTART: "),
        ("abbreviation-disagrees.json", "error: line 24: events[0].sessions[0].time_text: "),
    ],
)  # fmt: skip
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_import_answers_each_mistake_with_a_clear_word(
    run: Run, tmp_path: Path, database_url: str, name: str, fault: str
) -> None:
    with_lab(run, tmp_path)
    before = dump(database_url)

    code, printed, complaint = said(
        run("programme", "import", FILES / name, "--edition", "2021", "--organisation", "metro-lab")
    )

    assert (code, printed, len([line for line in complaint if fault in line])) == (1, "", 1)
    assert "organiser@example.org" not in "".join(complaint)
    assert dump(database_url) == before


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize("kind", ["json", "csv", "ics"])
def test_file_of_50_mb_is_refused_at_once(run: Run, tmp_path: Path, database_url: str, kind: str) -> None:
    path = tmp_path / f"large.{kind}"
    with path.open("wb") as file:
        file.truncate(50 * 2**20)

    options = ("--edition", "2021", "--organisation", "metro-lab") if kind != "json" else ()
    code, printed, complaint = said(run("programme", "import", path, *options))

    assert (code, printed) == (1, "")
    assert complaint[0] == "error: The file has 50 MB; at most 20 MB are read. [file.too-large]"
    assert counts(dump(database_url)) == EMPTY


@pytest.mark.parametrize(("name", "added"), [("faultless.csv", 2), ("faultless.ics", 1)])
def test_tables_and_calendars_are_imported_and_found_again(
    run: Run, tmp_path: Path, database_url: str, name: str, added: int
) -> None:
    with_lab(run, tmp_path)
    words = ("programme", "import", FILES / name, "--edition", "2021", "--organisation", "metro-lab")
    first = run(*words)
    before = dump(database_url)
    second = run(*words)

    assert (first.exit_code, first.stdout) == (0, f"Added {added}, changed 0, left 0 as they were.\n")
    assert (second.exit_code, second.stdout) == (0, f"Added 0, changed 0, left {added} as they were.\n")
    assert dump(database_url) == before


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_file_whose_owner_is_not_named_is_a_mistake_of_use(run: Run, tmp_path: Path) -> None:
    other = tmp_path / "programme.txt"
    other.write_text("x", encoding="utf-8")
    calls = {
        "csv without an edition": (FILES / "faultless.csv",),
        "ics without an edition": (FILES / "faultless.ics",),
        "ics without an organisation": (FILES / "faultless.ics", "--edition", "2021"),
        "another kind": (other, "--edition", "2021"),
        "no file": (tmp_path / "none.json",),
        "a folder": (tmp_path,),
    }

    found = {name: said(run("programme", "import", *words)) for name, words in calls.items()}

    assert {name: code for name, (code, _, _) in found.items()} == dict.fromkeys(calls, 2)
    assert {name: complaint[-1] for name, (_, _, complaint) in found.items()} == {
        "csv without an edition": "Error: Name the edition with --edition: only a JSON file says it itself.",
        "ics without an edition": "Error: Name the edition with --edition: only a JSON file says it itself.",
        "ics without an organisation": (
            "Error: Name the organisation with --organisation (its key): a calendar file does not say it."
        ),
        "another kind": "Error: The file must end in .json, .csv or .ics.",
        "no file": f"Error: Invalid value for 'FILE': File '{tmp_path / 'none.json'}' does not exist.",
        "a folder": f"Error: Invalid value for 'FILE': File '{tmp_path}' is a directory.",
    }


def make_impatient(app: Flask) -> None:
    """Let the application's connection wait for a lock for a tenth of a second, instead of several seconds."""
    with app.app_context(), db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        connection.exec_driver_sql("PRAGMA busy_timeout=100" if is_sqlite else "SET lock_timeout = 100")


def test_import_beside_a_writer_that_does_not_end_says_so(
    app: Flask, run: Run, tmp_path: Path, database_url: str
) -> None:
    run("programme", "import", written(tmp_path, documents.event("one")))
    before = dump(database_url)
    make_impatient(app)
    engine = make_engine(database_url)
    # Another import that holds the edition.
    with engine.begin() as other:
        other.execute(text("UPDATE editions SET version = version"))
        result = run("programme", "import", written(tmp_path, documents.event("one", spoken=["fr"])))
    engine.dispose()

    assert said(result) == (
        1,
        "",
        [
            "Error: Nothing was imported: the database did not take it. Is it reachable and migrated, and is nobody "
            "else importing? Then try again."
        ],
    )
    assert dump(database_url) == before


def test_commands_on_a_database_that_is_not_migrated_say_so(tmp_path: Path) -> None:
    app = make_test_app(f"sqlite:///{tmp_path / 'empty.sqlite3'}", tmp_path)
    path = written(tmp_path, documents.event())

    result = app.test_cli_runner().invoke(args=["programme", "import", str(path)])

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: Nothing was imported: the database did not take it.")
    with app.app_context():
        db.engine.dispose()


# --- export ------------------------------------------------------------------------------------------------------


def test_export_to_a_file_and_to_the_terminal_is_the_same_and_imports_again(
    run: Run, tmp_path: Path, database_url: str
) -> None:
    run("programme", "import", written(tmp_path, documents.event("one"), documents.event("two")))
    before = dump(database_url)
    target = tmp_path / "export.json"

    printed = run("programme", "export", "2021")
    to_file = run("programme", "export", "2021", "--output", target)
    again = run("programme", "import", target)

    assert (printed.exit_code, to_file.exit_code, to_file.stdout) == (0, 0, "")
    assert target.read_text(encoding="utf-8") == printed.stdout
    assert again.stdout == "Added 0, changed 0, left 2 as they were.\n"
    assert dump(database_url) == before


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_export_of_an_edition_that_is_not_there_says_so(run: Run) -> None:
    assert said(run("programme", "export", "1999")) == (1, "", ["Error: There is no edition '1999'."])


# --- demonstration and jobs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize("words", [("demo", "load"), ("demo", "load", "--today", "2021-10-07"), ("demo", "refresh")])
def test_demonstration_is_refused_in_production(database_url: str, tmp_path: Path, words: tuple[str, ...]) -> None:
    app = make_test_app(database_url, tmp_path, mode="production", base_url="https://wmd.example")
    before = dump(database_url)

    result = app.test_cli_runner().invoke(args=list(words))

    assert said(result) == (
        1,
        "",
        ["Error: Demonstration data exists only in demonstration mode: use ./demo flask demo …"],
    )
    assert dump(database_url) == before
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_demonstration_is_loaded_refreshed_and_left_alone(run: Run, clock: Clock, database_url: str) -> None:
    loaded = run("demo", "load", "--today", "2021-10-01")
    shifted = run("demo", "refresh")
    again = run("demo", "refresh")
    clock.now += timedelta(days=1)
    next_day = run("demo", "refresh")

    assert [result.stdout for result in (loaded, shifted, again, next_day)] == [
        "Loaded the 2021 edition and the demonstration around 2021-10-01.\n",
        "Demonstration: shifted to today.\n",
        "Demonstration: up to date.\n",
        "Demonstration: shifted to today.\n",
    ]
    days = {row[1]: row[5] for row in dump(database_url)["editions"]}
    assert days == {"2021": date(2021, 10, 7), "demo": date(2021, 10, 22)}


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_jobs_are_listed_and_run_by_name(run: Run) -> None:
    assert run("jobs", "list").stdout.splitlines() == [f"{name}  every {job.every_s} s" for name, job in JOBS.items()]
    assert run("jobs", "run", "delete-private-links").stdout == "delete-private-links: 0 rows.\n"
    assert run("jobs", "run", "no-such-job").exit_code == 2


def test_status_of_jobs_says_what_is_late_and_who_is_silent(run: Run, app: Flask, dbs: Session, clock: Clock) -> None:
    assert run("jobs", "run", "outbox").exit_code == 0
    nobody = run("jobs", "status")
    assert (nobody.exit_code, nobody.stdout.splitlines()[-1]) == (1, "No scheduler lives.")

    note_beat(dbs, "one", started_at=clock.now, running={"outbox": clock.now}, now=clock.now)
    dbs.commit()
    clock.now += timedelta(seconds=30)
    well = run("jobs", "status")
    lines = {line.split("  ")[0]: line for line in well.stdout.splitlines()}
    assert (well.exit_code, well.stdout.splitlines()[-1]) == (
        0,
        "scheduler one: lives, 30 s ago; at outbox, begun 30 s ago",
    )
    assert lines["outbox"].split() == ["outbox", "30", "s", "ago", "-", "0", "0", "0"]
    assert lines["retention"].split() == ["retention", "never", "-", "0", "0", "-"]

    clock.now += timedelta(minutes=20)
    late = run("jobs", "status")
    assert (late.exit_code, "LATE" in late.stdout, late.stdout.splitlines()[-1]) == (1, True, "No scheduler lives.")
    assert "scheduler one: SILENT since 20 min ago" in late.stdout


def test_rederive_names_the_session_whose_time_no_longer_exists(app: Flask, dbs: Session) -> None:
    documents.apply(dbs, publishing_setting(app), documents.document(documents.event()))
    revision = dbs.scalars(select(Revision)).one()
    content = copy.deepcopy(revision.content)
    content["sessions"][0] |= {"starts": "2021-03-28T02:30", "ends": "2021-03-28T04:00"}
    revision.content = content
    dbs.commit()

    done = app.test_cli_runner().invoke(args=["programme", "rederive"])

    said = "Nothing was changed: event one, session main: 2021-03-28 02:30 does not exist in Europe/Madrid"
    assert (done.exit_code, said in done.output) == (1, True)
