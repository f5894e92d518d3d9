"""Seeded synthetic clocks of members: steady, warming up, slewed by their system, asleep for a while.

All are pure functions of the seed and of `t`, the ms since the start of a trace.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

#: Party time at the start of each trace, in ms since the Unix epoch.
EPOCH_MS = 1_700_000_000_000.0

Spans = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class MemberClock:
    """A member's monotonic clock. In the spans of `t` in `asleep` the machine sleeps and it stands still."""

    name: str
    reading: Callable[[float], float]
    asleep: Spans = ()
    quantum_ms: float = 0.0

    def read(self, t: float) -> float:
        """What the program sees at `t`: the reading, cut down to whole quanta."""
        exact = self.reading(t)
        return math.floor(exact / self.quantum_ms) * self.quantum_ms if self.quantum_ms else exact

    def offset(self, t: float) -> float:
        """The true offset: party time minus the (uncut) clock."""
        return EPOCH_MS + t - self.reading(t)

    def is_asleep(self, t: float) -> bool:
        """Whether the machine sleeps at `t`."""
        return any(start <= t < end for start, end in self.asleep)

    def wake_between(self, start: float, end: float) -> float | None:
        """When the machine wakes from a sleep that begins in that span, or None if none does."""
        for asleep, awake in self.asleep:
            if start <= asleep < end:
                return awake
        return None


def steady_clock(seed: int, ppm: float | None = None) -> MemberClock:
    """A crystal off by `ppm` (by default anything within ±100), with the 0.1 ms timer of Chrome."""
    rng = random.Random(seed)
    rate = (rng.uniform(-100.0, 100.0) if ppm is None else ppm) * 1e-6
    start = rng.uniform(1e3, 1e7)
    return MemberClock("steady", lambda t: start + t * (1.0 + rate), quantum_ms=0.1)


def thermal_clock(seed: int) -> MemberClock:
    """A crystal that warms and cools: ±6 ppm over some ten minutes, around anything within ±60 ppm."""
    rng = random.Random(seed)
    rate, start = rng.uniform(-60e-6, 60e-6), rng.uniform(1e3, 1e7)
    swing, period, phase = 6e-6, rng.uniform(400e3, 900e3), rng.uniform(0.0, 6.28)

    def reading(t: float) -> float:
        turn = 2.0 * math.pi / period
        return start + t * (1.0 + rate) + swing / turn * (math.cos(phase) - math.cos(phase + turn * t))

    return MemberClock("thermal", reading, quantum_ms=0.1)


def slewing_clock(seed: int, ppm: float = 200.0) -> MemberClock:
    """A clock that its system slews by `ppm` for two minutes in the middle, as NTP daemons do."""
    rng = random.Random(seed)
    rate, start = rng.uniform(-30e-6, 30e-6), rng.uniform(1e3, 1e7)

    def reading(t: float) -> float:
        slewed = min(max(t - 240_000.0, 0.0), 120_000.0)
        return start + t * (1.0 + rate) + slewed * ppm * 1e-6

    return MemberClock("slewing", reading, quantum_ms=0.1)


def sleeping_clock(seed: int, at: float = 300_000.0, span: float = 30_000.0) -> MemberClock:
    """A steady clock that stands still while the machine sleeps."""
    steady = steady_clock(seed)
    return MemberClock(
        "sleeping",
        lambda t: steady.reading(t - min(max(t - at, 0.0), span)),
        asleep=((at, at + span),),
        quantum_ms=0.1,
    )
