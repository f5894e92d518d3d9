"""Which correction a member needs: none, one seek, or to play slower for a while.

There is no fine control forward: a Syncplay client never plays faster. So a seek aims a little ahead, and
what is left is taken back at speed 0.95. The client shows each seek and each slow-down on its user's screen,
hence the dead bands: right after a seek or a start the error is made small, later it is let be.
"""

import math
from dataclasses import dataclass
from enum import Enum

#: The speed at which a client takes back what it is ahead is slower by this.
SLOW_DOWN = 0.05

#: A seek aims so far ahead (s), and the time that a player takes to land is learned from this on (s).
AIM_AHEAD_S = 0.06
FIRST_LANDING_S = 0.1
LONGEST_LANDING_S = 1.0

#: Ahead by this much to that much (s) is taken back by playing slower; more by a seek.
LEAST_SLOWED_S = 0.006
MOST_SLOWED_S = 0.6
#: The second time in a row only beyond this (s): it may be what can't be seen of the phase of the frames.
LEAST_SLOWED_AGAIN_S = 0.014
SLOWED_IN_A_ROW = 2

#: Right after a seek: so far behind (s) is one seek more, twice at most.
BEHIND_S = 0.025
SEEKS_IN_A_ROW = 2

#: Settled: nothing within this (s), at most one seek in so many ms, at most one slow-down in so many.
DEAD_BAND_S = 0.06
SEEK_PAUSE_MS = 10_000.0
SLOW_PAUSE_MS = 60_000.0

#: A slow-down that took back less than this share didn't happen; after so many, this client has none.
TAKEN_BACK = 0.3
WORTH_COMPARING_S = 0.02
UNHEEDED = 2

#: At another rate than 1 the member can't stay: one seek when it is off by this much (s).
ADRIFT_S = 2.0


class Correction(Enum):
    """What to do."""

    NONE = "none"
    SEEK = "seek"
    SLOW = "slow"


@dataclass(slots=True)
class Corrections:
    """Decides for one member. Times in ms of party time, errors in s (ahead is positive)."""

    landing_s: float = FIRST_LANDING_S
    slows: bool = True
    settled: bool = False
    _sought: bool = False
    _landed: bool = False
    _seeks_in_a_row: int = 0
    _slowed_in_a_row: int = 0
    _slowed_from_s: float | None = None
    _unheeded: int = 0
    _last_seek_ms: float = -math.inf
    _last_slow_ms: float = -math.inf

    @property
    def aim_s(self) -> float:
        """How far ahead of the party (s) a seek is told to go: the landing, and what can be taken back."""
        return self.landing_s + (AIM_AHEAD_S if self.slows else 0.0)

    def moved(self, now_ms: float, *, sought: bool) -> None:
        """The member was told to start, seek or pause by a command, or joined: it is to settle anew."""
        self.settled = False
        self._sought = sought
        self._seeks_in_a_row = self._slowed_in_a_row = 0
        self._slowed_from_s = None
        if sought:
            self._last_seek_ms = now_ms

    def decide(self, error_s: float, now_ms: float, *, followable: bool = True) -> Correction:
        """What this error asks for; what is returned counts as done. `followable`: the party's rate is 1."""
        self._learn(error_s)
        if not followable:
            return self._seek_if(abs(error_s) > ADRIFT_S and self._may_seek(now_ms), now_ms)
        if self.settled:
            return self._while_settled(error_s, now_ms)
        return self._while_unsettled(error_s, now_ms)

    def _learn(self, error_s: float) -> None:
        if self._sought:
            missed_s = (AIM_AHEAD_S if self.slows else 0.0) - error_s
            # The first time nothing is known of this player, so the whole of it counts.
            learned_s = missed_s / 2 if self._landed else missed_s
            self.landing_s = min(max(self.landing_s + learned_s, 0.0), LONGEST_LANDING_S)
            self._sought, self._landed = False, True
        before_s, self._slowed_from_s = self._slowed_from_s, None
        if before_s is not None and before_s >= WORTH_COMPARING_S:
            heeded = before_s - error_s >= before_s * TAKEN_BACK
            self._unheeded = 0 if heeded else self._unheeded + 1
            self.slows = self._unheeded < UNHEEDED

    def _while_unsettled(self, error_s: float, now_ms: float) -> Correction:
        slow_from_s = LEAST_SLOWED_AGAIN_S if self._slowed_in_a_row else LEAST_SLOWED_S
        may_slow = self.slows and self._slowed_in_a_row < SLOWED_IN_A_ROW
        if may_slow and slow_from_s < error_s <= MOST_SLOWED_S:
            return self._slow(error_s, now_ms)
        behind_s = BEHIND_S if self.slows else DEAD_BAND_S
        off = error_s < -behind_s or error_s > (MOST_SLOWED_S if self.slows else DEAD_BAND_S)
        if off and self._seeks_in_a_row < SEEKS_IN_A_ROW:
            self._seeks_in_a_row += 1
            self._slowed_in_a_row = 0
            return self._seek_if(True, now_ms)
        self.settled = True
        return Correction.NONE

    def _while_settled(self, error_s: float, now_ms: float) -> Correction:
        if abs(error_s) <= DEAD_BAND_S:
            return Correction.NONE
        if self.slows and 0 < error_s <= MOST_SLOWED_S and now_ms - self._last_slow_ms >= SLOW_PAUSE_MS:
            return self._slow(error_s, now_ms)
        # Whatever comes of it: the next one is not before its time.
        self._seeks_in_a_row = SEEKS_IN_A_ROW
        return self._seek_if(self._may_seek(now_ms), now_ms)

    def _may_seek(self, now_ms: float) -> bool:
        return now_ms - self._last_seek_ms >= SEEK_PAUSE_MS

    def _slow(self, error_s: float, now_ms: float) -> Correction:
        self._slowed_in_a_row += 1
        self._slowed_from_s = error_s
        self._last_slow_ms = now_ms
        return Correction.SLOW

    def _seek_if(self, wanted: bool, now_ms: float) -> Correction:
        if not wanted:
            return Correction.NONE
        self.settled = False
        self._sought = True
        self._last_seek_ms = now_ms
        return Correction.SEEK
