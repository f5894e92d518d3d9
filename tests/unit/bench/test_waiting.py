"""The bench of waiting: in a short evening the rules differ as they must, and ours keeps its promises."""

from __future__ import annotations

from bench.waiting import LEAD_MS, STEP_S, each_stall, no_deadline, run
from partyapp.party.domain.settings import WaitFor, WaitRule


def test_who_waits_for_nobody_never_stands_still_and_who_has_no_deadline_stands_longest() -> None:
    nobody = run(WaitRule(), seed=3, seconds=900.0, stallers=1)
    everyone = run(WaitRule(waits_for=WaitFor.EVERYONE), seed=3, seconds=900.0, stallers=1)
    endless = run(no_deadline(), seed=3, seconds=900.0, stallers=1)
    assert nobody.stood_s == 0.0 < everyone.stood_s < endless.stood_s
    assert nobody.missed_s > everyone.missed_s > endless.missed_s == 0.0
    assert everyone.longest_s <= 15.0 + LEAD_MS / 1000.0 + 4 * STEP_S


def test_a_deadline_for_each_stall_is_kept() -> None:
    short = run(each_stall(0.0, 2.0, 0.0), seed=3, seconds=900.0, stallers=1)
    assert 0.0 < short.longest_s <= 2.0 + 2 * STEP_S
