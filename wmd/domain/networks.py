"""The network that an address on the internet belongs to, as the limits count it."""

from __future__ import annotations

import ipaddress

#: A provider gives a household at least a /56 of IPv6 (RIPE-690), whose addresses it may change at will.
_IPV6_PREFIX = 56
#: Rented servers come with neighbouring IPv4 addresses, and providers move their customers within such a block. The
#: limits per network are wide enough for an office or a university that shares one.
_IPV4_PREFIX = 24


def network_of(address: str) -> str:
    """Return the /24 (IPv4) or /56 (IPv6) that holds an address; what is no address is one network of its own."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    prefix = _IPV4_PREFIX if found.version == 4 else _IPV6_PREFIX
    return str(ipaddress.ip_network((found, prefix), strict=False))
