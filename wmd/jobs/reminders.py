"""The job that puts due reminders into the outbox: one transaction per page, each run on its own."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from wmd.domain.findings import N_
from wmd.jobs.tools import Tools
from wmd.services.alarms import SERVING, raise_alarm
from wmd.services.link_checks import ask, due_checks
from wmd.services.reminder_planning import Due, end_orphans, look
from wmd.services.reminder_runs import Claimed, LostRun, Round, begin, give_back, plan_page

log = logging.getLogger(__name__)

#: How long one run of the job goes on beginning what is due; the next tick goes on. What is of use the shortest is
#: first, and one audience is gone through to its end.
RUN: Final = timedelta(minutes=5)
#: Sessions about which organisers are asked in one run.
BATCH: Final = 100
#: Of the kind that is closed when it has been quiet for an hour: a person is passed over in one tick only.
ALARM: Final = f"{SERVING}due-reminders"
NOT_PLANNED: Final = N_("Reminders of a session, or to a person, could not be prepared. The log says of what, and why.")


def plan_reminders(tools: Tools) -> int:
    """Plan what is due; return how many mails were put into the outbox. Whatever fails holds up nothing else."""
    dbs, done = tools.dbs, 0
    end_orphans(dbs, now=tools.now)
    seen = look(dbs, now=tools.now)
    dbs.commit()
    faults = len(seen.faults)
    for session_id in seen.faults:
        log.error("reminder_not_reckoned", extra={"session": session_id})
    for due in seen.due:
        if tools.stopping.is_set() or tools.clock() - tools.now > RUN:
            break
        planned, wrong = _plan(tools, due)
        done, faults = done + planned, faults + wrong
    if faults:
        raise_alarm(dbs, ALARM, NOT_PLANNED, now=tools.now)
        dbs.commit()
    return done


def check_links(tools: Tools) -> int:
    """Ask organisers whether their links work, each session on its own; return how many mails."""
    dbs, done = tools.dbs, 0
    for session_id in due_checks(dbs, now=tools.now, limit=BATCH):
        try:
            done += ask(dbs, session_id, box=tools.box, now=tools.now)
            dbs.commit()
        except Exception:
            dbs.rollback()
            log.exception("link_not_asked_about", extra={"session": session_id})
            raise_alarm(dbs, ALARM, NOT_PLANNED, now=tools.now)
            dbs.commit()
    dbs.rollback()
    return done


def _plan(tools: Tools, due: Due) -> tuple[int, int]:
    """Go through one run; return how many mails it put, and how much failed."""
    dbs, run = tools.dbs, None
    planned = faults = 0
    try:
        run = begin(dbs, due, now=tools.clock())
        dbs.commit()
        if run is None:
            return 0, 0
        rounds, goes_on = Round(dbs, due), True
        while goes_on and not tools.stopping.is_set():
            run, page = plan_page(dbs, run, rounds, now=tools.clock())
            dbs.commit()
            planned, faults, goes_on = planned + page.planned, faults + len(page.faults), bool(page.last)
            for person_id in page.faults:
                log.error("reminder_not_reckoned", extra={"session": due.session.id, "person": person_id})
        if goes_on:
            _let_go(tools, run)
    except LostRun:
        dbs.rollback()
    except Exception:
        dbs.rollback()
        log.exception("reminders_not_planned", extra={"session": due.session.id, "rule": str(due.rule)})
        faults += 1
        if run is not None:
            _let_go(tools, run)
    return planned, faults


def _let_go(tools: Tools, run: Claimed) -> None:
    give_back(tools.dbs, run)
    tools.dbs.commit()
