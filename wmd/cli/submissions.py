"""``flask submissions replay``: put back from the journal what a restored database lacks."""

from __future__ import annotations

from collections import Counter

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from wmd.db import db
from wmd.domain.codes import Mint
from wmd.errors import WmdError
from wmd.gateways import Gateways
from wmd.services.journal import Entry, Journal
from wmd.services.publishing import Setting
from wmd.services.replaying import erase_again, put_back

submissions = AppGroup("submissions", help="What was handed in.")

_WORDS = {
    "there": "{count} are there already.",
    "put back": "{count} put back.",
    "no edition": "{count} belong to an edition that is not there.",
    "no submission": "{count} change a submission that is not there.",
    "failed": "{count} could not be put back; they stay in the journal.",
    "erased": "{count} people erased again.",
}


@submissions.command("replay")
@click.option("--dry-run", is_flag=True, help="Say what would be put back, and change nothing.")
def replay(dry_run: bool) -> None:
    """Put back what the journal holds and the database lacks, the oldest first, and erase again who was erased.

    Run it after a restore. It may be run again: what is there stays as it is.
    """
    journal: Journal = current_app.extensions["wmd.journal"]
    counts: Counter[str] = Counter()
    for entry in journal.entries():
        counts[_one(entry, journal, dry_run=dry_run)] += 1
    del counts[""]
    if dry_run:
        db.session.rollback()
        click.echo("Nothing was changed. It would be:")
    for outcome, count in sorted(counts.items()):
        click.echo(_WORDS[outcome].format(count=count))
    if not counts:
        click.echo("The journal is empty.")
    if counts["failed"] or counts["no edition"] or counts["no submission"]:
        raise SystemExit(1)


def _one(entry: Entry, journal: Journal, *, dry_run: bool) -> str:
    """Replay one line and commit it; a dry run goes on in one transaction, which is rolled back at the end."""
    gateways: Gateways = current_app.extensions["wmd.gateways"]
    setting: Setting = current_app.extensions["wmd.publishing"]
    dbs = db.session()
    try:
        with dbs.begin_nested():
            if entry.kind == "erasure":
                outcome = "erased" if erase_again(dbs, entry, setting, now=gateways.clock()) else ""
            else:
                outcome = put_back(dbs, entry, box=journal.box, mint=Mint())
    except (WmdError, SQLAlchemyError) as error:
        click.echo(f"{entry.text('receipt') or entry.kind}: {type(error).__name__}", err=True)
        return "failed"
    if not dry_run:
        dbs.commit()
    return outcome


def register(app: Flask) -> None:
    """Add the commands to ``flask``."""
    app.cli.add_command(submissions)
