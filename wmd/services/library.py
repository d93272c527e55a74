"""The library: the programme values that this process reads, and when they are read again.

Asks for versions at most once a second; loads in the background, once, while the old value serves; keeps the old
value when loading fails; writes a good copy to disk so that a process can start while the database is down.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import hmac
import io
import logging
import os
import pickle
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from wmd.domain.banners import Banners
from wmd.domain.index import Index
from wmd.domain.programme import Programme, Site
from wmd.domain.status import Status
from wmd.errors import NotLoadedError

log = logging.getLogger(__name__)

_HEADER = b"wmd-copy-3\n"
_COPY_EVERY_S = 20.0
_EVENTS_A_STEP = 25
#: The editions whose first programme was set apart in this process, whichever library read it.
_SET_APART: set[str] = set()
#: How long a request waits for the look it began; a healthy database answers in a few milliseconds.
_LONGEST_WAIT_S = 0.25


class Source(Protocol):
    """Where values come from: the database, or a stand-in with the same promises."""

    def versions(self) -> Mapping[str, int]:
        """Return ``{"site": n, "status": n, "edition:<slug>": n, …}``; raises when the database is away."""

    def site(self) -> Site:
        """Load the site."""

    def programme(self, slug: str, previous: Programme | None) -> Programme:
        """Load an edition, keeping from ``previous`` what did not change."""

    def status(self) -> Status:
        """Load what is known of the ways into events."""

    def banners(self) -> Banners:
        """Load the banners."""


class GoodCopies:
    """Signed pickles of the last good values in a folder only this service may read.

    A pickle runs code when opened, so each is signed with the secret key and refused when the signature is off.
    """

    def __init__(self, folder: Path, secret: str) -> None:
        self._folder = folder
        self._key = hashlib.sha256(b"good copy " + secret.encode()).digest()

    def write(self, name: str, value: Programme | Site) -> None:
        """Store a value under a name, replacing the older copy in one step."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        body = _pickled(value)
        path = self._folder / f"{name.replace(':', '-')}.copy"
        temporary = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        try:
            temporary.touch(mode=0o600)
            temporary.write_bytes(_HEADER + hmac.digest(self._key, body, "sha256") + body)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    def read(self, name: str) -> Programme | Site | None:
        """Return the stored value, or None when there is none or it is not ours."""
        try:
            data = (self._folder / f"{name.replace(':', '-')}.copy").read_bytes()
        except OSError:
            return None
        body = data[len(_HEADER) + 32 :]
        signature = data[len(_HEADER) : len(_HEADER) + 32]
        if not data.startswith(_HEADER) or not hmac.compare_digest(signature, hmac.digest(self._key, body, "sha256")):
            return None
        try:
            value = _unpickled(body)
        except Exception:  # a copy of an older release may not fit any more; it is only a copy
            return None
        return value if isinstance(value, Programme | Site) else None


def _pickled(value: Programme | Site) -> bytes:
    """Return a value pickled in steps: first its events, some at a time, then the value that refers to them.

    Pickling holds the interpreter's lock; in one piece a large programme would stop every answer for a second. One
    pickler remembers over its steps what it has written, so that nothing stands twice.
    """
    file = io.BytesIO()
    pickler = pickle.Pickler(file, protocol=5)
    events = list(value.events.values()) if isinstance(value, Programme) else []
    steps = [events[start : start + _EVENTS_A_STEP] for start in range(0, len(events), _EVENTS_A_STEP)]
    pickler.dump(len(steps))
    for step in steps:
        pickler.dump(step)
        time.sleep(0)
    pickler.dump(value)
    return file.getvalue()


def _unpickled(body: bytes) -> object:
    """Return the value of :func:`_pickled`; the caller has checked the signature."""
    unpickler = pickle.Unpickler(io.BytesIO(body))  # noqa: S301 -- signed by us
    for _ in range(unpickler.load()):
        unpickler.load()
    return unpickler.load()


