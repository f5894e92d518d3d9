"""Party time: a proven interval around the reference, which no wall clock moves."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partyapp.shared.kernel import clock
from partyapp.shared.kernel.clock import RATE_BOUND, FixedClock, PartyClock, WallClock
from tests.support.examples import examples

REFERENCE = 1_700_000_000_000.0


@dataclass
class Machine:
    """The machine's clocks under a test's control, in ns; stands in for the module `time`."""

    mono_ns: int = 5_000_000_000
    wall_ns: int = int(REFERENCE) * 1_000_000

    def monotonic_ns(self) -> int:
        return self.mono_ns

    def time_ns(self) -> int:
        return self.wall_ns

    def pass_ms(self, ms: float) -> None:
        self.mono_ns += round(ms * 1e6)
        self.wall_ns += round(ms * 1e6)

    @property
    def mono_ms(self) -> float:
        return self.mono_ns / 1e6


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine()
    monkeypatch.setattr(clock, "time", machine)
    return machine


def test_before_any_exchange_the_wall_clock_stands_in(machine: Machine) -> None:
    party = PartyClock()
    assert party.now_ms() == pytest.approx(REFERENCE, abs=1e-3)
    assert party.root_bound_ms == pytest.approx(1000.0)


def test_an_exchange_proves_an_interval(machine: Machine) -> None:
    party = PartyClock()
    sent = machine.mono_ms
    machine.pass_ms(4.0)
    assert not party.discipline(sent, REFERENCE + 50_000.0, machine.mono_ms)
    # The reference's answer was read somewhere within these 4 ms: the middle is off by 2 at the most.
    assert party.now_ms() == pytest.approx(REFERENCE + 50_002.0, abs=1e-3)
    assert party.root_bound_ms == pytest.approx(2.0, abs=1e-3)


def test_a_shorter_exchange_cuts_the_interval(machine: Machine) -> None:
    party = PartyClock()
    for round_trip in (10.0, 1.0, 8.0):
        sent = machine.mono_ms
        machine.pass_ms(round_trip)
        party.discipline(sent, sent + 1e6 + round_trip / 2, machine.mono_ms)
    assert party.root_bound_ms == pytest.approx(0.5, abs=0.02)


def test_the_bound_grows_while_the_reference_is_silent(machine: Machine) -> None:
    party = PartyClock()
    party.discipline(machine.mono_ms, REFERENCE, machine.mono_ms)
    before = party.root_bound_ms
    machine.pass_ms(100_000.0)
    assert party.root_bound_ms - before == pytest.approx(100_000.0 * RATE_BOUND, abs=1e-3)


def test_a_jump_of_the_wall_clock_moves_nothing(machine: Machine) -> None:
    party = PartyClock()
    party.discipline(machine.mono_ms, REFERENCE, machine.mono_ms)
    before, bound = party.now_ms(), party.root_bound_ms
    machine.wall_ns += 3600 * 10**9
    assert (party.now_ms(), party.root_bound_ms) == (before, bound)
    machine.wall_ns -= 7200 * 10**9
    machine.pass_ms(10.0)
    assert party.now_ms() == pytest.approx(before + 10.0, abs=1e-3)
    assert WallClock().now_ms() == pytest.approx(REFERENCE - 3_600_000.0 + 10.0, abs=1e-3)


@pytest.mark.parametrize("jump_ms", [5000.0, -5000.0])
def test_a_step_of_the_reference_is_noticed_and_followed(machine: Machine, jump_ms: float) -> None:
    party = PartyClock()
    party.discipline(machine.mono_ms, REFERENCE, machine.mono_ms)
    machine.pass_ms(1000.0)
    now = machine.mono_ms
    assert party.discipline(now, REFERENCE + 1000.0 + jump_ms, now)
    assert party.now_ms() == pytest.approx(REFERENCE + 1000.0 + jump_ms, abs=1e-3)
    machine.pass_ms(1000.0)
    now = machine.mono_ms
    assert not party.discipline(now, REFERENCE + 2000.0 + jump_ms, now), "the step was followed"


def test_the_first_exchange_is_no_step_however_far_the_wall_clock_was(machine: Machine) -> None:
    party = PartyClock(wall_ms=0.0)
    assert not party.discipline(machine.mono_ms, REFERENCE, machine.mono_ms)
    assert party.now_ms() == pytest.approx(REFERENCE, abs=1e-3)


@settings(max_examples=examples(60))
@given(
    st.lists(
        st.tuples(
            st.floats(0.0, 10_000.0),
            st.floats(0.0, 200.0),
            st.floats(0.0, 1.0),
            st.floats(-RATE_BOUND * 0.99, RATE_BOUND * 0.99),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_the_bound_is_never_violated(rounds: list[tuple[float, float, float, float]]) -> None:
    """Any delays, any split between the two ways, any honest rate of the machine's clock."""
    truth, mono = REFERENCE, 1000.0
    party = PartyClock(wall_ms=REFERENCE, mono_ms=mono)
    for pause, delay, share, rate in rounds:
        truth, mono = truth + pause, mono + pause * (1 + rate)
        sent, answered = mono, truth + delay * share
        truth, mono = truth + delay, mono + delay * (1 + rate)
        assert not party.discipline(sent, answered, mono)
        error = abs(mono + party._offset - truth)
        half = (party._upper - party._lower) / 2
        assert error <= half + 1e-3


def test_a_fixed_clock_moves_when_told() -> None:
    fixed = FixedClock(5.0)
    fixed.advance(2.5)
    assert fixed.now_ms() == 7.5
