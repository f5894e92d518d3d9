"""This client's clock against party time: pings, their answers, and when to ask again. It does no IO."""

import math
import time
from typing import Any

from party_client.clock import ClockEstimator
from party_client.clock.probe_schedule import STEADY_DELAY_MS
from party_client.types import Json

#: A service may ask for pings so often and so seldom, ms.
_LEAST_PING_MS, _MOST_PING_MS = 250.0, 30_000.0


def own_ms() -> float:
    """The own monotonic clock, in ms."""
    return time.monotonic_ns() / 1e6


class MemberClock:
    """Party time as one client knows it. All instants are ms; `own` ones of its monotonic clock."""

    def __init__(self) -> None:
        self._estimator = ClockEstimator()
        self._epoch: object = None
        self._root_bound_ms = 0.0
        self._number = 0
        self._sent: tuple[int, float] | None = None
        self._previous: Json | None = None
        self._steady_ms = STEADY_DELAY_MS

    @property
    def is_known(self) -> bool:
        """Whether party time is known at all."""
        return not math.isinf(self._estimator.estimate(own_ms()).bound_ms)

    def party_ms(self, at_own_ms: float | None = None) -> float | None:
        """Party time at that instant, now unless given; None while it is not known."""
        at_ms = own_ms() if at_own_ms is None else at_own_ms
        estimate = self._estimator.estimate(at_ms)
        return None if math.isinf(estimate.bound_ms) else at_ms + estimate.offset_ms

    def bound_ms(self, at_own_ms: float | None = None) -> float:
        """How far off `party_ms` may be: proven as long as this clock's rate is off by less than 500 ppm."""
        at_ms = own_ms() if at_own_ms is None else at_own_ms
        return self._estimator.estimate(at_ms, root_bound_ms=self._root_bound_ms).bound_ms

    def new_socket(self, *, doubtful: bool = False) -> None:
        """A socket begins: ask often for a moment. `doubtful`: the machine may have slept meanwhile."""
        self._sent = self._previous = None
        self._estimator.begin_burst(doubtful=doubtful)

    def set_pace(self, ping_ms: Any) -> None:
        """How often the service wants a ping while all is well; what is no such time changes nothing."""
        if isinstance(ping_ms, int | float) and _LEAST_PING_MS <= ping_ms <= _MOST_PING_MS:
            self._steady_ms = float(ping_ms)

    def next_ping(self) -> Json:
        """The ping to be sent now."""
        self._number += 1
        sent_ms = own_ms()
        self._sent = self._number, sent_ms
        message: Json = {"type": "ping", "n": self._number, "t1": sent_ms}
        return {**message, "prev": self._previous} if self._previous else message

    def delay_s(self, playing: bool) -> float:
        """How long to wait until the next ping, in s."""
        return self._estimator.next_delay_ms(playing=playing, steady_ms=self._steady_ms) / 1000.0

    def take_pong(self, pong: Json, received_ms: float) -> bool:
        """Learn from a `pong` that came at this own instant; False for one that answers no ping of ours."""
        sent = self._sent
        self.note_epoch(pong.get("clock_epoch"), pong.get("root_bound_ms"))
        if sent is None or pong.get("n") != sent[0]:
            return False
        self._sent = None
        # It is judged against what was sent, not against the t1 it carries.
        t1, t2, t3 = sent[1], pong.get("t2", math.nan), pong.get("t3", math.nan)
        if not self._estimator.observe(t1, t2, t3, received_ms):
            return False
        self._previous = {"n": sent[0], "t1": t1, "t2": t2, "t3": t3, "t4": received_ms}
        return True

    def note_epoch(self, epoch: object, root_bound_ms: Any = None) -> None:
        """Take the service's time base from a message: a new one invalidates all that was learned."""
        if isinstance(root_bound_ms, int | float) and root_bound_ms >= 0:
            self._root_bound_ms = float(root_bound_ms)
        if epoch is None or epoch == self._epoch:
            return
        known, self._epoch = self._epoch is not None, epoch
        if known:
            self._estimator.reset()
            self._sent = self._previous = None
