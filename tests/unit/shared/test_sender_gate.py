"""A request that a gateway has signed counts as one of its client's address; no other can choose one."""

from __future__ import annotations

from typing import Any

import pytest

from partyapp.shared.http.sender_gate import SenderGate
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.ops.sender_address import SenderAddress

SENDERS = SenderAddress("a secret of the deployment")


def address_seen(header: str | None) -> str:
    seen: list[str] = []

    def app(environ: dict[str, Any], _: Any) -> list[bytes]:
        seen.append(environ["REMOTE_ADDR"])
        return []

    environ = {"REMOTE_ADDR": "127.0.0.1"}
    if header is not None:
        environ["HTTP_PARTY_SENDER"] = header
    SenderGate(app, SENDERS, FixedClock())(environ, None)
    return seen[0]


def test_a_signed_address_takes_the_place_of_the_gateways() -> None:
    assert address_seen(SENDERS.signed("203.0.113.7", FixedClock().now_ms() / 1000)) == "203.0.113.7"


@pytest.mark.parametrize("header", [None, "", "203.0.113.7", "203.0.113.7;1700000000;0"])
def test_nobody_elses_word_counts(header: str | None) -> None:
    assert address_seen(header) == "127.0.0.1"
