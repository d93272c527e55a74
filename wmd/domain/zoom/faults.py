"""What can go wrong between us and Zoom, told apart by what the caller does next.

No message, attribute or ``repr`` of this family holds a secret, an address, a link or anything else that Zoom wrote in
words: only the status, Zoom's own number for the error, its tracking id, and reasons from the lists below.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

#: Why something is tried again later.
Wait = Literal["rate", "daily", "server", "network", "circuit", "budget", "credentials"]
#: Why something is given up.
Refusal = Literal[
    "full", "over", "running", "host", "not-registrable", "is-webinar", "is-meeting", "no-licence", "not-host",
    "address", "other",
]  # fmt: skip


class ZoomFault(Exception):  # noqa: N818 -- the family is called so wherever it is caught
    """Zoom did not do what was asked. ``status`` is 0 where no answer came; ``code`` is Zoom's own number."""

    def __init__(self, reason: str, *, status: int = 0, code: int | None = None, tracking_id: str = "") -> None:
        self.reason, self.status, self.code, self.tracking_id = reason, status, code, tracking_id
        super().__init__(f"{type(self).__name__}: {reason} (status {status}, code {code})")


class RetryAt(ZoomFault):
    """Try again: at ``at``, or after the caller's own back-off where Zoom said no time.

    ``surely_not_arrived`` is True only where Zoom cannot have done what was asked. Where it is False and something was
    to be changed, the caller lists and matches before asking again.
    """

    def __init__(
        self,
        reason: Wait,
        *,
        at: datetime | None = None,
        surely_not_arrived: bool = False,
        status: int = 0,
        code: int | None = None,
        tracking_id: str = "",
    ) -> None:
        super().__init__(reason, status=status, code=code, tracking_id=tracking_id)
        self.at, self.surely_not_arrived = at, surely_not_arrived


class RetryPerson(ZoomFault):
    """One person's tries of this day are used up: park this person until ``at``, and go on with the others."""

    def __init__(self, at: datetime, *, status: int = 429, code: int | None = 429, tracking_id: str = "") -> None:
        super().__init__("person", status=status, code=code, tracking_id=tracking_id)
        self.at = at


class Fix(ZoomFault):
    """Asking again changes nothing: somebody mends the request or the app's rights first.

    ``scopes`` names the rights that the app in Zoom's marketplace lacks, ``fields`` the names of fields that Zoom
    did not accept; never their values.
    """

    def __init__(
        self,
        reason: Literal["scopes", "fields", "request", "user", "page-token"],
        *,
        scopes: tuple[str, ...] = (),
        fields: tuple[str, ...] = (),
        status: int = 0,
        code: int | None = None,
        tracking_id: str = "",
    ) -> None:
        super().__init__(reason, status=status, code=code, tracking_id=tracking_id)
        self.scopes, self.fields = scopes, fields


class AuthLost(ZoomFault):
    """Zoom does not know us any more (or never did): no further call until a person has looked."""

    def __init__(
        self,
        reason: Literal["token", "credentials", "grant", "audience", "account"],
        *,
        status: int = 0,
        code: int | None = None,
        tracking_id: str = "",
    ) -> None:
        super().__init__(reason, status=status, code=code, tracking_id=tracking_id)


class Gone(ZoomFault):
    """Zoom has no such room or registrant now (404, or code 3001). Expired ones look the same; some come back."""

    def __init__(self, *, status: int = 404, code: int | None = None, tracking_id: str = "") -> None:
        super().__init__("gone", status=status, code=code, tracking_id=tracking_id)


class Refused(ZoomFault):
    """Zoom says no, for a reason that waiting does not change."""

    def __init__(self, reason: Refusal, *, status: int = 400, code: int | None = None, tracking_id: str = "") -> None:
        super().__init__(reason, status=status, code=code, tracking_id=tracking_id)


class Garbled(ZoomFault):
    """The answer cannot be read: HTML, nothing, too much, or not of the promised shape.

    For reading that is as good as no answer. For changing it leaves the outcome unknown: list and match.
    """

    def __init__(self, reason: str, *, status: int = 200, code: int | None = None, tracking_id: str = "") -> None:
        super().__init__(reason, status=status, code=code, tracking_id=tracking_id)
