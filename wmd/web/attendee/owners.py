"""Whose page a personal link opens; every view under ``/me/<token>/`` begins here."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, abort, make_response, render_template

from wmd.db import db
from wmd.models import Attendee, Person
from wmd.services.personal_links import LinkFault, Scope, Token, read_token, standing_attendee
from wmd.web.attendee.answers import private
from wmd.web.means import secret_box
from wmd.web.reading import read_now


@dataclass(frozen=True, slots=True)
class Owner:
    """Who a personal link belongs to, and the link itself."""

    person: Person
    attendee: Attendee
    token: str
    opened: Token

    @property
    def actor(self) -> str:
        """The actor string of what they do."""
        return f"person:{self.person.id}"

    @property
    def path(self) -> str:
        """The path of their own page, with a final slash."""
        return f"/me/{self.token}/"


def owner_of(token: str, *, scope: Scope = "me") -> Owner:
    """Return whose link it is. Answers 404 for what was never one, 410 for one that is over or was revoked."""
    opened = read_token(secret_box(), token, scope=scope, now=read_now())
    if opened is LinkFault.FORGED:
        abort(private(make_response(render_template("attendee/no_link.html", status=404, noindex=True), 404)))
    dbs = db.session()
    attendee = standing_attendee(dbs, opened) if isinstance(opened, Token) else None
    if attendee is None or not isinstance(opened, Token):
        abort(worn(ended=opened is LinkFault.EXPIRED))
    return Owner(dbs.get_one(Person, attendee.person_id), attendee, token, opened)


def worn(*, ended: bool) -> Response:
    """Return the page that says why a link opens nothing any more, and how to get a new one."""
    return private(make_response(render_template("attendee/link_worn.html", ended=ended, noindex=True), 410))
