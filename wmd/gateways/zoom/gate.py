"""Which addresses this service goes to or shows when Zoom names them: Zoom's own hosts, by whole labels."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from wmd.domain.links import MAX_LENGTH, is_zoom_host


def zoom_only(url: str) -> bool:
    """Tell whether an address is ``https`` on a host of Zoom's, without a user name and on the usual port."""
    if len(url) > MAX_LENGTH or not url.isprintable() or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme != "https" or "@" in parts.netloc or port not in {None, 443}:
        return False
    return is_zoom_host(parts.hostname or "")


def zoom_or(base: str) -> Callable[[str], bool]:
    """Return a gate that lets through what lies below ``base`` as well: a fake Zoom on this machine.

    Raises ValueError unless ``base`` is ``http`` on a loopback address.
    """
    wanted = urlsplit(base)
    try:
        is_here = wanted.hostname is not None and ip_address(wanted.hostname).is_loopback
    except ValueError:
        is_here = False
    if not is_here or wanted.scheme != "http" or "@" in wanted.netloc:
        msg = "a fake Zoom is http:// on a loopback address"
        raise ValueError(msg)

    def may_reach(url: str) -> bool:
        if zoom_only(url):
            return True
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        return len(url) <= MAX_LENGTH and (parts.scheme, parts.netloc) == ("http", wanted.netloc)

    return may_reach
