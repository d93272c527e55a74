"""Differences between programme and room as pages show them: both sides in words, and what can be pressed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from wmd.models import ZoomDrift
from wmd.services.room_decisions import can_send, can_take
from wmd.services.room_differences import FIELDS, Sides, sides
from wmd.services.room_list import RoomView
from wmd.web.catalogue import gettext


class ShownDrift(NamedTuple):
    """A difference on a page. ``said``: what the organiser last said of it: ours, theirs or nothing."""

    row: ZoomDrift
    label: str
    sides: Sides
    can_take: bool
    can_send: bool
    said: str


def shown_drifts(
    view: RoomView, said: Mapping[str, str], may_send: Callable[[ZoomDrift], bool] | None = None
) -> list[ShownDrift]:
    """Return the open differences of a room; a session's times are on its own clocks.

    ``may_send``: whether who looks may have ours sent to Zoom; without it, as staff may.
    """
    found = []
    for row in view.drifts:
        session = view.sessions.get(row.session_id)
        both = sides(row, session.zone if session else "UTC", "en", gettext)
        sendable = may_send(row) if may_send is not None else can_send(row, view.binding)
        found.append(ShownDrift(row, gettext(FIELDS[row.field]), both, can_take(row), sendable, said.get(row.id, "")))
    return found