class Library:
    """The values of one process. Thread-safe; readers never wait for a load once there is a value."""

    def __init__(
        self,
        source: Source,
        *,
        copies: GoodCopies | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        every_s: float = 1.0,
        background: bool = True,
    ) -> None:
        self._source = source
        self._copies = copies
        self._monotonic = monotonic
        self._every_s = every_s
        self._background = background
        self._looking = threading.Lock()
        self._loading = threading.Lock()
        self._next_look = 0.0
        self._wanted: Mapping[str, int] = {}
        self._site: Site | None = None
        self._status = Status()
        self._banners = Banners()
        self._programmes: dict[str, Programme] = {}
        self._indexes: dict[str, tuple[Programme, Index]] = {}
        self._loaded: dict[str, int] = {}
        self._copied_at: dict[str, float] = {}
        self._uncopied: dict[str, Programme | Site] = {}
        self.is_stale = False

    def versions(self) -> Mapping[str, int]:
        """Return the versions of the values held, having looked for newer ones at most once a second.

        Once there is a value, the look and what it loads are done beside the request, which waits for the look only a
        moment: a database that has fallen silent must not hold up what can be answered from memory.
        """
        if self._monotonic() >= self._next_look and self._looking.acquire(blocking=False):
            if self._background and self._site is not None:
                looked = threading.Event()
                threading.Thread(target=self._look, args=[looked], name="programme-look", daemon=True).start()
                looked.wait(_LONGEST_WAIT_S)
            else:
                self._look(threading.Event())
        return self._loaded

    def refresh(self) -> None:
        """Look now and load in this thread: after a write, so that people see their own change."""
        with self._looking:
            self._ask()
            with self._loading:
                self._load()

    def settle(self) -> None:
        """Wait until no look is under way: before the engine is closed."""
        with self._looking:
            pass

    def _look(self, looked: threading.Event) -> None:
        """Look and load; the caller holds the lock on looking, which ends here."""
        try:
            self._ask()
            looked.set()
            if self._behind():
                with self._loading:
                    self._load()
            else:
                # Not together with a load: whoever waits to see a change shall not wait for the copy too.
                self._write_copies()
        finally:
            looked.set()
            self._looking.release()

    def _ask(self) -> None:
        """Ask the source for versions. The next look is counted from the end of this one, however long it took."""
        try:
            self._wanted = dict(self._source.versions())
        except Exception as error:  # whatever keeps us from the database, the old value serves
            if not self.is_stale:
                log.warning("versions_unreadable", extra={"error": type(error).__name__})
            self.is_stale = True
        else:
            self.is_stale = False
        finally:
            self._next_look = self._monotonic() + self._every_s

    def _behind(self) -> list[str]:
        return [
            name
            for name, version in self._wanted.items()
            if self._loaded.get(name) != version and (name in {"site", "status", "banners"} or self._held(name))
        ]

    def _held(self, name: str) -> bool:
        return name.removeprefix("edition:") in self._programmes

    def _load(self) -> None:
        """Load what is behind; on failure keep what is held."""
        started = self._monotonic()
        for name in self._behind():
            try:
                if name == "site":
                    site = self._source.site()
                    self._site = site
                    self._note(name, site.version)
                    self._copy(name, site)
                elif name == "status":
                    self._status = self._source.status()
                    self._note(name, self._status.version)
                elif name == "banners":
                    self._banners = self._source.banners()
                    self._note(name, self._banners.version)
                else:
                    self._load_edition(name.removeprefix("edition:"))
            except Exception as error:  # the old value serves; staff see the alarm in /readyz
                self.is_stale = True
                log.warning("load_failed", extra={"what": name, "error": type(error).__name__})
            else:
                log.info("loaded", extra={"what": name, "duration_ms": round((self._monotonic() - started) * 1000)})

    def _load_edition(self, slug: str) -> Programme:
        held = self._programmes.get(slug)
        # A version that fell belongs to a restored database: nothing held says anything about it.
        newer = held is not None and held.version < self._wanted.get(f"edition:{slug}", 0)
        programme = self._source.programme(slug, held if newer else None)
        self._keep(programme)
        self._copy(f"edition:{slug}", programme)
        return programme

    def _keep(self, programme: Programme) -> None:
        slug = programme.edition.slug
        held = self._indexes.get(slug)
        if slug not in _SET_APART:
            # A large programme is many long-lived objects. Set apart, they are not walked by each full collection,
            # which would hold up whoever is being answered (https://docs.python.org/3/library/gc.html#gc.freeze).
            # Only the first time, and collected before: garbage that is frozen would stay for ever. Both are done to
            # the whole process, so a second library in it has nothing to add.
            _SET_APART.add(slug)
            gc.collect()
            gc.freeze()
        index = Index.build(programme, held[1] if held else None)
        # The first search would otherwise pay for folding every text.
        index.haystacks()
        self._indexes[slug] = (programme, index)
        self._programmes[slug] = programme
        self._note(f"edition:{slug}", programme.version)

    def _note(self, name: str, version: int) -> None:
        self._loaded = {**self._loaded, name: version}

    def _copy(self, name: str, value: Programme | Site) -> None:
        """Have a good copy written with a later look that finds nothing to load."""
        if self._copies is not None:
            self._uncopied[name] = value

    def _write_copies(self) -> None:
        for name in list(self._uncopied):
            if self._copies is None or self._monotonic() - self._copied_at.get(name, -1e9) < _COPY_EVERY_S:
                continue
            self._copied_at[name] = self._monotonic()
            value = self._uncopied[name]
            try:
                self._copies.write(name, value)
                if self._uncopied.get(name) is value:
                    del self._uncopied[name]
            except OSError as error:
                # It stays to be written, and is tried again with a later look.
                log.warning("copy_failed", extra={"what": name, "error": type(error).__name__})

    def site(self) -> Site:
        """Return the site; the first time it is loaded here, or read from the good copy.

        Raises NotLoadedError when there is neither a database nor a copy.
        """
        self.versions()
        if self._site is None:
            with self._loading:
                if self._site is None:
                    self._first("site", self._source.site)
        assert self._site is not None  # noqa: S101 -- _first raises otherwise
        return self._site

    def programme(self, slug: str) -> Programme | None:
        """Return the programme of an edition, or None when there is no such edition. Raises NotLoadedError."""
        self.versions()
        programme = self._programmes.get(slug)
        if programme is not None:
            return programme
        if slug not in self.site().editions:
            return None
        with self._loading:
            if slug not in self._programmes:
                self._first(f"edition:{slug}", lambda: self._source.programme(slug, None))
        return self._programmes[slug]

    def status(self) -> Status:
        """Return what is known of the ways into events: nothing, in a process that could not read it yet."""
        self.versions()
        return self._status

    def banners(self) -> Banners:
        """Return the banners: none, in a process that could not read them yet."""
        self.versions()
        return self._banners

    def warm(self) -> None:
        """Load every edition that is not held yet, so that nobody waits for it and each has its good copy."""
        with contextlib.suppress(NotLoadedError):
            for slug in self.site().editions:
                self.programme(slug)
        self._write_copies()

    def keep(self, over: threading.Event) -> None:
        """Load everything, then look for newer values until ``over`` is set, whether anybody asks or not.

        Of several processes one may be asked nothing for minutes; whoever comes to it then must not be led by what
        held minutes ago. A thread of its own is to run this.
        """
        self.warm()
        while not over.wait(self._every_s):
            if self._looking.acquire(blocking=False):
                self._look(threading.Event())

    def index(self, programme: Programme) -> Index:
        """Return the search index of a programme value."""
        held = self._indexes.get(programme.edition.slug)
        if held is not None and held[0] is programme:
            return held[1]
        return Index.build(programme)

    def _first(self, name: str, load: Callable[[], Programme | Site]) -> None:
        value: Programme | Site | None
        try:
            value = load()
        except Exception as error:
            value = self._copies.read(name) if self._copies else None
            self.is_stale = True
            log.warning("first_load_failed", extra={"what": name, "error": type(error).__name__})
            if value is None:
                raise NotLoadedError(name) from error
        else:
            # Written later, by a look or by `warm`: the first answer shall not wait for it.
            self._copy(name, value)
        if isinstance(value, Site):
            self._site = value
            self._note("site", value.version)
        else:
            self._keep(value)
