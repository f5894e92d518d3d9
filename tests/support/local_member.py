"""A member on the server's own machine: they share a clock, so the true offset is known at each exchange."""

import time
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from partyapp.party.infrastructure.playback.clock_estimator import ClockEstimator
from tests.support.clients.blocking import Socket

BURST = 8
BURST_PAUSE_S = 0.1


def true_offset_ms() -> float:
    """The machine's wall clock, which is Redis `TIME`, minus its monotonic clock; the tightest of several."""
    best = (float("inf"), 0.0)
    for _ in range(9):
        before = time.monotonic_ns()
        wall = time.time_ns()
        after = time.monotonic_ns()
        # The difference is taken in whole ns: as a float in ms it would be good to 0.25 µs only.
        best = min(best, ((after - before) / 1e6, (wall - (before + after) // 2) / 1e6))
    return best[1]


@dataclass(frozen=True)
class Checked:
    """One exchange beside the true offset θ, in ms. `early` and `late` are how far t2 and t3 contradict it:
    negative while t1 + θ ≤ t2 and t3 ≤ t4 + θ."""

    rtt: float
    residence: float
    early: float
    late: float
    midpoint_error: float
    estimate_error: float
    bound: float
    root_bound: float

    @property
    def bound_holds(self) -> bool:
        """Whether the true offset lies within the proven bound."""
        return abs(self.estimate_error) <= self.bound


@dataclass
class LocalMember:
    """Exchanges time over one socket of the contract, and feeds the real estimator."""

    socket: Socket
    estimator: ClockEstimator = field(default_factory=ClockEstimator)
    checked: list[Checked] = field(default_factory=list)
    _previous: dict[str, Any] | None = None
    _number: int = 0

    def exchange(self) -> Checked:
        """One exchange. Its bound is the estimator's plus the root's, as a member shows it."""
        self._number += 1
        before = true_offset_ms()
        found = self.socket.ping(self._number, self._previous)
        offset = (before + true_offset_ms()) / 2
        self._previous = found
        root_bound = float(self.socket.of_type("pong")[-1]["root_bound_ms"])
        t1, t2, t3, t4 = (float(found[name]) for name in ("t1", "t2", "t3", "t4"))
        self.estimator.observe(t1, t2, t3, t4)
        estimate = self.estimator.estimate(t4)
        self.checked.append(
            Checked(
                rtt=(t4 - t1) - (t3 - t2),
                residence=t3 - t2,
                early=t1 + offset - t2,
                late=t3 - t4 - offset,
                midpoint_error=((t2 - t1) + (t3 - t4)) / 2 - offset,
                estimate_error=estimate.offset_ms - offset,
                bound=estimate.bound_ms + root_bound,
                root_bound=root_bound,
            )
        )
        return self.checked[-1]

    def run(self, seconds: float, stop: Event) -> None:
        """A burst, then one exchange a second, until `seconds` are over or `stop` is set."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.exchange()
            if stop.wait(BURST_PAUSE_S if len(self.checked) < BURST else 1.0):
                return
