"""Sealing again under the current key what is kept sealed in the database, so that an old key can go.

Links in mails that are out are sealed too: whoever takes an old key away ends those that were made with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from wmd.db import Model
from wmd.models import (
    Draft,
    MailToken,
    Message,
    PersonalFeed,
    PrivateLink,
    ProblemReport,
    Registration,
    StaffMember,
    ZoomAccount,
    ZoomConsent,
    ZoomRegistrant,
    ZoomWebhook,
)
from wmd.secretbox import SecretBox, SecretBoxError
from wmd.services.private_links import FORMER_PURPOSE

PAGE: Final = 200
#: How what is sealed begins: some columns hold plain ids as well.
_MARK: Final = "v1."


class SealedColumn(NamedTuple):
    """A column that holds sealed texts, each bound to ``bound`` and the row's key; to ``former`` before that."""

    model: type[Model]
    key_name: str
    column_name: str
    bound: str
    former: str = ""

    @property
    def name(self) -> str:
        """The column's name with its table."""
        return f"{self.model.__tablename__}.{self.column_name}"

    @property
    def key(self) -> ColumnElement[str]:
        """The column of the row's key."""
        found: ColumnElement[str] = getattr(self.model, self.key_name)
        return found

    @property
    def column(self) -> ColumnElement[str]:
        """The column itself."""
        found: ColumnElement[str] = getattr(self.model, self.column_name)
        return found

    def purposes(self, key: object) -> tuple[str, ...]:
        """Return what the sealed text of a row may be bound to, the right one first."""
        return (f"{self.bound}.{key}", *([self.former] if self.former else []))


#: Every column of the database with something sealed in it.
COLUMNS: Final = (
    SealedColumn(Draft, "id", "sealed", "drafts.sealed"),
    SealedColumn(MailToken, "id", "subject_id", "mail_tokens.subject_id"),
    SealedColumn(Message, "id", "sealed", "messages.sealed"),
    SealedColumn(PersonalFeed, "digest", "sealed", "personal_feeds.sealed"),
    SealedColumn(PrivateLink, "id", "sealed", "private_links.sealed", FORMER_PURPOSE),
    SealedColumn(ProblemReport, "id", "sealed", "problem_reports.sealed"),
    SealedColumn(Registration, "id", "answers", "registrations.answers"),
    SealedColumn(StaffMember, "person_id", "totp_sealed", "staff_members.totp"),
    SealedColumn(StaffMember, "person_id", "totp_next_sealed", "staff_members.totp"),
    SealedColumn(ZoomAccount, "id", "access", "zoom_accounts.access"),
    SealedColumn(ZoomAccount, "id", "refresh", "zoom_accounts.refresh"),
    SealedColumn(ZoomConsent, "digest", "verifier", "zoom_consents.verifier"),
    SealedColumn(ZoomRegistrant, "id", "join_link", "zoom_registrants.join_link"),
    SealedColumn(ZoomWebhook, "dedupe_key", "body", "zoom_webhooks.body"),
)


@dataclass(slots=True)
class Rotated:
    """What became of a column: how many were sealed again, how many open under no key that is there."""

    name: str
    resealed: int = 0
    lost: int = 0


def rotate(dbs: Session, box: SecretBox, *, commit: Callable[[], object]) -> Iterator[Rotated]:
    """Seal everything again under the current key, page by page; a second run finds nothing to do.

    ``commit`` is called after each page, so that no lock lasts long. A row that changed meanwhile keeps what it got.
    """
    for each in COLUMNS:
        done = Rotated(each.name)
        after: str | None = None
        while rows := _page(dbs, each, after):
            for key, sealed in rows:
                _reseal(dbs, box, each, key, sealed, done)
            commit()
            after = rows[-1][0]
        yield done


def _page(dbs: Session, each: SealedColumn, after: str | None) -> list[tuple[str, str]]:
    wanted: list[ColumnElement[bool]] = [each.column.startswith(_MARK)]
    if after is not None:
        wanted.append(each.key > after)
    return list(dbs.execute(select(each.key, each.column).where(*wanted).order_by(each.key).limit(PAGE)).tuples())


def _reseal(dbs: Session, box: SecretBox, each: SealedColumn, key: str, sealed: str, done: Rotated) -> None:
    right = each.purposes(key)[0]
    text = _opened(box, sealed, each.purposes(key))
    if text is None:
        done.lost += 1
        return
    if box.is_current(sealed) and _opened(box, sealed, (right,)) is not None:
        return
    dbs.execute(
        update(each.model)
        .where(each.key == key, each.column == sealed)
        .values({each.column_name: box.seal(text, purpose=right)})
        .execution_options(synchronize_session=False)
    )
    done.resealed += 1


def _opened(box: SecretBox, sealed: str, purposes: tuple[str, ...]) -> str | None:
    for purpose in purposes:
        try:
            return box.open(sealed, purpose=purpose)
        except SecretBoxError:
            continue
    return None
