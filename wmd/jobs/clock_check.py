"""Compares a scheduler's clock with the database's when it starts.

Whether the claim of a mail is over is read from the clock of whoever looks (``services/delivery.py``). A handover is
begun a minute before that at the latest and takes half a minute at most; so another scheduler whose clock is less than
half a minute ahead finds its outcome written down. One that is further ahead would take it for lost, and send it again.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from wmd.db import db
from wmd.domain.findings import N_
from wmd.gateways import Gateways
from wmd.services.alarms import clear_alarm, raise_alarm

log = logging.getLogger(__name__)

#: How far a clock may be from the database's: two of them are then less than half a minute apart.
MOST_APART: Final = timedelta(seconds=15)
WRONG: Final = N_(
    "The clock of a scheduler’s machine is more than 15 seconds from the database’s: mails may go out twice."
)


def check_clock(app: Flask) -> None:
    """Raise, or clear, the alarm of this machine's clock. A database that is away is for the jobs to tell."""
    gateways: Gateways = app.extensions["wmd.gateways"]
    with app.app_context():
        dbs = db.session()
        try:
            compare_clocks(dbs, gateways.clock, machine=socket.gethostname()[:60])
            dbs.commit()
        except SQLAlchemyError as error:
            dbs.rollback()
            log.warning("clock_not_checked", extra={"error": type(error).__name__})


def compare_clocks(dbs: Session, clock: Callable[[], datetime], *, machine: str) -> None:
    """Raise or clear the alarm of a machine's clock; SQLite has no other. The caller commits."""
    if dbs.get_bind().dialect.name != "postgresql":
        return
    # Opens the connection, so that what is measured is one answer.
    dbs.execute(select(1))
    asked_at = clock()
    theirs = dbs.execute(select(func.clock_timestamp())).scalar_one()
    now = clock()
    # The answer was made at some moment between the two: only what is certain counts.
    apart = max(asked_at - theirs, theirs - now)
    key = f"clock:{machine}"
    if apart > MOST_APART:
        log.error("clock_apart", extra={"machine": machine, "seconds": round(apart.total_seconds())})
        raise_alarm(dbs, key, WRONG, now=now)
    else:
        clear_alarm(dbs, key, now=now)
