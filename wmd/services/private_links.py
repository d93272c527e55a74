"""Private join links: kept encrypted in one table, deleted 7 days after their event."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.codes import Mint
from wmd.domain.times import zone
from wmd.models import Edition, Event, PrivateLink, Revision
from wmd.secretbox import SecretBox, SecretBoxError

KEPT_AFTER = timedelta(days=7)
YEAR = timedelta(days=365)
#: What links were bound to before each was bound to its row.
FORMER_PURPOSE = "private-link"


def keep_link(
    dbs: Session,
    box: SecretBox,
    raw: str,
    *,
    known_id: str | None,
    ends_at: datetime | None,
    latest_at: datetime,
    mint: Mint,
    now: datetime,
) -> str:
    """Seal a join link and return its id: ``known_id`` when that row holds the very same link already.

    ``latest_at`` counts as the end of an event that says none.

    The link of an event that is long over is not stored any more: its row is empty from the start.
    """
    row = dbs.get(PrivateLink, known_id) if known_id else None
    # A postponed session may say no end: the one known so far holds, or the link would stay for ever.
    ends_at = ends_at or (row.ends_at if row is not None else None) or latest_at
    is_over = ends_at is not None and ends_at < now - KEPT_AFTER
    if row is not None and row.deleted_at is not None and is_over:
        return row.id
    if row is not None and row.deleted_at is None:
        row.ends_at = ends_at
        if is_link(box, row, raw):
            return row.id
    id_ = mint.uuid()
    row = PrivateLink(id=id_, sealed=box.seal(raw, purpose=_purpose(id_)), ends_at=ends_at, created_at=now)
    if is_over:
        delete_link(row, now=now)
    dbs.add(row)
    dbs.flush()
    return row.id


def is_link(box: SecretBox, row: PrivateLink, raw: str) -> bool:
    """Whether a row holds this very link. A key that is gone cannot show it: then it does not."""
    return row.deleted_at is None and open_link(box, row) == raw


def open_link(box: SecretBox, row: PrivateLink) -> str:
    """Return the link of a row for somebody who may have it; a blank when it was deleted or its key is gone."""
    for purpose in (_purpose(row.id), FORMER_PURPOSE) if row.deleted_at is None else ():
        try:
            return box.open(row.sealed, purpose=purpose)
        except SecretBoxError:
            continue
    return ""


def _purpose(link_id: str) -> str:
    return f"private_links.sealed.{link_id}"


def latest_end(edition: Edition, now: datetime) -> datetime:
    """Return when an event that says no end is over at the latest: with its edition, or in a year."""
    if edition.is_permanent:
        return now + YEAR
    return datetime.combine(edition.window_to + timedelta(days=1), time(), zone(edition.zone)).astimezone(UTC)


def forget_links_of(dbs: Session, submission_id: str, *, now: datetime) -> None:
    """Empty every link that any version of a submission holds: nobody will need them."""
    held = select(Revision.content["registration"]["private_link_id"].as_string()).where(
        Revision.submission_id == submission_id
    )
    forget_link(dbs, set(dbs.scalars(held)), now=now)


def forget_former_link(dbs: Session, link_id: str | None, *, now: datetime) -> None:
    """Empty a link that another took the place of, unless an event, or what waits for the moderators, holds it."""
    if link_id is None:
        return
    shown = select(Event.id).where(Event.private_link_id == link_id)
    waits = select(Revision.id).where(
        Revision.state == "pending",
        Revision.content["registration"]["private_link_id"].as_string() == link_id,
    )
    if dbs.scalar(shown.limit(1)) is None and dbs.scalar(waits.limit(1)) is None:
        forget_link(dbs, [link_id], now=now)


def forget_link(dbs: Session, link_ids: Collection[str | None], *, now: datetime) -> None:
    """Empty these links, as far as they are there."""
    wanted = sorted(link_id for link_id in link_ids if link_id)
    for row in dbs.scalars(select(PrivateLink).where(PrivateLink.id.in_(wanted), PrivateLink.deleted_at.is_(None))):
        delete_link(row, now=now)
    dbs.flush()


def move_end(dbs: Session, link_id: str, ends_at: datetime | None) -> None:
    """Say when the event of a link that is kept ends now; a deleted one stays deleted."""
    row = dbs.get_one(PrivateLink, link_id)
    if row.deleted_at is None and ends_at is not None:
        row.ends_at = ends_at


def due_for_deletion(dbs: Session, *, now: datetime, limit: int = 100) -> list[PrivateLink]:
    """Return links whose event ended more than seven days ago, the oldest first."""
    return list(
        dbs.scalars(
            select(PrivateLink)
            .where(PrivateLink.deleted_at.is_(None), PrivateLink.ends_at < now - KEPT_AFTER)
            .order_by(PrivateLink.ends_at)
            .limit(limit)
        )
    )


def delete_link(row: PrivateLink, *, now: datetime) -> None:
    """Empty a link's row; its id stays, so that what refers to it can say that it is gone."""
    row.sealed, row.deleted_at = "", now


def delete_if_due(dbs: Session, link_id: str, *, now: datetime) -> bool:
    """Empty a link's row if that is still due; tell whether it was."""
    row = dbs.get(PrivateLink, link_id, with_for_update=True, populate_existing=True)
    if row is None or row.deleted_at is not None or row.ends_at is None or row.ends_at >= now - KEPT_AFTER:
        return False
    delete_link(row, now=now)
    dbs.flush()
    return True
