"""How late States are is found whichever of the two intervals came first."""

from __future__ import annotations

import pytest

from bench.syncplay.lateness import lateness_ms
from partyapp.gateways.syncplay.state_schedule import SETTLED_MS


def on_time(count: int, turn: int) -> list[float]:
    due = [1_700_000_000.0]
    for number in range(count - 1):
        due.append(due[-1] + SETTLED_MS[(turn + number) % 2] / 1000.0)
    return due


@pytest.mark.parametrize("turn", [0, 1])
def test_each_is_compared_with_its_place_in_the_schedule(turn: int) -> None:
    late = [30.0, 3.0, 40.0, 0.0, 90.0, 7.0, 120.0]
    stamps = [at + ms / 1000.0 for at, ms in zip(on_time(len(late), turn), late, strict=True)]
    assert lateness_ms(stamps, stamps) == pytest.approx(late, abs=0.01)


def test_the_way_counts_where_it_is_longer_than_the_shortest() -> None:
    stamps = on_time(5, 0)
    ways_ms = [5.0, 5.0, 25.0, 5.0, 65.0]
    arrived = [at + 77.0 + way / 1000.0 for at, way in zip(stamps, ways_ms, strict=True)]
    assert lateness_ms(stamps, arrived) == pytest.approx([0.0, 0.0, 20.0, 0.0, 60.0], abs=0.01)


def test_a_state_out_of_turn_begins_another_schedule() -> None:
    before, late = on_time(6, 0), [0.0, 8.0, 0.0, 60.0]
    after = [before[-1] + 0.3 + at - before[0] + ms / 1000.0 for at, ms in zip(before, late, strict=False)]
    found = lateness_ms(before + after, before + after)
    assert found == pytest.approx([0.0] * 6 + late, abs=0.01)
    # Of so few nothing is known.
    assert lateness_ms(after[:3], after[:3]) == []
