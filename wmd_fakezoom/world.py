"""Everything that the fake knows, behind one lock, and the events that it tells to whoever listens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import RLock
from typing import Any, Final

from wmd_fakezoom.calls import ZoomError
from wmd_fakezoom.clock import Clock, utc_text
from wmd_fakezoom.ids import Ids
from wmd_fakezoom.records import Kind, Room, User
from wmd_fakezoom.tokens import Tokens

#: A token for the next page lives this long.
PAGE_TOKEN_LIFE: Final = timedelta(minutes=15)
#: Creations and changes per host and day (UTC).
CHANGES_A_DAY: Final = 100

#: Told of an event: its name, the account, the object and, for changes, what was before.
Listener = Callable[[str, str, dict[str, Any], dict[str, Any] | None], None]


@dataclass
class PageToken:
    """Where a list goes on: after which record, of which list, and until when that is known."""

    key: str
    after_seq: int
    expires_at: datetime


class World:
    """The state of the fake. Whoever reads or changes it holds ``lock``."""

    def __init__(self, clock: Clock, ids: Ids, *, link_base: str) -> None:
        self.lock = RLock()
        self.clock = clock
        self.ids = ids
        #: How links in answers begin. The default is Zoom's own host, as clients check it; nothing is ever fetched.
        self.link_base = link_base
        self.users: list[User] = []
        self.rooms: list[Room] = []
        self.tokens = Tokens(ids)
        self.page_tokens: dict[str, PageToken] = {}
        self.listeners: list[Listener] = []
        #: What was counted per day: (day, what, of whom).
        self.day_counts: Counter[tuple[str, str, str]] = Counter()
        #: What a repeated address answers is not documented: the ``same`` registrant again, or a ``new`` one.
        self.repeated_email = "same"
        self._seq = 0

    def next_seq(self) -> int:
        """Return the next number in the order of creation."""
        self._seq += 1
        return self._seq

    def now(self) -> datetime:
        """Return the fake's time."""
        return self.clock.now()

    def tell(self, event: str, account_id: str, thing: dict[str, Any], old: dict[str, Any] | None = None) -> None:
        """Tell the listeners of an event."""
        for listener in self.listeners:
            listener(event, account_id, thing, old)

    def count_today(self, what: str, whom: str, limit: int) -> bool:
        """Count one more of something for the UTC day; say whether that was still within the limit."""
        key = (self.now().astimezone(UTC).date().isoformat(), what, whom)
        if self.day_counts[key] >= limit:
            return False
        self.day_counts[key] += 1
        return True

    def count_change(self, host: User) -> None:
        """Count a creation or change of a room of this host, or raise the daily 429."""
        if not self.count_today("change", host.id, CHANGES_A_DAY):
            raise daily_limit(self.now(), CHANGES_A_DAY, "Medium")

    def user(self, name: str) -> User | None:
        """Return a user by id or address."""
        return next((item for item in self.users if name == item.id or name.lower() == item.email.lower()), None)

    def room(self, kind: Kind, name: str, *, account_id: str | None = None) -> Room | None:
        """Return a room that was not deleted by number or by the UUID of an instance, expired ones too."""
        for item in reversed(self.rooms):
            uuids = {item.uuid, *(past.uuid for past in item.instances)}
            if (str(item.id) == name or name in uuids) and item.state == "active":
                return item if item.kind == kind and account_id in {None, item.host.account_id} else None
        return None

    def of_id(self, room_id: int) -> Room:
        """Return the newest room of this number, whatever became of it."""
        found = [item for item in self.rooms if item.id == room_id]
        if not found:
            raise LookupError(room_id)
        return found[-1]


def midnight_after(now: datetime) -> datetime:
    """Return the next midnight in UTC, when Zoom's daily counts begin anew."""
    return datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=1)


def daily_limit(now: datetime, limit: int, label: str) -> ZoomError:
    """Return the error for a day's limit: 429 with an ISO time in ``Retry-After``."""
    return ZoomError(
        429,
        429,
        "You have reached the maximum daily rate limit for this API. Refer to the response header for details on when "
        "you can make another request.",
        headers={
            "X-RateLimit-Category": label,
            "X-RateLimit-Type": "Daily-limit",
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": "0",
            "Retry-After": utc_text(midnight_after(now)),
        },
    )


def person_limit(now: datetime, limit: int, what: str, email: str) -> ZoomError:
    """Return the error for one person's daily limit, in whose words the address stands, as in Zoom's."""
    return ZoomError(
        429,
        429,
        f"You have exceeded the daily rate limit of ({limit}) for {what} API requests for the registrant ({email}). "
        "You can resume these API requests at GMT 00:00:00.",
        headers={"X-RateLimit-Type": "Daily-limit", "Retry-After": utc_text(midnight_after(now))},
    )
