"""What a simulation reports, and what the command exits with."""

from __future__ import annotations

import pytest

from partyapp.simulate_cli import NOT_HELD, SIMULATOR_WAS_LIMIT, STOPPED, exit_code
from partyapp.simulation.plan import Plan
from partyapp.simulation.report import Report, take_figures
from partyapp.simulation.samples import Figures

PLAN = Plan("http://localhost", 2, 2, 10.0, 5.0)


def reported(figures: Figures) -> Report:
    report = Report(PLAN.parties, PLAN.total, PLAN.seconds, held=4, held_least=4)
    take_figures(report, PLAN, figures)
    return report


def test_latency_is_that_of_the_last_member_and_absent_ones_are_counted() -> None:
    found = reported(
        Figures(
            commands={"0/3": 1000.0, "1/3": 1000.0, "1/4": 2000.0},
            heard={"0/3": (1012.0, 2), "1/3": (1040.0, 1), "0/9": (5.0, 2)},
        )
    )
    assert (found.commands, found.unheard) == (3, 3)
    assert found.last_member_ms == {"p50": 40.0, "p99": 40.0, "max": 40.0}


def test_in_sync_is_a_share_of_all_looks() -> None:
    assert reported(Figures(looks=8, in_sync=6)).in_sync == 0.75
    assert reported(Figures()).in_sync is None


@pytest.mark.parametrize(
    ("lag_ms", "cores", "was_limit"),
    [
        ([1.0] * 99 + [500.0] * 2, [0.1], True),
        ([1.0] * 200, [0.2, 0.95], True),
        ([1.0] * 200, [0.5, 0.5], False),
    ],
)
def test_a_simulator_that_is_too_slow_says_so(
    lag_ms: list[float], cores: list[float], was_limit: bool
) -> None:
    assert reported(Figures(lag_ms=lag_ms, cores=cores)).simulator_was_limit is was_limit


def test_exit_codes() -> None:
    whole = reported(Figures())
    assert exit_code(whole) == 0
    whole.simulator_was_limit = True
    assert exit_code(whole) == SIMULATOR_WAS_LIMIT
    whole.parties_left = ["0198b3a0-0000-7000-8000-000000000001"]
    assert exit_code(whole) == NOT_HELD
    whole.stopped = "Stopped."
    assert exit_code(whole) == STOPPED
    fewer = reported(Figures())
    fewer.held = 3
    assert exit_code(fewer) == NOT_HELD
