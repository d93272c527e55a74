"""Commands for the work that is due by the clock: list it, run it, see how it stands, and the process that does it."""

from __future__ import annotations

import sys
from datetime import datetime
from threading import Thread

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from config import Config
from wmd.db import db
from wmd.gateways import Gateways
from wmd.jobs import JOBS, run_job, watched
from wmd.jobs.scheduler import TAKEN, TakenError, keep_signals, run_scheduler
from wmd.lifeline import end_with
from wmd.services.job_watch import job_statuses, living

group = AppGroup("jobs", help="Work that is due: list it, run it once, see how it stands.")
scheduler = AppGroup("scheduler", help="The process that asks for due work by the clock.")


def _app() -> Flask:
    found: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return found


@group.command("list")
def list_command() -> None:
    """List the jobs and how often each looks for work."""
    for name, job in JOBS.items():
        click.echo(f"{name}  every {job.every_s} s")


@group.command("run")
@click.argument("name", type=click.Choice(sorted(JOBS)))
def run_command(name: str) -> None:
    """Run the job NAME once, now."""
    click.echo(f"{name}: {run_job(_app(), name)} rows.")


@group.command("status")
def status_command() -> None:
    """Say how each job stands, and which schedulers live. Ends with 1 when a job fails or is late, or none lives."""
    gateways: Gateways = current_app.extensions["wmd.gateways"]
    dbs, now = db.session(), gateways.clock()
    statuses, schedulers = job_statuses(dbs, watched(), now=now), living(dbs, now=now)
    width = max(len(name) for name in JOBS)
    click.echo(f"{'job':{width}}  well           took      rows/24 h  errors  due")
    for each in statuses:
        state = " FAILS" if each.is_failing else " LATE" if each.is_late else ""
        took = f"{each.last.duration_ms / 1000:.1f} s" if each.last else "-"
        due = "-" if each.backlog is None else str(each.backlog)
        well = _ago(each.good_at, now)
        click.echo(f"{each.job.name:{width}}  {well:13}  {took:8}  {each.rows:9}  {each.errors:6}  {due}{state}")
    for one in schedulers:
        at = ", ".join(f"{name}, begun {_ago(since, now)}" for name, since in one.running.items())
        click.echo(f"scheduler {one.name}: {'SILENT since' if one.is_silent else 'lives,'} {_ago(one.beat_at, now)}"
                   f"{'; at ' + at if at else ''}")  # fmt: skip
    lives = any(not one.is_silent for one in schedulers)
    if not lives:
        click.echo("No scheduler lives.")
    if not lives or any(each.is_failing or each.is_late for each in statuses):
        sys.exit(1)


def _ago(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "never"
    seconds = round((now - at).total_seconds())
    return f"{seconds} s ago" if seconds < 120 else f"{seconds // 60} min ago"


@scheduler.command("run")
@click.option("--with-stdin", is_flag=True, help="Also stop when the standard input ends.")
def scheduler_command(with_stdin: bool) -> None:
    """Run the scheduler until it is told to stop (SIGTERM or Ctrl-C).

    Ends with 75 when the clock jumped, and with 69 when another one works on the same SQLite file.
    """
    config: Config = current_app.extensions["wmd.config"]
    keep_signals()
    if with_stdin:
        Thread(target=end_with, args=(sys.stdin.fileno(),), name="lifeline", daemon=True).start()
    try:
        status = run_scheduler(_app(), port=config.scheduler_port)
    except TakenError:
        click.echo("Another scheduler works on this database. SQLite has one writer, so that one is enough.", err=True)
        status = TAKEN
    except OSError as error:
        msg = f"Port {config.scheduler_port} for the scheduler cannot be used ({error.strerror}): WMD_SCHEDULER_PORT."
        raise click.ClickException(msg) from error
    sys.exit(status)


def register(app: Flask) -> None:
    """Add the commands to ``flask``."""
    app.cli.add_command(group)
    app.cli.add_command(scheduler)
