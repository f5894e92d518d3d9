"""Clock estimators of the peers that trust the exchange with the least delay."""

from collections import deque

from bench.sync.peers.samples import IgnoresSleep, NoBound, Sample, sample_of


def _least_delay(samples: deque[Sample]) -> float | None:
    # Of equals the oldest wins, as with a stable sort.
    return min(samples, key=lambda sample: sample.round_trip).offset if samples else None


class LeastOfEight(NoBound):
    """The least delay of the last 8, asked once a minute.

    After each (re)start it polls each second until a fourth answer is in, then each 60 s. Joining a group
    anew restarts the quick polling but keeps what was measured. The original rounds its timestamps to
    whole ms; here it gets them as they are.
    """

    name = "min of 8, one a minute"
    source = "Jellyfin SyncPlay, jellyfin-web src/plugins/syncPlay/core/timeSync/TimeSync.js"

    TRACKED = 8
    GREEDY_MS = 1_000.0
    LOW_PROFILE_MS = 60_000.0
    GREEDY_PINGS = 3

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=self.TRACKED)
        self._answers = 0

    def observe(self, t1: float, t2: float, t3: float, t4: float) -> None:
        """Take one exchange."""
        self._samples.append(sample_of(t1, t2, t3, t4))
        self._answers += 1

    def offset_ms(self, member_time_ms: float) -> float | None:
        """The offset of the quickest exchange of the window."""
        return _least_delay(self._samples)

    def next_delay_ms(self) -> float:
        """The wait before the next exchange, ms."""
        return self.GREEDY_MS if self._answers <= self.GREEDY_PINGS else self.LOW_PROFILE_MS

    def woke(self) -> None:
        """Poll quickly again; the samples from before the sleep stay."""
        self._answers = 0


class CodedPairs(NoBound):
    """The least delay of 16 pairs; a pair counts only if the server saw its two probes as far apart as sent.

    The second probe follows 5 ms after the first; more than 2 ms of difference between the two distances
    shows a queue, and the pair is dropped (coded probes: Geng et al., "Exploiting a Natural Network Effect
    for Scalable, Fine-grained Clock Synchronization", NSDI 2018). Of a good pair the quicker probe is kept.
    30 ms between pairs until 16 are in, then 2.5 s. The original sends the second probe without waiting for
    the first answer; here there is one outstanding at a time, so it follows 5 ms after that answer.
    """

    name = "min of 16 coded pairs"
    source = "Beatsync, apps/client/src/utils/ntp.ts and NTP_CONSTANTS of packages/shared/constants.ts"

    KEPT = 16
    PROBE_GAP_MS = 5.0
    TOLERANCE_MS = 2.0
    INITIAL_MS = 30.0
    STEADY_MS = 2_500.0

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=self.KEPT)
        self._first: tuple[Sample, float, float] | None = None

    def observe(self, t1: float, t2: float, t3: float, t4: float) -> None:
        """Take one exchange: the first probe of a pair, or the second that completes it."""
        sample = sample_of(t1, t2, t3, t4)
        if self._first is None:
            self._first = (sample, t1, t2)
            return
        first, first_sent, first_served = self._first
        self._first = None
        if abs((t2 - first_served) - (t1 - first_sent)) <= self.TOLERANCE_MS:
            self._samples.append(first if first.round_trip <= sample.round_trip else sample)

    def offset_ms(self, member_time_ms: float) -> float | None:
        """The offset of the quickest probe of the window; None until a good pair is in."""
        return _least_delay(self._samples)

    def next_delay_ms(self) -> float:
        """The wait before the next probe, ms."""
        if self._first is not None:
            return self.PROBE_GAP_MS
        return self.INITIAL_MS if len(self._samples) < self.KEPT else self.STEADY_MS

    def woke(self) -> None:
        """An unanswered probe closes the connection after 3.75 s; a new one starts with nothing."""
        self._samples.clear()
        self._first = None


class LeastOfSixty(IgnoresSleep):
    """The least delay of the last 60, one a second.

    `bound_ms` is Cristian's: half the round trip of the chosen exchange, with no allowance for drift.
    """

    name = "min of 60"
    source = "the rule of Cristian, Probabilistic clock synchronization (1989), over a minute's window"

    KEPT = 60
    DELAY_MS = 1_000.0

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=self.KEPT)

    def observe(self, t1: float, t2: float, t3: float, t4: float) -> None:
        """Take one exchange."""
        self._samples.append(sample_of(t1, t2, t3, t4))

    def offset_ms(self, member_time_ms: float) -> float | None:
        """The offset of the quickest exchange of the window."""
        return _least_delay(self._samples)

    def bound_ms(self, member_time_ms: float) -> float | None:
        """Half the least round trip; None before the first exchange."""
        return min(sample.round_trip for sample in self._samples) / 2.0 if self._samples else None

    def next_delay_ms(self) -> float:
        """The wait before the next exchange, ms."""
        return self.DELAY_MS


class LeastDispersion(IgnoresSleep):
    """The exchange of least error: half its round trip, growing by 500 ppm with its age; one a second.

    All errors grow alike, so the order of two exchanges never changes and only the best is kept. The
    error is also the stated bound (`bound_ms`).
    """

    name = "least dispersion, 500 ppm"
    source = "rule MM of Marzullo and Owicki, Maintaining the time in a distributed system (1983)"

    DRIFT = 500e-6
    DELAY_MS = 1_000.0

    def __init__(self) -> None:
        self._best: Sample | None = None

    def _dispersion(self, sample: Sample, member_time_ms: float) -> float:
        return sample.round_trip / 2.0 + self.DRIFT * abs(member_time_ms - sample.received)

    def observe(self, t1: float, t2: float, t3: float, t4: float) -> None:
        """Take one exchange, if it is better than the best has become by now."""
        sample = sample_of(t1, t2, t3, t4)
        if self._best is None or sample.round_trip / 2.0 <= self._dispersion(self._best, t4):
            self._best = sample

    def offset_ms(self, member_time_ms: float) -> float | None:
        """The offset of the best exchange."""
        return self._best.offset if self._best else None

    def bound_ms(self, member_time_ms: float) -> float | None:
        """The error of the best exchange by now; None before the first."""
        return self._dispersion(self._best, member_time_ms) if self._best else None

    def next_delay_ms(self) -> float:
        """The wait before the next exchange, ms."""
        return self.DELAY_MS
