"""Faults by script: on which route, from which call on, for how many calls, and what goes wrong.

Zoom's are told apart by what the caller sees: an error in Zoom's words, an answer that comes late, broken or never,
and an answer that is right but odd.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final, Literal, get_args

from wmd_fakezoom.calls import Answer
from wmd_fakezoom.clock import utc_text
from wmd_fakezoom.world import midnight_after

FaultKind = Literal[
    "unauthorised",  # 401 with code 124
    "qps",  # 429, per second
    "daily", # 429, per day, with an ISO time
    "status",  # any status (500, 502, 503 …): option status
    "code",  # any error of Zoom's: options status, code, message
    "slow",  # done, but answered after option seconds
    "reset",  # the connection is reset before anything is done
    "drop",  # done, then the connection is reset: the answer is lost
    "html",  # a page in place of JSON; option status
    "empty",  # nothing in place of JSON
    "truncated",  # half of the JSON
    "extra",  # fields that nobody knows
    "string_ids",  # numbers of rooms as strings
    "repeat_token",  # the token for the next page is the one that was sent, or always the same
    "null",  # every field that may be missing is null
]  # fmt: skip
KINDS: Final = get_args(FaultKind)

#: Faults that stand in place of the work: nothing is done. ``html`` and ``empty`` come after it when told so.
BEFORE: Final = {"unauthorised", "qps", "daily", "status", "code", "reset", "html", "empty"}


@dataclass
class Fault:
    """One fault. ``route`` is a route's name or ``*``; ``nth`` counts from now; ``times`` empty says: always."""

    route: str
    kind: FaultKind
    nth: int = 1
    times: int | None = 1
    options: dict[str, Any] = field(default_factory=dict)
    seen: int = 0

    def strikes(self, route: str) -> bool:
        """Count a call, and say whether the fault strikes it."""
        if self.route not in {"*", route}:
            return False
        self.seen += 1
        return self.seen >= self.nth and (self.times is None or self.seen < self.nth + self.times)

    @property
    def is_over(self) -> bool:
        """Say whether it will not strike again."""
        return self.times is not None and self.seen >= self.nth + self.times - 1

    @property
    def comes_before(self) -> bool:
        """Say whether nothing is done for the call."""
        return self.kind in BEFORE and not self.options.get("commit")


def retry_after(form: str, at: datetime, now: datetime) -> str:
    """Return a time to come again as an ISO time, an HTTP date, or seconds from now."""
    if form == "date":
        return format_datetime(at, usegmt=True)
    return str(max(0, int((at - now).total_seconds()))) if form == "seconds" else utc_text(at)


def _unauthorised(options: Mapping[str, Any], now: datetime) -> Answer:
    del now
    return Answer(401, {"code": 124, "message": options.get("message", "Invalid access token.")})


def _qps(options: Mapping[str, Any], now: datetime) -> Answer:
    headers = {"X-RateLimit-Category": "Light", "X-RateLimit-Type": "QPS", "X-RateLimit-Remaining": "0"}
    if options.get("retry_after"):
        headers["Retry-After"] = retry_after(options["retry_after"], now + timedelta(seconds=2), now)
    words = "You have reached the maximum per-second rate limit for this API. Try again later."
    return Answer(429, {"code": 429, "message": words}, headers)


def _daily(options: Mapping[str, Any], now: datetime) -> Answer:
    headers = {
        "X-RateLimit-Category": "Heavy",
        "X-RateLimit-Type": "Daily-limit",
        "X-RateLimit-Limit": "1000",
        "X-RateLimit-Remaining": "0",
        "Retry-After": retry_after(str(options.get("retry_after", "iso")), midnight_after(now), now),
    }
    words = (
        "You have reached the maximum daily rate limit for this API. Refer to the response header for details on when "
        "you can make another request."
    )
    return Answer(429, {"code": 429, "message": words}, headers)


def _coded(options: Mapping[str, Any], now: datetime) -> Answer:
    del now
    status = int(options.get("status", 500))
    headers = {"Retry-After": str(options["retry_after"])} if "retry_after" in options else {}
    body = {"code": options.get("code", status), "message": options.get("message", "Internal error.")}
    return Answer(status, body, headers)


INSTEAD: Final[Mapping[str, Callable[[Mapping[str, Any], datetime], Answer]]] = {
    "unauthorised": _unauthorised,
    "qps": _qps,
    "daily": _daily,
    "status": _coded,
    "code": _coded,
}


def strings_for_ids(value: Any) -> Any:  # noqa: ANN401 -- any JSON value
    """Return a JSON value in which every number called ``id`` is a string."""
    if isinstance(value, dict):
        return {
            name: str(item) if name == "id" and isinstance(item, int) else strings_for_ids(item)
            for name, item in value.items()
        }
    return [strings_for_ids(item) for item in value] if isinstance(value, list) else value


def with_more_fields(value: Any) -> Any:  # noqa: ANN401 -- any JSON value
    """Return a JSON value whose objects have fields that nobody knows."""
    if isinstance(value, dict):
        grown = {name: with_more_fields(item) for name, item in value.items()}
        return {**grown, "x_new_field": {"nested": [1, None]}, "share_url": "https://zoom.us/share/new"}
    return [with_more_fields(item) for item in value] if isinstance(value, list) else value


def changed(fault: Fault, body: Any, asked_token: str) -> Any:  # noqa: ANN401 -- any JSON value
    """Return an answer's body as the fault makes it: right, but odd."""
    if fault.kind == "string_ids":
        return strings_for_ids(body)
    if fault.kind == "extra":
        return with_more_fields(body)
    if fault.kind == "null" and isinstance(body, dict):
        return {**body, **dict.fromkeys(fault.options.get("fields", ()), None)}
    if fault.kind == "repeat_token" and isinstance(body, dict) and "next_page_token" in body:
        return {**body, "next_page_token": asked_token or body["next_page_token"]}
    return body
