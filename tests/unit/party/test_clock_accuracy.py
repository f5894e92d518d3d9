"""The clock estimator on synthetic networks: memory, accuracy, and the vectors it shares with its twin."""

import json
import math
from time import perf_counter
from typing import Any

import pytest

from partyapp.party.infrastructure.playback.clock_estimator import ClockEstimator
from tests.golden.record_clock_estimator import GOLDEN_FILE, replay
from tests.support import clock_networks as networks
from tests.support import member_clocks as clocks


@pytest.mark.thorough
def test_memory_is_bounded_over_hours_and_cheap() -> None:
    clock, estimator, most = clocks.thermal_clock(1), ClockEstimator(0.1), 0
    began, count = perf_counter(), 0
    for exchange in networks.exchanges(networks.wifi_stalls(1), clock, lambda: 1_500.0, until=math.inf):
        estimator.observe(exchange.t1, exchange.t2, exchange.t3, exchange.t4)
        most, count = max(most, estimator.stored_edges), count + 1
        if count == 10_000:
            break
    print(f"{(perf_counter() - began) / count * 1000:.3f} ms a sample, the simulation included")
    assert 600 < most <= 2 * (241 + 121)
    assert abs(estimator.estimate(exchange.t4).offset_ms - clock.offset(exchange.ended)) < 2.0


@pytest.mark.parametrize("ppm", [100.0, -100.0, 15.0])
def test_the_drift_is_found_within_two_minutes(ppm: float) -> None:
    clock, estimator = clocks.steady_clock(1, ppm), ClockEstimator(0.1)
    for exchange in networks.exchanges(networks.lan(5), clock, estimator.next_delay_ms, until=120_000.0):
        estimator.observe(exchange.t1, exchange.t2, exchange.t3, exchange.t4)
    assert estimator.estimate(exchange.t4).drift_ppm == pytest.approx(-ppm, abs=1.5)


def test_a_slewed_clock_is_followed() -> None:
    clock, estimator = clocks.slewing_clock(3, 400.0), ClockEstimator(0.1)
    for exchange in networks.exchanges(
        networks.mobile_5g(3), clock, estimator.next_delay_ms, until=420_000.0
    ):
        estimator.observe(exchange.t1, exchange.t2, exchange.t3, exchange.t4)
        if 300_000.0 < exchange.ended < 301_500.0:
            slewing = estimator.estimate(exchange.t4)
    after = estimator.estimate(exchange.t4)
    assert slewing.drift_ppm < -350.0
    assert (after.rate_resets, after.steps) == (2, 0)
    assert after.offset_ms == pytest.approx(clock.offset(exchange.ended), abs=1.0)


@pytest.mark.parametrize("make_network", [networks.downlink_queue, networks.bufferbloat])
@pytest.mark.parametrize("ppm", [200.0, -200.0])
def test_a_slew_is_followed_though_queues_hide_it(make_network: Any, ppm: float) -> None:
    clock, estimator, errors = clocks.slewing_clock(5, ppm), ClockEstimator(0.1), []
    for exchange in networks.exchanges(make_network(5), clock, estimator.next_delay_ms, until=420_000.0):
        estimator.observe(exchange.t1, exchange.t2, exchange.t3, exchange.t4)
        if exchange.ended > 300_000.0:
            errors.append(abs(estimator.estimate(exchange.t4).offset_ms - clock.offset(exchange.ended)))
    # A minute and two into the slew it has gone 12 and 24 ms from where the old rate would have it.
    assert sorted(errors)[len(errors) * 8 // 10] < 3.0
    assert estimator.estimate(exchange.t4).steps == 0


def _errors(network: networks.Network, clock: clocks.MemberClock, until: float) -> dict[float, float]:
    """The estimate's error at every half second, by time; fails when the bound is broken."""
    estimator, errors, at = ClockEstimator(clock.quantum_ms), {}, 1_000.0
    for exchange in networks.exchanges(network, clock, estimator.next_delay_ms, until=until):
        if exchange.woke:
            estimator.begin_burst(doubtful=True)
        while at < exchange.ended:
            found = estimator.estimate(clock.reading(at))
            error = abs(found.offset_ms - clock.offset(at))
            if not clock.is_asleep(at):
                assert error <= found.bound_ms, (network.name, at, found)
                errors[at] = error if math.isfinite(found.bound_ms) else math.inf
            at += 500.0
        estimator.observe(exchange.t1, exchange.t2, exchange.t3, exchange.t4)
    return errors


@pytest.mark.parametrize("make_clock", [clocks.steady_clock, clocks.thermal_clock])
def test_a_room_on_eight_networks_agrees_to_about_a_millisecond(make_clock: Any) -> None:
    rows = [_errors(path, make_clock(i), 150_000.0) for i, path in enumerate(networks.room(11))]
    worst = sorted(error for row in rows for error in row.values())
    assert worst[len(worst) // 2] <= 0.2
    assert worst[len(worst) * 95 // 100] <= 1.0
    assert worst[-1] <= 5.0


def test_a_member_back_from_sleep_is_right_within_a_second() -> None:
    for index in range(8):
        clock = clocks.sleeping_clock(index, at=40_000.0)
        errors = _errors(networks.room(20, clock.asleep)[index], clock, 90_000.0)
        assert max(error for at, error in errors.items() if at >= 71_000.0) < 20.0


GOLDEN = json.loads(GOLDEN_FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("trace", GOLDEN["traces"], ids=lambda trace: trace["name"])
def test_the_golden_vectors_replay(trace: dict[str, Any]) -> None:
    taken, rows = replay(trace)
    assert taken == trace["taken"]
    assert len(rows) == len(trace["expected"]) > 20
    for row, expected in zip(rows, trace["expected"], strict=True):
        assert row == pytest.approx(expected, rel=0.0, abs=1e-3)


def test_the_golden_vectors_reach_every_part() -> None:
    last = {trace["name"]: trace["expected"][-1] for trace in GOLDEN["traces"]}
    assert max(row[7] for row in last.values()) >= 2, "steps"
    assert max(row[8] for row in last.values()) >= 2, "rate resets"
    assert any("0" in trace["taken"] for trace in GOLDEN["traces"])


@pytest.mark.parametrize("make_network", [networks.lan, networks.wifi_stalls])
def test_an_exchange_that_is_not_remembered_cuts_the_bound_all_the_same(make_network: Any) -> None:
    clock = clocks.steady_clock(1, 60.0)
    whole, thrifty, errors = ClockEstimator(0.1), ClockEstimator(0.1), []
    exchanges = networks.exchanges(make_network(5), clock, lambda: 4_000.0, until=1_200_000.0)
    for number, exchange in enumerate(exchanges):
        stamps = exchange.t1, exchange.t2, exchange.t3, exchange.t4
        assert whole.observe(*stamps) == thrifty.observe(*stamps, remember=number % 3 == 0)
        one, other = whole.estimate(exchange.t4), thrifty.estimate(exchange.t4)
        assert (one.lower_ms, one.upper_ms, one.samples) == (other.lower_ms, other.upper_ms, other.samples)
        true_ms = clock.offset(exchange.ended)
        assert abs(other.offset_ms - true_ms) <= other.bound_ms
        errors.append((abs(one.offset_ms - true_ms), abs(other.offset_ms - true_ms)))
    settled = errors[len(errors) // 10 :]
    of_one, of_other = (sorted(column)[len(settled) // 2] for column in zip(*settled, strict=True))
    print(f"median error {of_one:.3f} and {of_other:.3f} ms")
    assert of_other <= of_one + 0.5
