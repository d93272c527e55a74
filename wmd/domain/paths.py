"""Paths that pages, calendars and exports all write: promises that are written down once.

A readable part follows the code where there is one; the code alone is the whole address where a title has no letter
that an address could hold.
"""

from __future__ import annotations


def event(edition_slug: str, code: str, slug: str = "") -> str:
    """Return the page of an event."""
    return f"/{edition_slug}/events/{_named(code, slug)}"


def organisation(edition_slug: str, code: str, slug: str = "") -> str:
    """Return the page of an organisation in an edition."""
    return f"/{edition_slug}/organisations/{_named(code, slug)}"


def short(code: str) -> str:
    """Return the permanent short address of an event or session."""
    return f"/e/{code}"


def take_part(code: str) -> str:
    """Return the stable way to take part in an event or one of its sessions."""
    return f"/go/{code}"


def _named(code: str, slug: str) -> str:
    return f"{code}-{slug}" if slug else code
