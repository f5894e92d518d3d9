"""Which addresses a webhook may be sent to."""

from __future__ import annotations

import threading

import pytest

from partyapp.webhook.infrastructure.addresses import BadTarget, is_public, resolve, target_addresses


@pytest.mark.parametrize(
    "address",
    ["93.184.215.14", "8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_what_is_on_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        # This machine, and "this network".
        "127.0.0.1", "127.255.255.254", "::1", "0.0.0.0", "0.1.2.3", "::",
        # Private networks, those of carriers, and link-local ones with the clouds' metadata.
        "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.255",
        "169.254.169.254", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1",
        # Documentation, tests, multicast, broadcast, reserved.
        "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "192.0.0.8", "240.0.0.1", "224.0.0.1",
        "239.1.1.1", "255.255.255.255", "2001:db8::1", "ff02::1", "ff0e::1", "100::1", "5f00::1", "3fff::1",
        # The same, wrapped: IPv4-mapped, IPv4-compatible, NAT64, its local prefix, 6to4, Teredo.
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:100.64.0.1", "::127.0.0.1",
        "::10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808",
        "2002:7f00:1::", "2002:808:808::", "2001:0:808:808::1",
    ],
)  # fmt: skip
def test_what_is_in_somebodys_own_network_is_not(address: str) -> None:
    assert not is_public(address)


def addresses(*found: str, allow_private: bool = False) -> list[str]:
    return target_addresses(
        "hooks.example", 443, allow_private=allow_private, resolver=lambda *_: list(found)
    )


def test_all_addresses_of_a_name_are_checked() -> None:
    assert addresses("8.8.8.8", "1.1.1.1") == ["8.8.8.8", "1.1.1.1"]
    for found in (["10.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::ffff:127.0.0.1"]):
        with pytest.raises(BadTarget, match="private_address"):
            addresses(*found)
    assert addresses("10.0.0.1", allow_private=True) == ["10.0.0.1"]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "::1"]
)
def test_however_this_machine_is_written(host: str) -> None:
    """The system's resolver reads all of these; what it makes of them is what is checked."""
    with pytest.raises(BadTarget):
        target_addresses(host, 80, allow_private=False)


def test_a_name_that_nobody_knows_is_told_from_one_that_is_refused() -> None:
    def unknown(*_: object) -> list[str]:
        raise OSError("no such host")

    with pytest.raises(BadTarget, match="unknown_host"):
        target_addresses("nowhere.example", 80, allow_private=True, resolver=unknown)


def test_a_resolver_that_takes_too_long_is_left_behind() -> None:
    hung = threading.Event()

    def slow(*_: object) -> list[str]:
        hung.wait(60)
        return ["8.8.8.8"]

    with pytest.raises(BadTarget, match="unknown_host"):
        target_addresses("slow.example", 80, allow_private=True, resolver=slow, wait_s=0.01)
    hung.set()


def test_numbers_are_resolved_to_themselves() -> None:
    assert resolve("127.0.0.1", 80) == ["127.0.0.1"]
