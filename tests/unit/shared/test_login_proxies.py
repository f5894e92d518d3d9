"""Which way a request has to have come for what its headers say of a person to count."""

from __future__ import annotations

import pytest

from partyapp.shared.ops.login_proxies import LoginProxies, read_login_proxies

OURS = {"PARTY_LOGIN_PROXIES": "127.0.0.1, 10.1.0.0/16 fd00::/8"}
NETWORKS = read_login_proxies(OURS, 1)


@pytest.mark.parametrize(
    ("hops", "peer", "forwarded_for", "counts"),
    [
        (1, "127.0.0.1", "203.0.113.7", True),
        (1, "::ffff:127.0.0.1", "203.0.113.7", True),
        (1, "fd00::7", "2001:db8::1", True),
        (1, "127.0.0.1", "10.1.2.3, 203.0.113.7", True),
        # Nobody of ours is the nearest, or nobody has written down who asked.
        (1, "203.0.113.7", "127.0.0.1", False),
        (1, "127.0.0.1", "", False),
        (1, "127.0.0.1", " , ", False),
        (1, "", "203.0.113.7", False),
        (1, "unix:", "203.0.113.7", False),
        # Through both of ours, and past the outer one, whatever the client writes before.
        (2, "127.0.0.1", "203.0.113.7, 10.1.2.3", True),
        (2, "127.0.0.1", "10.1.2.3, 203.0.113.7", False),
        (2, "127.0.0.1", "10.1.2.3, 10.1.2.3, 203.0.113.7", False),
        (2, "127.0.0.1", "10.1.2.3", False),
        (2, "203.0.113.7", "203.0.113.7, 10.1.2.3", False),
        (0, "127.0.0.1", "203.0.113.7", False),
    ],
)
def test_each_hop_has_to_be_ours(hops: int, peer: str, forwarded_for: str, counts: bool) -> None:
    assert LoginProxies(NETWORKS, hops).vouch_for(peer, forwarded_for) is counts


def test_a_network_of_ipv4_counts_however_it_is_written() -> None:
    networks = read_login_proxies({"PARTY_LOGIN_PROXIES": "::ffff:10.0.0.0/104 ::ffff:192.0.2.1"}, 1)
    assert [str(network) for network in networks] == ["10.0.0.0/8", "192.0.2.1/32"]
    assert LoginProxies(networks, 1).vouch_for("::ffff:10.1.2.3", "203.0.113.7")
    assert LoginProxies(networks, 1).vouch_for("192.0.2.1", "203.0.113.7")


def test_without_a_setting_nobody_is_trusted() -> None:
    proxies = LoginProxies(read_login_proxies({}, 1), 1)
    assert not proxies.any
    assert not proxies.vouch_for("127.0.0.1", "203.0.113.7")


@pytest.mark.parametrize(
    ("text", "hops", "why"),
    [
        ("proxy.example", 1, "addresses or networks"),
        ("10.0.0.1/8", 1, "addresses or networks"),
        ("0.0.0.0/0", 1, "every address"),
        ("::/0", 1, "every address"),
        ("::ffff:0:0/96", 1, "every address"),
        ("::/64", 1, "every address"),
        ("127.0.0.1", 0, "PARTY_TRUSTED_HOPS"),
    ],
)
def test_what_is_refused(text: str, hops: int, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_login_proxies({"PARTY_LOGIN_PROXIES": text}, hops)
