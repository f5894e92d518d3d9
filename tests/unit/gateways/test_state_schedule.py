"""When a client is told the next State: a busy moment makes some late once, and leaves no mark."""

from __future__ import annotations

from itertools import pairwise
from statistics import pstdev

import pytest

from partyapp.gateways.syncplay.state_schedule import KEPT_WITHIN_MS, SETTLED_MS, UNSETTLED_MS, StateSchedule


def settled(at_ms: float) -> StateSchedule:
    schedule = StateSchedule()
    schedule.told(at_ms, settled=True)
    return schedule


def test_a_late_state_moves_none_after_it() -> None:
    schedule = settled(0.0)
    due_ms = [schedule.due_ms]
    for number in range(1, 6):
        schedule.told(due_ms[-1] + 90.0 * number, settled=True)
        due_ms.append(schedule.due_ms)
    gaps = [later - one for one, later in pairwise(due_ms)]
    assert [round(gap) for gap in gaps[:2]] in ([*SETTLED_MS], [*SETTLED_MS[::-1]])
    assert [round(gap) for gap in gaps] == [round(gap) for gap in [*gaps[:2] * 2, gaps[0]]]


def test_what_one_moment_brought_together_does_not_stay_together() -> None:
    crowd = [settled(0.0) for _ in range(300)]
    # As much as of numbers that are drawn evenly from so wide a span; half of it is far off by chance.
    assert pstdev(schedule.due_ms for schedule in crowd) > min(SETTLED_MS) / 2 / 12**0.5 / 2
    apart = sorted(schedule.due_ms for schedule in crowd)
    # All that was due in 300 ms goes out at once, late.
    for schedule in crowd:
        schedule.told(max(schedule.due_ms, apart[0] + 300.0), settled=True)
    again = sorted(schedule.due_ms for schedule in crowd)
    assert again[-1] - again[0] == pytest.approx(apart[-1] - apart[0])


# At the limit itself it is the last binary digit of a sum that decides.
@pytest.mark.parametrize("told_ms", [-400.0, KEPT_WITHIN_MS + 0.01])
def test_what_is_told_out_of_turn_begins_anew(told_ms: float) -> None:
    schedule = settled(0.0)
    now_ms = schedule.due_ms + told_ms
    schedule.told(now_ms, settled=True)
    assert min(SETTLED_MS) / 2 <= schedule.due_ms - now_ms <= max(SETTLED_MS)


def test_a_quick_one_is_followed_by_a_quick_one() -> None:
    schedule = StateSchedule()
    schedule.moved(0.0)
    schedule.told(10.0, settled=False)
    assert schedule.due_ms == 10.0 + UNSETTLED_MS
    schedule.silent_until(2000.0)
    assert schedule.due_ms == 2000.0
