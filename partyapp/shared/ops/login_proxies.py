"""`PARTY_LOGIN_PROXIES`: the proxies that say in headers who somebody is, after they have signed them in.

Whoever reaches web itself could send such headers, and so could a client through a proxy that passes them on.
They count only where each of the `PARTY_TRUSTED_HOPS` machines that a request came through last is one of
these proxies. The address of the first is that of the connection; of the others, what the next one has
written down in `X-Forwarded-For`.
"""

import re
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
#: IPv4 in IPv6 (RFC 4291 section 2.5.5.2).
_MAPPED = IPv6Network("::ffff:0:0/96")
_SEPARATOR = re.compile(r"[\s,]+")


class LoginProxies:
    """Which addresses they have, and how many a request comes through."""

    def __init__(self, networks: Sequence[Network], hops: int) -> None:
        self._networks = networks
        self._hops = hops

    @property
    def any(self) -> bool:
        """Whether anybody is signed in so."""
        return bool(self._networks)

    def vouch_for(self, peer: str, forwarded_for: str) -> bool:
        """Whether a request came through them: from the address `peer`, with this `X-Forwarded-For`."""
        told = [one.strip() for one in forwarded_for.split(",") if one.strip()]
        # From web outwards; behind the last of ours stands the client.
        way = [peer, *reversed(told)]
        return len(told) >= self._hops > 0 and all(map(self._is_ours, way[: self._hops]))

    def _is_ours(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        return any(found in network for network in self._networks)


def _plain(network: Network) -> Network:
    """An IPv4 network that is written as IPv6, like `::ffff:10.0.0.0/104`, as what it is."""
    if isinstance(network, IPv4Network) or not network.overlaps(_MAPPED):
        return network
    # One that holds all of them, too, would be every address of IPv4.
    mapped = network.network_address.ipv4_mapped or 0
    return IPv4Network((mapped, max(0, network.prefixlen - _MAPPED.prefixlen)))


def read_login_proxies(env: Mapping[str, str], hops: int) -> tuple[Network, ...]:
    """Their networks. Raises ValueError with a line for an operator."""
    texts = [one for one in _SEPARATOR.split(env.get("PARTY_LOGIN_PROXIES", "")) if one]
    try:
        networks = tuple(_plain(ip_network(one)) for one in texts)
    except ValueError:
        raise ValueError("PARTY_LOGIN_PROXIES must be addresses or networks like 10.0.0.0/24") from None
    if any(network.prefixlen == 0 for network in networks):
        raise ValueError("PARTY_LOGIN_PROXIES must not be every address: anybody could say who they are")
    if networks and not hops:
        raise ValueError("PARTY_LOGIN_PROXIES needs PARTY_TRUSTED_HOPS: how many proxies stand in front")
    return networks
