"""What a client of Zoom needs from the house: where tokens stand, what may still be spent, where calls are noted.

Services implement these against the tables (``zoom_tokens``, ``zoom_budget``, ``zoom_calls``); the client knows
none. Each method is a short transaction of its own, which is over when it returns: none stays open across HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from wmd.domain.zoom.faults import Wait, ZoomFault


class Label(StrEnum):
    """How dear a call is to Zoom: each has limits of its own, for the account and all that use it together."""

    LIGHT = "light"
    MEDIUM = "medium"
    HEAVY = "heavy"


@dataclass(frozen=True, slots=True)
class Token:
    """What opens Zoom's interface for a while. ``refresh`` is for one use and only partners' tokens have one.

    ``api_url`` is the base that Zoom wants us to use, as it said, or "".
    """

    access: str = field(repr=False)
    from_at: datetime
    until_at: datetime
    api_url: str = ""
    scopes: tuple[str, ...] = ()
    refresh: str = field(default="", repr=False)

    def is_due(self, now: datetime, part: float) -> bool:
        """Tell whether this part of its life (0.8 to 0.9) is over, so that a new one is to be fetched."""
        return now >= self.from_at + (self.until_at - self.from_at) * part

    def is_over(self, now: datetime) -> bool:
        """Tell whether Zoom takes it no more; a little early, since a call takes its time."""
        return now >= self.until_at - timedelta(seconds=30)


class TokenStore(Protocol):
    """The one place where an account's token stands, shared by all processes."""

    def current(self) -> Token | None:
        """Return the token that is stored, over or not; None if there is none.

        Raises AuthLost where the account is not connected: no call is to be made.
        """

    def renew_with(self, fetch: Callable[[str], Token], *, instead_of: Token | None, is_urgent: bool = True) -> Token:
        """Return another token than ``instead_of``: one that somebody else has stored meanwhile, or a new one.

        ``fetch`` is given the stored refresh token ("" for our own account) and asks Zoom; under a lease, so that of
        many that come at once only one asks. Raises what ``fetch`` raises, and RetryAt when the lease stays taken:
        after a while, or at once where it is not urgent.
        """

    def note(self, fault: ZoomFault | None) -> None:
        """Take down what a call says about the account: lost, rights missing, or (None) that all is well."""


@dataclass(frozen=True, slots=True)
class Delay:
    """A call may not be made before ``at``: the second's share is spent (``rate``), the day's (``budget``), or the
    ``circuit`` is open.
    """

    at: datetime
    reason: Wait


class Budget(Protocol):
    """What may still be asked of Zoom, shared by all processes."""

    def take(self, label: Label, now: datetime, *, host: str | None = None, at_leisure: bool = False) -> Delay | None:
        """Spend one call and return None; or return when to ask again, and nothing is spent.

        ``at_leisure``: nobody waits for it, so that a part of the day is left for calls that concern people.

        ``host`` is the Zoom user whose rooms are created or changed, who has 100 such calls a day; "" if unknown.
        """

    def note(
        self,
        label: Label,
        status: int,
        headers: Mapping[str, str],
        now: datetime,
        *,
        until: datetime | None = None,
        host: str | None = None,
    ) -> None:
        """Take down how a call went: ``status`` 0 is none that can be read.

        ``until`` shuts the label for everybody for that long, or with ``host`` only the changes of that host's rooms.
        """


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was made. ``route`` is a template such as ``/webinars/{id}``; nothing here names anybody."""

    at: datetime
    method: str
    route: str
    label: Label
    status: int
    code: int | None
    duration_ms: int
    tracking_id: str
    fault: str


class CallLog(Protocol):
    """Where calls are noted, for the page that staff look at."""

    def note(self, call: Call) -> None:
        """Note one call."""
