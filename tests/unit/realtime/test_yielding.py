"""Long work leaves turns for others, and no more time to them than it may."""

from __future__ import annotations

import gevent
import pytest

from partyapp.realtime.yielding import MAX_PAUSE_S, portions, yield_every


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


def test_portions_have_a_pause_between_them_and_none_around(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(gevent, "sleep", pauses.append)
    assert list(portions(range(7), 3, 0.2)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert pauses == [MAX_PAUSE_S] * 2
    assert list(portions({4: "", 5: ""}, 2)) == [[4, 5]]
    assert list(portions([], 2)) == []
    assert len(pauses) == 2


def test_what_changes_between_two_portions_is_not_seen() -> None:
    many = {1: "", 2: "", 3: ""}
    seen: list[int] = []
    for some in portions(many, 2):
        many.clear()
        seen += some
    assert seen == [1, 2, 3]
