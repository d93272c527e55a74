"""The job that sends what is due: one commit before each handover and one after it, over a connection per worker."""

from __future__ import annotations

import logging
import random
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from wmd.db import Pen, each_committed
from wmd.domain.mail_handover import MailLine, Outcome
from wmd.domain.mail_kinds import KINDS, URGENT
from wmd.jobs.brakes import domain_of
from wmd.jobs.tools import Tools
from wmd.services import delivery
from wmd.services.delivery import Claim, Ready
from wmd.services.job_watch import count_living
from wmd.services.letters import make_ready
from wmd.services.outbox_watch import watch_outbox

log = logging.getLogger(__name__)

#: Rows that a worker claims at first; one that works alone begins with more.
CLAIMED: Final = 20
CLAIMED_ALONE: Final = 50
#: Then so many as go out within about this time: few where the server is slow, so that their lease is not used up and a
#: sign-in link need not wait; many where it is quick, because reading what they say costs less for each.
BATCH: Final = timedelta(seconds=1)
FEWEST: Final = 10
MOST: Final = 400
#: Mails a minute from which on several workers share a limited rate.
_SHARED_FROM: Final = 120
#: How long one run goes on taking batches, and most of them; the next tick goes on. Short, so that ticks are seen.
RUN: Final = timedelta(minutes=2)
MOST_BATCHES: Final = 200
#: A worker waits so long for a place, then looks again whether the process shall end.
PLACE_S: Final = 0.2
#: What is over that soon is tried also while its reader's domain rests.
PRESSING: Final = timedelta(minutes=5)


def send_mail(tools: Tools) -> int:
    """Bring back what was left lying, send what is due, and raise an alarm where something is wrong.

    Several workers share the work where the database lets them (PostgreSQL). Returns how many mails went out.
    """
    done = delivery.recover(tools.dbs, now=tools.now)
    # What the server takes is for all of us together; nothing is asked where there is no limit.
    tools.share_rate(count_living(tools.dbs, now=tools.now) if tools.mail_rate else 1)
    tools.dbs.commit()
    # Few a minute are no work for several: each would hold rows while it waits for its turn.
    workers = 1 if 0 < tools.mail_rate < _SHARED_FROM else tools.workers
    if workers == 1:
        done += _work(replace(tools, workers=1))
    else:
        with ThreadPoolExecutor(workers, thread_name_prefix="outbox") as pool:
            done += sum(pool.map(lambda _: _work_alone(tools), range(workers)))
    watch_outbox(tools.dbs, now=tools.clock())
    tools.dbs.commit()
    return done


def _work_alone(tools: Tools) -> int:
    with tools.new_session() as dbs:
        return _work(replace(tools, dbs=dbs))


def _work(tools: Tools) -> int:
    """Send batch after batch until nothing is due, the server is at fault, or the process shall end."""
    done = 0
    limit = _claimed(tools)
    with tools.mailer.line() as line, each_committed(tools.engine) as pen:
        for _ in range(MOST_BATCHES):
            if tools.stopping.is_set() or tools.clock() - tools.now > RUN:
                break
            began = tools.clock()
            claims = delivery.claim(tools.dbs, now=began, limit=limit)
            tools.dbs.commit()
            if not claims:
                break
            try:
                sent, goes_on = _send_batch(tools, pen, line, claims)
            except SQLAlchemyError:
                # No row is at fault: what is not handed over is given back, or comes back when its lease is over.
                tools.dbs.rollback()
                with suppress(SQLAlchemyError):
                    delivery.release(tools.dbs, claims)
                    tools.dbs.commit()
                tools.dbs.rollback()
                raise
            done += sent
            if not goes_on:
                break
            if len(claims) == limit:
                limit = _next_limit(tools, limit, tools.clock() - began)
    return done


