"""What Flask answered, before it goes out: read as a whole, or passed on piece by piece (PEP 3333)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import cast

from wmd.web.kept import Headers, Publish, words_of


class Answer:
    """What Flask answered: status, headers, and a body that is still to be read or passed on."""

    #: Bodies up to this size are joined, so that the server can send them in one piece.
    _JOINED_BYTES = 256 * 1024

    def __init__(self) -> None:
        self.status = ""
        self.headers: Headers = []
        self._written: list[bytes] = []
        self._chunks: Iterable[bytes] = ()
        self._first: list[bytes] = []

    def start(self, status: str, headers: Headers, exc_info: object = None, /) -> Callable[[bytes], object]:
        """Serve as the ``start_response`` of Flask (PEP 3333)."""
        self.status, self.headers = status, list(headers)
        return self._written.append

    def begin(self, chunks: Iterable[bytes]) -> None:
        """Take the body; a generator application says its status only with its first bytes."""
        self._chunks = chunks
        if not self.status:
            iterator = iter(chunks)
            self._first = [next(iterator, b"")]
            self._chunks = _Rest(iterator, chunks)

    def may_be_kept(self, permission: Publish) -> bool:
        """Say whether the response itself allows what its view permitted."""
        names = {name.lower() for name, _ in self.headers}
        varies_by_cookie = any(word.lower() in {"cookie", "*"} for word in words_of(self.headers, "vary"))
        return (
            self.status[:3] in {"200", "301"}
            and "set-cookie" not in names
            and (permission.private or not varies_by_cookie)
        )

    def read(self) -> bytes:
        """Return the whole body."""
        try:
            return b"".join((*self._written, *self._first, *self._chunks))
        finally:
            self.close()

    def passed_on(self, done: Callable[[int], object]) -> Iterable[bytes]:
        """Return the body for the server and call ``done`` with its size in bytes when it is through."""
        length = next((value for name, value in self.headers if name.lower() == "content-length"), "")
        if length.isdecimal() and int(length) <= self._JOINED_BYTES:
            body = self.read()
            done(len(body))
            return [body]
        return _Stream((*self._written, *self._first), self._chunks, done)

    def close(self) -> None:
        """Tell Flask that the response is over."""
        _close(self._chunks)


class _Rest:
    """The rest of a generator's body, closed through the generator itself."""

    def __init__(self, rest: Iterator[bytes], whole: Iterable[bytes]) -> None:
        self._rest = rest
        self._whole = whole

    def __iter__(self) -> Iterator[bytes]:
        return self._rest

    def close(self) -> None:
        _close(self._whole)


class _Stream:
    """A body passed on piece by piece; says its size once, when the server closes it."""

    def __init__(self, before: Iterable[bytes], chunks: Iterable[bytes], done: Callable[[int], object]) -> None:
        self._before = before
        self._chunks = chunks
        self._done: Callable[[int], object] | None = done
        self._size_bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        for part in (self._before, self._chunks):
            for chunk in part:
                self._size_bytes += len(chunk)
                yield chunk

    def close(self) -> None:
        try:
            _close(self._chunks)
        finally:
            done, self._done = self._done, None
            if done is not None:
                done(self._size_bytes)


def _close(chunks: object) -> None:
    if close := getattr(chunks, "close", None):
        cast("Callable[[], object]", close)()
