"""A member, a peer's clock estimator and the path between it and the server, whose true offset is known."""

import math

from bench.sync.peers.registry import PeerClock

#: Party time at the beginning, ms; small, so that differences keep their digits.
START = 5_000_000.0

SERVED_MS = 0.25


class Path:
    """A member with a peer's estimator, a clock of known rate, and a way of known delays. All in ms."""

    def __init__(self, peer: PeerClock, ppm: float = 0.0) -> None:
        self.peer = peer
        self.party = START
        self.member = 1_000.0
        self.rate = 1.0 + ppm * 1e-6
        self.delays: list[float] = []

    def pass_time(self, ms: float) -> None:
        self.party += ms
        self.member += ms * self.rate

    def exchange(self, up: float = 20.0, down: float = 20.0, gap: float | None = None) -> None:
        """One exchange, and then the wait `gap`, or what the peer asks for."""
        t1 = self.member
        self.pass_time(up)
        t2 = self.party
        self.pass_time(SERVED_MS)
        t3 = self.party
        self.pass_time(down)
        self.peer.observe(t1, t2, t3, self.member)
        self.delays.append(self.peer.next_delay_ms())
        self.pass_time(self.delays[-1] if gap is None else gap)

    def exchanges(self, count: int, gap: float | None = None) -> None:
        for _ in range(count):
            self.exchange(gap=gap)

    @property
    def error(self) -> float:
        """The estimated minus the true offset."""
        estimated = self.peer.offset_ms(self.member)
        return math.nan if estimated is None else estimated - (self.party - self.member)
