"""Which of a machine's addresses are given to others, and in which order."""

from __future__ import annotations

import socket

import pytest

from partyapp.shared.ops.network_addresses import (
    default_sources,
    http_url,
    in_order,
    is_loopback,
    network_addresses,
)

LOOPBACK = {"lo": ["127.0.0.1", "::1"]}


@pytest.mark.parametrize(
    ("interfaces", "sources", "expected"),
    [
        ({}, [], []),
        (LOOPBACK, [], []),
        # A cable without a DHCP server: only link-local addresses.
        (LOOPBACK | {"eth0": ["169.254.7.7", "fe80::1%eth0", "fe80::1"]}, [], []),
        (LOOPBACK | {"eth0": ["192.168.1.5"]}, ["192.168.1.5"], ["192.168.1.5"]),
        # Both families.
        (
            {"wlan0": ["fe80::2%wlan0", "fd12::5", "2a02:8071::5", "192.168.1.5"]},
            ["192.168.1.5", "2a02:8071::5"],
            ["192.168.1.5", "2a02:8071::5", "fd12::5"],
        ),
        # IPv6 alone.
        ({"eth0": ["fe80::2%eth0", "fd12::5"]}, ["fd12::5"], ["fd12::5"]),
        # Cable and wireless: the default route decides, not the order of the interfaces.
        (
            {"eth0": ["10.0.0.5"], "wlan0": ["192.168.1.5"]},
            ["192.168.1.5"],
            ["192.168.1.5", "10.0.0.5"],
        ),
        # Without any default route the order is the system's.
        ({"eth0": ["10.0.0.5"], "wlan0": ["192.168.1.5"]}, [], ["10.0.0.5", "192.168.1.5"]),
        # Bridges to containers and virtual machines.
        (
            {
                "docker0": ["172.17.0.1"],
                "br-0123456789ab": ["172.18.0.1", "fd00:d::1"],
                "virbr0": ["192.168.122.1"],
                "vethab12cd": ["10.1.1.1"],
                "en0": ["192.168.1.5"],
            },
            ["192.168.1.5"],
            ["192.168.1.5"],
        ),
        # A bridge that is the way out is a network like another, whatever its name.
        ({"br0": ["192.168.1.5"]}, ["192.168.1.5"], ["192.168.1.5"]),
        ({"virbr0": ["192.168.1.5"]}, ["192.168.1.5"], ["192.168.1.5"]),
        # A tunnel that carries the default route leads to nobody in the room.
        (
            {"tun0": ["10.8.0.2"], "wlan0": ["192.168.1.5"], "tailscale0": ["100.64.0.7"]},
            ["10.8.0.2"],
            ["192.168.1.5", "10.8.0.2", "100.64.0.7"],
        ),
        # The same address twice, and what is none.
        ({"en0": ["192.168.1.5"], "bridge0": ["192.168.1.5", "", "nonsense"]}, [], ["192.168.1.5"]),
        ({"eth0": ["0.0.0.0", "224.0.0.1", "ff02::1", "::"]}, [], []),
    ],
)
def test_the_most_promising_comes_first(
    interfaces: dict[str, list[str]], sources: list[str], expected: list[str]
) -> None:
    assert in_order(interfaces, sources) == expected


def test_this_machine_can_be_reached_at_each_of_its_own() -> None:
    for address in network_addresses():
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family) as listener, socket.socket(family) as client:
            listener.bind((address, 0))
            listener.listen(1)
            client.settimeout(5)
            client.connect(listener.getsockname()[:2])
    assert not [address for address in network_addresses() if is_loopback(address)]


def test_without_a_network_there_is_no_default_source(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unrouted(socket.socket):
        def connect(self, address: object, /) -> None:
            raise OSError(101, "Network is unreachable")

    monkeypatch.setattr("partyapp.shared.ops.network_addresses.socket.socket", Unrouted)
    assert default_sources() == []


@pytest.mark.parametrize(
    ("host", "port", "url"),
    [
        ("192.168.1.5", 8000, "http://192.168.1.5:8000"),
        ("fd12::5", 8000, "http://[fd12::5]:8000"),
        ("fd12::5", 80, "http://[fd12::5]"),
        ("party.local", 80, "http://party.local"),
    ],
)
def test_an_address_as_a_url(host: str, port: int, url: str) -> None:
    assert http_url(host, port) == url


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        ("localhost", True),
        ("LocalHost.", True),
        ("party.localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("192.168.1.5", False),
        ("party.example", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_which_names_mean_the_machine_itself(host: str, is_own: bool) -> None:
    assert is_loopback(host) is is_own
