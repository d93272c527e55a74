"""One request and its answer: limits on every wait and on size, no redirects, no cookies, no proxy of the system.

What went wrong is told apart by one question: can it have arrived?
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ReadTimeoutError

#: Far more than 300 registrants with their answers.
MOST_BYTES = 8_000_000
#: A server may be slow between two packets, but not for ever.
LONGEST_S = 30.0
_TRACKING_ID = re.compile(r"[A-Za-z0-9_.:=/+-]{1,80}")


class NoAnswer(Exception):  # noqa: N818 -- reads as what it is at the place where it is caught
    """No whole answer came. ``surely_not_arrived``: the request cannot have been carried out."""

    def __init__(self, reason: str, *, surely_not_arrived: bool = False) -> None:
        self.reason, self.surely_not_arrived = reason, surely_not_arrived
        super().__init__(reason)


class TooLong(Exception):  # noqa: N818 -- as above
    """The answer is longer than any that is expected."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for a connection, between two packets, and for all; bytes of an answer."""

    connect_s: float = 3.0
    read_s: float = 10.0
    longest_s: float = LONGEST_S
    most_bytes: int = MOST_BYTES


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def tracking_id(self) -> str:
        """Zoom's own number of the call, for their support; "" without one."""
        found = self.headers.get("x-zm-trackingid", "")
        return found if _TRACKING_ID.fullmatch(found) else ""

    def read(self) -> object:
        """Return the JSON; raises ValueError for what is none, nothing included."""
        try:
            found: object = json.loads(self.body)
        except RecursionError:
            raise ValueError("nested too deeply") from None
        return found


def pooled_session(connections: int = 16) -> requests.Session:
    """Return a session that keeps connections and nothing else: no cookies, no proxy or password of the system."""
    http = requests.Session()
    http.trust_env = False
    http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    http.headers["User-Agent"] = "wmd"
    http.headers["Accept"] = "application/json"
    for scheme in ("https://", "http://"):
        http.mount(scheme, HTTPAdapter(pool_connections=4, pool_maxsize=connections, max_retries=0))
    return http


def exchange(
    http: requests.Session,
    method: str,
    url: str,
    limits: Limits,
    *,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    body: object = None,
    form: Mapping[str, str] | None = None,
    basic: tuple[str, str] | None = None,
) -> Answer:
    """Send one request and return its answer, whatever its status. Raises :class:`NoAnswer` and :class:`TooLong`.

    No error carries the address, since paths hold ids and queries hold tokens.
    """
    ends_at_s = time.monotonic() + limits.longest_s
    try:
        with http.request(
            method,
            url,
            params=query,
            json=body,
            data=form,
            auth=basic,
            headers=headers,
            timeout=(limits.connect_s, limits.read_s),
            allow_redirects=False,
            stream=True,
        ) as answer:
            return Answer(answer.status_code, answer.headers, _body(answer, limits, ends_at_s))
    except (requests.RequestException, HTTPError, OSError) as error:
        raise NoAnswer(_reason(error), surely_not_arrived=_never_left(error)) from None


def _body(answer: requests.Response, limits: Limits, ends_at_s: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    # One look at the network at a time: asked for so many bytes, urllib3 would wait for all of them, however they drip.
    while part := answer.raw.read1(16_384, decode_content=True):
        size += len(part)
        if size > limits.most_bytes:
            raise TooLong
        if time.monotonic() > ends_at_s:
            raise NoAnswer("slow")
        parts.append(part)
    return b"".join(parts)


def _reason(error: Exception) -> str:
    if isinstance(error, (requests.Timeout, ReadTimeoutError)):
        return "timeout"
    return "tls" if isinstance(error, requests.exceptions.SSLError) else "connection"


def _never_left(error: Exception) -> bool:
    """Tell whether there was no connection at all: refused, unknown host, no answer to the first packet."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if isinstance(error, requests.ConnectionError) and error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
