"""Signing in with a mailed link: asked for, looked at, used.

Known and unknown addresses cause the same work: one look-up, one token, one mail. That of an unknown address leads to
where events are submitted, and its token belongs to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from sqlalchemy.orm import Session

from wmd.models import MailToken, Person, WebSession
from wmd.secretbox import SecretBox
from wmd.services.mail_tokens import Standing, consume, find, issue, standing
from wmd.services.outbox import put_message
from wmd.services.people import find_person, read_address
from wmd.services.states import audit
from wmd.services.web_sessions import end_session, hand_over, open_session

LINK_LIVES = timedelta(minutes=10)


def ask_for_link(
    dbs: Session,
    address: str,
    *,
    next_path: str,
    edition_id: int | None,
    begin_path: str,
    box: SecretBox,
    now: datetime,
) -> None:
    """Mail a sign-in link to an address, or to an unknown one where to begin (``begin_path``).

    Raises InvalidContentError for what is no address.

    A newer link takes the place of an older one, also of its mail if that is not out yet.
    """
    written, key = read_address(address)
    person = find_person(dbs, key)
    # One that belongs to nobody is over as soon as it is made.
    lives = LINK_LIVES if person else timedelta(0)
    token, secret = issue(dbs, "sign-in", person.id if person else None, "", lives, now)
    if person is None:
        put_message(
            dbs, kind="sign-in-unknown", dedupe_key=f"sign-in:{token.id}", cause="visitor", now=now, to=written,
            edition_id=edition_id, facts={"path": begin_path}, thread=f"sign-in:{token.id}",
            box=box,
        )  # fmt: skip
        return
    link = f"/sign-in/confirm?t={secret}"
    if next_path != "/":
        link += f"&next={quote(next_path, safe='/')}"
    put_message(
        dbs, kind="sign-in", dedupe_key=f"sign-in:{token.id}", cause="visitor", now=now, person_id=person.id,
        secret=link, edition_id=edition_id, facts={"minutes": int(LINK_LIVES.total_seconds()) // 60},
        not_after=token.expires_at, thread=f"sign-in:{person.id}", box=box,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """A mailed link as it stands; ``person`` is whom it signs in."""

    standing: Standing
    person: Person | None = None


def look_at_link(dbs: Session, secret: str, *, now: datetime) -> Link:
    """Return how a link stands, changing nothing. An unknown one reads as expired."""
    token = find(dbs, "sign-in", secret)
    if token is None:
        return Link("expired")
    person = _person_of(dbs, token)
    return Link(standing(token, now=now), person) if person else Link("expired")


def use_link(
    dbs: Session, secret: str, *, device: str, present: WebSession | None, now: datetime
) -> tuple[WebSession, Person, str] | None:
    """Use a link: return a new session, whose it is, and the cookie's secret; None when the link does not work.

    The browser's ``present`` session ends: what hangs on an anonymous one passes to the person.
    """
    token = consume(dbs, "sign-in", secret, now=now)
    person = _person_of(dbs, token) if token else None
    if person is None:
        return None
    return person_signs_in(dbs, person, device=device, present=present, how="link", now=now)


def person_signs_in(
    dbs: Session, person: Person, *, device: str, present: WebSession | None, how: str, now: datetime
) -> tuple[WebSession, Person, str]:
    """Open a session of a person whose identity was shown; ``how`` (link, oidc) goes into the trail."""
    if present is not None and present.person_id is None:
        hand_over(dbs, present, person.id, now=now)
    elif present is not None:
        end_session(dbs, present, now=now)
    row, cookie = open_session(dbs, person_id=person.id, device=device, now=now)
    person.last_active_at = now
    audit(
        dbs, actor=f"person:{person.id}", action="sign-in", kind="person", subject_id=person.id, after=how, now=now
    )  # fmt: skip
    return row, person, cookie


def person_signs_out(dbs: Session, session: WebSession, *, now: datetime) -> None:
    """End a session because whoever sits there wants to leave."""
    end_session(dbs, session, now=now)
    if session.person_id:
        who = session.person_id
        audit(dbs, actor=f"person:{who}", action="sign-out", kind="person", subject_id=who, now=now)


def _person_of(dbs: Session, token: MailToken) -> Person | None:
    person = dbs.get(Person, token.person_id) if token.person_id else None
    return person if person is not None and person.erased_at is None else None
