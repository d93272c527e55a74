"""A look at a pasted link, which must never become a look at somebody's own network (server-side request forgery).

Only hosts of Zoom's are looked at. A name is resolved once, all its addresses must be public ones, and the connection
goes to one of these very addresses, with the name in TLS (SNI) and in ``Host``: a name that answers differently the
second time changes nothing. No proxy, cookie or credential of ours is used; redirects are followed by hand, each
through the same gate. See https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Timer
from typing import Final, NamedTuple
from urllib.parse import urljoin, urlsplit

import dns.exception
import dns.resolver
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from wmd.domain.links import classify, is_zoom_page
from wmd.domain.zoom.pages import Looked

#: One look, with all its redirects.
LONGEST_S: Final = 5.0
LARGEST_BYTES: Final = 64 * 1024
MOST_REDIRECTS: Final = 3
#: Addresses of a name that are tried; the first that answers is talked to.
_MOST_ADDRESSES: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
#: Forms that carry another address inside, which may be anybody's (RFC 6052, RFC 3056, RFC 4380).
_CARRIERS: Final = tuple(ipaddress.ip_network(each) for each in ("64:ff9b::/96", "2002::/16", "2001::/32"))

#: Returns the addresses of a host name; raises OSError when there are none, or nobody answers.
Resolve = Callable[[str], Sequence[str]]
#: Opens a connection to (address, host name, seconds), ready to be spoken HTTP on; raises OSError.
Connect = Callable[[str, str, float], socket.socket]


class _Refused(Exception):  # noqa: N818 -- never leaves this module
    """A link that is not looked at any further; carries the static word for why."""


class _Step(NamedTuple):
    """One answer: its status, where it leads on to, and the beginning of its text."""

    status: int
    location: str
    text: str


class LinkWatch:
    """Looks at links. Thread-safe: it keeps nothing between looks."""

    def __init__(
        self,
        *,
        resolve: Resolve | None = None,
        connect: Connect | None = None,
        user_agent: str = "wmd-link-watch",
        monotonic: Callable[[], float] = time.monotonic,
        longest_s: float = LONGEST_S,
    ) -> None:
        self._resolve = resolve or look_up_addresses
        self._connect = connect or TlsConnect()
        self._user_agent = user_agent
        self._monotonic = monotonic
        self._longest_s = longest_s

    def __call__(self, url: str) -> Looked:
        """Return what came back. Never raises for anything that the other side does."""
        until = self._monotonic() + self._longest_s
        try:
            return self._follow(url, until)
        except _Refused as refused:
            return Looked(fault=str(refused))
        except (OSError, http.client.HTTPException, ValueError):
            return Looked(fault="timeout" if self._monotonic() >= until else "network")

    def _follow(self, url: str, until: float) -> Looked:
        for _ in range(MOST_REDIRECTS + 1):
            host, target = gate(url)
            step = self._ask(host, target, until)
            if step.status not in _REDIRECTS or not step.location:
                return Looked(step.status, url, step.text)
            url = urljoin(url, step.location)
            if not is_zoom_page(url):
                raise _Refused("elsewhere")
        raise _Refused("redirects")

    def _ask(self, host: str, target: str, until: float) -> _Step:
        sock = self._open(host, until)
        # A timeout of the socket holds for each piece alone; who sends a byte a second would keep us for hours.
        # The plain method, since that of a TLS socket would pull its state away under the thread that reads.
        timer = Timer(max(0.0, until - self._monotonic()), _shut, [sock])
        timer.daemon = True
        timer.start()
        connection = _Ready(host, sock)
        try:
            headers = {
                "User-Agent": self._user_agent, "Accept": "text/html", "Accept-Encoding": "identity",
                "Accept-Language": "en", "Connection": "close",
            }  # fmt: skip
            connection.request("GET", target, headers=headers)
            response = connection.getresponse()
            if response.status in _REDIRECTS:
                return _Step(response.status, response.getheader("Location") or "", "")
            body = response.read(LARGEST_BYTES)
            if self._monotonic() >= until:
                raise TimeoutError
            return _Step(response.status, "", body.decode("utf-8", "replace"))
        finally:
            timer.cancel()
            connection.close()
            sock.close()

    def _open(self, host: str, until: float) -> socket.socket:
        fault: OSError | None = None
        for address in _public(self._resolve(host))[:_MOST_ADDRESSES]:
            left = until - self._monotonic()
            if left <= 0:
                raise TimeoutError
            try:
                return self._connect(address, host, left)
            except OSError as error:
                fault = error
        raise fault or TimeoutError


class _Ready(http.client.HTTPConnection):
    """A connection that is open already; ``Host`` says the name without a port."""

    default_port = 443

    def __init__(self, host: str, sock: socket.socket) -> None:
        super().__init__(host)
        self.sock = sock
        self.auto_open = 0


def _shut(sock: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def gate(url: str) -> tuple[str, str]:
    """Return the host and the path with query that a link asks for. Raises ``_Refused`` for what is not looked at.

    Host links and tickets are refused here too: a look with one would open the room as its owner.
    """
    if not is_zoom_page(url):
        raise _Refused("not-ours")
    parts = urlsplit(classify(url).url)
    path = parts.path or "/"
    return parts.hostname or "", f"{path}?{parts.query}" if parts.query else path


def _public(addresses: Sequence[str]) -> list[str]:
    """Return the addresses in the order they are tried, IPv4 first. Raises ``_Refused`` unless all are public ones."""
    try:
        found = [ipaddress.ip_address(each) for each in addresses]
    except ValueError:
        raise _Refused("address") from None
    if not found or not all(_is_public(each) for each in found):
        raise _Refused("address")
    return [str(each) for each in sorted(found, key=lambda each: each.version)]


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return _is_public(address.ipv4_mapped)
        if any(address in carrier for carrier in _CARRIERS) or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast


def look_up_addresses(host: str) -> Sequence[str]:
    """Return the addresses that the system's name servers have for a host. Raises OSError when there are none.

    Asked in DNS alone: the machine's own list of hosts names addresses of its own network.
    """
    try:
        return list(dns.resolver.resolve_name(host, lifetime=LONGEST_S / 2).addresses())
    except dns.exception.DNSException:
        msg = "the name has no address, or nobody answered"
        raise OSError(msg) from None


class TlsConnect:
    """Opens TLS connections to an address in the name of a host, whose certificate must be right."""

    def __init__(self, context: ssl.SSLContext | None = None, *, port: int = 443) -> None:
        self._context = context or ssl.create_default_context(cafile=str(DEFAULT_CA_BUNDLE_PATH))
        self._port = port

    def __call__(self, address: str, host: str, timeout_s: float) -> socket.socket:
        """Return a connection ready for HTTP; raises OSError, ssl.SSLError among them."""
        plain = socket.create_connection((address, self._port), timeout=timeout_s)
        try:
            return self._context.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise
