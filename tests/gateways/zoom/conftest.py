"""Our client before a fake Zoom: real HTTP on loopback, the fake's clock, and waits that are noted, not waited."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock

import pytest

from tests.fakezoom.spec import request_faults
from wmd.domain.zoom.calls import Call, Delay, Label, Token
from wmd.domain.zoom.faults import ZoomFault
from wmd.gateways.zoom.client import ZoomClient
from wmd.gateways.zoom.gate import zoom_or
from wmd.gateways.zoom.tokens import PartnerCredentials, ServerCredentials
from wmd.gateways.zoom.transport import pooled_session
from wmd_fakezoom import FakeZoom, Room
from wmd_fakezoom.seed import (
    ACCOUNT_ID,
    CLIENT_ID,
    CLIENT_SECRET,
    HOST,
    PARTNER_CLIENT_ID,
    PARTNER_CLIENT_SECRET,
)

NOW = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)
#: What the text of 2021 does not know in a request, and Zoom's pages of today do: who mails the confirmation.
NEWER = ("body settings.registrants_confirmation_email unknown",)
STARTS_AT = NOW + timedelta(days=6, hours=4)
OURS = ServerCredentials(ACCOUNT_ID, CLIENT_ID, CLIENT_SECRET)
PARTNERS = PartnerCredentials(PARTNER_CLIENT_ID, PARTNER_CLIENT_SECRET)


@dataclass
class MemoryTokens:
    """Keeps one token in memory; one thread at a time fetches."""

    token: Token | None = None
    refresh: str = ""
    noted: list[ZoomFault] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def current(self) -> Token | None:
        return self.token

    def renew_with(self, fetch: Callable[[str], Token], *, instead_of: Token | None, is_urgent: bool = True) -> Token:
        with self.lock:
            if self.token is None or self.token == instead_of:
                self.token = fetch(self.refresh)
                self.refresh = self.token.refresh or self.refresh
            return self.token

    def note(self, fault: ZoomFault | None) -> None:
        if fault is not None:
            self.noted.append(fault)


@dataclass
class OpenBudget:
    """Lets everything through but what it was told to delay, and keeps what it is told."""

    delays: list[Delay] = field(default_factory=list)
    taken: list[tuple[Label, str | None]] = field(default_factory=list)
    noted: list[tuple[Label, int, datetime | None, str | None]] = field(default_factory=list)

    def take(self, label: Label, now: datetime, *, host: str | None = None, at_leisure: bool = False) -> Delay | None:
        if self.delays:
            return self.delays.pop(0)
        self.taken.append((label, host))
        return None

    def note(
        self, label: Label, status: int, headers: Mapping[str, str], now: datetime, *, until: datetime | None = None,
        host: str | None = None,
    ) -> None:  # fmt: skip
        self.noted.append((label, status, until, host))


@dataclass
class Notes:
    """Keeps the calls."""

    calls: list[Call] = field(default_factory=list)

    def note(self, call: Call) -> None:
        self.calls.append(call)


@dataclass
class Desk:
    """A client with all that it was given."""

    client: ZoomClient
    tokens: MemoryTokens
    budget: OpenBudget
    notes: Notes
    waits: list[float]


def make_desk(zoom: FakeZoom, credentials: ServerCredentials | PartnerCredentials = OURS, **changes: object) -> Desk:
    """Return a client of the fake."""
    tokens, budget, notes, waits = MemoryTokens(), OpenBudget(), Notes(), list[float]()
    options: dict[str, object] = {
        "http": pooled_session(), "tokens": tokens, "budget": budget, "calls": notes,
        "clock": lambda: zoom.control.now, "sleep": waits.append, "oauth_url": zoom.url, "api_url": zoom.api_url,
        "connect_s": 1.0, "read_s": 0.25, "may_reach": zoom_or(zoom.url), "draw": lambda: 0.5,
    }  # fmt: skip
    client = ZoomClient(credentials, **(options | changes))  # type: ignore[arg-type]
    return Desk(client, tokens, budget, notes, waits)


@pytest.fixture
def zoom() -> Iterator[FakeZoom]:
    """A fake whose clock stands. Whatever a test sends is as Zoom's own text wants it, where that text is at hand."""
    with FakeZoom(starts_at=NOW, webhook_limit_s=0.3) as server:
        yield server
        faults = request_faults(server.control.sent())
        assert [fault for fault in faults if not fault.endswith(NEWER)] == []


@pytest.fixture
def desk(zoom: FakeZoom) -> Desk:
    return make_desk(zoom)


@pytest.fixture
def webinar(zoom: FakeZoom) -> Room:
    return zoom.control.add_webinar(STARTS_AT, topic="Cities and the climate", duration=90, host=HOST)


@pytest.fixture
def room_id(webinar: Room) -> str:
    return str(webinar.id)
