"""Clock estimators of the peers that average: a moving average, a median, a mean without outliers."""

import statistics
from collections import deque

from bench.sync.peers.samples import IgnoresSleep, NoBound, Sample, sample_of


class MovingAverage(NoBound):
    """Half a moving average (0.85) of the round trip is taken for the age of each message of the server.

    If the server's own last round trip was shorter than the member's, the difference is added: the way
    down has become slower by so much. There is no clock in this protocol; each message once a second says
    what is on, and its estimated age makes the party time of that instant. The server's round trip is
    worked out from two exchanges in a row: the last answer's way down and this request's way up.
    """

    name = "moving average 0.85"
    source = (
        "Syncplay, PingService in syncplay/protocols.py, PING_MOVING_AVERAGE_WEIGHT, SERVER_STATE_INTERVAL"
    )

    WEIGHT = 0.85
    DELAY_MS = 1_000.0

    def __init__(self) -> None:
        self._offset: float | None = None
        self._average: float | None = None
        self._last_answer: tuple[float, float] | None = None

    def observe(self, t1: float, t2: float, t3: float, t4: float) -> None:
        """Take one exchange."""
        round_trip = sample_of(t1, t2, t3, t4).round_trip
        if self._average is None:
            self._average = round_trip
        self._average = self._average * self.WEIGHT + round_trip * (1.0 - self.WEIGHT)
        forward = self._average / 2.0
        if self._last_answer is not None:
            last_sent, last_received = self._last_answer
            servers = (t2 - last_sent) - (t1 - last_received)
            if 0.0 <= servers < round_trip:
                forward += round_trip - servers
        self._last_answer = (t3, t4)
        self._offset = t3 + forward - t4

    def offset_ms(self, member_time_ms: float) -> float | None:
        """What the newest message's estimated age makes of it."""
        return self._offset

    def next_delay_ms(self) -> float:
        """The wait before the next exchange, ms."""
        return self.DELAY_MS

    def woke(self) -> None:
        """The connection has timed out (12.5 s); a new one starts a new average. The last offset stands."""
        self._average = None
        self._last_answer = None


class MedianOf200(NoBound):
    """The median of the last 200 offsets: 50 exchanges at once on connecting, then one a second.

    A window whose last sample is more than a minute old is discarded (the original reads the wall clock for
    that, this one the member's).
    """

    name = "median of 200"
    source = "Snapcast, client/time_provider.cpp and Controller::sendTimeSyncMessage in client/controller.cpp"

    KEPT = 200
    QUICK = 50
    QUICK_MS = 0.1
    DELAY_MS = 1_000.0
    STALE_MS = 60_000.0

    def __init__(self) -> None:
        self._offsets: deque[float] = deque(maxlen=self.KEPT)
        self._last = 0.0
        self._quick_left = self.QUICK

    def observe(self, t1: float, t2: float, t3: float, t4: float) -> None:
        """Take one exchange."""
        if self._offsets and abs(t4 - self._last) > self.STALE_MS:
            self._offsets.clear()
        self._last = t4
        self._offsets.append(sample_of(t1, t2, t3, t4).offset)
        self._quick_left = max(self._quick_left - 1, 0)

    def offset_ms(self, member_time_ms: float) -> float | None:
        """The (upper) median of the window."""
        return statistics.median_high(self._offsets) if self._offsets else None

    def next_delay_ms(self) -> float:
        """The wait before the next exchange, ms."""
        return self.QUICK_MS if self._quick_left else self.DELAY_MS

    def woke(self) -> None:
        """A lost connection is made anew, with its quick exchanges; the window outlives it."""
        self._quick_left = self.QUICK


class RoundsOfFive(NoBound, IgnoresSleep):
    """Five exchanges a second apart, each hour; the mean offset of those with a usual round trip.

    A round trip must be under the median plus one standard deviation of its round; if none is (all are the
    same), the former offset stands. The very first answer counts at once. The server puts one timestamp into
    its answer, here the middle of its two, and its own time counts as time on the way.
    """

    name = "mean of 5, one round an hour"
    source = "the npm package timesync (enmasseio), src/timesync.js with its default options"

    REPEAT = 5
    DELAY_MS = 1_000.0
    INTERVAL_MS = 3_600_000.0

    def __init__(self) -> None:
        self._offset: float | None = None
        self._round: list[Sample] = []
        self._began = 0.0
        self._ended = 0.0

    def observe(self, t1: float, t2: float, t3: float, t4: float) -> None:
        """Take one exchange; the fifth of a round makes the new offset."""
        served = (t2 + t3) / 2.0
        sample = sample_of(t1, served, served, t4)
        if not self._round:
            self._began = t1
        self._ended = t4
        if self._offset is None:
            self._offset = sample.offset
        self._round.append(sample)
        if len(self._round) == self.REPEAT:
            self._finish()

    def _finish(self) -> None:
        round_trips = [sample.round_trip for sample in self._round]
        limit = statistics.median(round_trips) + statistics.stdev(round_trips)
        usual = [sample.offset for sample in self._round if sample.round_trip < limit]
        if usual:
            self._offset = statistics.fmean(usual)
        self._round.clear()

    def offset_ms(self, member_time_ms: float) -> float | None:
        """The offset of the last whole round, or of the very first exchange."""
        return self._offset

    def next_delay_ms(self) -> float:
        """The wait before the next exchange, ms."""
        if self._round or self._offset is None:
            return self.DELAY_MS
        # Rounds begin an hour apart, however long one took.
        return max(self.INTERVAL_MS - (self._ended - self._began), self.DELAY_MS)
