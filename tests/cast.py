"""The fixed cast: two organisations and their contacts, the staff, and a stranger; and how they sign in and post.

cast = make_cast(dbs, clock.now)
client = app.test_client()
sign_in(client, app, cast.ana)
answer = post(client, "/organiser/account", {"name": "Ana"})
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from wmd.db import db
from wmd.models import Organisation, OrganisationContact, Person, PublicCode, StaffMember, WebSession
from wmd.services.web_sessions import open_session

BASE_URL = "http://wmd.example"


@dataclass(frozen=True, slots=True)
class Cast:
    """Ids of people, and ids and codes of organisations."""

    a: str = "organisation-a"
    b: str = "organisation-b"
    a_code: str = "AAAAAA"
    b_code: str = "BBBBBB"
    ana: str = "ana"
    ben: str = "ben"
    cleo: str = "cleo"
    rita: str = "rita"
    mona: str = "mona"
    adam: str = "adam"
    stranger: str = "stranger"


def make_cast(dbs: Session, now: datetime) -> Cast:
    """Make and commit the cast.

    ``ana`` (of A), ``ben`` (of B) and ``cleo`` (of both) are contacts, ana and ben the main ones; ``rita`` is a reader,
    ``mona`` a moderator, ``adam`` an administrator; ``stranger`` a person of neither.

    Everybody's address is ``<name>@people.example``.
    """
    cast = Cast()
    names = ("ana", "ben", "cleo", "rita", "mona", "adam", "stranger")
    dbs.add_all(make_person(name, now) for name in names)
    dbs.add_all(PublicCode(code=code, kind="organisation", created_at=now) for code in (cast.a_code, cast.b_code))
    dbs.flush()
    dbs.add(make_organisation(cast.a, cast.a_code, "Organisation A", now))
    dbs.add(make_organisation(cast.b, cast.b_code, "Organisation B", now))
    dbs.flush()
    for organisation_id, person_id in ((cast.a, "ana"), (cast.b, "ben"), (cast.a, "cleo"), (cast.b, "cleo")):
        dbs.add(
            OrganisationContact(
                organisation_id=organisation_id, person_id=person_id, is_main=person_id != "cleo", added_by="command",
                added_at=now,
            )
        )  # fmt: skip
    for person_id, role in (("rita", "reader"), ("mona", "moderator"), ("adam", "administrator")):
        dbs.add(
            StaffMember(person_id=person_id, role=role, regions=[], languages=[], totp_confirmed_at=now, created_at=now)
        )
    dbs.commit()
    return cast


def make_person(name: str, now: datetime) -> Person:
    """Return a person of the cast."""
    address = f"{name}@people.example"
    return Person(id=name, name=name.title(), address=address, address_key=address, created_at=now)


def make_organisation(row_id: str, code: str, name: str, now: datetime) -> Organisation:
    """Return an organisation of the cast; its public code must be there."""
    return Organisation(
        id=row_id, key=row_id, code=code, slug=row_id, names={"en": name}, language="en", acronym="", kind="academia",
        city="Barcelona", country="ES", region="europe", website="", created_at=now,
    )  # fmt: skip


def sign_in(client: FlaskClient, app: Flask, person_id: str | None, *, staff: bool = False) -> str:
    """Open a session of a person in a browser (None: of nobody yet); return its id.

    With ``staff`` the second factor was just shown.
    """
    now: datetime = app.extensions["wmd.gateways"].clock()
    with app.app_context():
        row, secret = open_session(db.session(), person_id=person_id, device="Firefox, Linux", now=now)
        if staff:
            row.second_factor_at = row.fresh_at = now
        session_id = row.id
        db.session.commit()
    set_cookie(client, app, secret)
    return session_id


def set_cookie(client: FlaskClient, app: Flask, secret: str) -> None:
    """Give a browser the cookie of a session."""
    config = app.extensions["wmd.config"]
    name = "wmd_session" if config.is_demo else "__Host-wmd_session"
    client.set_cookie(name, secret, domain="wmd.example", secure=not config.is_demo, httponly=True)


def find_token(page: str) -> str:
    """Return the token of the forms on a page, or a blank."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    return found[1] if found else ""


def csrf_token(client: FlaskClient, base_url: str = BASE_URL) -> str:
    """Fetch a token for this browser, good for each of its forms."""
    return find_token(client.get("/sign-in", base_url=base_url).get_data(as_text=True))


def post(client: FlaskClient, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
    """Fetch a token and send a form to ``path`` with it. ``options`` are those of Werkzeug's client."""
    base_url: str = options.pop("base_url", BASE_URL)
    form = {"csrf_token": csrf_token(client, base_url), **(data or {})}
    return client.post(path, data=form, base_url=base_url, **options)


def get(client: FlaskClient, path: str, **options: Any) -> TestResponse:
    """Fetch ``path`` from the host that the service answers to."""
    options.setdefault("base_url", BASE_URL)
    return client.get(path, **options)


def sessions(dbs: Session) -> list[WebSession]:
    """Return all sessions, the oldest first."""
    dbs.expire_all()
    return list(dbs.query(WebSession).order_by(WebSession.created_at, WebSession.id))
