"""One call of Zoom's interface from beginning to end: budget, token, request, what its answer means, what is noted.

Tried again is only what surely did not arrive (no connection, 429, 401 with a new token), and reading. A change whose
outcome is unknown is the caller's to find out: :class:`~wmd.domain.zoom.faults.RetryAt` with ``surely_not_arrived``
False, or :class:`~wmd.domain.zoom.faults.Garbled`.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import requests

from wmd.domain.zoom.calls import Budget, Call, CallLog, Label, Token, TokenStore
from wmd.domain.zoom.faults import AuthLost, Fix, Garbled, RetryAt, ZoomFault
from wmd.domain.zoom.refusals import Said, fault_of
from wmd.gateways.zoom.retry_after import wait_until
from wmd.gateways.zoom.tokens import TokenDesk
from wmd.gateways.zoom.transport import Answer, Limits, NoAnswer, TooLong, exchange

log = logging.getLogger(__name__)

#: A wait that is shorter is waited here; a longer one is the caller's.
_MOST_WAIT_S = 5.0
#: Turns for the second's share of the budget, when many ask at once.
_MOST_TURNS = 200
_MOST_TRIES = 3


@dataclass(frozen=True, slots=True)
class Ask:
    """One call: ``route`` is the template that may be logged, ``path`` the address itself.

    ``host`` is given where a room is created or changed: the user whose daily changes it counts among, "" if unknown.
    """

    method: str
    route: str
    path: str = field(repr=False)
    label: Label
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: object = field(default=None, repr=False)
    host: str | None = field(default=None, repr=False)

    @property
    def is_reading(self) -> bool:
        """Whether it changes nothing, so that it may be asked twice."""
        return self.method == "GET"


class Asker:
    """Makes calls for one account. May be used by several threads at once."""

    def __init__(
        self,
        desk: TokenDesk,
        *,
        http: requests.Session,
        tokens: TokenStore,
        budget: Budget,
        calls: CallLog,
        clock: Callable[[], datetime],
        sleep: Callable[[float], object],
        api_url: str,
        limits: Limits,
        may_reach: Callable[[str], bool],
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._desk, self._http, self._tokens, self._budget, self._calls = desk, http, tokens, budget, calls
        self._clock, self._sleep, self._limits, self._may_reach, self._draw = clock, sleep, limits, may_reach, draw
        self._api_url, self._at_leisure = api_url.rstrip("/"), False
        # Somewhere between 80 and 90 % of its life: processes that started together do not all come at once.
        self._due_part = 0.8 + 0.1 * draw()

    def at_leisure(self) -> Asker:
        """Return the same with calls for which nobody waits."""
        found = copy(self)
        found._at_leisure = True
        return found

    def ask(self, ask: Ask) -> object:
        """Make a call and return its JSON, None where there is none (204). Raises the family of ``faults``."""
        token = self._token()
        is_renewed = False
        for tries in range(1, _MOST_TRIES + 2):
            try:
                return self._once(ask, token)
            except AuthLost as fault:
                if fault.reason != "token" or is_renewed:
                    _written(partial(self._tokens.note, fault))
                    raise
                token, is_renewed = self._tokens.renew_with(self._desk.fetch, instead_of=token), True
            except (RetryAt, Garbled) as fault:
                wait_s = self._wait_s(ask, fault, tries)
                if wait_s is None:
                    raise
                self._sleep(wait_s)
        raise RetryAt("server")

    def _token(self) -> Token:
        token, now = self._tokens.current(), self._clock()
        if token is None or token.is_over(now):
            return self._tokens.renew_with(self._desk.fetch, instead_of=token)
        if not token.is_due(now, self._due_part):
            return token
        try:
            return self._tokens.renew_with(self._desk.fetch, instead_of=token, is_urgent=False)
        except (RetryAt, Garbled):
            # Somebody else is at it, or Zoom does not answer: the one we have is still good.
            return token

    def _once(self, ask: Ask, token: Token) -> object:
        self._spend(ask)
        at, began_s = self._clock(), time.monotonic()
        answer: Answer | None = None
        fault: ZoomFault | None = None
        try:
            answer = self._send(ask, token)
            found = self._found(ask, answer)
        except ZoomFault as raised:
            fault = raised
            raise
        finally:
            self._note(ask, answer, fault, at, int((time.monotonic() - began_s) * 1000))
        _written(partial(self._tokens.note, None))
        return found

    def _spend(self, ask: Ask) -> None:
        waited_s = 0.0
        for _ in range(_MOST_TURNS):
            now = self._clock()
            delay = self._budget.take(ask.label, now, host=ask.host, at_leisure=self._at_leisure)
            if delay is None:
                return
            wait_s = max(0.001, (delay.at - now).total_seconds())
            waited_s += wait_s
            if delay.reason != "rate" or waited_s > _MOST_WAIT_S:
                raise RetryAt(delay.reason, at=delay.at, surely_not_arrived=True)
            self._sleep(wait_s)
        raise RetryAt("rate", at=self._clock(), surely_not_arrived=True)

    def _send(self, ask: Ask, token: Token) -> Answer:
        base = token.api_url if token.api_url and self._may_reach(token.api_url) else self._api_url
        try:
            return exchange(
                self._http, ask.method, base + ask.path, self._limits, query=ask.query, body=ask.body,
                headers={"Authorization": f"Bearer {token.access}"},
            )  # fmt: skip
        except NoAnswer as lost:
            raise RetryAt("network", surely_not_arrived=lost.surely_not_arrived) from None
        except TooLong:
            raise Garbled("too long") from None

    def _found(self, ask: Ask, answer: Answer) -> object:
        """Return the JSON of a success, or raise what the answer means."""
        if answer.status == 204:
            return None
        try:
            found = answer.read()
        except ValueError:
            found = None
        if 200 <= answer.status < 300:
            if found is None and (ask.is_reading or ask.method == "POST"):
                raise Garbled("no JSON", status=answer.status, tracking_id=answer.tracking_id)
            return found
        raise self._fault(ask, answer, found)

    def _fault(self, ask: Ask, answer: Answer, found: object) -> ZoomFault:
        data = found if isinstance(found, dict) else {}
        code, errors = data.get("code"), data.get("errors")
        has_code = isinstance(code, int) and not isinstance(code, bool)
        if not has_code and 400 <= answer.status < 500 and answer.status not in {401, 408, 429}:
            # Whatever said this is not Zoom's interface; a page of some proxy must not look like a deleted room.
            return Garbled("no code", status=answer.status, tracking_id=answer.tracking_id)
        entries = errors if isinstance(errors, list) else []
        now = self._clock()
        return fault_of(
            Said(
                answer.status,
                code if has_code else None,
                now,
                message=str(data.get("message", ""))[:4000],
                fields=tuple(str(each.get("field", "")) for each in entries[:20] if isinstance(each, dict)),
                wait_until=wait_until(answer.headers.get("Retry-After"), now),
                limit=answer.headers.get("X-RateLimit-Type", ""),
                had_page_token="next_page_token" in ask.query,
                tracking_id=answer.tracking_id,
            )
        )

    def _note(self, ask: Ask, answer: Answer | None, fault: ZoomFault | None, at: datetime, took_ms: int) -> None:
        status, code = (answer.status if answer else 0), (fault.code if fault else None)
        name = f"{type(fault).__name__}.{fault.reason}" if fault else ""
        tracking_id = answer.tracking_id if answer else ""
        call = Call(at, ask.method, ask.route, ask.label, status, code, took_ms, tracking_id, name)
        _written(partial(self._calls.note, call))
        headers: Mapping[str, str] = answer.headers if answer else {}
        until, host = self._shut(ask, fault)
        # An answer that cannot be read is none: whatever stands before Zoom may be ill.
        readable = 0 if isinstance(fault, Garbled) else status
        now = self._clock()
        _written(partial(self._budget.note, ask.label, readable, headers, now, until=until, host=host))
        if isinstance(fault, Fix) and fault.scopes:
            _written(partial(self._tokens.note, fault))
        if fault is not None:
            log.info(
                "zoom.call_failed",
                extra={"method": ask.method, "route": ask.route, "status": status, "code": code, "fault": name,
                       "duration_ms": took_ms},
            )  # fmt: skip

    @staticmethod
    def _shut(ask: Ask, fault: ZoomFault | None) -> tuple[datetime | None, str | None]:
        """Return until when nobody shall ask, and whether that is for one host's changes alone."""
        if not isinstance(fault, RetryAt) or fault.reason not in {"rate", "daily"} or fault.status == 0:
            return None, None
        # A host's hundred changes of a day are refused like the account's whole day. Were it the account's after all,
        # its next other call would say so; the other way round nobody could read a room until midnight.
        return fault.at, ask.host if fault.reason == "daily" else None

    def _wait_s(self, ask: Ask, fault: RetryAt | Garbled, tries: int) -> float | None:
        """Return how long to wait before the call is made again, None where it is not for us to repeat it."""
        if tries >= _MOST_TRIES or (isinstance(fault, RetryAt) and fault.reason in {"daily", "circuit", "budget"}):
            return None
        if not isinstance(fault, RetryAt):
            return self._back_off_s(tries) if ask.is_reading and tries == 1 else None
        if fault.reason == "rate" and fault.status and fault.at is not None:
            wait_s = max(0.0, (fault.at - self._clock()).total_seconds())
            return wait_s + self._draw() * 0.1 if wait_s <= _MOST_WAIT_S else None
        if tries == 1 and fault.at is None and (ask.is_reading or fault.surely_not_arrived):
            return self._back_off_s(tries)
        return None

    def _back_off_s(self, tries: int) -> float:
        """Return a wait with full jitter; more than one repetition is the job's, with its longer waits."""
        return self._draw() * 0.5 * float(2**tries)


def _written(note: Callable[[], object]) -> None:
    """Write a note down. One that cannot be written (the database is away) takes nobody's answer back: somebody may
    be registered by now, and their link stands in it.
    """
    try:
        note()
    except Exception:
        log.exception("zoom.note_not_written")
