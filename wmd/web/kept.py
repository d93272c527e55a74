"""Complete responses as the layer of published bytes keeps them: prepared in each encoding, on bounded shelves."""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING

from wmd.logs import request_facts
from wmd.web.edge import accepts_gzip, holds, http_second

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

Headers = list[tuple[str, str]]
Key = tuple[str, str, str | None]

#: Level 5 is within 5 % of the size of level 9 on feeds and pages, in two fifths of its time (benchmarks/README.md).
_GZIP_LEVEL = 5
_SMALLEST_GZIP_BYTES = 400
_COMPRESSIBLE = (
    "text/",
    "application/atom+xml",
    "application/geo+json",
    "application/javascript",
    "application/json",
    "application/ld+json",
    "application/manifest+json",
    "application/xml",
    "image/svg+xml",
)

#: What a 304 repeats (RFC 9110 §15.4.5), and what a script in a browser needs to read the answer at all.
_ON_304 = ("access-control-", "cache-control", "content-location", "etag", "expires", "last-modified", "vary")
_REPLACED = frozenset({"content-length", "content-encoding", "etag", "vary", "date", "connection"})

#: A key, its headers and its bookkeeping; an estimate, so that many tiny responses are counted too.
_OVERHEAD_BYTES = 4_096


@dataclass(frozen=True, slots=True)
class Publish:
    """A view's permission to keep its response.

    ``versions`` holds the versions it was rendered with, by dependency name (empty: depends on nothing that changes
    while the process lives). ``valid_until`` is the next aware instant at which it would read differently by itself.
    ``pinned`` marks plain pages and feeds, which a flood of filters must not push out. ``private`` marks a response
    that follows the viewer's zone cookie.
    """

    versions: Mapping[str, int]
    valid_until: datetime | None = None
    pinned: bool = False
    private: bool = False


class Variant:
    """One response in one encoding, with everything that repeats prepared: headers, 304 headers, log facts."""

    __slots__ = ("body", "etag", "facts", "facts_304", "facts_head", "headers", "headers_304")

    def __init__(self, kept: Kept, etag: str, body: bytes, encoding: str | None) -> None:
        self.body = [body]
        self.etag = etag
        headers = [*kept.headers, ("Content-Length", str(len(body)))]
        if encoding:
            headers.append(("Content-Encoding", encoding))
        if etag:
            headers.append(("ETag", etag))
        if varied := [*kept.vary, *(["Accept-Encoding"] if kept.compressible else [])]:
            headers.append(("Vary", ", ".join(varied)))
        self.headers = headers
        self.headers_304 = [(name, value) for name, value in headers if name.lower().startswith(_ON_304)]
        status = int(kept.status[:3])
        self.facts = request_facts("GET", kept.path, status, len(body))
        self.facts_head = request_facts("HEAD", kept.path, status, 0)
        self.facts_304 = request_facts("GET", kept.path, 304, 0)


