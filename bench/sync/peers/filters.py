"""Clock estimators of the peers with a model of their own error: a Kalman filter and NTP's clock filter."""

import math
from collections import deque
from collections.abc import Sequence

from bench.sync.peers.samples import IgnoresSleep, Sample, sample_of


class KalmanFilter:
    """A Kalman filter over offset and drift, its measurement noise a quarter of the round trip.

    The constant-velocity model: the offset itself does not wander, the drift does, by 1e-11 per square
    root of a microsecond. A residual beyond three half round trips, once 100 samples are in, multiplies the
    covariance by four, so that the filter forgets. The drift is used for predicting only while it is twice
    its own standard deviation. The filter states its standard deviation and proves no bound; `bound_ms` is
    three of them, as predicted.
    """

    name = "Kalman filter"
    source = "Sendspin, SendspinTimeFilter of aiosendspin and the pacing of its client's time exchanges"

    NOISE_SHARE = 0.5
    DRIFT_VARIANCE_PER_MS = 1e-11**2 * 1e3
    FORGET_AFTER = 100
    FORGET_BEYOND = 3.0
    FORGET_FACTOR = 2.0**2
    SIGNIFICANT = 2.0**2
    #: Its unit is the microsecond; less than half of one can't be told from none.
    LEAST_ERROR_MS = 0.0005
    #: Up to this standard deviation (ms), that wait (ms).
    PACE = ((1.0, 3_000.0), (2.0, 1_000.0), (5.0, 500.0))
    UNSURE_MS = 200.0

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._count = 0
        self._last = 0.0
        self._offset = self._drift = 0.0
        self._offset_variance = self._covariance = self._drift_variance = 0.0

    def observe(self, t1: float, t2: float, t3: float, t4: float) -> None:
        """Take one exchange; one that isn't later than the last is ignored."""
        sample = sample_of(t1, t2, t3, t4)
        if self._count and t4 <= self._last:
            return
        elapsed, self._last = t4 - self._last, t4
        largest_error = max(sample.round_trip / 2.0, self.LEAST_ERROR_MS)
        noise = (largest_error * self.NOISE_SHARE) ** 2
        if self._count >= 2:
            self._correct(sample.offset, largest_error, noise, elapsed)
        else:
            if self._count == 1:
                self._drift = (sample.offset - self._offset) / elapsed
                self._drift_variance = (self._offset_variance + noise) / elapsed**2
            self._offset, self._offset_variance = sample.offset, noise
        self._count = min(self._count + 1, self.FORGET_AFTER)

    def _correct(self, measured: float, largest_error: float, noise: float, elapsed: float) -> None:
        offset = self._offset + self._drift * elapsed
        drift_variance = self._drift_variance + elapsed * self.DRIFT_VARIANCE_PER_MS
        covariance = self._covariance + self._drift_variance * elapsed
        variance = self._variance_after(elapsed)
        residual = measured - offset
        if self._count >= self.FORGET_AFTER and abs(residual) > self.FORGET_BEYOND * largest_error:
            drift_variance *= self.FORGET_FACTOR
            covariance *= self.FORGET_FACTOR
            variance *= self.FORGET_FACTOR
        offset_gain = variance / (variance + noise)
        drift_gain = covariance / (variance + noise)
        self._offset = offset + offset_gain * residual
        self._drift += drift_gain * residual
        self._drift_variance = drift_variance - drift_gain * covariance
        self._covariance = covariance - drift_gain * variance
        self._offset_variance = variance - offset_gain * variance

    def _variance_after(self, elapsed: float) -> float:
        return self._offset_variance + 2.0 * self._covariance * elapsed + self._drift_variance * elapsed**2

    def offset_ms(self, member_time_ms: float) -> float | None:
        """The filter's offset, predicted to that time while the drift is significant."""
        if not self._count:
            return None
        significant = self._count > 2 and self._drift**2 > self.SIGNIFICANT * self._drift_variance
        return self._offset + (self._drift * (member_time_ms - self._last) if significant else 0.0)

    def bound_ms(self, member_time_ms: float) -> float | None:
        """Three standard deviations of the predicted offset; None before the second exchange."""
        if self._count < 2:
            return None
        return 3.0 * math.sqrt(max(self._variance_after(member_time_ms - self._last), 0.0))

    def next_delay_ms(self) -> float:
        """The wait before the next exchange, ms: longer, the surer the filter is."""
        if self._count >= 2:
            deviation = math.sqrt(max(self._offset_variance, 0.0))
            for limit, delay in self.PACE:
                if deviation < limit:
                    return delay
        return self.UNSURE_MS

    def woke(self) -> None:
        """The connection is lost with the sleep, and the filter starts anew with the next."""
        self._start()


