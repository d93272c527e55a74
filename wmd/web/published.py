"""Published bytes: the WSGI layer in front of Flask that replays whole responses for public pages and feeds.

A view permits it by putting a :class:`Publish` into ``environ["wmd.publish"]``: which versions it was rendered with,
and until when it reads right. The layer keeps the bytes, answers conditional requests, HEAD and gzip, and asks Flask
again when a version the response depends on has risen or *valid until* has passed. It decides nothing about content.

What holds:

- The key is path, query string as given and, only for responses marked ``private``, the viewer's zone cookie. Nothing
  under the audiences' own addresses is ever kept, nor a response that sets a cookie or that varies by one without
  being marked; only 200 and 301.
- One strong ETag per encoding, made from the bytes. ``If-None-Match`` first, else ``If-Modified-Since``
  (RFC 9110 §13.2.2). Both, and gzip, work for every response that is permitted, kept or not, from the first request on.
- Versions only rise; a response rendered with a newer version than the last known one is fresh.
- When something expires, one request renders it and others wait for that; what is no longer right is given to nobody.
- Memory is bounded in bytes, on two shelves: what is ``pinned`` (plain pages and feeds) is never pushed out by a
  flood of filters, which share the other shelf.
- A feed that cannot be rebuilt (5xx or an exception) is answered from its last good copy, with an alarm: one error
  answer makes Thunderbird switch a subscription off.
- Every response has a fresh ``X-Request-ID`` (``environ["wmd.request_id"]`` for Flask) and one line in the access
  log, without query string. The host is checked first; only ``/healthz`` and ``/readyz`` answer under any.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import count
from threading import Event, Lock
from time import perf_counter
from typing import TYPE_CHECKING, Final

from wmd.logs import request_facts
from wmd.web.alarm_desk import AlarmDesk
from wmd.web.edge import PRIVATE_PATH, Hosts, zone_of
from wmd.web.kept import Kept, Key, Publish, Shelf
from wmd.web.passing import Answer

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["PUBLISH_KEY", "REQUEST_ID_KEY", "Publish", "Published"]

_log = logging.getLogger(__name__)

PUBLISH_KEY: Final = "wmd.publish"
REQUEST_ID_KEY: Final = "wmd.request_id"
#: Stands in the environment of a GET that was a HEAD.
HEAD_KEY: Final = "wmd.head"

#: A zone name is at most 32 characters long today; a longer cookie is somebody trying things.
_LONGEST_ZONE = 64
_UNKNOWN_HOST = b"This address is not served here.\n"
_FAULT = (
    b"Something went wrong here. Please try again in a few minutes; the number in X-Request-ID helps us to find it.\n"
)
_ANY_HOST = frozenset({"/healthz", "/readyz"})


class Published:
    """The WSGI application in front of ``app``.

    ``versions`` gives the current versions by dependency name, cheaply, best as the same object until one rises;
    ``clock`` an aware instant; ``allowed_hosts`` the host names answered to (None: any); ``max_bytes`` bounds memory
    for both shelves together; ``log`` takes (facts, request id, duration in seconds, whether it was replayed), as
    :class:`wmd.logs.AccessLog` does; ``desk`` is told when a feed is served from its last good copy, and when that is
    over; ``longest_wait_s`` is how long a request waits for another one that renders the same.
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        versions: Callable[[], Mapping[str, int]],
        clock: Callable[[], datetime],
        allowed_hosts: frozenset[str] | None,
        max_bytes: int,
        log: Callable[[str, str, float, bool], object] = lambda facts, request_id, duration_s, replayed: None,
        desk: AlarmDesk | None = None,
        longest_wait_s: float = 5.0,
    ) -> None:
        self._app = app
        self._versions = versions
        self._clock = clock
        self._knows_host = Hosts(allowed_hosts).knows
        self._pinned = Shelf(max_bytes // 2)
        self._others = Shelf(max_bytes - max_bytes // 2)
        #: Where request lines go, and whether an exception that Flask let through becomes a plain answer instead of
        #: reaching the server (tests want to see it). ``wmd/serve.py`` sets both before the first request.
        self.log = log
        self.hides_faults = False
        self._desk = desk or AlarmDesk(lambda key, message: None)
        self._longest_wait_s = longest_wait_s
        # Unguessable in its first half and unlike any other process's, for less than a system call per request. The
        # layer is therefore made in the worker, after the fork.
        self._ids = os.urandom(4).hex()
        self._numbers = count(int.from_bytes(os.urandom(3)))
        self._flights: dict[Key, Event] = {}
        self._flights_lock = Lock()

    @property
    def held_bytes(self) -> int:
        """The memory in use on both shelves, as reckoned."""
        return self._pinned.bytes + self._others.bytes

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request: replay it, or let Flask make it."""
        begun_s = perf_counter()
        environ[REQUEST_ID_KEY] = f"{self._ids}{next(self._numbers):08x}"
        path: str = environ["PATH_INFO"]
        if not self._knows_host(environ.get("HTTP_HOST", "")) and path not in _ANY_HOST:
            return self._say("400 Bad Request", _UNKNOWN_HOST, environ, start_response, begun_s)
        reads = environ["REQUEST_METHOD"] in {"GET", "HEAD"}
        if reads and (found := self._find_fresh(environ, path)):
            return self._send(found, environ, start_response, begun_s, replayed=True)
        # Only what misses is looked at closely: nothing is ever held for a private path.
        if not reads or PRIVATE_PATH.match(path):
            return self._pass(environ, start_response, begun_s, None, None)
        return self._render_once(environ, start_response, begun_s)

    # What is held.

    def _find_fresh(self, environ: WSGIEnvironment, path: str) -> Kept | None:
        """Return what is held for a request and right; what is shared by all zones goes first."""
        query = environ.get("QUERY_STRING", "")
        found = self._held((path, query, None))
        if found is not None and self._is_fresh(found):
            return found
        found = self._held((path, query, zone_of(environ)))
        return found if found is not None and self._is_fresh(found) else None

    def _find_stale(self, key: Key) -> Kept | None:
        """Return what is held for a request although it is no longer right."""
        return self._held(key) or self._held((key[0], key[1], None))

    def _held(self, key: Key) -> Kept | None:
        return self._pinned.get(key) or self._others.get(key)

    def _is_fresh(self, kept: Kept) -> bool:
        until = kept.permission.valid_until
        return kept.is_current(self._versions()) and (until is None or self._clock() < until)

    def _hold(self, environ: WSGIEnvironment, kept: Kept) -> None:
        zone = zone_of(environ) if kept.permission.private else None
        if zone is not None and len(zone) > _LONGEST_ZONE:
            return
        key: Key = (kept.path, environ.get("QUERY_STRING", ""), zone)
        shelf, other = (self._pinned, self._others) if kept.permission.pinned else (self._others, self._pinned)
        shelf.put(key, kept)
        other.drop(key)

    # Asking Flask.

    def _render_once(self, environ: WSGIEnvironment, start_response: StartResponse, begun_s: float) -> Iterable[bytes]:
        """Render, unless another thread is rendering the same: then wait for its answer.

        What is held but no longer right is given to nobody meanwhile: the event may have been moved or taken down.
        """
        key: Key = (environ["PATH_INFO"], environ.get("QUERY_STRING", ""), zone_of(environ))
        mine = Event()
        with self._flights_lock:
            theirs = self._flights.setdefault(key, mine)
        if theirs is mine:
            try:
                return self._pass(environ, start_response, begun_s, self._find_stale(key), key)
            finally:
                with self._flights_lock:
                    del self._flights[key]
                mine.set()
        theirs.wait(self._longest_wait_s)
        found = self._find_fresh(environ, key[0])
        if found is None:
            return self._pass(environ, start_response, begun_s, self._find_stale(key), key)
        return self._send(found, environ, start_response, begun_s, replayed=True)

    def _let_go(self, key: Key) -> None:
        """Drop what was held for an address that has no answer to keep any more: it was moved or is gone."""
        for each in (key, (key[0], key[1], None)):
            self._pinned.drop(each)
            self._others.drop(each)

    def _pass(
        self,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        begun_s: float,
        last_good: Kept | None,
        key: Key | None,
    ) -> Iterable[bytes]:
        """Let Flask answer, and keep what may be kept (``key`` is None where nothing may)."""
        request = environ
        if key is not None and environ["REQUEST_METHOD"] == "HEAD":
            # Rendered as GET: HEAD then has the same headers, and the GET that follows finds its answer ready.
            request = {**environ, "REQUEST_METHOD": "GET", HEAD_KEY: True}
        answer = Answer()
        spare = last_good if environ["PATH_INFO"].endswith(".ics") else None
        try:
            answer.begin(self._app(request, answer.start))
        except Exception:
            if spare is not None:
                return self._send_last_good(spare, environ, start_response, begun_s)
            if not self.hides_faults:
                raise
            _log.exception("request.failed", extra={"request_id": environ[REQUEST_ID_KEY]})
            return self._say("500 Internal Server Error", _FAULT, environ, start_response, begun_s)
        if spare is not None and answer.status.startswith("5"):
            answer.close()
            return self._send_last_good(spare, environ, start_response, begun_s)
        permission = request.get(PUBLISH_KEY)
        if key is not None and isinstance(permission, Publish) and answer.may_be_kept(permission):
            kept = Kept(key[0], answer.status, answer.headers, answer.read(), permission)
            self._hold(environ, kept)
            self._desk.all_well(f"serving:last-good:{kept.path}")
            return self._send(kept, environ, start_response, begun_s, replayed=False)
        if key is not None and not answer.status.startswith("5"):
            self._let_go(key)
        return self._pass_on(answer, environ, start_response, begun_s)

    # Answering.

    def _send(
        self, kept: Kept, environ: WSGIEnvironment, start_response: StartResponse, begun_s: float, *, replayed: bool
    ) -> Iterable[bytes]:
        """Answer from a complete response. Everything that repeats is prepared; this is the hot path."""
        variant = kept.variant(environ.get("HTTP_ACCEPT_ENCODING"))
        request_id = environ[REQUEST_ID_KEY]
        status, headers, facts, body = kept.status, variant.headers, variant.facts, variant.body
        if kept.is_unchanged(variant, environ):
            status, headers, facts, body = "304 Not Modified", variant.headers_304, variant.facts_304, []
        elif environ["REQUEST_METHOD"] == "HEAD":
            facts, body = variant.facts_head, []
        start_response(status, [*headers, ("X-Request-ID", request_id)])
        self.log(facts, request_id, perf_counter() - begun_s, replayed)
        return body

    def _send_last_good(
        self, kept: Kept, environ: WSGIEnvironment, start_response: StartResponse, begun_s: float
    ) -> Iterable[bytes]:
        self._desk.note(f"serving:last-good:{kept.path}", f"{kept.path} is served from its last good copy.")
        return self._send(kept, environ, start_response, begun_s, replayed=True)

    def _pass_on(
        self, answer: Answer, environ: WSGIEnvironment, start_response: StartResponse, begun_s: float
    ) -> Iterable[bytes]:
        """Send what may not be kept as Flask made it."""
        request_id = environ[REQUEST_ID_KEY]
        start_response(answer.status, [*answer.headers, ("X-Request-ID", request_id)])
        method, path, status = environ["REQUEST_METHOD"], environ["PATH_INFO"], int(answer.status[:3])

        def done(size_bytes: int) -> None:
            facts = request_facts(method, path, status, size_bytes)
            self.log(facts, request_id, perf_counter() - begun_s, False)

        if method == "HEAD":
            answer.close()
            done(0)
            return []
        return answer.passed_on(done)

    def _say(
        self, status: str, words: bytes, environ: WSGIEnvironment, start_response: StartResponse, begun_s: float
    ) -> Iterable[bytes]:
        """Answer in plain words where Flask cannot or must not."""
        answer = Answer()
        headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(words))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        answer.start(status, headers)
        answer.begin([words])
        return self._pass_on(answer, environ, start_response, begun_s)
