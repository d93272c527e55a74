"""Addresses for machines that watch: alive, and ready with what is wrong in words."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from wmd.db import db
from wmd.services.health import problems
from wmd.web.reading import library, read_now

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> Response:
    """Answer that the process is alive; looks at nothing else."""
    return jsonify(status="alive")


@bp.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Answer 200 when the database is reachable and migrated, else 503; alarms are listed in both cases."""
    report = problems(db.engine, now=read_now())
    ready = not report.faults
    body = jsonify(
        status="ready" if ready else "not ready",
        faults=list(report.faults),
        alarms=list(report.alarms),
        programme_is_stale=library().is_stale,
    )
    return body, 200 if ready else 503
