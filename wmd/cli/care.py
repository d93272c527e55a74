"""Commands for those who look after an installation: the audit, and copies of the whole database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from wmd.db import db
from wmd.domain.documents.write_csv import csv_stream
from wmd.errors import BackupError
from wmd.gateways import Gateways
from wmd.services.audit_log import AuditQuery, all_audit, audit_cells, audit_json
from wmd.services.audit_seals import check_seals
from wmd.services.backup import BackupInfo, check_backup, create_backup
from wmd.services.key_rotation import rotate
from wmd.services.private_files import new_file
from wmd.services.restore import restore_backup

_FILE = click.Path(dir_okay=False, path_type=Path)

backup = AppGroup("backup", help="Copies of the whole database: make, check, bring back.")
keys = AppGroup("keys", help="The keys that secrets in the database are sealed with.")
audit = AppGroup("audit", help="The trail of every change: export it, check it.")


@keys.command("rotate")
def rotate_command() -> None:
    """Seal everything again under the current key, the first of WMD_LINK_KEYS; ends with 1 when something is lost.

    After it the database needs no other key. Links in mails that are out still need the one they were made with.
    """
    dbs, lost = db.session(), 0
    for each in rotate(dbs, current_app.extensions["wmd.secretbox"], commit=dbs.commit):
        click.echo(f"{each.name}: {each.resealed} sealed again" + (f", {each.lost} LOST" if each.lost else ""))
        lost += each.lost
    if lost:
        msg = f"{lost} open under no key that is in WMD_LINK_KEYS: put the missing key back, and run this again."
        raise click.ClickException(msg)


@audit.command("export")
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="json", show_default=True)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="From this day on (UTC).")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Until the end of the day before this one (UTC).")
@click.option("--subject", default="", help="Only what concerns this id, code, receipt or slug.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead of to stdout.")
def export_command(
    form: str, since: datetime | None, until: datetime | None, subject: str, output: Path | None
) -> None:
    """Export the audit, the oldest entry first. The file holds people's names: keep it as you keep those."""
    query = AuditQuery(
        text=subject,
        since=since.replace(tzinfo=UTC) if since else None,
        until=until.replace(tzinfo=UTC) if until else None,
    )
    lines = all_audit(db.session(), query)
    pieces: Iterator[bytes] = csv_stream(audit_cells(lines)) if form == "csv" else audit_json(lines)
    if output is None:
        for piece in pieces:
            click.echo(piece, nl=False)
        return
    with new_file(output) as file:
        for piece in pieces:
            file.write(piece)


@audit.command("check")
@click.option("--digest", default="", help="A digest noted before (it is in the log): some seal must still have it.")
def check_command(digest: str) -> None:
    """Make every digest over the audit again, and say whether an entry was changed, removed or smuggled in."""
    found = check_seals(db.session())
    if found.broken_id is not None:
        msg = f"Seal {found.broken_id} does not fit what it seals: the audit was changed from outside."
        raise click.ClickException(msg)
    if digest and digest not in found.digests:
        msg = "No seal has this digest: the audit and its seals were made anew."
        raise click.ClickException(msg)
    click.echo(f"{found.entries} entries under {found.seals} seals are as they were; {found.unsealed} wait for one.")
    if found.digests:
        click.echo(f"Newest digest: {found.digests[-1]}")


@backup.command("create")
@click.argument("file", type=_FILE)
def create_command(file: Path) -> None:
    """Write a copy of the whole database to FILE, from one moment, while everything goes on."""
    with _said():
        info = create_backup(db.engine, file, now=_now())
    click.echo(f"{file}: {_of(info)}.")


@backup.command("check")
@click.argument("file", type=_FILE)
def check_backup_command(file: Path) -> None:
    """Read the copy FILE as a whole and say what it holds."""
    with _said():
        info = check_backup(file)
    click.echo(f"{file} is whole: {_of(info)}.")


@backup.command("restore")
@click.argument("file", type=_FILE)
def restore_command(file: Path) -> None:
    """Bring the copy FILE back into this database, which must be migrated and empty. Mail is then on hold."""
    with _said():
        info = restore_backup(db.engine, file, actor="command", now=_now())
    click.echo(
        f"Restored {_of(info)}. All mail is on hold and everybody is signed out.\n"
        "Now: `flask submissions replay` brings back what was handed in since; restart web and scheduler;\n"
        "then look through the mails that wait and release them on the page for staff."
    )


def _now() -> datetime:
    gateways: Gateways = current_app.extensions["wmd.gateways"]
    return gateways.clock()


def _of(info: BackupInfo) -> str:
    made = info.made_at.strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"{info.rows} rows in {len(info.counts)} tables of migration {info.schema}, made {made}"


@contextmanager
def _said() -> Iterator[None]:
    """Say in a sentence why it did not work."""
    try:
        yield
    except (BackupError, OSError) as error:
        msg = f"Nothing was changed: {error}."
        raise click.ClickException(msg) from error


def register(app: Flask) -> None:
    """Add the commands to ``flask``."""
    app.cli.add_command(audit)
    app.cli.add_command(keys)
    app.cli.add_command(backup)
