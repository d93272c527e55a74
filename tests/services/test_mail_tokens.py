"""Mailed links: used once, by one of several at the same moment, for their own purpose alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import make_cast
from wmd.models import MailToken
from wmd.services.mail_tokens import consume, find, issue, revoke, standing

NOW = datetime(2026, 10, 7, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_token_works_once_until_its_end(dbs: Session) -> None:
    make_cast(dbs, NOW)
    token, secret = issue(dbs, "invite", "ana", "organisation-a", HOUR, NOW)
    assert standing(token, now=NOW + HOUR - timedelta(seconds=1)) == "good"
    assert standing(token, now=NOW + HOUR) == "expired"
    assert consume(dbs, "invite", secret, now=NOW + HOUR) is None
    used = consume(dbs, "invite", secret, now=NOW)
    assert used is not None
    assert (used.person_id, used.subject_id) == ("ana", "organisation-a")
    assert consume(dbs, "invite", secret, now=NOW) is None
    found = find(dbs, "invite", secret)
    assert found is not None
    assert standing(found, now=NOW) == "used"


def test_token_of_another_purpose_or_a_changed_secret_is_not_found(dbs: Session) -> None:
    make_cast(dbs, NOW)
    _, secret = issue(dbs, "invite", "ana", "", HOUR, NOW)
    others = [("sign-in", secret), ("invite", secret[:-1]), ("invite", ""), ("invite", secret * 9)]
    assert [find(dbs, purpose, text) for purpose, text in others] == [None] * 4  # type: ignore[arg-type]
    assert [consume(dbs, purpose, text, now=NOW) for purpose, text in others] == [None] * 4  # type: ignore[arg-type]


def test_newer_token_revokes_the_older_of_the_same_subject_unless_told_not_to(dbs: Session) -> None:
    make_cast(dbs, NOW)
    for subject in ("a", "b", "a"):
        issue(dbs, "co-organiser", "ana", subject, HOUR, NOW)
    issue(dbs, "co-organiser", "ben", "a", HOUR, NOW)
    issue(dbs, "co-organiser", "ana", "b", HOUR, NOW, revoke_older=False)

    def good() -> list[tuple[str | None, str]]:
        dbs.expire_all()
        rows = dbs.scalars(select(MailToken).where(MailToken.revoked_at.is_(None)))
        return sorted((row.person_id, row.subject_id) for row in rows)

    assert good() == [("ana", "a"), ("ana", "b"), ("ana", "b"), ("ben", "a")]
    revoke(dbs, "co-organiser", person_id="ana", subject_id=None, now=NOW)
    assert good() == [("ben", "a")]


def test_secrets_are_long_and_all_different_and_stored_as_digests(dbs: Session) -> None:
    secrets = [issue(dbs, "sign-in", None, "", HOUR, NOW)[1] for _ in range(200)]
    assert (len(set(secrets)), {len(secret) for secret in secrets}) == (200, {43})
    stored = set(dbs.scalars(select(MailToken.digest)))
    assert (len(stored), stored & set(secrets)) == (200, set())
