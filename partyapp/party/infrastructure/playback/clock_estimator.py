"""A member's clock against party time: the best estimate of the offset, and a bound that is proven.

The offset is party time minus the member's clock, in ms. One exchange of four timestamps (t1 sent and
t4 received on the member's clock, t2 received and t3 sent in party time) proves two things, because no
packet arrives before it was sent: at t1 the offset was at most `t2 - t1`, at t4 it was at least
`t3 - t4`. The *bound* follows from these facts and from a limit on the clock's rate error alone, and so
holds whatever the network does. The *estimate* is a guess within the proven interval that remembers the
minimum-delay exchanges of the last hour and carries them forward by the clock's fitted rate.

The interval is that of Marzullo ("Maintaining the time in a distributed system", 1984); the minimum
filter goes back to NTP (RFC 5905 section 10). The same estimator exists in JavaScript for the client;
the order of the arithmetic is the same in both, and shared vectors hold them together.
"""

import math
from dataclasses import dataclass

from partyapp.party.infrastructure.playback.clocksync.edges import EdgeMemory, Edges
from partyapp.party.infrastructure.playback.clocksync.envelope import Hull
from partyapp.party.infrastructure.playback.clocksync.skew import ClockSkew
from partyapp.party.infrastructure.playback.probe_schedule import STEADY_DELAY_MS, ProbeSchedule
from partyapp.shared.kernel.clock import RATE_BOUND

#: The rate bound as a drift of the offset per ms of the *member's* clock, which may itself run slow.
RHO = RATE_BOUND / (1.0 - RATE_BOUND)

#: Limits that cross by more than this (ms) prove a step; less can be the blur of a browser's timer.
STEP_TOLERANCE_MS = 0.3

#: Added to every bound (ms), for what browsers do to their timers and for rounding.
BOUND_SLACK_MS = 0.1

#: The skew is fitted anew this often (ms of the member's clock).
REFIT_EVERY_MS = 2_000.0

#: Before the clock has been seen for so long, ms, each fit still says much more than the one before.
SETTLED_AFTER_MS = 20_000.0

#: Edges that may have come in since the last fit: those of so many cells.
UNFITTED_CELLS = 3

#: A bound this much (ms) above half the shortest round trip leaves the member unsure.
UNSURE_EXCESS_MS = 2.0

#: The shortest round trip is that of the last one to two spans of this length (ms).
RTT_SPAN_MS = 300_000.0

#: Timestamps beyond this (ms, some 30,000 years) are no timestamps.
MAX_TIMESTAMP_MS = 1e15

#: The coarsest timer a browser is known to have, in ms.
MAX_QUANTUM_MS = 1_000.0


@dataclass(frozen=True, slots=True)
class ClockEstimate:
    """What is known of a member's clock at one instant.

    `offset_ms` is party time minus the member's clock, and the true offset lies within `bound_ms` of it;
    `lower_ms` and `upper_ms` are the proven limits without the slack. `drift_ppm` is the rate at which
    the offset changes. `rtt_min_ms` is the shortest round trip of the last minutes. `steps` and
    `rate_resets` count since the estimator was made, `samples` the exchanges since the last step.
    With no sample the bound is infinite.
    """

    offset_ms: float
    bound_ms: float
    drift_ppm: float
    lower_ms: float
    upper_ms: float
    rtt_min_ms: float
    steps: int
    rate_resets: int
    samples: int


