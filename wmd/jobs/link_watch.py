"""The job that looks at pasted links: several at a time, none of them within a transaction."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Final

from wmd.domain.links import is_zoom_page
from wmd.domain.zoom.pages import Says, read_page
from wmd.jobs.tools import Tools
from wmd.services.link_watch import Claim, claim_looks, give_back, record_look

log = logging.getLogger(__name__)

#: Links that are looked at together: politely few, and so that one slow page holds up few others.
BATCH: Final = 8
#: How long one run goes on taking batches; the next tick goes on.
RUN: Final = timedelta(seconds=60)
#: A link of which nothing can be written down rests so long.
REST: Final = timedelta(hours=1)


def watch_links(tools: Tools) -> int:
    """Look at the links that are due; return how many. Without a way to look (``WMD_LINK_WATCH``) nothing is done.

    Whatever fails about one holds up no other, and is raised at the end.
    """
    look, done = tools.look_at_link, 0
    faults: list[Exception] = []
    if look is None:
        return 0
    with ThreadPoolExecutor(BATCH, thread_name_prefix="link-watch") as pool:
        while not tools.stopping.is_set() and tools.clock() - tools.now <= RUN:
            claims = claim_looks(tools.dbs, now=tools.clock(), limit=BATCH)
            tools.dbs.commit()
            if not claims:
                break
            ours = [each for each in claims if is_zoom_page(each.link)]
            said = dict(zip(ours, pool.map(lambda each: read_page(look(each.link)), ours), strict=True))
            done += sum(_write_down(tools, claim, said.get(claim), faults) for claim in claims)
    if faults:
        raise faults[0]
    return done


def _write_down(tools: Tools, claim: Claim, says: Says | None, faults: list[Exception]) -> bool:
    dbs = tools.dbs
    try:
        is_ours = record_look(dbs, claim, says, box=tools.box, now=tools.clock())
        dbs.commit()
    except Exception as error:
        dbs.rollback()
        log.exception("look_not_written_down", extra={"binding": claim.id})
        faults.append(error)
        give_back(dbs, [claim], until=tools.clock() + REST)
        dbs.commit()
        return False
    return is_ours
