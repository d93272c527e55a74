"""Thin commands over the services. Each prints plain sentences and ends with 1 when something must be mended."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from config import Config
from wmd.cli import care, jobs, mail, staff, submissions, zoom
from wmd.db import db
from wmd.domain.codes import Mint
from wmd.domain.content_json import file_to_json
from wmd.domain.documents import read_csv, read_ics, read_json
from wmd.domain.documents.read_file import ReadFile, extension_of
from wmd.domain.documents.read_ics import IcsDefaults
from wmd.domain.findings import Finding
from wmd.errors import InvalidContentError, WmdError
from wmd.gateways import Gateways
from wmd.models import Event
from wmd.services.calendar_entries import english_setting
from wmd.services.demo import load_demo, refresh_demo
from wmd.services.demo_rooms import load_rooms
from wmd.services.exporting import export_file
from wmd.services.hiding import find_event, hide, merge, show
from wmd.services.importing import apply_file
from wmd.services.publishing import Setting, rederive
from wmd.services.references import find_edition

programme = AppGroup("programme", help="Import and export a programme.")
demo = AppGroup("demo", help="Demonstration data (demonstration mode only).")


_DATABASE_REFUSED = (
    "the database did not take it. Is it reachable and migrated, and is nobody else importing? Then try again."
)


def publishing_setting(app: Flask, mint: Mint | None = None) -> Setting:
    """Return what publishing needs, from the application's settings."""
    config: Config = app.extensions["wmd.config"]
    return Setting(english_setting(config.base_url), config.uid_domain, mint or Mint())


def _gateways() -> Gateways:
    found: Gateways = current_app.extensions["wmd.gateways"]
    return found


def _say(findings: Sequence[Finding]) -> None:
    for finding in findings:
        place = f"line {finding.line}: " if finding.line else ""
        where = f"{finding.where}: " if finding.where else ""
        click.echo(f"{finding.level.value}: {place}{where}{finding.say()} [{finding.code}]", err=True)


def _read(path: Path, edition: str | None, organisation: str | None, zone: str | None) -> ReadFile:
    data = path.read_bytes()
    kind = extension_of(path.name)
    if kind == "json":
        return read_json.read(data, path.name)
    if edition is None:
        msg = "Name the edition with --edition: only a JSON file says it itself."
        raise click.UsageError(msg)
    if kind == "csv":
        return read_csv.read(data, path.name, edition_slug=edition)
    if kind == "ics":
        if organisation is None:
            msg = "Name the organisation with --organisation (its key): a calendar file does not say it."
            raise click.UsageError(msg)
        defaults = IcsDefaults(organiser=organisation, zone=zone or "")
        return read_ics.read(data, path.name, edition_slug=edition, defaults=defaults)
    msg = "The file must end in .json, .csv or .ics."
    raise click.UsageError(msg)


@programme.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check everything and change nothing.")
@click.option("--edition", help="Slug of the edition, for CSV and .ics files.")
@click.option("--organisation", help="Key of the organising organisation, for .ics files.")
@click.option("--zone", help="IANA zone for times that an .ics file gives in UTC.")
def import_command(file: Path, dry_run: bool, edition: str | None, organisation: str | None, zone: str | None) -> None:
    """Import FILE (JSON, CSV or .ics): all of it or nothing."""
    read = _read(file, edition, organisation, zone)
    dbs = db.session()
    try:
        report = apply_file(
            dbs, read, box=current_app.extensions["wmd.secretbox"],
            setting=publishing_setting(current_app), now=_gateways().clock(),
        )  # fmt: skip
        if dry_run:
            dbs.rollback()
        else:
            dbs.commit()
    except InvalidContentError as error:
        dbs.rollback()
        _say(error.findings)
        msg = "Nothing was imported. Mend the errors above and try again."
        raise click.ClickException(msg) from error
    except WmdError as error:
        dbs.rollback()
        msg = f"Nothing was imported: {error}."
        raise click.ClickException(msg) from error
    except SQLAlchemyError as error:
        dbs.rollback()
        msg = f"Nothing was imported: {_DATABASE_REFUSED}"
        raise click.ClickException(msg) from error
    _say(report.findings)
    if dry_run:
        click.echo(f"Would add {report.added}, change {report.changed}, leave {report.unchanged} as they are.")
    else:
        click.echo(f"Added {report.added}, changed {report.changed}, left {report.unchanged} as they were.")