def _claimed(tools: Tools) -> int:
    """Return how many rows to claim at once: no more than go out in a quarter of a minute where mail is paced.

    What is claimed waits for its turn under its lease, and a sign-in link that comes meanwhile waits behind it.
    """
    first = CLAIMED if tools.workers > 1 else CLAIMED_ALONE
    return min(first, max(1, tools.mail_rate // (4 * tools.workers))) if tools.mail_rate else first


def _next_limit(tools: Tools, limit: int, took: timedelta) -> int:
    """Return how many rows to claim next, after as many as ``limit`` took so long."""
    if tools.mail_rate:
        return limit
    if took < BATCH / 2:
        return min(2 * limit, MOST)
    return max(limit // 2, FEWEST) if took > 2 * BATCH else limit


def _send_batch(tools: Tools, pen: Pen, line: MailLine, claims: list[Claim]) -> tuple[int, bool]:
    """Return how many went out, and whether another batch makes sense."""
    dbs, now = tools.dbs, tools.clock()
    ready = make_ready(dbs, claims, tools.press, tools.box, digest=tools.digest, now=now)
    dbs.commit()
    sent, turns, passed = 0, deque(claims), 0
    while turns and not tools.stopping.is_set():
        claim = turns.popleft()
        one = ready[claim.id]
        if isinstance(one, str):
            delivery.give_up(dbs, claim, "skipped", one)
            dbs.commit()
        elif one.hold_until is not None:
            delivery.postpone(dbs, claim, one.hold_until)
            dbs.commit()
        elif _rests(tools, one):
            continue
        elif tools.brakes.enter(domain_of(one.reader)):
            passed = 0
            outcome = _send_in_place(tools, pen, line, one)
            sent += outcome is not None and outcome.verdict == "accepted"
            if outcome is not None and outcome.about_server:
                break
        else:
            # Others first; once all that is left is for domains that have enough, one place must become free.
            turns.append(claim)
            passed += 1
            if passed >= len(turns):
                tools.brakes.wait(PLACE_S)
                passed = 0
    else:
        if not turns:
            return sent, not tools.stopping.is_set()
    delivery.release(dbs, list(turns))
    dbs.commit()
    return sent, False


def _rests(tools: Tools, ready: Ready) -> bool:
    """Put a mail off if its reader's domain rests and it can wait."""
    claim, now = ready.claim, tools.clock()
    wait = tools.brakes.rest(domain_of(ready.reader), now)
    is_pressing = claim.not_after is not None and claim.not_after - now < PRESSING
    if not wait or is_pressing or KINDS[claim.kind].priority == URGENT:
        return False
    delivery.postpone(tools.dbs, claim, now + wait + timedelta(seconds=_share(wait.total_seconds() / 2)))
    tools.dbs.commit()
    return True


def _send_in_place(tools: Tools, pen: Pen, line: MailLine, ready: Ready) -> Outcome | None:
    """Send one mail, and give its domain's place back."""
    began_s, outcome = time.monotonic(), None
    try:
        outcome = _send(tools, pen, line, ready)
    finally:
        tools.brakes.leave(domain_of(ready.reader), ready.claim.id, outcome, time.monotonic() - began_s, tools.clock())
    return outcome


def _send(tools: Tools, pen: Pen, line: MailLine, ready: Ready) -> Outcome | None:
    """Send one mail: look and mark, hand over, write down. None: it shall not go out now.

    ``pen`` commits each statement: the mark before the handover, the outcome after it.
    """
    outcome = line.ready()
    if outcome is None:
        marked = _marked(tools, pen, ready)
        if marked is None:
            return None
        outcome = line.hand_over(tools.letterhead.sender, marked.reader, marked.data)
    dbs, now = tools.dbs, tools.clock()
    if outcome.verdict == "accepted" and not ready.has_bounced:
        # The server has it. Where that cannot be written down at once it is tried once more below, on another
        # connection: this one may be lost, or have waited for a lock for as long as it may.
        with suppress(SQLAlchemyError):
            delivery.record_sent(pen, ready.claim, now=now)
            return outcome
    state = delivery.record(dbs, ready.claim, outcome, now=now, jitter=_share, digest=ready.digest)
    if ready.has_bounced and outcome.verdict == "accepted":
        delivery.forgive(dbs, ready.digest)
    dbs.commit()
    if outcome.verdict != "accepted":
        log.warning(
            "mail_not_sent",
            extra={"row": ready.claim.id, "kind": ready.claim.kind, "code": outcome.code, "state": state or "lost"},
        )
    return outcome


def _marked(tools: Tools, pen: Pen, ready: Ready) -> Ready | None:
    """Mark a row as being handed over. What it depends on may have changed: then it is read once more."""
    dbs = tools.dbs
    for again in (False, True):
        now = tools.clock()
        if delivery.mark(pen, ready, now=now):
            return ready
        state, reason = delivery.why_not(dbs, ready, now=now)
        if not state and not again:
            fresh = make_ready(dbs, [ready.claim], tools.press, tools.box, digest=tools.digest, now=now)[ready.claim.id]
            # The pen is another connection: nothing may stay open here.
            dbs.commit()
            if not isinstance(fresh, str):
                ready = fresh
                if ready.hold_until is None:
                    continue
                delivery.postpone(dbs, ready.claim, ready.hold_until)
                dbs.commit()
                return None
            state, reason = "skipped", fresh
        if state in {"", "queued"}:
            delivery.release(dbs, [ready.claim])
        elif state != "lost":
            delivery.give_up(dbs, ready.claim, state, reason)
        dbs.commit()
        return None
    return None


def _share(seconds: float) -> float:
    """Return a random share of some seconds: full jitter, so that what failed together does not come back together."""
    return random.uniform(1.0, max(seconds, 1.0))  # noqa: S311 -- spreads load, hides nothing
