"""The Python client's clock estimator is the service's, to the letter and to the last digit."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest
from party_client.clock import ClockEstimator
from party_client.clock.rate_bound import RATE_BOUND
from party_client.member_clock import MemberClock, own_ms

from partyapp.shared.kernel import clock as service_clock
from tests.golden.record_clock_estimator import GOLDEN_FILE, replay

FOLDER = Path(__file__).parents[3] / "clients" / "python"
TRACES: Any = json.loads(GOLDEN_FILE.read_text())["traces"]


def test_it_is_the_same_code() -> None:
    files = runpy.run_path(str(FOLDER / "vendor_clock.py"))["vendored"]()
    for path, text in files.items():
        assert path.read_text(encoding="utf-8") == text, "python clients/python/vendor_clock.py"
    own = {path.name for path in (FOLDER / "src" / "party_client" / "clock").glob("*.py")}
    assert own - {path.name for path in files} == {"__init__.py", "rate_bound.py"}
    assert RATE_BOUND == service_clock.RATE_BOUND


@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: trace["name"])
def test_it_makes_the_same_of_the_golden_vectors(trace: Any) -> None:
    assert replay(trace, ClockEstimator) == replay(trace)


def test_a_client_learns_party_time_from_its_pings() -> None:
    clock = MemberClock()
    assert clock.party_ms() is None
    assert not clock.is_known
    for _ in range(3):
        ping = clock.next_ping()
        server_ms = ping["t1"] + 1e12
        pong = {"n": ping["n"], "t2": server_ms, "t3": server_ms, "clock_epoch": "a", "root_bound_ms": 0.5}
        assert clock.take_pong(pong, own_ms())
    assert clock.is_known
    assert abs((clock.party_ms() or 0) - own_ms() - 1e12) <= clock.bound_ms()
    assert clock.next_ping()["prev"]["t2"] == server_ms
    assert not clock.take_pong({**pong, "n": 99}, own_ms()), "it answers nothing"
    assert not clock.take_pong({"n": clock.next_ping()["n"], "t2": "late", "t3": None}, own_ms())
    clock.note_epoch("another")
    assert not clock.is_known
    assert "prev" not in clock.next_ping()


def test_a_pace_is_taken_within_bounds() -> None:
    clock = MemberClock()
    for nonsense in (None, "5", -1, 0, 1e9):
        clock.set_pace(nonsense)
        assert clock.delay_s(playing=True) < 1.2
