"""What DNS says about a mail domain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import dns.exception
import dns.resolver


class TextRecords(Protocol):
    """Looks up TXT records."""

    def __call__(self, name: str) -> Sequence[str] | None:
        """Return the TXT records of a name, none when it has none, or None when nobody answered."""


class Resolver:
    """Asks the system's name servers, or those given, for a few seconds at most."""

    def __init__(self, servers: Sequence[str] = (), *, port: int = 53, longest_s: float = 5.0) -> None:
        self._resolver = dns.resolver.Resolver(configure=not servers)
        if servers:
            self._resolver.nameservers = list(servers)
            self._resolver.port = port
        self._resolver.lifetime = longest_s

    def __call__(self, name: str) -> Sequence[str] | None:
        """Return the TXT records of a name, none when it has none, or None when nobody answered."""
        try:
            answer = self._resolver.resolve(name, "TXT")
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.DNSException:
            return None
        return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
