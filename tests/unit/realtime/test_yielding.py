"""Long work leaves turns for others, and no more time to them than it may."""

from __future__ import annotations

import gevent
import pytest

from partyapp.realtime.yielding import MAX_PAUSE_S, yield_every


def test_others_get_a_turn_after_each_portion() -> None:
    seen: list[object] = []

    def other() -> None:
        for _ in range(3):
            seen.append("other")
            gevent.sleep(0)

    gevent.spawn(other)
    for one in yield_every(range(7), 3):
        seen.append(one)
    assert seen == [0, 1, 2, "other", 3, 4, 5, "other", 6]


@pytest.mark.parametrize(
    ("many", "pause_s"), [(10, MAX_PAUSE_S), (1000, 0.002), (10_000, 0.0002), (100_000, 0.00002)]
)
def test_pauses_last_no_longer_in_all_than_they_may(
    monkeypatch: pytest.MonkeyPatch, many: int, pause_s: float
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(gevent, "sleep", pauses.append)
    assert list(yield_every(range(many), 10, 0.2)) == list(range(many))
    assert pauses == [pytest.approx(pause_s)] * (many // 10)
    assert sum(pauses) <= 0.2 * 1.001
