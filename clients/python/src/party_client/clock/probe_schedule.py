"""When a member should ask for the time again: often while it is unsure, seldom while all is well.

A burst comes first, on join, on reconnect, on wake-up and after a step, before the media load and fill
the queues, so that the path is seen empty. A client that stays unsure backs off all the same: a path
with a standing queue never gets better by asking it more.
"""

import math

BURST_SIZE = 8
BURST_DELAY_MS = 100.0
STEADY_DELAY_MS = 1_000.0
IDLE_DELAY_MS = 5_000.0
#: Not playing for this long (ms of the member's clock) counts as idle.
IDLE_AFTER_MS = 30_000.0
UNSURE_DELAY_MS = 200.0
#: Each exchange that leaves the member unsure adds this much to the next delay (ms), up to steady.
UNSURE_BACKOFF_MS = 20.0
#: The share by which steady delays are spread, so that members do not beat in step.
SPREAD = 0.1

_GOLDEN_RATIO = 0.6180339887498949


class ProbeSchedule:
    """The delays between the exchanges of one member (SYNC §2). All in ms."""

    def __init__(self) -> None:
        self._burst_left = BURST_SIZE
        self._unsure_streak = 0
        self._idle_since: float | None = None

    def begin_burst(self) -> None:
        """Start a burst of 8: after a reconnect, a wake-up, or the page becoming visible."""
        self._burst_left = BURST_SIZE
        self._unsure_streak = 0

    def note(self, unsure: bool) -> None:
        """Take notice of one exchange, which left the estimate sure of itself or not."""
        if self._burst_left > 0:
            self._burst_left -= 1
        elif unsure:
            self._unsure_streak += 1
        else:
            self._unsure_streak = 0

    def next_delay_ms(
        self, now: float, samples: int, unsure: bool, playing: bool, steady_ms: float = STEADY_DELAY_MS
    ) -> float:
        """The wait before the next exchange; `now` is when the last one ended on the member's clock (ms).

        `steady_ms` is how long it may be while all is well.
        """
        if playing:
            self._idle_since = None
        elif self._idle_since is None or now < self._idle_since:
            self._idle_since = now
        if self._burst_left > 0:
            return BURST_DELAY_MS
        if self._idle_since is not None and now - self._idle_since >= IDLE_AFTER_MS:
            delay = max(IDLE_DELAY_MS, steady_ms)
        elif unsure:
            delay = min(UNSURE_DELAY_MS + UNSURE_BACKOFF_MS * self._unsure_streak, STEADY_DELAY_MS)
        else:
            delay = steady_ms
        # No random numbers, so that a recorded trace replays; members still differ, by their clocks.
        phase = (now + samples) * _GOLDEN_RATIO
        return delay * (1.0 - SPREAD + 2.0 * SPREAD * (phase - math.floor(phase)))
