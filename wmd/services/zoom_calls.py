"""The calls that were made to Zoom lately, for the page that staff look at: routes, never ids, queries or bodies."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from wmd.domain.zoom.calls import Call
from wmd.models import ZoomCall

#: So long a call is remembered, and one that went wrong.
KEPT: Final = timedelta(days=2)
FAULTS_KEPT: Final = timedelta(days=14)
#: Rows of one clearing out; what is left goes with the next one.
_AT_ONCE: Final = 5000


class StoredCalls:
    """Notes the calls of one account (:class:`wmd.domain.zoom.calls.CallLog`)."""

    def __init__(self, account_id: str, *, new_session: Callable[[], AbstractContextManager[Session]]) -> None:
        self.account_id, self._new_session = account_id, new_session

    def note(self, call: Call) -> None:
        """Note one call, in a transaction of its own."""
        with self._new_session() as dbs:
            dbs.add(
                ZoomCall(
                    account_id=self.account_id, at=call.at, method=call.method, route=call.route,
                    label=str(call.label), status=call.status or None, code=call.code, fault=call.fault,
                    tracking=call.tracking_id, duration_ms=call.duration_ms,
                )
            )  # fmt: skip
            dbs.commit()


def recent_calls(
    dbs: Session, *, account_id: str | None = None, only_faults: bool = False, limit: int = 50
) -> list[ZoomCall]:
    """Return the latest calls, the newest first."""
    query = select(ZoomCall).order_by(ZoomCall.at.desc(), ZoomCall.id.desc()).limit(limit)
    if account_id is not None:
        query = query.where(ZoomCall.account_id == account_id)
    return list(dbs.scalars(query.where(ZoomCall.fault != "") if only_faults else query))


def forget_calls(dbs: Session, *, now: datetime) -> int:
    """Delete what is remembered for long enough; return how many rows. The caller commits."""
    old = select(ZoomCall.id).where(
        (ZoomCall.at < now - FAULTS_KEPT) | ((ZoomCall.at < now - KEPT) & (ZoomCall.fault == ""))
    )
    gone = dbs.execute(
        delete(ZoomCall)
        .where(ZoomCall.id.in_(old.limit(_AT_ONCE)))
        .returning(ZoomCall.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())
