"""The pong: PROTOCOL's fields, t3 last, and no number that JSON can't carry."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from partyapp.realtime.websocket.clock_exchange import ExchangeNumber, Instant, Stamp, answer_ping
from partyapp.shared.kernel.clock import PartyClock
from tests.support.socket_pairs import connected

HUGE = int("9" * 400)


@pytest.mark.parametrize("t1", [0, 0.1, -5.25, 123456.789012345, 1_700_000_000_000, 999_999_999_999_999])
def test_a_pong(t1: float) -> None:
    clock = PartyClock()
    clock.epoch = "9f9c0a1e"
    with connected() as (connection, _, peer):
        t2 = clock.now_ms()
        t3 = answer_ping(connection, clock, 41, t1, t2)
        peer.reads_until(lambda: peer.texts)
        pong = json.loads(peer.texts[0])
    assert set(pong) == {"type", "n", "t1", "t2", "t3", "clock_epoch", "root_bound_ms"}
    assert (pong["type"], pong["n"], pong["clock_epoch"]) == ("pong", 41, "9f9c0a1e")
    assert pong["t1"] == t1, "the member finds its own stamp again, to the last digit"
    assert pong["t2"] == pytest.approx(t2, abs=1e-4)
    assert pong["t3"] == pytest.approx(t3, abs=1e-4)
    assert t2 <= t3 <= clock.now_ms()
    assert pong["root_bound_ms"] > 0


@pytest.mark.parametrize("good", [0, -1, 0.5, 1e14, -1e14, 2**40])
def test_instants(good: float) -> None:
    assert msgspec.convert(good, Instant) == good
    assert type(msgspec.convert(good, Stamp)) is type(good), "a whole number stays one"


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        True,
        False,
        "1",
        [],
        {},
        float("nan"),
        float("inf"),
        -float("inf"),
        1e15,
        -1e15,
        1e308,
        HUGE,
        -HUGE,
    ],
)
def test_no_instant(wrong: Any) -> None:
    for kind in (Instant, Stamp):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(wrong, kind)


@pytest.mark.parametrize("good", [0, 1, 2**53 - 1])
def test_exchange_numbers(good: int) -> None:
    assert msgspec.convert(good, ExchangeNumber) == good


@pytest.mark.parametrize("wrong", [None, True, "1", 1.0, -1, 2**53, HUGE, [], float("nan")])
def test_no_exchange_number(wrong: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, ExchangeNumber)
