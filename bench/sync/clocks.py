"""The clock half of `make bench-sync`: how well members agree on the time, ours and the peers' beside it.

Each algorithm runs on the same networks and the same clocks, on its own schedule of exchanges. Measured is
the difference of two members' party time at one true instant, over all pairs of a room.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from time import process_time_ns
from typing import Protocol

from bench.percentiles import percentiles
from partyapp.party.infrastructure.playback.clock_estimator import ClockEstimator
from partyapp.party.live.pace import OFTEN_MS, SELDOM_PING_MS, PaceBudget, PaceRule
from tests.support import clock_networks as networks
from tests.support import member_clocks as clocks

#: Errors are sampled this often, ms.
SAMPLE_EVERY_MS = 500.0

#: From so long after joining on a member counts as settled, ms.
JOINED_AFTER_MS = 30_000.0

SLEEP_AT_MS = 300_000.0
SLEEP_MS = 30_000.0

#: A member is back from sleep when its error is within this, ms.
BACK_WITHIN_MS = 20.0


class ClockAlgorithm(Protocol):
    """The interface of an algorithm in this bench; see `bench.sync.peers.registry`. All in ms."""

    @property
    def name(self) -> str: ...
    def observe(self, t1: float, t2: float, t3: float, t4: float) -> None: ...
    def offset_ms(self, member_time_ms: float) -> float | None: ...
    def bound_ms(self, member_time_ms: float) -> float | None: ...
    def next_delay_ms(self) -> float: ...
    def woke(self) -> None: ...


class PartyClockAlgorithm:
    """Our own `ClockEstimator`, as the client uses it."""

    name = "party"

    def __init__(self, quantum_ms: float = 0.1) -> None:
        self.estimator = ClockEstimator(quantum_ms)

    def observe(self, t1: float, t2: float, t3: float, t4: float) -> None:
        """Take one exchange."""
        self.estimator.observe(t1, t2, t3, t4)

    def offset_ms(self, member_time_ms: float) -> float | None:
        """Party time minus member time; None while nothing is known."""
        found = self.estimator.estimate(member_time_ms)
        return found.offset_ms if math.isfinite(found.bound_ms) else None

    def bound_ms(self, member_time_ms: float) -> float | None:
        """The proven bound."""
        return self.estimator.estimate(member_time_ms).bound_ms

    def next_delay_ms(self) -> float:
        """The wait that the estimator asks for."""
        return self.estimator.next_delay_ms()

    def woke(self) -> None:
        """The client noticed that the machine slept."""
        self.estimator.begin_burst(doubtful=True)


class PacedClockAlgorithm(PartyClockAlgorithm):
    """The same by the server's pace: seldom exchanges once the member has been sure for a while."""

    name = "party, paced"

    #: How often who is unsure is asked, in ms.
    often_ms = OFTEN_MS

    def __init__(self) -> None:
        super().__init__()
        self._rule = self._new_rule()

    def _new_rule(self) -> PaceRule:
        budget = PaceBudget()
        budget.often_ms = self.often_ms
        return PaceRule(budget)

    def observe(self, t1: float, t2: float, t3: float, t4: float) -> None:
        """Take one exchange."""
        super().observe(t1, t2, t3, t4)
        self._rule.note(True, self.estimator.estimate(t4).bound_ms, t4)

    def next_delay_ms(self) -> float:
        """The wait that the estimator asks for at this pace."""
        return self.estimator.next_delay_ms(steady_ms=self._rule.pace.ping_ms)

    def woke(self) -> None:
        """The client noticed that the machine slept."""
        super().woke()
        self._rule = self._new_rule()


class CrowdedClockAlgorithm(PacedClockAlgorithm):
    """The same on a process with so many who are unsure that each is asked as seldom as it gets."""

    name = "party, crowded"
    often_ms = SELDOM_PING_MS


@dataclass
class MemberTrace:
    """The estimates of one algorithm on one member. Lists have an entry for each sample.

    `errors` holds the estimated minus the true party time (ms), None while there was no estimate or the
    machine slept. `violations` counts the samples at which the error exceeded the stated bound, of `bounded`
    samples that had one. `resumed_ms` is when the first exchange after a sleep had ended. `estimates` are
    `[t, error, slope in ppm, bound]` after each exchange.
    """

    network: str
    clock: str
    errors: list[float | None] = field(default_factory=list)
    bounds: list[float | None] = field(default_factory=list)
    bounded: int = 0
    violations: int = 0
    exchanges: int = 0
    resumed_ms: float = 0.0
    estimates: list[list[float]] = field(default_factory=list)


def run_member(
    network: networks.Network, clock: clocks.MemberClock, algorithm: ClockAlgorithm
) -> MemberTrace:
    """One algorithm on one member for a whole trace."""
    trace, at = MemberTrace(network.name, clock.name), SAMPLE_EVERY_MS
    for exchange in networks.exchanges(network, clock, algorithm.next_delay_ms):
        if exchange.woke:
            algorithm.woke()
        while at < min(exchange.ended, networks.TRACE_MS):
            _sample(trace, clock, algorithm, at)
            at += SAMPLE_EVERY_MS
        algorithm.observe(exchange.t1, exchange.t2, exchange.t3, exchange.t4)
        trace.exchanges += 1
        if exchange.woke:
            trace.resumed_ms = exchange.ended
        _record_estimate(trace, clock, algorithm, exchange.ended)
    while at < networks.TRACE_MS:
        _sample(trace, clock, algorithm, at)
        at += SAMPLE_EVERY_MS
    return trace


