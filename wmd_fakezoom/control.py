"""What tests and the control port can do to the fake: the hand of the host, of the partner, of Zoom, of the network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from wmd_fakezoom import life
from wmd_fakezoom.api import Api, Entry, Sent
from wmd_fakezoom.clock import utc_text
from wmd_fakezoom.faults import Fault, FaultKind
from wmd_fakezoom.ids import UuidForm
from wmd_fakezoom.records import AUTOMATIC, NO_REGISTRATION, Kind, Registrant, Room, User, Visit
from wmd_fakezoom.shown import join_url, registration_url, start_url, ticket_url
from wmd_fakezoom.tokens import App
from wmd_fakezoom.webhooks import Webhooks
from wmd_fakezoom.world import World


@dataclass(frozen=True)
class Links:
    """The links of a room."""

    join: str
    registration: str
    start: str


class Control:
    """The hand that moves the fake's world. Rooms are named by number; every method takes the world's lock."""

    def __init__(self, world: World, api: Api, webhooks: Webhooks) -> None:
        self.world = world
        self.api = api
        self.webhooks = webhooks

    # The clock

    @property
    def now(self) -> datetime:
        """The fake's time."""
        return self.world.now()

    def move(self, *, deliver: bool = False, **by: float) -> datetime:
        """Move the clock by ``days``, ``hours``, ``minutes``, ``seconds``; ``deliver`` also sends webhooks."""
        now = self.world.clock.move(timedelta(**by))
        if deliver:
            self.webhooks.send_due()
        return now

    def set_time(self, at: datetime) -> datetime:
        """Set the clock to an aware instant."""
        return self.world.clock.set(at)

    # People and apps

    def add_user(self, email: str, *, account_id: str | None = None, webinar_capacity: int = 500, **more: Any) -> User:
        """Add a user; ``webinar_capacity`` 0 says: without a licence for webinars."""
        with self.world.lock:
            account = account_id or self.world.users[0].account_id
            user = User(self.world.ids.text(22), email, account, webinar_capacity=webinar_capacity, **more)
            user.type = 2 if webinar_capacity else 1
            self.world.users.append(user)
        return user

    def user(self, name: str) -> User:
        """Return a user by id or address."""
        found = self.world.user(name)
        if found is None:
            raise LookupError(name)
        return found

    def app(self, client_id: str) -> App:
        """Return an app; its scopes can be changed, for the tokens to come."""
        return self.world.tokens.app(client_id)

    def set_scopes(self, client_id: str, scopes: tuple[str, ...]) -> None:
        """Give an app other scopes; its tokens have them at once."""
        with self.world.lock:
            app = self.app(client_id)
            app.scopes = scopes
            for token in self.world.tokens.access.values():
                if token.app is app:
                    token.scopes = app.granted()

    def kill_tokens(self, client_id: str | None = None) -> None:
        """End the access tokens of an app, or all."""
        with self.world.lock:
            self.world.tokens.kill(None if client_id is None else self.app(client_id))

    def revoke(self, user_name: str) -> None:
        """Let a user take back what it allowed: tokens end, and the app is told (``app_deauthorized``)."""
        with self.world.lock:
            user = self.user(user_name)
            for app in self.world.tokens.revoke(user):
                thing = {
                    "user_id": user.id,
                    "client_id": app.client_id,
                    "deauthorization_time": utc_text(self.now),
                    "signature": "",
                }
                self.world.tell("app_deauthorized", user.account_id, thing)

    # Rooms

    def add(
        self,
        kind: Kind,
        starts_at: datetime | None,
        *,
        host: str | None = None,
        uuid_form: UuidForm = "",
        approval: int = AUTOMATIC,
        settings: Mapping[str, Any] | None = None,
        **wish: Any,
    ) -> Room:
        """Add a room by the host's hand; ``wish`` is what the API takes (``topic``, ``duration``, ``recurrence`` …)."""
        with self.world.lock:
            user = self.user(host) if host else self.world.users[0]
            times = {} if starts_at is None else {"start_time": utc_text(starts_at)}
            full = {**wish, **times, "settings": {"approval_type": approval, **(settings or {})}}
            return life.make_room(self.world, user, kind, full, uuid_form=uuid_form)

    def add_webinar(self, starts_at: datetime | None, **wish: Any) -> Room:
        """Add a webinar; see ``add``."""
        return self.add("webinar", starts_at, **wish)

    def add_meeting(self, starts_at: datetime | None, **wish: Any) -> Room:
        """Add a meeting; see ``add``."""
        return self.add("meeting", starts_at, **wish)

    def room(self, room_id: int | str) -> Room:
        """Return a room by number, whatever became of it."""
        return self.world.of_id(int(room_id))

    def links(self, room_id: int | str) -> Links:
        """Return the links of a room."""
        room = self.room(room_id)
        return Links(join_url(self.world, room), registration_url(self.world, room), start_url(self.world, room))

    def ticket(self, room_id: int | str, email: str) -> str:
        """Return one person's own link."""
        room = self.room(room_id)
        found = next(item for item in room.registrants if item.email.lower() == email.lower())
        return ticket_url(self.world, room, found)

    def change(self, room_id: int | str, *, occurrence_id: str = "", **wish: Any) -> None:
        """Change a room by the host's hand; ``wish`` is what the API takes."""
        with self.world.lock:
            life.change_room(self.world, self.room(room_id), wish, occurrence_id=occurrence_id)

    def move_room(self, room_id: int | str, starts_at: datetime, *, occurrence_id: str = "") -> None:
        """Let the host move a room, or one of its dates."""
        self.change(room_id, occurrence_id=occurrence_id, start_time=utc_text(starts_at))

    def change_link(self, room_id: int | str) -> str:
        """Give a room another registration link, and return it. The old one is dead, and so are the tickets."""
        with self.world.lock:
            room = self.room(room_id)
            old = {"id": room.id, "registration_url": registration_url(self.world, room)}
            room.raw_token = self.world.ids.uuid()
            new = registration_url(self.world, room)
            life.tell_updated(self.world, room, {"registration_url": new}, old)
        return new

    def close_registration(self, room_id: int | str, *, is_closed: bool = True) -> None:
        """Let the host close or open registration."""
        self.change(room_id, settings={"close_registration": is_closed})

    def switch_registration_off(self, room_id: int | str) -> None:
        """Let the host ask no registration any more: the link is gone from answers."""
        self.change(room_id, settings={"approval_type": NO_REGISTRATION})

    def delete(self, room_id: int | str) -> None:
        """Let the host delete a room; it can come back."""
        with self.world.lock:
            life.delete_room(self.world, self.room(room_id))

    def recover(self, room_id: int | str) -> None:
        """Let the host take it back."""
        with self.world.lock:
            life.recover_room(self.world, self.room(room_id))

    def delete_for_good(self, room_id: int | str) -> None:
        """Let the host delete it for ever."""
        with self.world.lock:
            life.end_for_good(self.world, self.room(room_id))

    def recreate(self, room_id: int | str) -> Room:
        """Let the host delete a room and make the same anew: another number, UUID and link, and no registrants."""
        with self.world.lock:
            old = self.room(room_id)
            if old.state == "active":
                life.delete_room(self.world, old)
            wish: dict[str, Any] = {
                "type": old.type,
                "topic": old.topic,
                "duration": old.duration,
                "agenda": old.agenda,
            }
            wish |= {"timezone": old.timezone, "settings": dict(old.settings), "recurrence": old.recurrence}
            if old.starts_at is not None:
                wish["start_time"] = utc_text(old.starts_at)
            return life.make_room(self.world, old.host, old.kind, {name: wish[name] for name in wish if wish[name]})

    def convert_to_webinar(self, room_id: int | str) -> None:
        """Let the host turn a meeting into a webinar: same number, other kind, another form of link."""
        with self.world.lock:
            life.convert(self.room(room_id))

    def start(self, room_id: int | str) -> None:
        """Let the host begin."""
        with self.world.lock:
            life.start(self.world, self.room(room_id))

    def join(self, room_id: int | str, name: str, email: str = "", *, minutes: float = 60) -> Visit:
        """Let somebody come to a room that is on; with the address of a registrant it is that one."""
        with self.world.lock:
            room = self.room(room_id)
            if room.live is None:
                raise ValueError("not live")
            registrant_id = next((item.id for item in room.registrants if item.email.lower() == email.lower()), "")
            visit = Visit(name, email, self.now, self.now + timedelta(minutes=minutes), registrant_id)
            room.live.visits.append(visit)
            life.tell_visit(self.world, room, visit, "joined")
            return visit

    def leave(self, room_id: int | str, visit: Visit) -> None:
        """Let somebody go."""
        with self.world.lock:
            visit.left_at = self.now
            life.tell_visit(self.world, self.room(room_id), visit, "left")

    def end(self, room_id: int | str) -> None:
        """Let the host end it."""
        with self.world.lock:
            life.finish(self.world, self.room(room_id))

    def register(
        self, room_id: int | str, email: str, *, first_name: str = "Someone", status: str = "approved"
    ) -> Registrant:
        """Let somebody register on Zoom's own form."""
        with self.world.lock:
            room, ids = self.room(room_id), self.world.ids
            fields = {"first_name": first_name, "last_name": ""}
            item = Registrant(ids.text(22), email, fields, status, self.now, ids.text(43), (), self.world.next_seq())
            room.registrants.append(item)
            life.tell_registrant(self.world, room, item, "created")
            return item

    # Faults and the log

    def fault(self, kind: FaultKind, route: str = "*", *, nth: int = 1, times: int | None = 1, **options: Any) -> Fault:
        """Script a fault for a route (``GET /webinars/{id}``): from its n-th call on, so many times, or always."""
        fault = Fault(route, kind, nth, times, options)
        with self.world.lock:
            self.api.faults.append(fault)
        return fault

    def no_faults(self) -> None:
        """Forget every fault."""
        with self.world.lock:
            self.api.faults.clear()

    def log(self) -> list[Entry]:
        """Return the log of calls: no path, no query, no body."""
        with self.world.lock:
            return list(self.api.log)

    def counts(self) -> dict[str, int]:
        """Return how often each route was called."""
        return dict(Counter(entry.route for entry in self.log()))

    def sent(self) -> list[Sent]:
        """Return the requests as they came; only for tests in the same process."""
        with self.world.lock:
            return list(self.api.sent)

    def forget_log(self) -> None:
        """Begin the log anew."""
        with self.world.lock:
            self.api.log.clear()
            self.api.sent.clear()

    def log_document(self) -> dict[str, Any]:
        """Return the log as the control port shows it."""
        entries = [{**asdict(entry), "at": utc_text(entry.at)} for entry in self.log()]
        return {"total": len(entries), "counts": self.counts(), "calls": entries}