class NtpClockFilter(IgnoresSleep):
    """NTP's clock filter: of the last 8 exchanges the one with the least delay, and never an older one again.

    A jump beyond three times the jitter, sooner than two polls after the last sample used, is dropped once
    (the popcorn spike suppressor). The offset is used as it is, without the clock discipline. The poll
    interval stays at NTP's usual shortest, 64 s, after a burst of 8 exchanges 2 s apart; where another
    schedule is forced on it, the time between the last two exchanges counts as the poll. `bound_ms` is the
    root distance, the server itself being the root; it presumes a clock that is off by no more than 15 ppm.
    """

    name = "NTP clock filter"
    source = "RFC 5905, section 10; spike suppressor and root distance of its code skeleton (appendix A)"

    STAGES = 8
    PHI = 15e-6
    MAX_DISPERSION_MS = 16_000.0
    MIN_DISPERSION_MS = 10.0
    SPIKE_GATE = 3.0
    #: The precision of the member's clock: what a browser's timer shows.
    PRECISION_MS = 0.1
    BURST = 8
    BURST_DELAY_MS = 2_000.0
    POLL_MS = 64_000.0

    def __init__(self) -> None:
        self._stages: deque[Sample] = deque(maxlen=self.STAGES)
        self._asked = 0
        self._used: Sample | None = None
        self._candidate = 0.0
        self._dispersion = self._jitter = 0.0

    def observe(self, t1: float, t2: float, t3: float, t4: float) -> None:
        """Take one exchange into the register, and use the best of it if it's a new one."""
        poll = t4 - self._stages[0].received if self._stages else self.POLL_MS
        self._stages.appendleft(sample_of(t1, t2, t3, t4))
        self._asked = min(self._asked + 1, self.BURST)
        ordered = sorted(self._stages, key=lambda sample: sample.round_trip)
        best = ordered[0]
        if self._used is not None and best.received <= self._used.received:
            return
        jitter = self._jitter_of(ordered)
        last, self._candidate = self._candidate, best.offset
        if self._used is not None:
            spike = abs(best.offset - last) > self.SPIKE_GATE * jitter
            if spike and best.received - self._used.received < 2.0 * poll:
                return
        self._used, self._jitter = best, jitter
        self._dispersion = self._dispersion_of(ordered, t4)

    def _jitter_of(self, ordered: Sequence[Sample]) -> float:
        if len(ordered) < 2:
            return self.PRECISION_MS
        squares = sum((sample.offset - ordered[0].offset) ** 2 for sample in ordered[1:])
        return max(math.sqrt(squares) / (len(ordered) - 1), self.PRECISION_MS)

    def _dispersion_of(self, ordered: Sequence[Sample], now: float) -> float:
        total = 0.0
        for stage in range(self.STAGES):
            dispersion = self.MAX_DISPERSION_MS
            if stage < len(ordered):
                dispersion = self.PRECISION_MS + self.PHI * (now - ordered[stage].sent)
            total += dispersion / 2.0 ** (stage + 1)
        return total

    def offset_ms(self, member_time_ms: float) -> float | None:
        """The offset of the exchange in use."""
        return self._used.offset if self._used else None

    def bound_ms(self, member_time_ms: float) -> float | None:
        """The root distance by then; None before the first exchange."""
        if self._used is None:
            return None
        aged = self.PHI * abs(member_time_ms - self._used.received)
        half_delay = max(self._used.round_trip, self.MIN_DISPERSION_MS) / 2.0
        return half_delay + self._dispersion + aged + self._jitter

    def next_delay_ms(self) -> float:
        """The wait before the next exchange, ms."""
        return self.BURST_DELAY_MS if self._asked < self.BURST else self.POLL_MS