def _error(clock: clocks.MemberClock, algorithm: ClockAlgorithm, at: float) -> float | None:
    offset = algorithm.offset_ms(clock.reading(at))
    return None if offset is None else offset - clock.offset(at)


def _sample(trace: MemberTrace, clock: clocks.MemberClock, algorithm: ClockAlgorithm, at: float) -> None:
    asleep = clock.is_asleep(at)
    error = None if asleep else _error(clock, algorithm, at)
    bound = None if asleep else algorithm.bound_ms(clock.reading(at))
    trace.errors.append(error)
    trace.bounds.append(bound)
    if error is not None and bound is not None:
        trace.bounded += 1
        trace.violations += abs(error) > bound


def _record_estimate(
    trace: MemberTrace, clock: clocks.MemberClock, algorithm: ClockAlgorithm, at: float
) -> None:
    now, later = _error(clock, algorithm, at), _error(clock, algorithm, at + 1000.0)
    if now is not None and later is not None:
        bound = algorithm.bound_ms(clock.reading(at))
        trace.estimates.append([at, now, (later - now) * 1e3, bound if bound is not None else 1e9])


def pair_differences(traces: Sequence[MemberTrace], since_ms: float = JOINED_AFTER_MS) -> list[list[float]]:
    """For each sample from `since_ms` on: the difference of party time of each pair of members, ms."""
    rows = list(zip(*(trace.errors for trace in traces), strict=True))[int(since_ms / SAMPLE_EVERY_MS) - 1 :]
    known = [[error for error in row if error is not None] for row in rows]
    return [[abs(one - other) for one, other in combinations(errors, 2)] for errors in known]


def joining_errors(trace: MemberTrace) -> list[float]:
    """The errors from 1 s to 30 s after joining; infinite where there was no estimate yet."""
    first, last = int(1_000.0 / SAMPLE_EVERY_MS) - 1, int(JOINED_AFTER_MS / SAMPLE_EVERY_MS)
    return [math.inf if error is None else abs(error) for error in trace.errors[first:last]]


def back_after_ms(trace: MemberTrace) -> float:
    """How long after the first exchange since waking the error was last above 20 ms, or without an estimate.

    In steps of half a second; 0 when it never was, infinite when it still is at the end.
    """
    last = 0.0
    for index, error in enumerate(trace.errors):
        passed = (index + 1) * SAMPLE_EVERY_MS - trace.resumed_ms
        if passed > 0.0 and (error is None or abs(error) > BACK_WITHIN_MS):
            last = math.inf if index == len(trace.errors) - 1 else passed
    return last


def mixed_clocks(seed: int) -> list[clocks.MemberClock]:
    """Eight clocks of all kinds, whose assignment to the networks rotates with the seed."""
    kinds = [
        clocks.steady_clock(seed),
        clocks.steady_clock(seed + 1, 100.0),
        clocks.steady_clock(seed + 2, -100.0),
        clocks.thermal_clock(seed + 3),
        clocks.steady_clock(seed + 4),
        clocks.thermal_clock(seed + 5),
        clocks.slewing_clock(seed + 6),
        clocks.steady_clock(seed + 7),
    ]
    return kinds[seed % 8 :] + kinds[: seed % 8]


ROOMS: dict[str, Callable[[int], list[clocks.MemberClock]]] = {
    "mixed": mixed_clocks,
    "steady": lambda seed: [clocks.steady_clock(seed + i) for i in range(8)],
    "thermal": lambda seed: [clocks.thermal_clock(seed + i) for i in range(8)],
    "slewing": lambda seed: [clocks.slewing_clock(seed + i) for i in range(8)],
    "asleep": lambda seed: [clocks.sleeping_clock(seed + i, SLEEP_AT_MS, SLEEP_MS) for i in range(8)],
}


def run_room(kind: str, seed: int, make: Callable[[], ClockAlgorithm]) -> list[MemberTrace]:
    """A room of eight, each on a network of another kind, with the clocks of `kind` (see `ROOMS`)."""
    members = ROOMS[kind](seed)
    paths = networks.room(seed, members[0].asleep)
    return [run_member(path, clock, make()) for path, clock in zip(paths, members, strict=True)]


def run_unobservable(seed: int, make: Callable[[], ClockAlgorithm]) -> list[MemberTrace]:
    """The two paths whose asymmetry can't be measured, only bounded."""
    return [
        run_member(path(seed + i), clocks.steady_clock(seed + i), make())
        for i, path in enumerate(networks.UNOBSERVABLE)
    ]


def cost_ms(seed: int, full_after: int = 3_700, measured: int = 1_000) -> dict[str, float]:
    """The CPU time of one exchange in our estimator, ms, with an hour of exchanges in its window."""
    network, clock, estimator = networks.wifi_stalls(seed), clocks.thermal_clock(seed), ClockEstimator(0.1)
    taken: list[float] = []
    for exchange in networks.exchanges(network, clock, lambda: 1_000.0, until=math.inf):
        began = process_time_ns()
        estimator.observe(exchange.t1, exchange.t2, exchange.t3, exchange.t4)
        estimator.estimate(exchange.t4)
        taken.append((process_time_ns() - began) / 1e6)
        if len(taken) == full_after + measured:
            break
    full = taken[full_after:]
    return percentiles(full) | {"mean": round(sum(full) / len(full), 3)}