class Kept:
    """A complete response that Flask made, and what it depends on. Encodings are made when first asked for."""

    __slots__ = (
        "_gzipped",
        "compressible",
        "headers",
        "last_modified_s",
        "path",
        "permission",
        "plain",
        "seen",
        "status",
        "vary",
    )

    def __init__(self, path: str, status: str, headers: Headers, body: bytes, permission: Publish) -> None:
        self.path = path
        self.status = status
        self.permission = permission
        self.seen: Mapping[str, int] | None = None
        given = {name.lower(): value for name, value in headers}
        self.headers = [(name, value) for name, value in headers if name.lower() not in _REPLACED]
        self.vary = [word for word in words_of(headers, "vary") if word.lower() != "accept-encoding"]
        if permission.private and not any(word.lower() == "cookie" for word in self.vary):
            self.vary.append("Cookie")
        if "cache-control" not in given:
            # Without a word of the view: a browser may keep it but asks each time; nobody else keeps what is private.
            self.headers.append(("Cache-Control", "private, no-cache" if permission.private else "no-cache"))
        if already := given.get("content-encoding"):
            self.headers.append(("Content-Encoding", already))
        self.last_modified_s = http_second(given["last-modified"]) if "last-modified" in given else None
        self.compressible = (
            not already
            and len(body) >= _SMALLEST_GZIP_BYTES
            and given.get("content-type", "").lower().startswith(_COMPRESSIBLE)
        )
        opaque = hashlib.blake2b(body, digest_size=12).hexdigest() if status.startswith("200") else ""
        self.plain = Variant(self, f'"{opaque}"' if opaque else "", body, None)
        self._gzipped: Variant | None = None

    @property
    def size_bytes(self) -> int:
        """The memory this response is reckoned to take, in all its encodings."""
        zipped = self.variant("gzip")
        return _OVERHEAD_BYTES + len(self.plain.body[0]) + (0 if zipped is self.plain else len(zipped.body[0]))

    def variant(self, accept_encoding: str | None) -> Variant:
        """Return the bytes to send for an ``Accept-Encoding`` value, compressing them the first time."""
        if not accept_encoding or not self.compressible or not accepts_gzip(accept_encoding):
            return self.plain
        if self._gzipped is None:
            etag = self.plain.etag and self.plain.etag[:-1] + '-gz"'
            # mtime 0: the same data has the same bytes in every process. Two threads may both do it, and agree.
            body = gzip.compress(self.plain.body[0], _GZIP_LEVEL, mtime=0)
            self._gzipped = Variant(self, etag, body, "gzip")
        return self._gzipped

    def is_unchanged(self, variant: Variant, environ: WSGIEnvironment) -> bool:
        """Say whether what the client holds is still right (RFC 9110 §13.2.2)."""
        if not variant.etag:
            return False
        if (known := environ.get("HTTP_IF_NONE_MATCH")) is not None:
            return holds(known, variant.etag)
        if self.last_modified_s is None or (since := environ.get("HTTP_IF_MODIFIED_SINCE")) is None:
            return False
        since_s = http_second(since)
        return since_s is not None and self.last_modified_s <= since_s

    def is_current(self, versions: Mapping[str, int]) -> bool:
        """Say whether no version this depends on has risen since it was rendered."""
        if self.seen is versions:
            return True
        if any(versions.get(name, 0) > used for name, used in self.permission.versions.items()):
            return False
        self.seen = versions
        return True


class Shelf:
    """Responses by key, least recently used first, bounded in bytes. Thread-safe."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self._lock = Lock()
        self._held: OrderedDict[Key, tuple[Kept, int]] = OrderedDict()

    def get(self, key: Key) -> Kept | None:
        """Return what is held and count it as used."""
        with self._lock:
            found = self._held.get(key)
            if found is None:
                return None
            self._held.move_to_end(key)
            return found[0]

    def put(self, key: Key, response: Kept) -> None:
        """Hold a response, letting go of others as needed; one that takes half the shelf is not held at all."""
        size_bytes = response.size_bytes
        with self._lock:
            old = self._held.pop(key, None)
            if old is not None:
                self.bytes -= old[1]
            if size_bytes > self.most_bytes // 2:
                return
            self._held[key] = (response, size_bytes)
            self.bytes += size_bytes
            while self.bytes > self.most_bytes:
                _, (_, gone_bytes) = self._held.popitem(last=False)
                self.bytes -= gone_bytes

    def drop(self, key: Key) -> None:
        """Let go of a key, if held."""
        with self._lock:
            old = self._held.pop(key, None)
            if old is not None:
                self.bytes -= old[1]


def words_of(headers: Headers, name: str) -> list[str]:
    """Return the comma-separated words of all headers called ``name`` (lower case)."""
    return [
        word.strip() for held, value in headers if held.lower() == name for word in value.split(",") if word.strip()
    ]
