"""Who asks: the cookie, the session behind it, and the person with their rights; read once per request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, after_this_request, current_app, request

from config import Config
from wmd.db import db, only_reads
from wmd.domain.devices import device_words
from wmd.models import Person, StaffMember, WebSession
from wmd.services.actors import VISITOR, Actor, person_actor
from wmd.services.web_sessions import CONTACT_LIMITS, SEEN_EVERY, find_session, note_seen, open_session
from wmd.web.edge import PRIVATE_PATH
from wmd.web.reading import read_now

#: Where it stands in the environment of a request.
KEY = "wmd.visitor"

#: Pages of the staff that not every role may open.
_FOR_ROLES = {
    "/staff/people": {"administrator"}, "/staff/settings": {"administrator", "moderator"},
    "/staff/bulk": {"administrator", "moderator"}, "/staff/zoom": {"administrator", "moderator"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks. ``session`` is None until something was begun; ``person`` until somebody signed in."""

    session: WebSession | None = None
    person: Person | None = None
    staff: StaffMember | None = None
    actor: Actor = VISITOR

    def as_contact(self) -> Actor:
        """Return who acts as an organiser here, whatever rights they have elsewhere."""
        return person_actor(self.person.id) if self.person else VISITOR

    @property
    def person_id(self) -> str | None:
        """The id of who is signed in."""
        return self.person.id if self.person else None


def cookie_name() -> str:
    """Return the name of the session's cookie; ``__Host-`` binds it to this host and to TLS (RFC 6265bis §4.1.3.2)."""
    config: Config = current_app.extensions["wmd.config"]
    return "wmd_session" if config.is_demo else "__Host-wmd_session"


def visitor() -> Visitor:
    """Return who asks. Without a cookie the database is not asked."""
    environ: dict[str, Any] = request.environ
    if KEY not in environ:
        environ[KEY] = _read()
    found: Visitor = environ[KEY]
    return found


def _read() -> Visitor:
    secret = request.cookies.get(cookie_name(), "")
    if not secret or len(secret) > 100:
        return Visitor()
    now = read_now()
    found = find_session(db.session(), secret, now=now)
    if found is None:
        return Visitor()
    if request.method in {"GET", "HEAD"}:
        note_seen(db.engine, found.session, now=now)
    elif now - found.session.last_seen_at >= SEEN_EVERY:
        found.session.last_seen_at = now
    actor = person_actor(found.person.id, found.staff) if found.person else VISITOR
    return Visitor(found.session, found.person, found.staff, actor)


def keep_session() -> WebSession:
    """Return this browser's session; without one, an anonymous one is opened, whose cookie goes with the answer.

    Call it only while answering a POST, and commit afterwards.
    """
    row = visitor().session
    if row is not None:
        return row
    row, secret = open_session(
        db.session(), person_id=None, device=device_words(request.user_agent.string), now=read_now()
    )
    become(Visitor(session=row), secret)
    return row


def become(who: Visitor, secret: str | None) -> None:
    """Let the rest of this request be ``who``, and let the answer carry the cookie with ``secret`` (None: no more)."""
    request.environ[KEY] = who
    config: Config = current_app.extensions["wmd.config"]
    name = cookie_name()

    @after_this_request
    def carry(response: Response) -> Response:
        if secret is None:
            response.delete_cookie(name, path="/", secure=not config.is_demo, httponly=True, samesite="Lax")
        else:
            response.set_cookie(
                name, secret, max_age=CONTACT_LIMITS.absolute, path="/", secure=not config.is_demo, httponly=True,
                samesite="Lax",
            )  # fmt: skip
        return response


#: A provider of single sign-on, and Zoom, send browsers back with GET; what was begun with them is then written.
_WRITES = frozenset({"account.single_sign_on.callback", "organiser.zoom_accounts.callback"})


def _read_only_where_nothing_is_written() -> None:
    reads = request.method in {"GET", "HEAD"} and request.endpoint not in _WRITES
    if reads and PRIVATE_PATH.match(request.path):
        only_reads(db.session())


def may_open(path: str) -> bool:
    """Return whether an entry of the staff's menu leads who asks anywhere but to a refusal."""
    return visitor().actor.role in _FOR_ROLES.get(path, {visitor().actor.role})


def register(app: Flask) -> None:
    """Have pages behind a sign-in read without ever waiting for SQLite's write lock, and know who is signed in."""
    app.before_request(_read_only_where_nothing_is_written)
    app.jinja_env.globals.update(
        signed_in=lambda: visitor().person is not None,
        is_limited=lambda: visitor().actor.is_limited,
        may_open=may_open,
    )
