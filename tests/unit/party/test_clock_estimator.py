"""The clock estimator's promises: the bound is a theorem, a step is noticed, a liar gets nowhere."""

import math
from collections.abc import Iterable
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partyapp.party.infrastructure.playback.clock_estimator import ClockEstimator
from tests.support.examples import examples

T = 1_700_000_000_000.0

#: Just under the rate error at which the theorem ends.
MAX_RATE = 499.9e-6

delays = st.one_of(st.just(0.0), st.floats(0.0, 3.0), st.floats(0.0, 2_000.0))
rates = st.one_of(st.sampled_from([-MAX_RATE, 0.0, MAX_RATE]), st.floats(-MAX_RATE, MAX_RATE))
legs = st.tuples(delays, rates)
gaps = st.one_of(st.floats(0.0, 1_500.0), st.floats(0.0, 120_000.0))
rounds = st.tuples(st.tuples(gaps, rates), legs, st.tuples(st.floats(0.0, 5.0), rates), legs)


class World:
    """A member with a clock of its own: party time passes, and the clock runs at whatever rate it is told."""

    def __init__(self, quantum_ms: float = 0.0) -> None:
        self.party = T
        self.exact = 12_345.678
        self.quantum = quantum_ms
        self.estimator = ClockEstimator(quantum_ms)

    def elapse(self, ms: float, rate: float = 0.0) -> None:
        self.party += ms
        self.exact += ms * (1.0 + rate)

    @property
    def shown(self) -> float:
        return math.floor(self.exact / self.quantum) * self.quantum if self.quantum else self.exact

    def exchange(self, up: Any, served: Any, down: Any) -> bool:
        """One exchange; each leg is a duration in ms and the clock's rate error meanwhile."""
        t1 = self.shown
        self.elapse(*up)
        t2 = self.party
        self.elapse(*served)
        t3 = self.party
        self.elapse(*down)
        return self.estimator.observe(t1, t2, t3, self.shown)

    def assert_bound_holds(self) -> None:
        found = self.estimator.estimate(self.exact)
        assert abs(self.party - self.exact - found.offset_ms) <= found.bound_ms, found

    def run(self, exchanges: Iterable[Any]) -> None:
        for gap, up, served, down in exchanges:
            self.elapse(*gap)
            self.assert_bound_holds()
            before = self.shown
            # With no delay and no gap an exchange may look like a repetition of the last.
            assert self.exchange(up, served, down) or self.shown == before
            self.assert_bound_holds()


@settings(max_examples=examples(300))
@given(
    st.lists(rounds, min_size=1, max_size=60),
    st.sampled_from([0.0, 0.1, 1.0, 100.0]),
    st.lists(legs, max_size=6),
)
def test_the_bound_holds_for_any_delays_and_any_rate_under_500_ppm(
    trace: list[Any], quantum_ms: float, afterwards: list[tuple[float, float]]
) -> None:
    world = World(quantum_ms)
    world.run(trace)
    assert world.estimator.estimate(world.exact).steps == 0
    for ms, rate in afterwards:
        world.elapse(ms * 2.5, rate)
        world.assert_bound_holds()
    world.elapse(30_000.0, MAX_RATE)
    world.assert_bound_holds()


@settings(max_examples=examples(150))
@given(
    st.lists(rounds, min_size=1, max_size=30),
    rounds,
    st.lists(rounds, max_size=5),
    st.floats(1.0, 1e6),
    st.booleans(),
)
def test_a_step_beyond_what_the_round_trips_can_hide_is_noticed_by_the_next_exchange(
    before: list[Any], first: Any, after: list[Any], excess: float, ahead: bool
) -> None:
    world = World()
    world.run(before)
    (gap, up, served, down) = first
    world.elapse(*gap)
    known = world.estimator.estimate(world.exact)
    # Both intervals, plus the drift of the clock during the exchange and the tolerance.
    hidden = (known.upper_ms - known.lower_ms) + up[0] + down[0]
    hidden += 1e-3 * (up[0] + served[0] + down[0]) + 0.4
    world.exact += (hidden + excess) * (1.0 if ahead else -1.0)
    world.exchange(up, served, down)
    found = world.estimator.estimate(world.exact)
    assert (found.steps, found.samples) == (1, 1)
    assert world.estimator.next_delay_ms() == 100.0
    world.assert_bound_holds()
    world.run(after)


@pytest.mark.parametrize("step", [-45.0, 45.0, 30_000.0])
def test_on_an_even_path_a_step_larger_than_the_round_trip_is_noticed_at_once(step: float) -> None:
    world = World()
    for _ in range(40):
        world.elapse(1000.0, 20e-6)
        world.exchange((20.0, 0.0), (0.1, 0.0), (20.0, 0.0))
    world.exact += step
    world.elapse(1000.0)
    world.exchange((20.0, 0.0), (0.1, 0.0), (20.0, 0.0))
    found = world.estimator.estimate(world.exact)
    assert found.steps == 1
    assert found.offset_ms == pytest.approx(world.party - world.exact, abs=0.01)


def test_a_clock_set_back_by_less_than_the_round_trip_counts_as_a_step() -> None:
    world = World()
    world.exchange((20.0, 0.0), (0.0, 0.0), (20.0, 0.0))
    world.exact -= 20.0
    world.exchange((4.0, 0.0), (0.0, 0.0), (4.0, 0.0))
    found = world.estimator.estimate(world.exact)
    assert (found.steps, found.samples) == (1, 1)
    assert found.bound_ms < 4.2


def test_an_old_edge_gives_way_to_a_fresh_one_that_is_nearly_as_good() -> None:
    world = World()
    world.exchange((0.3, 0.0), (0.0, 0.0), (0.3, 0.0))
    world.elapse(15_000.0, 90e-6)
    world.exchange((0.2, 0.0), (0.0, 0.0), (0.2, 0.0))
    found = world.estimator.estimate(world.exact)
    assert found.offset_ms == pytest.approx(world.party - world.exact, abs=0.01)


