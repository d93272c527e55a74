"""The one answer to everybody who typed an address: where a mail goes, what it has, and when the next one can.

It is the same for an address we know and one we do not. What was typed travels sealed in the address of the page, so
that it stands in no log and no history in the open.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, NamedTuple

from flask import Blueprint, Response, make_response, redirect, render_template, request

from wmd.secretbox import SecretBoxError
from wmd.web.attendee.answers import private
from wmd.web.means import secret_box
from wmd.web.reading import read_now, viewer

bp = Blueprint("asked", __name__)

#: What the mail has: a button that confirms, the link of one's own page, or the button of a new address.
What = Literal["button", "link", "move"]
_PURPOSE: Final = "attendee.asked"
#: A longer text is none of ours and is not opened.
_LONGEST = 1000


class Asked(NamedTuple):
    """What was asked for: where the mail goes, what it has, and when the next can go out if this one could not."""

    address: str
    what: What
    next_at: datetime | None


def to_asked(address: str, what: What = "button", wait_s: int = 0) -> Response:
    """Lead to the page; ``wait_s`` are the seconds until the next mail can go out, 0 when this one did."""
    next_s = int((read_now() + timedelta(seconds=wait_s)).timestamp()) if wait_s else 0
    sealed = secret_box().seal(json.dumps([address.strip()[:254], what, next_s]), purpose=_PURPOSE)
    response = make_response(redirect(f"/me/asked?to={sealed}", 303))
    response.headers["Cache-Control"] = "no-store"
    return response


def _read(sealed: str) -> Asked:
    try:
        text = secret_box().open(sealed, purpose=_PURPOSE) if len(sealed) <= _LONGEST else ""
        address, what, next_s = json.loads(text or '["", "button", 0]')
    except SecretBoxError:
        return Asked("", "button", None)
    return Asked(address, what, datetime.fromtimestamp(next_s, UTC) if next_s else None)


@bp.get("/me/asked")
def show() -> Response:
    """Say that mail is on its way, or when it can be, and what to do when none comes."""
    asked = _read(request.args.get("to", ""))
    page = render_template("attendee/asked.html", asked=asked, zone=viewer("UTC").zone, noindex=True)
    return private(make_response(page))
