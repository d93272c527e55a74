"""The API's port: finds the route, the token and the scope, strikes with faults, writes the log, answers."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from threading import Event
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from wmd_fakezoom import past, registrants, rooms
from wmd_fakezoom.calls import ROUTES, Answer, Call, Route, ZoomError
from wmd_fakezoom.faults import INSTEAD, Fault, changed
from wmd_fakezoom.oauth import OAuth
from wmd_fakezoom.public import public_page
from wmd_fakezoom.wire import DroppedError, cut_connection, raw_path
from wmd_fakezoom.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from wmd_fakezoom.tokens import Access

__all__ = ["Api", "Entry", "Sent", "past", "registrants", "rooms"]

BASE: Final = "/v2"
UNKNOWN: Final = "(unknown)"
#: So many requests and lines of the log are kept.
_KEPT: Final = 20_000
#: Requests per second and label of an account (Pro), for those who want the limits kept.
_A_SECOND: Final = {"Light": 30, "Medium": 20, "Heavy": 10}


@dataclass(frozen=True)
class Entry:
    """A line of the log: no path, no query, no body, no token, no address."""

    at: datetime
    route: str
    label: str
    status: int
    code: int | None
    fault: str
    flow: str


@dataclass(frozen=True)
class Sent:
    """A request as it came, for tests in the same process; never shown on the control port."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Api:
    """The WSGI application of the API's port. ``closing`` ends waits early."""

    def __init__(self, world: World, closing: Event) -> None:
        self.world = world
        self.closing = closing
        self.oauth = OAuth(world)
        self.faults: list[Fault] = []
        # Bounded: a demonstration may run for days.
        self.log: deque[Entry] = deque(maxlen=_KEPT)
        self.sent: deque[Sent] = deque(maxlen=_KEPT)
        #: Every answer takes at least this long.
        self.latency_s = 0.0
        #: Which HTTP status a missing scope has; Zoom's is not known for certain.
        self.scope_status = 400
        self.keeps_limits = False
        self._seconds: Counter[tuple[int, str]] = Counter()
        self._trackings = count(1)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        request = Request(environ)
        path = raw_path(environ)
        self._keep(request, path)
        if self.latency_s:
            self.closing.wait(self.latency_s)
        page = public_page(self.world, request, path) or self.oauth.page(request, path)
        if page is not None:
            return page(environ, start_response)
        response = self._answer(request, path)
        return response(environ, start_response)

    def _keep(self, request: Request, path: str) -> None:
        """Keep a request as it came."""
        query = {name: request.args.getlist(name) for name in request.args}
        sent = Sent(request.method, path, query, dict(request.headers), request.get_data(cache=True))
        with self.world.lock:
            self.sent.append(sent)

    def _answer(self, request: Request, path: str) -> Response:
        """Answer a call of the API or for a token, as scripted faults want it, and log it."""
        route, variables = find(request.method, path)
        is_token = (request.method, path) == ("POST", "/oauth/token")
        name = "POST /oauth/token" if is_token else route.name if route else UNKNOWN
        with self.world.lock:
            fault = self._struck(name)
            now = self.world.now()
            access = self._access(request)
            answer: Answer | None = None
            if fault is None or not fault.comes_before:
                answer = self.oauth.token(request) if is_token else self._work(request, route, variables, access)
            if fault is not None and fault.kind in INSTEAD:
                answer = INSTEAD[fault.kind](fault.options, now)
            self._note(name, route, answer, fault, access)
        return self._send(request, answer, fault, now)

    def _struck(self, name: str) -> Fault | None:
        """Return the fault that strikes a call; every fault counts it."""
        struck = [fault for fault in self.faults if fault.strikes(name)]
        self.faults = [fault for fault in self.faults if not fault.is_over]
        return struck[0] if struck else None

    def _access(self, request: Request) -> Access | None:
        """Return the good token of a request."""
        found = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return self.world.tokens.find(found, self.world.now())[0]

    def _work(self, request: Request, route: Route | None, path: dict[str, str], access: Access | None) -> Answer:
        """Do what a call asks for, or answer the error."""
        try:
            return self._handled(request, route, path, access)
        except ZoomError as error:
            return Answer(error.status, error.body, error.headers)

    def _handled(self, request: Request, route: Route | None, path: dict[str, str], access: Access | None) -> Answer:
        """Hand a call to its handler, or raise."""
        if route is None:
            raise ZoomError(404, 404, "This API endpoint is not recognized.")
        self._demand_rate(route)
        if access is None:
            value = request.headers.get("Authorization", "").removeprefix("Bearer ")
            raise ZoomError(401, 124, self.world.tokens.find(value, self.world.now())[1])
        self._demand_scope(route, access)
        call = Call(self.world, self.world.now(), route.kind, path, request.args, document(request), access)
        answer = route.handle(call)
        limit = _A_SECOND[route.label]
        headers = {"X-RateLimit-Category": route.label, "X-RateLimit-Type": "QPS", "X-RateLimit-Limit": str(limit)}
        return Answer(answer.status, answer.body, {**headers, **answer.headers})

    def _demand_rate(self, route: Route) -> None:
        """Raise when an account asks too often in one second of the fake's clock."""
        key = (int(self.world.now().timestamp()), route.label)
        self._seconds[key] += 1
        if self.keeps_limits and self._seconds[key] > _A_SECOND[route.label]:
            answer = INSTEAD["qps"]({}, self.world.now())
            raise ZoomError(429, 429, str(answer.body["message"]), headers=answer.headers)

    def _demand_scope(self, route: Route, access: Access) -> None:
        """Raise when the token does not allow the call, naming the scope that would."""
        if not access.allows(route.scope):
            wanted = f"{route.scope}:admin" if access.user is None else route.scope
            words = f"Invalid access token, does not contain scopes:[{wanted}]."
            raise ZoomError(self.scope_status, 4711, words)

    def _note(
        self, name: str, route: Route | None, answer: Answer | None, fault: Fault | None, access: Access | None
    ) -> None:
        """Write a line of the log."""
        body = answer.body if answer is not None and isinstance(answer.body, dict) else {}
        status = answer.status if answer is not None else 0
        code = body.get("code") if status >= 400 and isinstance(body.get("code"), int) else None
        flow = "none" if access is None else "account" if access.user is None else "user"
        kind = fault.kind if fault is not None else ""
        label = route.label if route is not None else ""
        self.log.append(Entry(self.world.now(), name, label, status, code, kind, flow))

    def _send(self, request: Request, answer: Answer | None, fault: Fault | None, now: datetime) -> Response:
        """Make the bytes of an answer, as the fault wants them."""
        kind = fault.kind if fault is not None else ""
        options = fault.options if fault is not None else {}
        if kind in {"reset", "drop"}:
            cut_connection(request.environ)
            raise DroppedError
        if kind == "slow":
            self.closing.wait(float(options.get("seconds", 30)))
        headers = {"x-zm-trackingid": f"WEB_{next(self._trackings):032x}"}
        if kind == "html":
            page = "<!DOCTYPE html><html><body><h1>We will be back soon</h1></body></html>"
            return Response(page, int(options.get("status", 200)), headers, content_type="text/html;charset=UTF-8")
        if kind == "empty" or answer is None:
            return Response(b"", int(options.get("status", 200)), headers, content_type="application/json")
        if answer.body is None:
            return Response(b"", answer.status, headers | answer.headers)
        body = answer.body
        if fault is not None:
            body = changed(fault, body, request.args.get("next_page_token", ""))
        text = json.dumps(body).encode()
        text = text[: len(text) // 2] if kind == "truncated" else text
        del now
        return Response(text, answer.status, headers | answer.headers, content_type="application/json;charset=UTF-8")


def document(request: Request) -> Any:  # noqa: ANN401 -- any JSON value
    """Return the JSON value of a request's body, or nothing when there is none."""
    try:
        return json.loads(request.get_data(cache=True) or b"null")
    except ValueError:
        return None


def once_or_twice(segment: str) -> str:
    """Return what a part of a path means.

    A UUID that begins with a slash or has two in it must come encoded twice (developers.zoom.us, "Using Zoom APIs"):
    encoded once, it stays as it came, which is no UUID of anything.
    """
    once = unquote(segment)
    return segment if once.startswith("/") or "//" in once else unquote(once)


def find(method: str, path: str) -> tuple[Route | None, dict[str, str]]:
    """Return the route of a path as it came over the wire, and its variables."""
    if not path.startswith(f"{BASE}/"):
        return None, {}
    segments = [once_or_twice(segment) for segment in path.removeprefix(f"{BASE}/").split("/")]
    # The path with the fewest variables first: …/registrants/questions is no registrant.
    for item in sorted(ROUTES, key=lambda one: one.template.count("{")):
        if item.method == method and (found := item.match(segments)) is not None:
            return item, found
    return None, {}
