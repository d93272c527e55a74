"""A whole list from Zoom, page after page, that always comes to an end.

Ways out of the loop, beside the last page: a token seen before, a page without anything new, more pages than any list
has. Then what was read is returned with ``next_token`` set, so that nobody takes a part for the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from wmd.domain.zoom import reading
from wmd.domain.zoom.answers import Page
from wmd.domain.zoom.faults import Fix, RetryAt
from wmd.gateways.zoom.asking import Ask

T = TypeVar("T")

PAGE_SIZE = 300
MOST_PAGES = 100
#: What stands for the token of a list that ended before its end without giving one.
_UNFINISHED = "unfinished"


@dataclass(slots=True)
class _Reader(Generic[T]):
    """What was read so far. Entries with the same key are one: lists grow while they are read."""

    key: Callable[[T], object] | None
    items: dict[object, T] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    token: str = ""
    number: int = 1

    def take(self, page: Page[T]) -> bool:
        """Take over what is new on a page; tell whether there was any."""
        before = len(self.items)
        for item in page.items:
            self.items.setdefault(len(self.items) if self.key is None else self.key(item), item)
        return len(self.items) > before

    def query(self) -> dict[str, str]:
        """Return what asks for the page that comes next."""
        further = {"next_page_token": self.token} if self.token else {}
        counted = {"page_number": str(self.number)} if self.number > 1 and not self.token else {}
        return {"page_size": str(PAGE_SIZE), **further, **counted}

    def has_next(self, page: Page[T], page_count: int) -> bool:
        """Go to the next page, if there is one: by its token, else by Zoom's count of pages."""
        self.seen.add(self.token)
        self.token = page.next_token
        self.number += 1
        return bool(self.token) or self.number <= page_count


def whole_list(
    asked: Callable[[Ask], object],
    ask: Ask,
    name: str,
    read: Callable[[object], T],
    *,
    key: Callable[[T], object] | None = None,
) -> Page[T]:
    """Return all entries of a list. ``asked`` makes one call; ``read`` maps one entry; ``key`` tells two apart.

    A page's token lives 15 minutes: when it is over the list is read once more from the beginning.
    """
    reader: _Reader[T] = _Reader(key)
    is_restarted = False
    for _ in range(MOST_PAGES):
        try:
            answer = asked(replace(ask, query={**ask.query, **reader.query()}))
        except Fix as fault:
            if fault.reason != "page-token":
                raise
            if is_restarted:
                raise RetryAt("server", status=fault.status, code=fault.code, tracking_id=fault.tracking_id) from None
            reader, is_restarted = _Reader(key), True
            continue
        page = reading.page(answer, name, read)
        is_new = reader.take(page)
        if not reader.has_next(page, reading.page_count(answer)):
            return Page(tuple(reader.items.values()))
        if not is_new or (reader.token and reader.token in reader.seen):
            return _stopped(reader, reading.total(answer))
    return _stopped(reader, None)


def _stopped(reader: _Reader[T], total: int | None) -> Page[T]:
    is_whole = total is not None and len(reader.items) >= total
    return Page(tuple(reader.items.values()), "" if is_whole else reader.token or _UNFINISHED)
