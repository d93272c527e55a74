"""A service with the edition of 2021, the cast, and drafts as they would have been typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from tests import documents
from tests.cast import Cast, make_cast, sign_in
from tests.conftest import LEAD_STARTED_AT, Clock, make_test_app
from tests.domain.forms.cast import filled
from tests.handing_in import make_edition
from tests.web.machine import forget_database
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.domain.codes import Mint
from wmd.models import Draft
from wmd.services.drafts import NewDraft, Owner, create_draft, read_typed
from wmd.services.references import find_edition


@dataclass
class Desk:
    """One service, and what tests do with drafts on it."""

    app: Flask
    cast: Cast
    clock: Clock

    def client(self, person_id: str | None = "ana", *, staff: bool = False) -> FlaskClient:
        """Return a browser in which somebody is signed in; None: a stranger's."""
        client = self.app.test_client()
        if person_id is not None:
            sign_in(client, self.app, person_id, staff=staff)
        return client

    def draft(self, typed: Mapping[str, str], *, person_id: str = "ana", number: int = 1) -> str:
        """Make a draft of somebody's and return its id."""
        with self.app.app_context():
            dbs = db.session()
            edition = find_edition(dbs, "2021")
            assert edition is not None
            box = self.app.extensions["wmd.secretbox"]
            new, owner = NewDraft(edition, f"form-{number}"), Owner(person_id)
            draft = create_draft(dbs, box, new, owner, typed, mint=Mint(), now=LEAD_STARTED_AT)
            dbs.commit()
            found = draft.id
            db.session.remove()
        return found

    def typed(self, draft_id: str) -> dict[str, str]:
        """Return what a draft holds now."""
        with self.app.app_context():
            draft = db.session().get_one(Draft, draft_id)
            found = read_typed(draft, self.app.extensions["wmd.secretbox"])
            db.session.remove()
        return found


def of_a(**changes: str) -> dict[str, str]:
    """Return a form without a fault for organisation A."""
    typed = {name: text for name, text in filled().items() if not name.startswith(("organisation.", "contact."))}
    changed = {name.replace("__", "."): text for name, text in changes.items()}
    return typed | {"organisation.key": "organisation-a", "region": "europe"} | changed


@contextmanager
def desk_on(url: str, folder: Path, *, events: int = 1) -> Iterator[Desk]:
    """Give a service with the edition, some published events of others at 15:00 in Madrid, and the cast."""
    clock = Clock()
    app = make_test_app(url, folder, clock)
    with app.app_context():
        dbs = db.session()
        cast = make_cast(dbs, LEAD_STARTED_AT)
        make_edition(dbs, LEAD_STARTED_AT)
        known = [documents.event(f"event-{number}") for number in range(events)]
        documents.apply(dbs, publishing_setting(app), documents.document(*known))
        dbs.commit()
        app.extensions["wmd.library"].refresh()
        db.session.remove()
    yield Desk(app, cast, clock)
    forget_database(app)
