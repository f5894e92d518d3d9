"""Time. The only module that reads a clock of the machine; everything else is handed one of these."""

import threading
import time
from typing import Protocol

#: How fast, at most, a machine's clock may run away from the reference (SYNC §3: 500 ppm).
RATE_BOUND = 500e-6

#: An interval that is empty by more than this, in ms, proves that a clock stepped (SYNC §3).
STEP_MS = 0.3


class Clock(Protocol):
    """Anything that tells the time in ms since the Unix epoch."""

    def now_ms(self) -> float: ...


def monotonic_ms() -> float:
    """This process's monotonic clock in ms; its zero means nothing."""
    return time.monotonic_ns() / 1e6


def monotonic_s() -> float:
    """The same in seconds, for deadlines."""
    return time.monotonic()


def suspended_ms() -> float:
    """How long this machine has been suspended since its start, in ms, as far as the system tells (Linux).

    The monotonic clock stands still meanwhile, so only the growth of this tells a suspension from a step
    of somebody else's clock.
    """
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return 0.0 if boot is None else (time.clock_gettime_ns(boot) - time.monotonic_ns()) / 1e6


#: A day, in ms.
DAY_MS = 24 * 3600 * 1000.0


class WallClock:
    """The machine's own wall clock. Good for tokens and logs; party time comes from `PartyClock`."""

    def now_ms(self) -> float:
        """Ms since the Unix epoch."""
        return time.time_ns() / 1e6


class FixedClock:
    """A clock that stands still until it is told to move: for tests."""

    def __init__(self, now_ms: float = 1_700_000_000_000.0) -> None:
        self.time_ms = now_ms

    def now_ms(self) -> float:
        """The time it was set to, in ms."""
        return self.time_ms

    def advance(self, ms: float) -> None:
        """Move on by `ms`."""
        self.time_ms += ms


class PartyClock:
    """Party time (SYNC §1): the monotonic clock, anchored to a reference by a proven interval.

    Each exchange with the reference proves two facts about `offset = reference - monotonic`: it was at
    most `answer - sent` and at least `answer - received`. The interval widens by `RATE_BOUND` between
    exchanges and is cut by each; its middle is the estimate, half of it the bound (Marzullo, 1984, for
    one source). Until the first exchange the wall clock stands in, with a bound of a second.
    """

    def __init__(self, wall_ms: float | None = None, mono_ms: float | None = None) -> None:
        mono = monotonic_ms() if mono_ms is None else mono_ms
        wall = WallClock().now_ms() if wall_ms is None else wall_ms
        self._lock = threading.Lock()
        self._lower = wall - mono - 1000.0
        self._upper = wall - mono + 1000.0
        self._offset = wall - mono
        self._seen = mono
        self._anchored = False
        #: The name of the time base, and its place among the corrections of it; see `ReferenceClock`.
        self.epoch = "local"
        self.sequence = 0
        self.correction_us = 0

    def now_ms(self) -> float:
        """Party time in ms since the Unix epoch."""
        return monotonic_ms() + self._offset

    @property
    def root_bound_ms(self) -> float:
        """How far off `now_ms` may be from the reference, in ms; grows while the reference is silent."""
        age = monotonic_ms() - self._seen
        return (self._upper - self._lower) / 2 + age * RATE_BOUND

    @property
    def anchored(self) -> bool:
        """False until the first exchange."""
        return self._anchored

    def agrees(self, sent_ms: float, reference_ms: float, received_ms: float) -> bool:
        """Whether an exchange fits what is proven, to `STEP_MS`; changes nothing."""
        low, high, _, _ = self._cut(sent_ms, reference_ms, received_ms)
        return low - high <= STEP_MS

    def discipline(self, sent_ms: float, reference_ms: float, received_ms: float) -> bool:
        """Take one exchange in: `sent_ms` and `received_ms` on the monotonic clock, the answer between.

        True when the reference turned out to have stepped, so that the old interval was dropped.
        """
        with self._lock:
            low, high, lower, upper = self._cut(sent_ms, reference_ms, received_ms)
            stepped = self._anchored and low - high > STEP_MS
            if low > high or not self._anchored:
                low, high = lower, upper
            self._lower, self._upper = low, high
            self._offset = (low + high) / 2
            self._seen = received_ms
            self._anchored = True
            return stepped

    def anchor(self, sent_ms: float, reference_ms: float, received_ms: float) -> None:
        """Forget what was proven and begin with this exchange: the time base is another one."""
        with self._lock:
            self._anchored = False
        self.discipline(sent_ms, reference_ms, received_ms)

    def ahead_ms(self, sent_ms: float, reference_ms: float, received_ms: float) -> float:
        """How far an exchange's reference is ahead of party time, in ms; right to half its round trip."""
        return reference_ms - (sent_ms + received_ms) / 2 - self._offset

    def _cut(
        self, sent_ms: float, reference_ms: float, received_ms: float
    ) -> tuple[float, float, float, float]:
        """The interval cut by an exchange (empty when it doesn't fit), and that of the exchange alone."""
        widening = max(0.0, received_ms - self._seen) * RATE_BOUND
        lower = reference_ms - received_ms
        # What was proven when it was sent is older than what was proven when the answer came.
        upper = reference_ms - sent_ms + (received_ms - sent_ms) * RATE_BOUND
        return max(self._lower - widening, lower), min(self._upper + widening, upper), lower, upper
