"""Pages of lists: at most 300 records, a token for the next page that lives 15 minutes, the order of creation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from wmd_fakezoom.calls import Call, ZoomError
from wmd_fakezoom.world import PAGE_TOKEN_LIFE, PageToken

MOST: Final = 300
_DEFAULT: Final = 30


def number(call: Call, name: str, otherwise: int) -> int:
    """Return a query parameter as a number from 1 on."""
    text = call.query.get(name, "")
    if not text:
        return otherwise
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise ZoomError(400, 300, f"Invalid parameter: {name}.")
    return int(text)


def page(
    call: Call, key: str, name: str, records: Iterable[tuple[int, dict[str, Any]]], *, is_numbered: bool = True
) -> dict[str, Any]:
    """Return one page in Zoom's envelope; ``key`` says of which list, records come with their order of creation.

    A record that is added meanwhile comes at the end: the token remembers the last record, not how many there were.
    Lists of those who were there do not say the page's number (``is_numbered``).
    """
    ordered = sorted(records, key=lambda item: item[0])
    size = min(number(call, "page_size", _DEFAULT), MOST)
    page_number = number(call, "page_number", 1)
    if token := call.query.get("next_page_token", ""):
        after = _known(call, token, key).after_seq
        rest = [item for item in ordered if item[0] > after]
    else:
        rest = ordered[(page_number - 1) * size :]
    shown = rest[:size]
    next_token = ""
    if len(rest) > size:
        next_token = call.world.ids.text(32)
        call.world.page_tokens[next_token] = PageToken(key, shown[-1][0], call.now + PAGE_TOKEN_LIFE)
    return {
        "page_count": -(-len(ordered) // size),
        **({"page_number": page_number} if is_numbered else {}),
        "page_size": size,
        "total_records": len(ordered),
        "next_page_token": next_token,
        name: [document for _, document in shown],
    }


def _known(call: Call, token: str, key: str) -> PageToken:
    """Return a token's record, or raise as Zoom does for one that is too old or of another list."""
    now: datetime = call.now
    found = call.world.page_tokens.get(token)
    if found is None or found.key != key or now >= found.expires_at:
        raise ZoomError(400, 300, "The next page token is invalid or expired.")
    return found
