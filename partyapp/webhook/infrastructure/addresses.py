"""Where a request may go: an address that anybody on the Internet could reach.

A receiver is named by whoever registers it, so its name may lead into the networks that this machine is in:
to a database, a router, a cloud's metadata. What counts is the address that the connection is opened to.
"""

import socket
import threading
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

_Address = IPv4Address | IPv6Address

#: Prefixes that carry an IPv4 address in their last 32 bits: NAT64 (RFC 6052), and the IPv4-compatible ones
#: of RFC 4291, which nobody uses any more.
_CARRIERS = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))
#: What must not be reached, and some versions of `ipaddress` call global: 6to4 and its relays (RFC 3056,
#: RFC 7526), Teredo (RFC 4380), the local NAT64 prefix (RFC 8215), site-local addresses (RFC 3879), ORCHIDs,
#: segment routing, the discard prefix, documentation (RFC 9637), and protocol assignments (RFC 6890).
_REFUSED = tuple(
    ip_network(text)
    for text in (
        "192.0.0.0/24", "192.88.99.0/24", "2002::/16", "2001::/32", "64:ff9b:1::/48", "fec0::/10",
        "2001:10::/28", "2001:20::/28", "5f00::/16", "100::/64", "3fff::/20",
    )
)  # fmt: skip
#: So long a name may take to be resolved, in s.
RESOLVE_S = 5.0


class BadTarget(Exception):
    """There is no address to send to. `reason` is one word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_public(address: str) -> bool:
    """Whether the address is in nobody's own network, whatever it is written or wrapped in."""
    found: _Address = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped
        if inner is None and any(found in carrier for carrier in _CARRIERS):
            inner = IPv4Address(int(found) & 0xFFFFFFFF)
        found = found if inner is None else inner
    if any(found in network for network in _REFUSED):
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system's resolver orders them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def target_addresses(
    host: str,
    port: int,
    *,
    allow_private: bool,
    resolver: Callable[[str, int], list[str]] = resolve,
    wait_s: float = RESOLVE_S,
) -> list[str]:
    """The host's addresses, all of them checked. Raises `BadTarget`.

    One that is not public refuses the whole name: it leads into a network of ours, whichever comes first.
    """
    addresses = _resolved(host, port, resolver, wait_s)
    if not allow_private and not all(is_public(address) for address in addresses):
        raise BadTarget("private_address")
    return addresses


def _resolved(host: str, port: int, resolver: Callable[[str, int], list[str]], wait_s: float) -> list[str]:
    """The system's resolver knows no limit, so it is left behind when it takes too long."""
    found: list[str] = []

    def ask() -> None:
        try:
            found.extend(resolver(host, port))
        except (OSError, UnicodeError):
            return

    asking = threading.Thread(target=ask, name="resolve", daemon=True)
    asking.start()
    asking.join(wait_s)
    if not found:
        raise BadTarget("unknown_host")
    return list(found)
