"""Commands for what is read from Zoom."""

from __future__ import annotations

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from wmd.db import db
from wmd.gateways import zoom_of
from wmd.jobs import run_job
from wmd.jobs.tools import tools_of
from wmd.jobs.zoom_sync import sync_rooms
from wmd.models import WebinarBinding

group = AppGroup("zoom", help="Rooms on Zoom: read what is due, or one of them.")


@group.command("sync")
@click.option("--binding", "binding_id", default="", help="Only this binding, due or not.")
def sync_command(binding_id: str) -> None:
    """Read the rooms that are due, or one room, now. Ends with 1 where that room cannot be read."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if not binding_id:
        click.echo(f"{run_job(app, 'zoom-sync')} read.")
        return
    dbs = db.session()
    row = dbs.get(WebinarBinding, binding_id)
    if row is None or row.ended_at is not None or row.kind == "link":
        msg = "There is no such room that could be read."
        raise click.ClickException(msg)
    account_id = row.account_id
    dbs.rollback()
    if zoom_of(app, account_id) is None:
        msg = "The settings name no app for the account of this room."
        raise click.ClickException(msg)
    if not sync_rooms(tools_of(app, dbs), binding_id):
        msg = "Somebody else reads it just now."
        raise click.ClickException(msg)
    dbs.refresh(row)
    differs = ", ".join(row.drift) or "nothing"
    click.echo(f"{row.state}; registration {row.registration}; differs: {differs}")


def register(app: Flask) -> None:
    """Add the commands to ``flask``."""
    app.cli.add_command(group)
