"""What follows an erasure outside the database: the journal's line, and the pages that named the person."""

from __future__ import annotations

import logging
from datetime import datetime

from flask import current_app

from wmd.services.journal import Journal, erasure
from wmd.web.reading import alarm_desk, library

log = logging.getLogger(__name__)


def after_erasure(person_id: str, now: datetime) -> None:
    """Note an erasure that was committed in the journal, so that a replay erases again, and renew what is shown.

    The erasure stands also when the journal's disk does not take the line; staff are then told.
    """
    journal: Journal = current_app.extensions["wmd.journal"]
    try:
        journal.append(erasure(person_id, now))
    except OSError:
        log.exception("journal_not_written")
        alarm_desk().note(
            "serving:journal", "The journal cannot be written: after a restore, somebody erased now would be back."
        )
    library().refresh()