def test_a_step_under_way_of_an_exchange_leaves_nothing_known() -> None:
    world = World()
    world.exchange((5.0, 0.0), (0.0, 0.0), (5.0, 0.0))
    assert world.estimator.observe(world.exact, world.party + 5, world.party + 500, world.exact + 10)
    found = world.estimator.estimate(world.exact)
    assert (found.steps, found.samples, found.bound_ms) == (1, 0, math.inf)


def test_before_any_sample_nothing_is_claimed() -> None:
    found = ClockEstimator().estimate(5.0)
    assert (found.bound_ms, found.lower_ms, found.upper_ms, found.samples) == (
        math.inf,
        -math.inf,
        math.inf,
        0,
    )
    with pytest.raises(FrozenInstanceError):
        found.offset_ms = 1.0  # type: ignore[misc]


def test_the_bound_is_half_the_round_trip_and_grows_with_silence_and_with_the_root_bound() -> None:
    estimator = ClockEstimator()
    estimator.observe(0.0, T + 10, T + 11, 21.0)
    assert estimator.estimate(21.0).bound_ms == pytest.approx(10.1, abs=0.02)
    assert estimator.estimate(21.0, root_bound_ms=3.0).bound_ms == pytest.approx(13.1, abs=0.02)
    assert estimator.estimate(10_021.0).bound_ms == pytest.approx(15.1, abs=0.03)
    assert estimator.estimate(21.0).rtt_min_ms == 20.0


def test_doubt_after_a_wake_up_and_a_new_time_base_make_the_bound_infinite() -> None:
    estimator = ClockEstimator()
    estimator.observe(0.0, T + 10, T + 10, 20.0)
    estimator.begin_burst(doubtful=True)
    assert estimator.estimate(20.0).bound_ms == math.inf
    estimator.observe(100.0, T + 110, T + 110, 120.0)
    assert (estimator.estimate(120.0).bound_ms < 11, estimator.estimate(120.0).samples) == (True, 2)
    estimator.reset()
    assert (estimator.estimate(120.0).bound_ms, estimator.estimate(120.0).samples) == (math.inf, 0)
    estimator.observe(200.0, T - 1e6, T - 1e6, 220.0)
    assert estimator.estimate(220.0).steps == 0


@pytest.mark.parametrize(
    "lie",
    [
        (math.nan, 1.0, 2.0, 3.0),
        (1.0, math.inf, math.inf, 3.0),
        (1.0, 2.0, 2.0, 10**400),
        (1e300, 1e300, 1e300, 1e300),
        (30.0, T, T, 29.0),
        (30.0, T + 1, T, 40.0),
        (None, T, T, "40"),
        (0.0, T + 10, T + 10, 20.0),
    ],
)
def test_what_cannot_be_an_exchange_is_ignored(lie: Any) -> None:
    estimator = ClockEstimator()
    assert estimator.observe(0.0, T + 10, T + 10, 20.0)
    before = estimator.estimate(20.0)
    assert estimator.observe(*lie) is False
    assert estimator.estimate(20.0) == before


stamps = st.one_of(st.floats(), st.integers(), st.floats(-1e15, 1e15), st.floats(0.0, 1e5), st.just(10**400))


@settings(max_examples=examples(200))
@given(st.lists(st.tuples(stamps, stamps, stamps, stamps), max_size=80), st.booleans())
def test_false_stamps_cannot_make_it_raise(lies: list[Any], in_order: bool) -> None:
    estimator = ClockEstimator()
    for lie in lies:
        t1, t2, t3, t4 = lie
        if in_order and all(math.isfinite(x) for x in lie if not isinstance(x, int)):
            (t1, t4), (t2, t3) = sorted((t1, t4)), sorted((t2, t3))
        estimator.observe(t1, t2, t3, t4)
        for when in (t4, 0.0, 1e15):
            found = estimator.estimate(when)
            assert found.bound_ms >= 0.0
            assert math.isfinite(found.offset_ms)
            assert abs(found.drift_ppm) <= 500.0 + 1e-9
        assert 80.0 <= estimator.next_delay_ms() <= 5_500.0
    assert estimator.stored_edges <= 2 * (241 + 121)


@pytest.mark.parametrize("quantum_ms", [math.nan, -1.0, math.inf, 1e6])
def test_a_quantum_that_no_clock_has_is_refused(quantum_ms: float) -> None:
    with pytest.raises(ValueError, match="quantum_ms"):
        ClockEstimator(quantum_ms)


def test_the_schedule() -> None:
    estimator, now = ClockEstimator(), 0.0
    for _ in range(8):
        assert estimator.next_delay_ms() == 100.0
        estimator.observe(now, T + now + 1, T + now + 1, now + 2)
        now += 102.0
    assert 180.0 <= estimator.next_delay_ms() <= 220.0
    seen = set()
    for _ in range(60):
        estimator.observe(now, T + now + 1, T + now + 1, now + 2)
        seen.add(round(estimator.next_delay_ms(), 3))
        now += 1_000.0
    assert 900.0 <= estimator.next_delay_ms() <= 1_100.0
    assert len(seen) > 30, "the delays are spread"
    assert estimator.next_delay_ms(unsure=True) <= 220.0
    assert estimator.next_delay_ms(playing=False) <= 1_100.0
    now += 31_000.0
    estimator.observe(now, T + now + 1, T + now + 1, now + 2)
    assert 4_500.0 <= estimator.next_delay_ms(playing=False) <= 5_500.0
    estimator.begin_burst()
    assert estimator.next_delay_ms(playing=False) == 100.0
