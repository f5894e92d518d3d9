"""Only a gateway of the same deployment can say on whose behalf it asks, and only for a while."""

from __future__ import annotations

import pytest

from partyapp.shared.ops.sender_address import FRESH_S, SenderAddress

SENDERS = SenderAddress("a secret of the deployment")
NOW_S = 1_700_000_000.0


@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8::1"])
def test_what_was_signed_is_read(address: str) -> None:
    header = SENDERS.signed(address, NOW_S)
    assert SENDERS.read(header, NOW_S + FRESH_S / 2) == address
    assert SENDERS.read(header, NOW_S - FRESH_S / 2) == address


def test_an_old_signature_says_nothing() -> None:
    assert SENDERS.read(SENDERS.signed("203.0.113.7", NOW_S), NOW_S + FRESH_S + 2) is None


@pytest.mark.parametrize(
    "header",
    [
        "",
        "203.0.113.7",
        ";;",
        "203.0.113.7;1700000000;",
        "203.0.113.7;1700000000;" + "0" * 64,
        SenderAddress("another secret").signed("203.0.113.7", NOW_S),
        SENDERS.signed("203.0.113.7", NOW_S).replace("203.0.113.7", "203.0.113.8"),
        SENDERS.signed("localhost", NOW_S),
        "203.0.113.7;1700000000;ü",
    ],
)
def test_anything_else_says_nothing(header: str) -> None:
    assert SENDERS.read(header, NOW_S) is None


def test_a_gateway_with_the_secret_before_is_heard_while_it_is_replaced() -> None:
    during = SenderAddress("another secret", "a secret of the deployment")
    signed = SENDERS.signed("203.0.113.7", NOW_S)
    assert during.read(signed, NOW_S) == "203.0.113.7"
    assert SENDERS.read(during.signed("203.0.113.7", NOW_S), NOW_S) is None
    assert SenderAddress("another secret").read(signed, NOW_S) is None
