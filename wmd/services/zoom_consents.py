"""The way to Zoom and back, on which a partner connects an account: a state for one use, bound to who went.

https://developers.zoom.us/docs/integrations/oauth/ (state), RFC 7636 (the verifier). A state is a random word of
which only the digest is kept; who brings back another's, a used one or an old one gets nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from wmd.models import ZoomConsent
from wmd.secretbox import SecretBox

#: So long may somebody stay on Zoom's page.
LIFE: Final = timedelta(minutes=10)
#: So long are used and forgotten ones kept.
KEPT: Final = timedelta(days=1)
_LONGEST: Final = 100


class Connecting(NamedTuple):
    """Who connects an account for which organisation, and the verifier that the code is exchanged with."""

    person_id: str
    organisation_id: str
    verifier: str


def begin_consent(
    dbs: Session, *, person_id: str, organisation_id: str, session_id: str, box: SecretBox, now: datetime
) -> tuple[str, str]:
    """Return a new state and its verifier. The caller commits before anybody is sent away with them."""
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    digest = _digest(state)
    dbs.add(
        ZoomConsent(
            digest=digest, person_id=person_id, organisation_id=organisation_id, session_digest=_digest(session_id),
            verifier=box.seal(verifier, purpose=_purpose(digest)), created_at=now,
        )
    )  # fmt: skip
    dbs.flush()
    return state, verifier


def redeem_consent(
    dbs: Session, state: str, *, person_id: str, session_id: str, box: SecretBox, now: datetime
) -> Connecting | None:
    """Use a state up and return what it was begun for; None unless it is of this person and session, new and unused.

    The caller commits before Zoom is asked, so that of two who come with the same one only one goes on.
    """
    if not 0 < len(state) <= _LONGEST:
        return None
    row = dbs.execute(
        update(ZoomConsent)
        .where(
            ZoomConsent.digest == _digest(state), ZoomConsent.person_id == person_id,
            ZoomConsent.session_digest == _digest(session_id), ZoomConsent.used_at.is_(None),
            ZoomConsent.created_at > now - LIFE,
        )
        .values(used_at=now)
        .returning(ZoomConsent.digest, ZoomConsent.organisation_id, ZoomConsent.verifier)
        .execution_options(synchronize_session=False)
    ).first()  # fmt: skip
    if row is None:
        return None
    digest, organisation_id, verifier = row
    return Connecting(person_id, organisation_id, box.open(verifier, purpose=_purpose(digest)))


def forget_consents(dbs: Session, *, now: datetime) -> None:
    """Delete what is used or over for a day. The caller commits."""
    dbs.execute(delete(ZoomConsent).where(ZoomConsent.created_at < now - KEPT))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _purpose(digest: str) -> str:
    return f"zoom_consents.verifier.{digest}"
