"""Outgoing webhooks: signed over the exact bytes, checked by a challenge, repeated when they fail, and bent by script.

After developers.zoom.us, "Using webhooks". Nothing is sent by itself: ``send_due`` sends what is due by the fake's
clock; a running fake calls it from a thread.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import uuid
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from threading import Lock
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from wmd_fakezoom.world import World

Tweak = Literal[
    "duplicate",  # sent twice
    "reorder",  # those due together are sent in another order
    "wrong_secret",  # signed with another secret
    "stale",  # signed well, three hours ago
    "tampered",  # changed after it was signed
    "no_signature",  # without the signature's header
    "no_timestamp",  # without the time's header
    "partial",  # the object has nothing but its number
    "lost",  # never sent
]

#: Tries come this long after the first one; after the last the event is lost.
RETRIES: Final = (timedelta(), timedelta(minutes=5), timedelta(minutes=25), timedelta(minutes=85))
#: Zoom asks again this long after the last challenge.
CHALLENGE_EVERY: Final = timedelta(hours=72)
#: So many failed challenges in a row switch an endpoint off.
_CHALLENGES: Final = 6
#: How long an endpoint may take.
LIMIT_S: Final = 3.0
#: So many tries are kept.
_KEPT: Final = 5_000
_STALE: Final = timedelta(hours=3)


@dataclass
class Endpoint:
    """Where an app wants events. ``events`` empty: all but ``app_deauthorized``, unless it is named."""

    url: str
    secret: str = field(repr=False)
    account_id: str | None = None
    events: frozenset[str] = frozenset()
    checked_at: datetime | None = None
    failed_challenges: int = 0
    is_on: bool = False


@dataclass
class Delivery:
    """One event on its way to one endpoint."""

    endpoint: Endpoint
    event: str
    body: bytes = field(repr=False)
    first_at: datetime
    due_at: datetime
    request_id: str
    tweaks: frozenset[str] = frozenset()
    tries: int = 0


@dataclass(frozen=True)
class Outcome:
    """What became of one try: the HTTP status, or 0 when there was no answer in time."""

    event: str
    at: datetime
    status: int
    attempt: int
    tweaks: frozenset[str] = frozenset()

    @property
    def is_good(self) -> bool:
        """Say whether the endpoint took it."""
        return self.status in {200, 204}


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the ``x-zm-signature`` of a body: over the time and the exact bytes."""
    return "v0=" + hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()


