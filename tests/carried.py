"""An event that registers people here and a room on a fake Zoom to which they are carried."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from tests.attendees import attend, register
from tests.made_rooms import HERE, Made
from tests.zoom_house import STARTS
from wmd.domain.codes import SeededMint
from wmd.domain.zoom.answers import RoomKind
from wmd.gateways import zoom_of
from wmd.models import Message, Registration, ZoomRegistrant
from wmd.services.bindings import bind_room
from wmd.services.registrations import cancel
from wmd.services.zoom_registrants import ticket_of, turn_push
from wmd_fakezoom import Room
from wmd_fakezoom.records import Registrant
from wmd_fakezoom.shown import ticket_url

ADD = "POST /webinars/{id}/registrants"
BATCH = "POST /webinars/{id}/batch_registrants"
LISTS = "GET /webinars/{id}/registrants"
STATUS = "PUT /webinars/{id}/registrants/status"
ONE = "GET /webinars/{id}/registrants/{registrant}"


class Carried(Made):
    """A house with one event of ours, and a webinar of the host's that staff said is its room."""

    def begin(self, *, approval: int = 0, on: bool = True, **settings: Any) -> Room:
        """Publish, bind, and turn carrying on."""
        house = self.house
        self.publish(registration=HERE)
        room = house.zoom.control.add_webinar(
            STARTS, topic="Care in the city", duration=90, approval=approval, settings=settings
        )
        client = zoom_of(house.app)
        assert client is not None
        house.dbs.rollback()
        read = client.room(RoomKind.WEBINAR, str(room.id))
        bind_room(
            house.dbs, house.event(), read, kind="lookup", account_id="own", actor="person:mona",
            mint=SeededMint("bind"), now=house.clock.now,
        )  # fmt: skip
        house.dbs.commit()
        house.sync()
        if on:
            self.turn(wanted=True)
        house.calls()
        return room

    def turn(self, *, wanted: bool) -> None:
        house = self.house
        turn_push(
            house.dbs, house.event(), wanted=wanted, actor="person:ana",
            box=self.means.box, now=house.clock.now,
        )  # fmt: skip
        house.dbs.commit()
        house.zoom.control.set_time(house.clock.now)

    def join(self, *names: str, **changes: Any) -> list[Registration]:
        """Give people a place with a form that said that they are carried over, if nothing else is said."""
        house, event = self.house, self.house.event()
        told = {"read_of_room": True} | changes
        rows = [register(house.dbs, attend(house.dbs, name, house.clock.now), event, house.clock.now, **told)
                for name in names]  # fmt: skip
        house.dbs.commit()
        return rows

    def leave(self, name: str) -> None:
        """Let somebody give their place back."""
        house = self.house
        row = house.dbs.scalars(
            select(Registration).where(Registration.person_id == name, Registration.ended_at.is_(None))
        ).one()
        cancel(house.dbs, row, box=self.means.box, now=house.clock.now)
        house.dbs.commit()

    def carry(self, **later: float) -> int:
        """Let time go by, and run the job."""
        return self.run("zoom-registrants", **later)

    def states(self) -> dict[str, tuple[str, str]]:
        """Return state and fault by person."""
        self.house.dbs.rollback()
        rows = self.house.dbs.scalars(select(ZoomRegistrant).execution_options(populate_existing=True)).all()
        return {row.person_id: (row.state, row.fault) for row in rows if row.person_id}

    def ticket(self, name: str) -> str:
        """Return what somebody's own link opens."""
        self.house.dbs.rollback()
        row = self.house.dbs.scalars(select(Registration).where(Registration.person_id == name)).one()
        return ticket_of(self.house.dbs, self.means.box, row.id)

    def there(self, room: Room) -> dict[str, str]:
        """Return status by name of those whom Zoom has."""
        return {item.email.partition("@")[0]: item.status for item in room.registrants}

    def of(self, room: Room, name: str) -> Registrant:
        """Return somebody as Zoom has them."""
        return next(item for item in reversed(room.registrants) if item.email.startswith(f"{name}@"))

    def own_link(self, room: Room, name: str) -> str:
        """Return the ticket that Zoom gave somebody."""
        return ticket_url(self.house.zoom.control.world, room, self.of(room, name))

    def mails(self) -> list[tuple[str, str]]:
        """Return who is told what about their place in the room."""
        self.house.dbs.rollback()
        rows = self.house.dbs.scalars(
            select(Message).where(Message.kind == "room-place", Message.state == "queued").order_by(Message.person_id)
        )
        return [(row.person_id or "", row.facts["what"]) for row in rows]

    def stopping(self, call: int) -> Callable[[], None]:
        """Return what stops the job like a kill between an answer and its commit, at this answer."""
        left = [call]

        def stop() -> None:
            left[0] -= 1
            if not left[0]:
                raise KeyboardInterrupt

        return stop


def midnight_after(carried: Carried) -> timedelta:
    """Return how long it is until Zoom's day ends."""
    now = carried.house.clock.now
    return now.replace(hour=0, minute=0, second=0) + timedelta(days=1) - now
