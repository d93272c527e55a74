"""Jobs that tell people what changed and what is new: staff at once where it is late, all others page by page."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, select

from wmd.db import reading
from wmd.domain.findings import N_
from wmd.domain.programme import Programme
from wmd.jobs.tools import Tools
from wmd.models import ChangeNotice
from wmd.services.alarms import clear_alarm, raise_alarm
from wmd.services.digests import Due, News, due_digests, put_digests_of
from wmd.services.programme import load_programme
from wmd.services.telling import alert_staff, due_notices, tell_page

log = logging.getLogger(__name__)

#: Notices that one run looks at, and how long it goes on; the next tick goes on where it ended.
BATCH: Final = 100
RUN: Final = timedelta(minutes=1)
NOT_TOLD: Final = N_("People could not be told of a change of an event. The log says of which, and why.")
NOT_PUT: Final = N_("Somebody could not be told what is new for a filter. The log says of whom, and why.")


def due_changes(now: datetime) -> Select[tuple[int]]:
    """Return the query for notices whose hour has come."""
    return select(ChangeNotice.id).where(ChangeNotice.told_at.is_(None), ChangeNotice.due_at <= now)


def tell_changes(tools: Tools) -> int:
    """Alert staff of late changes, and put the mails of all notices that are due; return how many pages and alerts.

    One commit per page. A notice that fails is an alarm, holds up no other, and is tried again at the next tick.
    """
    dbs, failed = tools.dbs, False
    done = alert_staff(dbs, box=tools.box, now=tools.now)
    dbs.commit()
    for notice_id in due_notices(dbs, now=tools.now, limit=BATCH):
        dbs.rollback()
        if _is_over(tools):
            break
        try:
            done += _tell(tools, notice_id)
        except Exception:
            dbs.rollback()
            log.exception("change_not_told", extra={"notice": notice_id})
            failed = True
    if failed:
        raise_alarm(dbs, "changes:not-told", NOT_TOLD, now=tools.now)
    else:
        clear_alarm(dbs, "changes:not-told", now=tools.now)
    dbs.commit()
    return done


def send_digests_of_new(tools: Tools) -> int:
    """Put the digests of those for whom it is morning; one commit per page. Returns how many mails.

    One that fails is an alarm, holds up no other, and is tried again at the next tick.
    """
    dbs, done, after, failed = tools.dbs, 0, "", False

    def load(slug: str) -> Programme:
        with reading(tools.engine) as connection:
            return load_programme(connection, slug, None)

    news = News(load, tools.now)
    while (due := due_digests(dbs, now=tools.now, after=after)) and not _is_over(tools):
        after = due[-1].follow_id
        put, went_wrong = _put_digests(tools, due, news)
        done, failed = done + put, failed or went_wrong
    dbs.rollback()
    if failed:
        raise_alarm(dbs, "digests:not-put", NOT_PUT, now=tools.now)
    else:
        clear_alarm(dbs, "digests:not-put", now=tools.now)
    dbs.commit()
    return done


def _is_over(tools: Tools) -> bool:
    return tools.stopping.is_set() or tools.clock() - tools.now > RUN


def _put_digests(tools: Tools, due: Sequence[Due], news: News) -> tuple[int, bool]:
    """Put a page of digests, or one by one when the page fails; return how many mails, and whether any failed."""
    try:
        done = put_digests_of(tools.dbs, due, news, box=tools.box, now=tools.now)
        tools.dbs.commit()
    except Exception:
        tools.dbs.rollback()
        if len(due) == 1:
            log.exception("digest_not_put", extra={"follow": due[0].follow_id})
            return 0, True
    else:
        return done, False
    each = [_put_digests(tools, [one], news) for one in due if not _is_over(tools)]
    return sum(put for put, _ in each), any(went_wrong for _, went_wrong in each)


def _tell(tools: Tools, notice_id: int) -> int:
    """Put page after page of one notice; return how many."""
    pages = 1
    while tell_page(tools.dbs, notice_id, now=tools.now):
        tools.dbs.commit()
        if _is_over(tools):
            break
        pages += 1
    tools.dbs.commit()
    return pages
