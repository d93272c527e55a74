"""Limits on how often something may be done, shared by all processes, without keeping who did it.

Counts stand in ``rate_counts`` under a keyed digest of what is counted, one row per window of time.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from wmd.models import RateCount


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``count`` times in each window. Windows begin at whole multiples of their length."""

    name: str
    count: int
    window: timedelta


SIGN_IN_BY_ADDRESS = Limit("sign-in-address", 6, timedelta(minutes=15))
SIGN_IN_BY_NETWORK = Limit("sign-in-network", 60, timedelta(minutes=15))
SECOND_FACTOR = Limit("second-factor", 5, timedelta(minutes=15))
SUBMIT_BY_ADDRESS = Limit("submit-address", 20, timedelta(hours=1))
SUBMIT_BY_NETWORK = Limit("submit-network", 60, timedelta(hours=1))
#: Mails of one day that somebody gets because others typed their address: to confirm, to answer, to become a contact.
UNASKED_BY_PERSON = Limit("unasked-person", 10, timedelta(days=1))
#: Asking to be reminded, for "my link" and for a change of address: by what was typed, and by where it came from.
FOLLOW_BY_ADDRESS = Limit("follow-address", 20, timedelta(hours=1))
FOLLOW_BY_NETWORK = Limit("follow-network", 200, timedelta(hours=1))
#: Mails of one day with a button that an address gets because somebody typed it into a form to follow or register.
ATTENDEE_MAILS = Limit("attendee-mails", 6, timedelta(days=1))
#: "Send my link again", by what was typed, known or not: nothing else shall use up the way back to one's own page.
OWN_LINK_HOUR = Limit("own-link-hour", 5, timedelta(hours=1))
OWN_LINK_DAY = Limit("own-link-day", 10, timedelta(days=1))
#: Mails of one day about acts that a person asks for on their own page.
PROOF_MAILS = Limit("proof-mails", 6, timedelta(days=1))
#: Ending all links mails a new one.
END_LINKS = Limit("end-links", 5, timedelta(hours=1))
PROBLEM_BY_NETWORK = Limit("problem-network", 20, timedelta(hours=1))
INVITE_BY_PERSON = Limit("invite-person", 30, timedelta(hours=1))


def hit(dbs: Session, limit: Limit, what: str, *, secret: str, now: datetime) -> int:
    """Count one time and return 0, or the seconds to wait when that was one too many.

    ``what`` is an address, a network or an id; it is stored as a digest keyed with ``secret``. Commit also when it was
    too many. One atomic statement on both databases, so that several processes count together.
    """
    starts_at = _window(limit, now)
    make = postgresql.insert if dbs.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = make(RateCount).values(
        key=_key(limit, what, secret), window_starts_at=starts_at, count=1, expires_at=starts_at + 2 * limit.window
    )
    counted = row.on_conflict_do_update(
        index_elements=[RateCount.key, RateCount.window_starts_at], set_={"count": RateCount.count + 1}
    ).returning(RateCount.count)
    if dbs.execute(counted).scalar_one() <= limit.count:
        return 0
    return max(1, int((starts_at + limit.window - now).total_seconds()))


def may_mail_unasked(dbs: Session, person_id: str, *, now: datetime) -> bool:
    """Count one mail that a person did not ask for and tell whether it may be written.

    Every address belongs to one person, whose id is random: its digest needs no key. The count is undone with the
    transaction that would have written the mail.
    """
    return hit(dbs, UNASKED_BY_PERSON, person_id, secret="", now=now) == 0


def forgive(dbs: Session, limit: Limit, what: str, *, secret: str) -> None:
    """Forget what was counted: it turned out right."""
    dbs.execute(delete(RateCount).where(RateCount.key == _key(limit, what, secret)))


def forget_counts(dbs: Session, *, now: datetime, limit: int = 1000) -> int:
    """Delete counts of windows that are over; return how many."""
    due = select(RateCount.key).where(RateCount.expires_at < now).limit(limit)
    done = dbs.execute(
        delete(RateCount).where(RateCount.expires_at < now, RateCount.key.in_(due)).returning(RateCount.key)
    )
    return len(done.all())


def _window(limit: Limit, now: datetime) -> datetime:
    length_s = int(limit.window.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // length_s * length_s, UTC)


def _key(limit: Limit, what: str, secret: str) -> str:
    return hmac.new(secret.encode(), f"rate {limit.name} {what}".encode(), "sha256").hexdigest()
