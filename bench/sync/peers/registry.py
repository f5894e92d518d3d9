"""The clock estimators of the peers as published, to run beside our own on the same traces.

Each restates a rule and its constants in its own words, and keeps to its own schedule of exchanges unless
`at_rate` makes it keep another. Each gets the four timestamps as exact as ours gets them, even where the
original rounds them: what is compared is the rule. `source` says where a rule is from.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bench.sync.peers.averages import MedianOf200, MovingAverage, RoundsOfFive
from bench.sync.peers.filters import KalmanFilter, NtpClockFilter
from bench.sync.peers.least_delay import CodedPairs, LeastDispersion, LeastOfEight, LeastOfSixty


class PeerClock(Protocol):
    """One estimator of one member's clock; bounded memory, no input or output, no clock of its own."""

    @property
    def name(self) -> str:
        """What the tables call it."""
        ...

    @property
    def source(self) -> str:
        """Where the rule is from, in words."""
        ...

    def observe(self, t1: float, t2: float, t3: float, t4: float) -> None:
        """Take one exchange: t1 sent and t4 received on the member's clock, t2 and t3 in party time (ms)."""
        ...

    def offset_ms(self, member_time_ms: float) -> float | None:
        """Party time minus member clock, ms; None while nothing is known."""
        ...

    def bound_ms(self, member_time_ms: float) -> float | None:
        """The bound of its error that it states, ms; None where it states none."""
        ...

    def next_delay_ms(self) -> float:
        """The wait before the next exchange, ms, by its own schedule."""
        ...

    def woke(self) -> None:
        """The client noticed a wake-up, and that its connection may be lost."""
        ...


@dataclass
class AtRate:
    """A peer that is made to exchange at a fixed rate; see `at_rate`."""

    peer: PeerClock
    delay_ms: float

    @property
    def name(self) -> str:
        """The peer's name and the forced wait."""
        return f"{self.peer.name} (each {self.delay_ms / 1e3:g} s)"

    @property
    def source(self) -> str:
        """Where the peer's rule is from."""
        return self.peer.source

    def observe(self, t1: float, t2: float, t3: float, t4: float) -> None:
        """Hand the exchange to the peer."""
        self.peer.observe(t1, t2, t3, t4)

    def offset_ms(self, member_time_ms: float) -> float | None:
        """The peer's offset."""
        return self.peer.offset_ms(member_time_ms)

    def bound_ms(self, member_time_ms: float) -> float | None:
        """The peer's stated bound."""
        return self.peer.bound_ms(member_time_ms)

    def next_delay_ms(self) -> float:
        """The forced wait, ms."""
        return self.delay_ms

    def woke(self) -> None:
        """Tell the peer."""
        self.peer.woke()


def at_rate(peer: PeerClock, delay_ms: float) -> AtRate:
    """The same peer with `delay_ms` (> 0) between any two exchanges, whatever its own schedule says.

    Raises ValueError for a wait that isn't positive.
    """
    if not delay_ms > 0.0:
        raise ValueError("delay_ms must be positive")
    return AtRate(peer, delay_ms)


#: All peers; each call makes one that knows nothing yet.
PEERS: tuple[Callable[[], PeerClock], ...] = (
    LeastOfEight,
    MovingAverage,
    CodedPairs,
    LeastOfSixty,
    MedianOf200,
    LeastDispersion,
    KalmanFilter,
    NtpClockFilter,
    RoundsOfFive,
)
