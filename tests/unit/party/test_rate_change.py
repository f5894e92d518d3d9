"""When a clock's rate changed: the kink of a broken line under noise that only adds."""

import random

import pytest

from partyapp.party.infrastructure.playback.clocksync.rate_change import find_turn

LIMIT = 500e-6


def edges(change: float, turn: float, seed: int = 1) -> tuple[list[float], list[float]]:
    """An edge each 2 s for two minutes that leave zero at `turn` with a slope of `change`."""
    rng = random.Random(seed)
    times = [2_000.0 * index for index in range(60)]
    return times, [rng.expovariate(10.0) + change * max(time - turn, 0.0) for time in times]


@pytest.mark.parametrize("change", [200e-6, -200e-6, 60e-6, -400e-6])
@pytest.mark.parametrize("at", [30_000.0, 80_000.0])
def test_it_finds_when_and_by_how_much(change: float, at: float) -> None:
    found = find_turn(*edges(change, at), change > 0.0, LIMIT)
    assert found is not None
    assert found.time == pytest.approx(at, abs=8_000.0)
    assert found.change == pytest.approx(change, rel=0.25)


def test_a_queue_that_swells_for_a_while_does_not_move_it() -> None:
    times, excess = edges(-200e-6, 60_000.0)
    swollen = [
        value + (80.0 if 20_000.0 < time < 40_000.0 or 90_000.0 < time < 104_000.0 else 0.0)
        for time, value in zip(times, excess, strict=True)
    ]
    found = find_turn(times, swollen, False, LIMIT)
    assert found is not None
    assert found.time == pytest.approx(60_000.0, abs=8_000.0)


def test_no_turn_the_other_way_nor_beyond_the_limit_nor_among_few_edges() -> None:
    times, excess = edges(200e-6, 60_000.0)
    assert find_turn(times, [-value for value in excess], True, LIMIT) is None
    assert find_turn([0.0, 2_000.0, 4_000.0], [0.0, 0.0, 1.0], True, LIMIT) is None
    steep = [2e-3 * time for time in times]
    assert find_turn(times, steep, True, LIMIT) is None