@programme.command("export")
@click.argument("edition")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead of to stdout.")
def export_command(edition: str, output: Path | None) -> None:
    """Export EDITION (its slug) as the JSON that import reads."""
    row = find_edition(db.session(), edition)
    if row is None:
        msg = f"There is no edition {edition!r}."
        raise click.ClickException(msg)
    document = file_to_json(export_file(db.session(), row))
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


def _event(code: str) -> Event:
    event = find_event(db.session(), code.upper())
    if event is None:
        msg = f"There is no event {code!r}."
        raise click.ClickException(msg)
    return event


def _commit(work: Callable[[], object], done: str) -> None:
    try:
        work()
        db.session.commit()
    except WmdError as error:
        db.session.rollback()
        msg = f"Nothing was changed: {error}."
        raise click.ClickException(msg) from error
    except SQLAlchemyError as error:
        db.session.rollback()
        msg = f"Nothing was changed: {_DATABASE_REFUSED}"
        raise click.ClickException(msg) from error
    click.echo(done)


@programme.command("hide")
@click.argument("code")
def hide_command(code: str) -> None:
    """Take the event CODE off the list: its page says so, and calendars are told."""
    event, now = _event(code), _gateways().clock()
    setting = publishing_setting(current_app)
    _commit(lambda: hide(db.session(), event, setting, actor="command", now=now), f"{event.code} is hidden.")


@programme.command("show")
@click.argument("code")
def show_command(code: str) -> None:
    """List the event CODE again, as it was."""
    event, now = _event(code), _gateways().clock()
    setting = publishing_setting(current_app)
    _commit(lambda: show(db.session(), event, setting, actor="command", now=now), f"{event.code} is listed again.")


@programme.command("merge")
@click.argument("code")
@click.argument("into")
def merge_command(code: str, into: str) -> None:
    """Let the event INTO take the place of the event CODE, whose addresses then lead there."""
    event, target, now = _event(code), _event(into), _gateways().clock()
    setting = publishing_setting(current_app)
    _commit(
        lambda: merge(db.session(), event, target, setting, actor="command", now=now),
        f"{event.code} now leads to {target.code}.",
    )


@programme.command("rederive")
def rederive_command() -> None:
    """Derive every session's UTC instants and calendar entries again, after an update of the tzdata package."""
    now, setting = _gateways().clock(), publishing_setting(current_app)
    _commit(lambda: rederive(db.session(), setting, actor="command", now=now), "Everything was derived again.")


def _only_in_demo() -> None:
    config: Config = current_app.extensions["wmd.config"]
    if not config.is_demo:
        msg = "Demonstration data exists only in demonstration mode: use ./demo flask demo …"
        raise click.ClickException(msg)


@demo.command("load")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day the demonstration is built around.")
def load_command(today: object) -> None:
    """Load the 2021 edition and the demonstration edition around today."""
    _only_in_demo()
    now = _gateways().clock()
    day = today.date() if hasattr(today, "date") else now.date()
    load_demo(
        db.session(), current_app.extensions["wmd.secretbox"], publishing_setting(current_app), today=day, now=now
    )
    db.session.commit()
    click.echo(f"Loaded the 2021 edition and the demonstration around {day.isoformat()}.")


@demo.command("refresh")
def refresh_command() -> None:
    """Load the demonstration if the database is empty; shift it when it is older than a day."""
    _only_in_demo()
    now = _gateways().clock()
    day: date = now.date()
    done = refresh_demo(
        db.session(), current_app.extensions["wmd.secretbox"], publishing_setting(current_app), today=day, now=now
    )
    _put_rooms(now)
    db.session.commit()
    click.echo(f"Demonstration: {done}.")


def _put_rooms(now: datetime) -> None:
    """Write down what the Zoom beside the demonstration begins with, where the settings name one."""
    config: Config = current_app.extensions["wmd.config"]
    if config.has_zoom and config.zoom_url:
        rooms = load_rooms(db.session(), zoom_account=config.zoom_account_id, mint=Mint(), now=now)
        config.demo_rooms_file.write_text(json.dumps(rooms), encoding="utf-8")


def register(app: Flask) -> None:
    """Add the commands to ``flask``."""
    app.cli.add_command(programme)
    app.cli.add_command(demo)
    care.register(app)
    jobs.register(app)
    mail.register(app)
    staff.register(app)
    submissions.register(app)
    zoom.register(app)