class ClockEstimator:
    """Estimates one clock from exchanges with it (SYNC §3). Not thread-safe; bounded memory.

    `quantum_ms` is the smallest increment of the member's clock, 0 to 1000 ms: its reading may be that
    much behind. Raises ValueError for anything else. `refit_every_ms` is how often the clock's rate is
    fitted anew once it is known; the proven bound doesn't depend on it.
    """

    def __init__(self, quantum_ms: float = 0.0, *, refit_every_ms: float = REFIT_EVERY_MS) -> None:
        if not 0.0 <= quantum_ms <= MAX_QUANTUM_MS:
            raise ValueError(f"quantum_ms must be from 0 to {MAX_QUANTUM_MS:g}")
        self._quantum = float(quantum_ms)
        self._refit_every = max(refit_every_ms, REFIT_EVERY_MS)
        self._steps = 0
        self._rate_resets = 0
        self._schedule = ProbeSchedule()
        self._forget()

    def _forget(self) -> None:
        """Drop everything that was learned of the clock."""
        self._samples = 0
        self._up = EdgeMemory()
        self._down = EdgeMemory()
        self._skew = ClockSkew()
        # Everything below is relative to these two, so that small differences keep their digits.
        self._time_origin = 0.0
        self._offset_origin = 0.0
        self._last_sent = 0.0
        self._last_received = 0.0
        self._seen = 0.0
        self._doubtful = False
        self._lower = -math.inf
        self._upper = math.inf
        self._theta = 0.0
        self._fitted = 0.0
        self._rtt_span = 0.0
        self._rtt_now = math.inf
        self._rtt_before = math.inf

    def reset(self) -> None:
        """Start anew, with a burst: the time base (`clock_epoch`) is another one. The counters stay."""
        self._forget()
        self._schedule.begin_burst()

    def begin_burst(self, *, doubtful: bool = False) -> None:
        """Ask quickly for the next 8 exchanges: after a reconnect, a wake-up, or becoming visible.

        `doubtful` is for a wake-up: the clock may have stood still, so the bound is infinite until the
        next exchange has confirmed or refuted what was known.
        """
        self._doubtful = self._doubtful or doubtful
        self._schedule.begin_burst()

    @property
    def stored_edges(self) -> int:
        """How many edges are kept; at most about 730 whatever comes in."""
        return len(self._up) + len(self._down)

    def observe(self, t1: float, t2: float, t3: float, t4: float, *, remember: bool = True) -> bool:
        """Take one exchange: t1 sent and t4 received on the member's clock, t2 and t3 in party time (ms).

        Returns False for what can't be an exchange, which changes nothing: a value that is not a finite
        number of sensible size, an end before its beginning, or a repetition of the last.
        A clock that went backwards, or limits that contradict each other, count as a step.

        With `remember` false it costs a third: the bound is the same, but the guess is that of the
        exchanges before, carried forward. The first one is remembered in any case.
        """
        if not all(_is_timestamp(value) for value in (t1, t2, t3, t4)) or t4 < t1 or t3 < t2:
            return False
        if self._samples:
            if t1 == self._last_sent and t4 == self._last_received:
                return False
            if t1 < self._last_sent or t4 < self._last_received:
                self._note_step()
        self._doubtful = False
        round_trip = (t4 - t1) - (t3 - t2)
        if round_trip + self._quantum < -STEP_TOLERANCE_MS:
            # The clock stepped while the exchange was under way; neither limit can be carried forward.
            self._note_step()
            return True
        before = self._seen
        if not self._cut_interval(t1, t2, t3, t4):
            self._note_step()
            self._cut_interval(t1, t2, t3, t4)
        self._note_round_trip(max(round_trip, 0.0))
        if remember or self._samples == 1:
            self._remember(t1, t2, t3, t4)
        else:
            self._theta = _clamp(
                self._theta + self._skew.skew * (self._seen - before), self._lower, self._upper
            )
        self._schedule.note(self._unsure())
        return True

    def estimate(self, member_time_ms: float, *, root_bound_ms: float = 0.0) -> ClockEstimate:
        """The offset at `member_time_ms`, and its bound, with party time's own `root_bound_ms` added.

        The bound grows while no exchange comes in, and is infinite for a time that is no timestamp.
        """
        rtt_min = min(self._rtt_now, self._rtt_before)
        counts = (self._steps, self._rate_resets, self._samples)
        if self._samples == 0 or self._doubtful or not _is_timestamp(member_time_ms):
            return ClockEstimate(0.0, math.inf, 0.0, -math.inf, math.inf, rtt_min, *counts)
        ahead = member_time_ms - self._time_origin - self._seen
        lower = self._lower - RHO * abs(ahead)
        upper = self._upper + RHO * abs(ahead)
        theta = _clamp(self._theta + self._skew.skew * ahead, lower, upper)
        # The limits may have crossed by a hair (see STEP_TOLERANCE_MS); hence the absolute values.
        bound = max(abs(theta - lower), abs(upper - theta)) + BOUND_SLACK_MS + root_bound_ms
        return ClockEstimate(
            self._offset_origin + theta,
            bound,
            self._skew.skew * 1e6,
            self._offset_origin + lower,
            self._offset_origin + upper,
            rtt_min,
            *counts,
        )

    def next_delay_ms(
        self, *, playing: bool = True, unsure: bool = False, steady_ms: float = STEADY_DELAY_MS
    ) -> float:
        """The wait before the next exchange, in ms (SYNC §2).

        `playing` is whether the video runs; not for half a minute means one exchange in 5 s. `unsure`
        is for a caller who has his own reason to doubt the estimate. `steady_ms`: while all is well.
        """
        return self._schedule.next_delay_ms(
            self._time_origin + self._seen, self._samples, unsure or self._unsure(), playing, steady_ms
        )

    def _note_step(self) -> None:
        self._forget()
        self._steps += 1
        self._schedule.begin_burst()

    def _cut_interval(self, t1: float, t2: float, t3: float, t4: float) -> bool:
        """Carry the proven interval to t4 and cut it by both limits; False when nothing would be left."""
        if self._samples == 0:
            self._time_origin = t1
            self._offset_origin = t2 - t1
            self._rtt_span = self._fitted = 0.0
        upper = (t2 - t1) - self._offset_origin + RHO * (t4 - t1)
        lower = t3 - (t4 + self._quantum) - self._offset_origin
        seen = t4 - self._time_origin
        if self._samples:
            widening = RHO * (seen - self._seen)
            upper = min(self._upper + widening, upper)
            lower = max(self._lower - widening, lower)
            if lower - upper > STEP_TOLERANCE_MS:
                return False
        self._lower, self._upper = lower, upper
        self._last_sent, self._last_received = t1, t4
        self._seen = seen
        self._samples += 1
        return True

    def _note_round_trip(self, round_trip: float) -> None:
        if self._seen - self._rtt_span >= RTT_SPAN_MS:
            self._rtt_span = self._seen
            self._rtt_before = self._rtt_now
            self._rtt_now = math.inf
        self._rtt_now = min(self._rtt_now, round_trip)

    def _remember(self, t1: float, t2: float, t3: float, t4: float) -> None:
        """Store both edges, fit when it is time, and place the estimate."""
        skew = self._skew.skew
        self._up.add(t1 - self._time_origin, (t2 - t1) - self._offset_origin, skew)
        self._down.add(self._seen, self._offset_origin - (t3 - (t4 + self._quantum)), -skew)
        every = REFIT_EVERY_MS if self._seen < SETTLED_AFTER_MS else self._refit_every
        if self._samples == 1 or self._seen - self._fitted >= every:
            self._fitted = self._seen
            if self._skew.refit(self._up, self._down, self._seen):
                self._rate_resets += 1
        skew, uncertainty = self._skew.skew, self._skew.uncertainty
        upper = _best(self._up, self._skew.up_hull, self._seen, skew, uncertainty)
        lower = -_best(self._down, self._skew.down_hull, self._seen, -skew, uncertainty)
        self._theta = _clamp((upper + lower) / 2.0, self._lower, self._upper)

    def _unsure(self) -> bool:
        if not self._skew.known:
            return True
        bound = max(abs(self._theta - self._lower), abs(self._upper - self._theta))
        return bound - min(self._rtt_now, self._rtt_before) / 2.0 > UNSURE_EXCESS_MS


def _best(memory: EdgeMemory, hull: Hull, now: float, skew: float, uncertainty: float) -> float:
    """The most telling edge's value, carried to `now`.

    A linear function has its minimum at a vertex of the hull, so only those and the newest are tried.
    """
    times, values = memory.newest_edges(UNFITTED_CELLS)
    best = memory.best_of(Edges(hull.times + times, hull.values + values), now, skew, uncertainty)
    if best is None:
        raise AssertionError("an edge was stored just now")
    return best


def _clamp(value: float, lower: float, upper: float) -> float:
    """`value` within the limits; their middle when they have crossed."""
    if lower > upper:
        return (lower + upper) / 2.0
    return min(max(value, lower), upper)


def _is_timestamp(value: object) -> bool:
    # A comparison with NaN is false; and a huge integer compares without being converted.
    return isinstance(value, int | float) and -MAX_TIMESTAMP_MS <= value <= MAX_TIMESTAMP_MS
