"""Banners: put up by staff, ended by staff or by the hour, and loaded as a value beside the programme.

Rows are never deleted, and one that ended stays ended. So the number of rows and of ends in them only ever rises, and
is the version of the value: nothing else has to be raised when one is put up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, ScalarSelect, func, select
from sqlalchemy.orm import Session

from wmd.domain.banners import Banners, BannerView
from wmd.domain.findings import N_, Finding, Level
from wmd.domain.links import contains_private_link
from wmd.errors import InvalidContentError
from wmd.models import Banner, Edition
from wmd.services.actors import Actor
from wmd.services.states import audit

KINDS: Final = ("info", "warning")
LONGEST: Final = 300
#: That many may stand or wait at once on one page.
MOST: Final = 5

_NEEDED = N_("Write it in one language at least.")
_TOO_LONG = N_("At most {most} characters fit.")
_ONE_LINE = N_("Write it on one line.")
_PRIVATE = N_("This link leads into a room. Everybody reads a banner.")
_ORDER = N_("It must end after it begins.")
_OVER = N_("This is over already.")
_MANY = N_("{most} banners stand or wait already. End one first.")


class MayNotPutError(Exception):
    """Who asks may not speak to all readers."""


@dataclass(frozen=True, slots=True)
class NewBanner:
    """A banner as it was typed. ``edition`` None: on all public pages. ``words`` by language, blanks left out."""

    id: str
    edition: Edition | None
    kind: str
    words: Mapping[str, str] = field(default_factory=dict)
    from_at: datetime | None = None
    until_at: datetime | None = None


def may_put(actor: Actor) -> bool:
    """Whether somebody may speak to all readers: moderators and administrators who are not limited to some events."""
    return actor.role in {"moderator", "administrator"} and not actor.is_limited


def check_banner(dbs: Session, new: NewBanner, *, now: datetime) -> None:
    """Raise InvalidContentError beside each field at fault; ``from_at`` None begins at once."""
    found: list[Finding] = []
    if not new.words:
        found.append(Finding("banner.words", Level.ERROR, "words.en", _NEEDED))
    for tag, text in new.words.items():
        if len(text) > LONGEST:
            found.append(Finding("banner.long", Level.ERROR, f"words.{tag}", _TOO_LONG, {"most": LONGEST}))
        elif len(text.splitlines()) > 1:
            found.append(Finding("banner.lines", Level.ERROR, f"words.{tag}", _ONE_LINE))
        elif contains_private_link(text):
            found.append(Finding("banner.private", Level.ERROR, f"words.{tag}", _PRIVATE))
    if new.until_at is not None and new.until_at <= (new.from_at or now):
        found.append(Finding("banner.order", Level.ERROR, "until_on", _OVER if new.until_at <= now else _ORDER))
    if len(standing_banners(dbs, now=now)) >= MOST:
        found.append(Finding("banner.many", Level.ERROR, "words.en", _MANY, {"most": MOST}))
    if found:
        raise InvalidContentError(found)


def put_banner(dbs: Session, new: NewBanner, *, actor: Actor, now: datetime) -> Banner:
    """Put a banner up; the same form sent twice finds the first.

    Raises InvalidContentError, MayNotPutError, and ValueError for a kind that is none or an end that is missing.
    """
    if not may_put(actor):
        raise MayNotPutError(actor.name)
    if (known := dbs.get(Banner, new.id)) is not None:
        return known
    if new.kind not in KINDS or new.until_at is None:
        raise ValueError(new.kind)
    check_banner(dbs, new, now=now)
    banner = Banner(
        id=new.id, edition_id=new.edition.id if new.edition is not None else None, kind=new.kind,
        words=dict(new.words), from_at=new.from_at or now, until_at=new.until_at, created_by=actor.person_id,
        created_at=now,
    )  # fmt: skip
    dbs.add(banner)
    audit(
        dbs, actor=actor.name, action="put-banner", kind="banner", subject_id=banner.id, after=banner.kind,
        detail={
            "edition": ["", new.edition.slug if new.edition is not None else ""],
            "until": ["", banner.until_at.isoformat()], "languages": [[], sorted(new.words)],
        },
        now=now,
    )  # fmt: skip
    dbs.flush()
    return banner


def end_banner(dbs: Session, banner_id: str, *, actor: Actor, now: datetime) -> bool:
    """Take a banner down; tell whether it still stood or waited. Raises MayNotPutError."""
    if not may_put(actor):
        raise MayNotPutError(actor.name)
    banner = dbs.get(Banner, banner_id, with_for_update=True, populate_existing=True)
    if banner is None or banner.ended_at is not None or banner.until_at <= now:
        return False
    banner.ended_at = now
    audit(
        dbs, actor=actor.name, action="end-banner", kind="banner", subject_id=banner.id, before=banner.kind, now=now,
    )  # fmt: skip
    dbs.flush()
    return True


def standing_banners(dbs: Session, *, now: datetime) -> Sequence[tuple[Banner, Edition | None]]:
    """Return the banners that stand or wait, the first to end first. One query."""
    rows = dbs.execute(
        select(Banner, Edition)
        .outerjoin(Edition, Edition.id == Banner.edition_id)
        .where(Banner.ended_at.is_(None), Banner.until_at > now)
        .order_by(Banner.until_at, Banner.id)
        .limit(50)
    )
    return rows.tuples().all()


def past_banners(dbs: Session, *, now: datetime, limit: int = 20) -> Sequence[tuple[Banner, Edition | None]]:
    """Return the last banners that are over, the newest first. One query."""
    rows = dbs.execute(
        select(Banner, Edition)
        .outerjoin(Edition, Edition.id == Banner.edition_id)
        .where((Banner.ended_at.is_not(None)) | (Banner.until_at <= now))
        .order_by(Banner.created_at.desc(), Banner.id)
        .limit(limit)
    )
    return rows.tuples().all()


def banners_version() -> ScalarSelect[int]:
    """Return the version of the banners as a part of a statement."""
    return select(func.count() + func.count(Banner.ended_at)).select_from(Banner).scalar_subquery()


def load_banners(connection: Connection) -> Banners:
    """Return the banners that did not end yet at their version. Two statements."""
    version = connection.scalar(select(banners_version())) or 0
    rows = connection.execute(
        select(Banner.id, Edition.slug, Banner.kind, Banner.words, Banner.from_at, Banner.until_at)
        .select_from(Banner)
        .outerjoin(Edition, Edition.id == Banner.edition_id)
        .where(Banner.ended_at.is_(None))
        # Those that the hour ended are still among them; the last to end come first, so that a bound drops none.
        .order_by(Banner.until_at.desc(), Banner.id)
        .limit(100)
    )
    return Banners(
        version,
        tuple(BannerView(row.id, row.slug or "", row.kind, row.words, row.from_at, row.until_at) for row in rows),
    )
