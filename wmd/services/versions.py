"""Versions: numbers that rise with every publication, under a lock, so that no two changes share one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from wmd.models import Edition, SiteState


def lock_edition(dbs: Session, edition: Edition) -> None:
    """Read the edition anew and hold its row until the transaction ends.

    PostgreSQL locks the row; a transaction on SQLite has the whole file from its first statement.
    """
    dbs.flush()
    dbs.refresh(edition, with_for_update=True)


def raise_version(dbs: Session, edition: Edition, *, now: datetime) -> int:
    """Raise the edition's version by one and return it. The row is locked first."""
    lock_edition(dbs, edition)
    edition.version += 1
    edition.published_at = max(now, edition.published_at)
    dbs.flush()
    return edition.version


def touch_site(dbs: Session) -> None:
    """Raise the version of what spans editions: a new edition, series, or public code."""
    state = dbs.get(SiteState, 1, with_for_update=True, populate_existing=True)
    if state is None:
        dbs.add(SiteState(id=1, version=1, status_version=0))
    else:
        state.version += 1
    dbs.flush()


def raise_status(dbs: Session) -> None:
    """Raise the version of the status value: something that pages say about links is not as it was."""
    dbs.execute(
        update(SiteState)
        .where(SiteState.id == 1)
        .values(status_version=SiteState.status_version + 1)
        .execution_options(synchronize_session=False)
    )
