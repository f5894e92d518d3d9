"""Records the golden vectors of the clock estimator from the Python side.

Run it by `python -m tests.golden.record_clock_estimator` after a wanted change of the estimator.
Both suites replay them; see `replay` for what is compared. Timestamps that JSON can't hold are strings.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from partyapp.party.infrastructure.playback.clock_estimator import ClockEstimator
from tests.support import clock_networks as networks
from tests.support import member_clocks as clocks

GOLDEN_FILE = Path(__file__).with_name("clock_estimator.json")

#: An estimate is recorded after every so many exchanges, for so many ms after the last one.
EVERY = 10
AHEAD_MS = 250.0

Stamps = list[float | str]


def stamps_of(
    network: networks.Network, clock: clocks.MemberClock, count: int, delay_ms: float | None = None
) -> list[Stamps]:
    """The first `count` exchanges, with the estimator's own delays or a fixed one, rounded for the file."""
    estimator = ClockEstimator(clock.quantum_ms)

    def next_delay() -> float:
        return estimator.next_delay_ms() if delay_ms is None else delay_ms

    stamps: list[Stamps] = []
    for exchange in networks.exchanges(network, clock, next_delay, until=1e8):
        row = [round(value, 6) for value in (exchange.t1, exchange.t2, exchange.t3, exchange.t4)]
        estimator.observe(*row)
        stamps.append([*row])
        if len(stamps) == count:
            break
    return stamps


def hostile_stamps() -> list[Stamps]:
    """An honest trace with lies, repetitions, a clock set back, and limits that cross by a hair."""
    lies: list[Stamps] = [
        ["nan", 1.0, 2.0, 3.0],
        [1.0, 2.0, "inf", 3.0],
        [1e300, 1e300, 1e300, 1e300],
        [5.0, 2.0, 3.0, 4.0],
        [1.0, 9.0, 3.0, 4.0],
    ]
    honest = stamps_of(networks.lan(8), clocks.steady_clock(8), 240)
    stamps: list[Stamps] = []
    for index, row in enumerate(honest):
        stamps.append(row)
        if index % 9 == 4:
            stamps.append(lies[index % len(lies)])
        if index % 20 == 7:
            stamps.append(row)
        if index == 150:
            stamps.append([_plus(row[0], 10.0), row[1], _plus(row[2], 60_000.0), _plus(row[3], 10.0)])
        if index == 200:
            stamps.append([_plus(row[0], -5e5), row[1], row[2], _plus(row[3], -5e5)])
    crossing = stamps[-1]
    stamps.append(
        [_plus(crossing[3], 1e3), _plus(crossing[1], 1e3), _plus(crossing[1], 1e3), _plus(crossing[3], 1e3)]
    )
    return stamps


def _plus(stamp: float | str, more: float) -> float:
    return round(float(stamp) + more, 6)


def inputs() -> Iterator[tuple[str, float, float, list[Stamps]]]:
    """Name, quantum, root bound and exchanges of each trace."""
    blurred = clocks.MemberClock("blurred", clocks.steady_clock(3, -70.0).reading, quantum_ms=1.0)
    asleep = clocks.sleeping_clock(4, at=60_000.0)
    queued = networks.room(6)[6]
    yield "lan, steady", 0.1, 0.0, stamps_of(networks.lan(1), clocks.steady_clock(1, 100.0), 250)
    yield (
        "wifi stalls, warming up",
        0.1,
        0.3,
        stamps_of(networks.wifi_stalls(2), clocks.thermal_clock(2), 400),
    )
    yield "transatlantic, 1 ms timer", 1.0, 0.0, stamps_of(networks.transatlantic(3), blurred, 250)
    yield "4g, asleep for 30 s", 0.1, 0.0, stamps_of(networks.mobile_4g(4), asleep, 250)
    yield "bufferbloat", 0.1, 0.0, stamps_of(networks.bufferbloat(5), clocks.steady_clock(5), 400)
    yield "standing queue down", 0.1, 0.0, stamps_of(queued, clocks.steady_clock(6), 250)
    yield "5g, slewed", 0.1, 0.0, stamps_of(networks.mobile_5g(7), clocks.slewing_clock(7), 520)
    yield (
        "standing queue down, slewed",
        0.1,
        0.0,
        stamps_of(networks.downlink_queue(10), clocks.slewing_clock(10), 420),
    )
    yield "an hour and more", 0.1, 0.0, stamps_of(networks.wifi_stalls(9), clocks.thermal_clock(9), 450, 1e4)
    yield "hostile", 0.1, 0.0, hostile_stamps()


def replay(trace: dict[str, Any], kind: Any = ClockEstimator) -> tuple[str, list[list[float]]]:
    """What the estimator makes of a trace: which exchanges it took, and the recorded rows.

    A row is: exchanges so far, offset, bound, drift, lower, upper, shortest round trip, steps, rate resets,
    samples, next delay. `kind`: the class of the estimator, for a copy of it.
    """
    estimator = kind(trace["quantum_ms"])
    taken, rows = "", []
    for count, stamps in enumerate(trace["exchanges"], start=1):
        t1, t2, t3, t4 = (float(value) for value in stamps)
        taken += "1" if estimator.observe(t1, t2, t3, t4) else "0"
        if count % EVERY:
            continue
        member_time = t4 + AHEAD_MS if abs(t4) < 1e15 else 0.0
        found = estimator.estimate(member_time, root_bound_ms=trace["root_bound_ms"])
        row: list[float] = [count, found.offset_ms, found.bound_ms, found.drift_ppm]
        row += [found.lower_ms, found.upper_ms]
        row += [found.rtt_min_ms, found.steps, found.rate_resets, found.samples, estimator.next_delay_ms()]
        rows.append(row)
    return taken, rows


def record() -> None:
    """Write the file."""
    traces = []
    for name, quantum_ms, root_bound_ms, exchanges in inputs():
        trace: dict[str, Any] = {
            "name": name,
            "quantum_ms": quantum_ms,
            "root_bound_ms": root_bound_ms,
            "exchanges": exchanges,
        }
        trace["taken"], trace["expected"] = replay(trace)
        assert all(math.isfinite(value) for row in trace["expected"] for value in row)
        traces.append(trace)
    golden = {"every": EVERY, "ahead_ms": AHEAD_MS, "traces": traces}
    GOLDEN_FILE.write_text(
        json.dumps(golden, separators=(",", ":"), allow_nan=False) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    record()
