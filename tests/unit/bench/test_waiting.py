"""The bench of waiting: in a short evening the rules differ as they must, and ours keeps its promises."""

from __future__ import annotations

import pytest

from bench.waiting import Party, each_stall, no_deadline, run
from partyapp.party.domain.settings import WaitFor, WaitRule
from partyapp.party.infrastructure.playback.lead_time import MAX_LEAD_MS

EVERYONE = WaitRule(waits_for=WaitFor.EVERYONE)


@pytest.mark.thorough
def test_who_waits_for_nobody_never_stands_still_and_who_has_no_deadline_stands_longest() -> None:
    nobody = run(WaitRule(), seed=3, seconds=900.0, stallers=1)
    everyone = run(EVERYONE, seed=3, seconds=900.0, stallers=1)
    endless = run(no_deadline(), seed=3, seconds=900.0, stallers=1)
    assert nobody.stood_s == 0.0 < everyone.stood_s < endless.stood_s
    assert nobody.missed_s > everyone.missed_s > endless.missed_s == 0.0
    # What a member hears late it stands still for, too.
    assert everyone.longest_s <= EVERYONE.limit_s + 2 * MAX_LEAD_MS / 1000.0


def test_a_deadline_for_each_stall_is_kept() -> None:
    short = run(each_stall(0.0, 2.0, 0.0), seed=3, seconds=900.0, stallers=1)
    assert 0.0 < short.longest_s <= 2.0 + MAX_LEAD_MS / 1000.0


@pytest.mark.parametrize(
    ("spans", "broken"),
    [
        ([(0.0, 15.1, 0.1), (30.0, 45.1, 0.1)], None),
        ([(0.0, 15.3, 0.1)], "the limit"),
        ([(at_s, at_s + 15.0, 0.1) for at_s in (0.0, 100.0, 200.0, 300.0)], "the budget"),
        ([(at_s, at_s + 15.0, 0.1) for at_s in (0.0, 250.0, 500.0, 750.0, 1000.0)], None),
    ],
)
def test_a_wait_that_is_too_long_is_seen(spans: list[tuple[float, float, float]], broken: str | None) -> None:
    party = Party(EVERYONE)
    party.spans = spans
    if broken is None:
        party.check(stallers=1)
    else:
        with pytest.raises(AssertionError, match=broken):
            party.check(stallers=1)
