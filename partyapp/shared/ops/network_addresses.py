"""By which addresses others on this machine's networks reach it.

There is no telling which of them a certain other machine can open, so they are put in the order in which they
are likely to be of use: IPv4 first, since every home network has it; then what is a network of machines
before what is a tunnel, since a tunnel may carry the default route and yet lead to nobody near; then the
source address of the default route before the others.
"""

import re
import socket
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address

import psutil  # type: ignore[import-untyped]

#: Bridges and ends of pipes to containers and virtual machines of this machine: nobody else is on them.
_INTERNAL = re.compile(
    r"(docker|podman|cni|veth|virbr|vnet|vmnet|vboxnet|lxcbr|lxdbr|flannel|cali|cilium|kube|dummy)[\w.-]*"
    r"|br-[0-9a-f]{12}"
)
_TUNNEL = re.compile(r"(tun|tap|wg|utun|tailscale|ppp|zt|ipsec|gif|stf|nordlynx|proton)[\w.-]*")
#: Addresses for documentation (RFC 5737, RFC 3849). Nothing is sent to them: a datagram socket that is
#: connected is only routed.
_ELSEWHERE = {socket.AF_INET: "198.51.100.1", socket.AF_INET6: "2001:db8::1"}

_Address = IPv4Address | IPv6Address


def network_addresses() -> list[str]:
    """This machine's addresses that others may reach, the most promising first; empty without a network."""
    stats = psutil.net_if_stats()
    found = {
        name: [entry.address for entry in entries if entry.family in _ELSEWHERE]
        for name, entries in psutil.net_if_addrs().items()
        if name not in stats or stats[name].isup
    }
    return in_order(found, default_sources())


def in_order(interfaces: Mapping[str, Sequence[str]], sources: Iterable[str]) -> list[str]:
    """The addresses of `interfaces` that others may reach. `sources` are those of the default routes.

    Left out are loopback, link-local and multicast addresses, and what is on bridges to containers, unless
    the default route begins there.
    """
    preferred = set(sources)
    ranked: list[tuple[tuple[int, bool, bool], str]] = []
    for name, texts in interfaces.items():
        for text in texts:
            address = _read(text)
            is_default = str(address) in preferred
            if address is None or (_INTERNAL.fullmatch(name) and not is_default):
                continue
            rank = (address.version, _TUNNEL.fullmatch(name) is not None, not is_default)
            ranked.append((rank, str(address)))
    # The sort is stable: beyond that the order is the system's own.
    ordered = [text for _, text in sorted(ranked, key=lambda entry: entry[0])]
    return list(dict.fromkeys(ordered))


def default_sources() -> list[str]:
    """The addresses from which this machine would speak to the rest of the world."""
    found = []
    for family, elsewhere in _ELSEWHERE.items():
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((elsewhere, 9))
            found.append(str(probe.getsockname()[0]))
    return found


def http_url(host: str, port: int) -> str:
    """`http://host:port`, an IPv6 address in brackets."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}" if port == 80 else f"http://{name}:{port}"


def host_name(authority: str) -> str:
    """`Host`'s name or address, without port and brackets."""
    bare = authority.endswith("]") or ":" not in authority
    return (authority if bare else authority.rpartition(":")[0]).strip("[]")


def is_loopback(host: str) -> bool:
    """Whether a host's name or address, without port and brackets, means the machine itself."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    with suppress(ValueError):
        address = ip_address(name)
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return (mapped or address).is_loopback
    return False


def _read(text: str) -> _Address | None:
    """The address, if others can reach it and it can be written into a URL that works on their machine."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    hidden = address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified
    return None if hidden or getattr(address, "scope_id", None) else address
