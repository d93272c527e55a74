"""Commands for those who look after an installation: the audit, and copies of the whole database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from wmd.db import db
from wmd.domain.documents.write_csv import csv_stream
from wmd.services.audit_log import AuditQuery, all_audit, audit_cells, audit_json
from wmd.services.audit_seals import check_seals
from wmd.services.private_files import new_file

audit = AppGroup("audit", help="The trail of every change: export it, check it.")


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


def register(app: Flask) -> None:
    """Add the commands to ``flask``."""
    app.cli.add_command(audit)
