"""The client of Zoom: its methods are the calls that this service makes, and no others.

https://developers.zoom.us/docs/api/meetings/. Every address that Zoom names passes the gate before anybody sees it.
Lists come whole, in a bounded number of pages. A room's id may be its number or its UUID.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime
from typing import Literal, TypeVar
from urllib.parse import quote

import requests

from wmd.domain.zoom import reading
from wmd.domain.zoom.answers import (
    Absentee,
    Added,
    Instance,
    Page,
    Panelist,
    Participant,
    Question,
    Registrant,
    Room,
    RoomKind,
    RoomListing,
    TrackingSource,
    ZoomUser,
)
from wmd.domain.zoom.calls import Budget, CallLog, Label, TokenStore
from wmd.domain.zoom.faults import Fix, Garbled, Refused, ZoomFault
from wmd.domain.zoom.links import encode_uuid
from wmd.domain.zoom.wishes import Action, RegistrantWish, RoomWish
from wmd.gateways.zoom.asking import Ask, Asker
from wmd.gateways.zoom.gate import zoom_only
from wmd.gateways.zoom.pages import whole_list
from wmd.gateways.zoom.tokens import Credentials, PartnerCredentials, TokenDesk
from wmd.gateways.zoom.transport import Limits

log = logging.getLogger(__name__)

T = TypeVar("T")
Status = Literal["approved", "pending", "denied"]
WebinarList = Literal["scheduled", "upcoming"]
MeetingList = Literal["scheduled", "live", "upcoming"]

#: So many people fit into one batch and one change of status.
MOST_AT_ONCE = 30
_PATHS = {RoomKind.WEBINAR: "webinars", RoomKind.MEETING: "meetings"}
_TURNS = {"is-webinar": RoomKind.WEBINAR, "is-meeting": RoomKind.MEETING}


class ZoomClient:
    """Speaks to Zoom for one account. May be used by several threads at once; holds no transaction, ever."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        http: requests.Session,
        tokens: TokenStore,
        budget: Budget,
        calls: CallLog,
        clock: Callable[[], datetime],
        sleep: Callable[[float], object],
        oauth_url: str = "https://zoom.us",
        api_url: str = "https://api.zoom.us/v2",
        connect_s: float = 3.0,
        read_s: float = 10.0,
        may_reach: Callable[[str], bool] = zoom_only,
        draw: Callable[[], float] = random.random,
    ) -> None:
        limits = Limits(connect_s, read_s)
        self._user_ids: dict[str, str] = {}
        self.credentials, self._may_reach, self._tokens = credentials, may_reach, tokens
        self.desk = TokenDesk(credentials, http, clock, may_reach, oauth_url.rstrip("/"), limits)
        self._asker = Asker(
            self.desk, http=http, tokens=tokens, budget=budget, calls=calls, clock=clock, sleep=sleep, api_url=api_url,
            limits=limits, may_reach=may_reach, draw=draw,
        )  # fmt: skip

    def at_leisure(self) -> ZoomClient:
        """Return the same client for calls for which nobody waits: they leave a part of each day to the others."""
        found = copy(self)
        found._asker = self._asker.at_leisure()
        return found

    # Rooms

    def list_webinars(self, user: str, type: WebinarList = "scheduled") -> Page[RoomListing]:
        """Return a user's webinars that are not over, those that are on among them."""
        return self._rooms(user, RoomKind.WEBINAR, type)

    def list_meetings(self, user: str, type: MeetingList = "scheduled") -> Page[RoomListing]:
        """Return a user's meetings."""
        return self._rooms(user, RoomKind.MEETING, type)

    def live(self, user: str) -> Page[RoomListing]:
        """Return a user's meetings that are on now. Webinars that are on stand among the upcoming ones."""
        return self._rooms(user, RoomKind.MEETING, "live")

    def room(self, kind: RoomKind, room_id: str) -> Room:
        """Return a room as it is now; one that was converted meanwhile is found as what it is."""
        try:
            return self._room(kind, room_id)
        except (Refused, Fix) as fault:
            turned = _turned(kind, fault)
            if turned is kind:
                raise
        return self._room(turned, room_id)

    def create_webinar(self, user: str, wish: RoomWish) -> Room:
        """Create a webinar under a user and return it as Zoom made it."""
        return self._create(RoomKind.WEBINAR, user, wish, 5)

    def create_meeting(self, user: str, wish: RoomWish) -> Room:
        """Create a meeting under a user and return it as Zoom made it."""
        return self._create(RoomKind.MEETING, user, wish, 2)

    def update_webinar(self, room_id: str, wish: RoomWish, *, host: str = "") -> None:
        """Change what the wish names. ``host`` is whose hundred changes of the day it is counted among."""
        self._update(RoomKind.WEBINAR, room_id, wish, host)

    def update_meeting(self, room_id: str, wish: RoomWish, *, host: str = "") -> None:
        """Change what the wish names. ``host`` is whose hundred changes of the day it is counted among."""
        self._update(RoomKind.MEETING, room_id, wish, host)

    def delete_webinar(self, room_id: str) -> None:
        """Delete a webinar, without a mail of Zoom's to anybody."""
        self._delete(RoomKind.WEBINAR, room_id, {"cancel_webinar_reminder": "false"})

    def delete_meeting(self, room_id: str) -> None:
        """Delete a meeting, without a mail of Zoom's to anybody."""
        self._delete(RoomKind.MEETING, room_id, {"schedule_for_reminder": "false", "cancel_meeting_reminder": "false"})

    # Those who register

    def registrants(
        self, kind: RoomKind, room_id: str, status: Status = "approved", *, occurrence_id: str = ""
    ) -> Page[Registrant]:
        """Return those who are registered, wait, or were denied: one status at a time."""
        query = {"status": status, **({"occurrence_id": occurrence_id} if occurrence_id else {})}
        ask = self._ask_room("GET", kind, room_id, "/registrants", Label.MEDIUM, query=query)
        return self._list(ask, "registrants", self._registrant, key=lambda each: each.id)

    def registrant(self, kind: RoomKind, room_id: str, registrant_id: str) -> Registrant:
        """Return one of them."""
        path = f"/registrants/{quote(registrant_id, safe='')}"
        ask = self._ask_room("GET", kind, room_id, path, Label.LIGHT, route="/registrants/{registrant}")
        return self._registrant(self._asker.ask(ask))

    def add_registrant(
        self, kind: RoomKind, room_id: str, wish: RegistrantWish, *, occurrence_ids: Sequence[str] = ()
    ) -> Added:
        """Register somebody: three times a day for the same address at most, so never asked again on a guess."""
        if not wish.is_sendable:
            raise Refused("address", status=0)
        query = {"occurrence_ids": ",".join(occurrence_ids)} if occurrence_ids else {}
        ask = self._ask_room("POST", kind, room_id, "/registrants", Label.LIGHT, query=query, body=wish.body())
        return self._added(self._asker.ask(ask))

    def add_batch(
        self, kind: RoomKind, room_id: str, wishes: Sequence[RegistrantWish], *, auto_approve: bool = True
    ) -> tuple[Added, ...]:
        """Register up to thirty people at once in a room with a single date. Zoom may leave some out."""
        if not 0 < len(wishes) <= MOST_AT_ONCE or not all(wish.is_sendable for wish in wishes):
            msg = "a batch holds one to thirty people whose addresses can be sent"
            raise ValueError(msg)
        body = {"auto_approve": auto_approve, "registrants": [wish.short_body() for wish in wishes]}
        ask = self._ask_room("POST", kind, room_id, "/batch_registrants", Label.HEAVY, body=body)
        return reading.page(self._asker.ask(ask), "registrants", self._added).items

    def set_registrant_status(
        self,
        kind: RoomKind,
        room_id: str,
        action: Action,
        people: Sequence[tuple[str, str]],
        *,
        occurrence_id: str = "",
    ) -> None:
        """Approve, deny or cancel up to thirty people, given as (registrant id, address)."""
        if not 0 < len(people) <= MOST_AT_ONCE:
            msg = "one to thirty people at once"
            raise ValueError(msg)
        # Of somebody whose address is forgotten the id says enough.
        named = [{"id": each, **({"email": email} if email else {})} for each, email in people]
        body = {"action": action, "registrants": named}
        query = {"occurrence_id": occurrence_id} if occurrence_id else {}
        self._asker.ask(
            self._ask_room("PUT", kind, room_id, "/registrants/status", Label.MEDIUM, query=query, body=body)
        )

    def questions(self, kind: RoomKind, room_id: str) -> tuple[Question, ...]:
        """Return what the registration form asks, beside name and address."""
        ask = self._ask_room("GET", kind, room_id, "/registrants/questions", Label.LIGHT)
        return reading.questions(self._asker.ask(ask))

    def panelists(self, room_id: str) -> Page[Panelist]:
        """Return who is on a webinar's stage."""
        ask = self._ask_room("GET", RoomKind.WEBINAR, room_id, "/panelists", Label.MEDIUM)
        return reading.page(self._asker.ask(ask), "panelists", reading.panelist)

    def tracking_sources(self, room_id: str) -> Page[TrackingSource]:
        """Return a webinar's registration links for different places of publication."""
        ask = self._ask_room("GET", RoomKind.WEBINAR, room_id, "/tracking_sources", Label.MEDIUM)
        return reading.page(self._asker.ask(ask), "tracking_sources", self._tracking_source)

    # Afterwards

    def past_participants(self, kind: RoomKind, room_id: str) -> Page[Participant]:
        """Return every stay in the latest (or, with a UUID, in one) instance of a room."""
        ask = self._ask_past("/participants", kind, room_id, Label.MEDIUM)
        return self._list(ask, "participants", reading.participant)

    def absentees(self, room_id: str) -> Page[Absentee]:
        """Return who registered for a webinar and did not come."""
        ask = self._ask_past("/absentees", RoomKind.WEBINAR, room_id, Label.HEAVY)
        return self._list(ask, "registrants", reading.absentee)

    def instances(self, kind: RoomKind, room_id: str) -> Page[Instance]:
        """Return the times that a room took place."""
        ask = self._ask_past("/instances", kind, room_id, Label.LIGHT)
        return reading.page(self._asker.ask(ask), _PATHS[kind], reading.instance)

    # Users

    def user(self, user: str) -> ZoomUser:
        """Return a user, by id or address."""
        return reading.user(self._asker.ask(Ask("GET", "/users/{user}", f"/users/{self._user(user)}", Label.LIGHT)))

    def user_id(self, user: str) -> str:
        """Return the id of a user who is named by id or address, asked once: changes are counted under one name."""
        if "@" not in user:
            return user
        if user not in self._user_ids:
            self._user_ids[user] = self.user(user).id
        return self._user_ids[user]

    # The right to ask

    def keep_fresh(self) -> None:
        """Fetch another token although nobody needs one: a partner's that nobody uses ends some day.

        Raises AuthLost when Zoom knows us no more, RetryAt when it does not answer or somebody else is at it.
        """
        self._tokens.renew_with(self.desk.fetch, instead_of=self._tokens.current(), is_urgent=False)

    def give_back(self) -> None:
        """Have Zoom end the token that we have, if we have one. Raises ZoomFault."""
        token = self._tokens.current()
        if token is not None:
            self.desk.revoke(token.access)

    # How they are asked

    def _user(self, user: str) -> str:
        """Return a user for a path. ``me`` is the only one a partner's token knows, and none for our own account."""
        if not user or (user == "me") != isinstance(self.credentials, PartnerCredentials):
            msg = "our own account names a user, a partner's is always me"
            raise ValueError(msg)
        return quote(user, safe="@")

    def _ask_room(
        self,
        method: str,
        kind: RoomKind,
        room_id: str,
        rest: str,
        label: Label,
        *,
        route: str = "",
        query: Mapping[str, str] | None = None,
        body: object = None,
        host: str | None = None,
    ) -> Ask:
        segment = _segment(room_id)
        return Ask(
            method, f"/{_PATHS[kind]}/{{id}}{route or rest}", f"/{_PATHS[kind]}/{segment}{rest}", label,
            query=query or {}, body=body, host=host,
        )  # fmt: skip

    def _ask_past(self, rest: str, kind: RoomKind, room_id: str, label: Label) -> Ask:
        path = f"/past_{_PATHS[kind]}/"
        return Ask("GET", f"{path}{{id}}{rest}", f"{path}{_segment(room_id)}{rest}", label)

    def _rooms(self, user: str, kind: RoomKind, type_: str) -> Page[RoomListing]:
        path = _PATHS[kind]
        ask = Ask(
            "GET", f"/users/{{user}}/{path}", f"/users/{self._user(user)}/{path}", Label.MEDIUM, query={"type": type_}
        )  # fmt: skip
        return self._list(ask, path, lambda each: reading.listing(each, kind), key=lambda each: (each.id, each.uuid))

    def _room(self, kind: RoomKind, room_id: str) -> Room:
        return self._gated(reading.room(self._asker.ask(self._ask_room("GET", kind, room_id, "", Label.LIGHT)), kind))

    def _create(self, kind: RoomKind, user: str, wish: RoomWish, usual_type: int) -> Room:
        path = _PATHS[kind]
        wish = wish if wish.type is not None else replace(wish, type=usual_type)
        address = f"/users/{self._user(user)}/{path}"
        ask = Ask("POST", f"/users/{{user}}/{path}", address, Label.LIGHT, body=wish.body(), host=user)
        return self._gated(reading.room(self._asker.ask(ask), kind))

    def _update(self, kind: RoomKind, room_id: str, wish: RoomWish, host: str) -> None:
        self._asker.ask(self._ask_room("PATCH", kind, room_id, "", Label.LIGHT, body=wish.body(), host=host))

    def _delete(self, kind: RoomKind, room_id: str, query: Mapping[str, str]) -> None:
        self._asker.ask(self._ask_room("DELETE", kind, room_id, "", Label.LIGHT, query=query))

    def _list(
        self, ask: Ask, name: str, read: Callable[[object], T], *, key: Callable[[T], object] | None = None
    ) -> Page[T]:
        return whole_list(self._asker.ask, ask, name, read, key=key)

    # What they say

    def _gated(self, room: Room) -> Room:
        """Return a room whose addresses are Zoom's; one that names another host is not believed at all."""
        for url in (room.join_url, room.registration_url):
            if url and not self._may_reach(url):
                log.warning("zoom.foreign_link", extra={"room": room.kind})
                raise Garbled("foreign link")
        return room

    def _registrant(self, answer: object) -> Registrant:
        found = reading.registrant(answer)
        return found if self._is_ours(found.join_url) else replace(found, join_url=None)

    def _added(self, answer: object) -> Added:
        # Somebody was added whatever the link is: without one they get it when the list is read.
        found = reading.added(answer)
        return found if self._is_ours(found.join_url) else replace(found, join_url=None)

    def _tracking_source(self, answer: object) -> TrackingSource:
        found = reading.tracking_source(answer)
        return found if self._is_ours(found.url) else replace(found, url="")

    def _is_ours(self, url: str | None) -> bool:
        return not url or self._may_reach(url)


def _turned(kind: RoomKind, fault: ZoomFault) -> RoomKind:
    """Return the half of the interface in which to look again, after it said that this id is none of its."""
    if kind is RoomKind.WEBINAR and fault.code == 300 and fault.reason == "request":
        return RoomKind.MEETING
    return _TURNS.get(fault.reason, kind)


def _segment(room_id: str) -> str:
    if not room_id:
        msg = "a room has an id"
        raise ValueError(msg)
    return room_id if room_id.isascii() and room_id.isdecimal() else encode_uuid(room_id)
