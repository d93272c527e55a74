"""Public addresses of what an export points to, from the base address of the site (no slash at its end)."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from wmd.domain import paths
from wmd.domain.programme import EditionView, EventView

#: What may stand in an address as it is (RFC 3986, reserved and unreserved), the percent sign included.
_SAFE = "!#$%&'()*+,/:;=?@[]~-._"


def event_page(base_url: str, edition: EditionView, event: EventView) -> str:
    """Return the address of an event's page."""
    return base_url + paths.event(edition.slug, event.code, event.slug)


def organisation_page(base_url: str, edition: EditionView, code: str, slug: str = "") -> str:
    """Return the address of an organisation's page; without ``slug`` it leads there."""
    return base_url + paths.organisation(edition.slug, code, slug)


def short(base_url: str, code: str) -> str:
    """Return the permanent short address of an event."""
    return base_url + paths.short(code)


def take_part(base_url: str, code: str) -> str:
    """Return the stable address to take part in an event or one of its sessions."""
    return base_url + paths.take_part(code)


def web_uri(address: str) -> str:
    """Return an ``http`` or ``https`` address as an ASCII URI (RFC 3986), or ``""`` when it is none.

    Addresses were classified before they were stored; this keeps an odd one from making a whole file invalid.
    """
    try:
        parts = urlsplit(address.strip())
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host or re.search(r"\s", address.strip()):
        return ""
    if not parts.netloc.isascii():
        try:
            ascii_host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
        parts = parts._replace(netloc=parts.netloc.lower().replace(host, ascii_host))
    return quote(parts.geturl(), safe=_SAFE)
