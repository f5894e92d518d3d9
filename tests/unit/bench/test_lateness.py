"""How late States are is found whichever of the two intervals came first."""

from __future__ import annotations

import pytest

from bench.syncplay.lateness import lateness_ms
from partyapp.gateways.syncplay.state_schedule import SETTLED_MS


def stamps_of(gaps_ms: list[float]) -> list[float]:
    stamps = [1_700_000_000.0]
    for gap_ms in gaps_ms:
        stamps.append(stamps[-1] + gap_ms / 1000.0)
    return stamps


@pytest.mark.parametrize("turn", [0, 1])
def test_each_gap_is_compared_with_its_own_interval(turn: int) -> None:
    late = [3.0, 40.0, 0.0, 90.0, 7.0, 120.0]
    stamps = stamps_of([SETTLED_MS[(turn + number) % 2] + ms for number, ms in enumerate(late)])
    assert lateness_ms(stamps, stamps) == pytest.approx(late, abs=0.01)


def test_the_way_counts_where_it_is_longer_than_the_shortest() -> None:
    stamps = stamps_of([SETTLED_MS[number % 2] for number in range(4)])
    ways_ms = [5.0, 5.0, 25.0, 5.0, 65.0]
    arrived = [at + 77.0 + way / 1000.0 for at, way in zip(stamps, ways_ms, strict=True)]
    assert lateness_ms(stamps, arrived) == pytest.approx([0.0, 20.0, 0.0, 60.0], abs=0.01)


def test_a_state_out_of_turn_is_not_counted() -> None:
    gaps = [950.0, 1050.0, 300.0, 1050.0, 950.0, 1050.0]
    assert len(lateness_ms(stamps_of(gaps), stamps_of(gaps))) == 5
