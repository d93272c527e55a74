"""An organiser of organisation A before a fake Zoom whose partner lets the app in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

import requests
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.cast import BASE_URL, get, post, sign_in
from tests.hook_house import HookHouse, hook_house
from tests.zoom_house import STARTS
from wmd.db import db
from wmd.jobs import run_job
from wmd.models import Event, Message, ZoomAccount
from wmd_fakezoom import Room
from wmd_fakezoom.seed import PARTNER, PARTNER_CLIENT_ID, PARTNER_CLIENT_SECRET

PLACE = "/organiser/organisations/AAAAAA/zoom"


@dataclass
class PartnerHouse(HookHouse):
    """A house whose app partners connect to; ``ana`` is a contact's browser."""

    ana: FlaskClient

    def ask(self) -> str:
        """Press the button; return where on Zoom the browser is sent."""
        self.dbs.rollback()
        answer = post(self.ana, PLACE, {"act": "connect"})
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def agree(self, there: str, **more: str) -> str:
        """Say yes on Zoom's page; return the address that the browser is sent back to."""
        self.zoom.control.api.oauth.consents_as = None if more else PARTNER
        answer = requests.get(there, params=more, allow_redirects=False, timeout=5)
        back = answer.headers["Location"]
        assert back.startswith(f"{BASE_URL}/organiser/zoom/callback?")
        return back.removeprefix(BASE_URL)

    def come_back(self, back: str, client: FlaskClient | None = None) -> TestResponse:
        """Follow Zoom's way back."""
        self.dbs.rollback()
        return get(client or self.ana, back)

    def connect(self) -> ZoomAccount:
        """Go all the way; return the account."""
        answer = self.come_back(self.agree(self.ask()))
        assert answer.headers["Location"] == f"{PLACE}?done=connect"
        return self.accounts()[-1]

    def accounts(self) -> list[ZoomAccount]:
        """Return all accounts of partners, read anew."""
        self.dbs.rollback()
        found = select(ZoomAccount).where(ZoomAccount.kind == "partner").order_by(ZoomAccount.created_at)
        rows = list(self.dbs.scalars(found.execution_options(populate_existing=True)))
        # What is read of them later asks nothing, and holds SQLite's one lock from nobody.
        self.dbs.expunge_all()
        self.dbs.rollback()
        return rows

    def partner_room(self, key: str = "one", topic: str = "Care in the city") -> Room:
        """Publish an event whose webinar is in the partner's account."""
        self.publish(key)
        return self.zoom.control.add_webinar(
            STARTS, host=PARTNER, topic=topic, duration=90, timezone="Europe/Madrid"
        )  # fmt: skip

    def pick(self, room: Room, account: ZoomAccount, key: str = "one") -> TestResponse:
        """Say that an event is this webinar."""
        code = self.code(key)
        return post(self.ana, f"{PLACE}/{code}", {"room": f"{account.id}:webinar:{room.id}"})

    def code(self, key: str = "one") -> str:
        """Return the code of an event."""
        self.dbs.rollback()
        code = self.dbs.scalars(select(Event.code).where(Event.key == key)).one()
        self.dbs.rollback()
        return code

    def job(self, name: str, **later: float) -> int:
        """Let time go by, and run a job."""
        self.sync_clock(**later)
        self.dbs.rollback()
        done = run_job(self.app, name)
        self.dbs.rollback()
        return done

    def mails(self, kind: str) -> list[str | None]:
        """Return whom mails of a kind go to."""
        self.dbs.rollback()
        found = list(self.dbs.scalars(select(Message.person_id).where(Message.kind == kind)))
        self.dbs.rollback()
        return sorted(found, key=str)


@contextmanager
def partner_house(database_url: str, folder: Path, **changes: object) -> Iterator[PartnerHouse]:
    """Give a house with an app for partners."""
    settings: dict[str, object] = {
        "zoom_partner_client_id": PARTNER_CLIENT_ID, "zoom_partner_client_secret": PARTNER_CLIENT_SECRET,
    }  # fmt: skip
    with hook_house(database_url, folder, **(settings | changes)) as house:
        house.zoom.control.app(PARTNER_CLIENT_ID).redirect_uris = (f"{BASE_URL}/organiser/zoom/callback",)
        ana = house.app.test_client()
        sign_in(ana, house.app, house.cast.ana)
        db.session.rollback()
        yield PartnerHouse(**{each.name: getattr(house, each.name) for each in fields(house)}, ana=ana)


def query_of(address: str) -> dict[str, str]:
    """Return the query of an address."""
    return dict(part.split("=", 1) for part in urlsplit(address).query.split("&"))