class Webhooks:
    """The sender. ``limit_s`` is how long it waits for an answer."""

    def __init__(self, world: World, *, limit_s: float = LIMIT_S) -> None:
        self.world = world
        self.limit_s = limit_s
        self.endpoints: list[Endpoint] = []
        self.outbox: list[Delivery] = []
        self.history: deque[Outcome] = deque(maxlen=_KEPT)
        self.lost: list[str] = []
        #: Whether a repeated try carries the first time and signature; which of both Zoom does is not known.
        self.repeats_keep_timestamp = False
        self._tweaks: Counter[str] = Counter()
        self._sending = Lock()
        self._order = Random(7)  # noqa: S311 -- an order, no secret
        world.listeners.append(self.put)

    def subscribe(
        self, url: str, secret: str, *, account_id: str | None = None, events: Iterable[str] = (), check: bool = True
    ) -> Endpoint:
        """Set an endpoint up; it gets events once it has answered the challenge (or at once with ``check`` off)."""
        endpoint = Endpoint(url, secret, account_id, frozenset(events), is_on=not check)
        self.endpoints.append(endpoint)
        if check:
            self.challenge(endpoint)
        else:
            endpoint.checked_at = self.world.now()
        return endpoint

    def tweak(self, tweak: Tweak, times: int = 1) -> None:
        """Bend the next so many events."""
        self._tweaks[tweak] += times

    def put(self, event: str, account_id: str, thing: dict[str, Any], old: dict[str, Any] | None = None) -> None:
        """Take an event; it is due at once."""
        now = self.world.now()
        tweaks = frozenset(name for name, count in self._tweaks.items() if count > 0)
        if "partial" in tweaks:
            thing = {"id": thing["id"]} if "id" in thing else {}
        payload: dict[str, Any] = {"account_id": account_id, "object": thing}
        if old is not None:
            payload |= {"old_object": old, "time_stamp": int(now.timestamp() * 1000), "scope": "all"}
        if event == "app_deauthorized":
            payload = {"account_id": account_id, **thing}
        body = json.dumps({"event": event, "payload": payload, "event_ts": int(now.timestamp() * 1000)}).encode()
        wanted = [item for item in self.endpoints if _wants(item, event, account_id)]
        for endpoint in wanted:
            self._tweaks.subtract(tweaks)
            for _ in range(2 if "duplicate" in tweaks else 1):
                request_id = str(uuid.UUID(int=self.world.next_seq()))
                self.outbox.append(Delivery(endpoint, event, body, now, now, request_id, tweaks))

    def forge(self, endpoint: Endpoint, event: str, payload: dict[str, Any], tweak: Tweak | None = None) -> Outcome:
        """Send something at once that the fake's world knows nothing of."""
        now = self.world.now()
        body = json.dumps({"event": event, "payload": payload, "event_ts": int(now.timestamp() * 1000)}).encode()
        tweaks = frozenset({tweak} if tweak else ())
        delivery = Delivery(endpoint, event, body, now, now, str(uuid.UUID(int=self.world.next_seq())), tweaks)
        return self._try(delivery)

    def send_due(self) -> list[Outcome]:
        """Check endpoints whose challenge is due and send every event that is, in order; return what became of them."""
        with self._sending:
            now = self.world.now()
            for endpoint in self.endpoints:
                if endpoint.checked_at is not None and now - endpoint.checked_at >= CHALLENGE_EVERY:
                    self.challenge(endpoint)
            with self.world.lock:
                due = [item for item in self.outbox if item.due_at <= now]
                self.outbox = [item for item in self.outbox if item.due_at > now]
            if any("reorder" in item.tweaks for item in due) and len(due) > 1:
                before = list(due)
                while due == before:
                    self._order.shuffle(due)
            return [self._deliver(item) for item in due]

    def challenge(self, endpoint: Endpoint) -> bool:
        """Ask an endpoint to show that it has the secret; note whether it did."""
        now = self.world.now()
        with self.world.lock:
            plain = self.world.ids.text(22)
        thing = {"payload": {"plainToken": plain}, "event_ts": int(now.timestamp() * 1000)}
        body = json.dumps({**thing, "event": "endpoint.url_validation"}).encode()
        status, answer = self._post(endpoint, body, self._headers(endpoint, body, now, plain, frozenset()))
        encrypted = hmac.new(endpoint.secret.encode(), plain.encode(), hashlib.sha256).hexdigest()
        try:
            is_good = status == 200 and json.loads(answer) == {"plainToken": plain, "encryptedToken": encrypted}
        except ValueError:
            is_good = False
        endpoint.checked_at = now
        endpoint.failed_challenges = 0 if is_good else endpoint.failed_challenges + 1
        endpoint.is_on = is_good or (endpoint.is_on and endpoint.failed_challenges < _CHALLENGES)
        self.history.append(Outcome("endpoint.url_validation", now, status, 1))
        return is_good

    def _deliver(self, delivery: Delivery) -> Outcome:
        """Send one event; put it back for its next try when that fails."""
        if "lost" in delivery.tweaks:
            self.lost.append(delivery.event)
            return Outcome(delivery.event, self.world.now(), 0, 0, delivery.tweaks)
        outcome = self._try(delivery)
        if not outcome.is_good and outcome.attempt < len(RETRIES):
            # A bent event is bent once: what is repeated is the event itself.
            due_at = delivery.first_at + RETRIES[outcome.attempt]
            again = replace(delivery, due_at=due_at, tries=outcome.attempt, tweaks=frozenset())
            with self.world.lock:
                self.outbox.append(again)
        elif not outcome.is_good:
            self.lost.append(delivery.event)
        return outcome

    def _try(self, delivery: Delivery) -> Outcome:
        """Send one event once."""
        endpoint, tweaks, now = delivery.endpoint, delivery.tweaks, self.world.now()
        at = delivery.first_at if self.repeats_keep_timestamp else now
        headers = self._headers(endpoint, delivery.body, at, delivery.request_id, tweaks)
        body = delivery.body
        if "tampered" in tweaks:
            body = body[:-1] + b', "more": true}'
        status, _ = self._post(endpoint, body, headers)
        outcome = Outcome(delivery.event, now, status, delivery.tries + 1, tweaks)
        self.history.append(outcome)
        return outcome

    @staticmethod
    def _headers(
        endpoint: Endpoint, body: bytes, at: datetime, request_id: str, tweaks: frozenset[str]
    ) -> dict[str, str]:
        """Return the headers of an event, as its tweaks want them."""
        timestamp = str(int((at - (_STALE if "stale" in tweaks else timedelta())).timestamp()))
        secret = "another-secret" if "wrong_secret" in tweaks else endpoint.secret
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Zoom Marketplace/1.0a",
            "x-zm-request-id": request_id,
            "x-zm-request-timestamp": timestamp,
            "x-zm-signature": signature(secret, timestamp, body),
        }
        left_out = {"no_signature": "x-zm-signature", "no_timestamp": "x-zm-request-timestamp"}
        return {name: value for name, value in headers.items() if name not in {left_out.get(item) for item in tweaks}}

    def _post(self, endpoint: Endpoint, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Send bytes to an endpoint; return the status, or 0, and the answer."""
        url = urlsplit(endpoint.url)
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        connection = kind(url.hostname or "", url.port, timeout=self.limit_s)
        try:
            connection.request("POST", url._replace(scheme="", netloc="").geturl() or "/", body, headers)
            response = connection.getresponse()
            return response.status, response.read(65536)
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()


def _wants(endpoint: Endpoint, event: str, account_id: str) -> bool:
    """Say whether an endpoint gets an event."""
    if not endpoint.is_on or endpoint.account_id not in {None, account_id}:
        return False
    return event in endpoint.events if endpoint.events else True
