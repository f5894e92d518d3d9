"""Keeps a player where its party is. It does no IO and has no clock of its own: `step` is told the time.

A player with a rate is sought only when it is far off, and then played up to 5 % faster or slower, which
nobody hears. One without is *started* exactly: sought a little ahead, to a place that it can reach, kept
paused, and played when the party is there. So whole-second seeks cost no exactness.
"""

import math
from dataclasses import dataclass

from party_client.player import Player
from party_client.timeline import Point, Timeline
from party_client.types import Json

#: The longest wait between two looks, in s.
LOOK_S = 0.1
#: With a rate: beyond this (s) it seeks, below this it leaves the rate alone, and a nudge ends below this.
SEEK_BEYOND_S, STEADY_BELOW_S, SETTLED_BELOW_S = 0.5, 0.02, 0.004
#: An error is to be gone after so long (s), at so much faster or slower at most.
_CATCH_UP_S, _MOST_NUDGE = 2.0, 0.05
#: Changes of the rate below this aren't worth making.
_LEAST_CHANGE = 0.001
#: Without a rate: how far ahead (s) it seeks, to be there before the party is; and how much a player may be
#: ahead to wait for the party where it is.
_SEEK_AHEAD_S, _WAIT_WITHIN_S = 0.6, 3.0
#: After a seek or a start nothing is believed for so long (ms), and a correction comes so long after the
#: last.
_SETTLE_MS, _FIRST_PAUSE_MS, _LONGEST_PAUSE_MS = 400.0, 3_000.0, 60_000.0
#: A start is judged so long after it (ms), once: a player that is slow to begin has begun by then.
_JUDGE_AFTER_MS = 2_500.0
_MOST_START_S = 2.0


@dataclass(slots=True)
class _Start:
    """The player waits at `position_s` (s) and is to play at party time `at_ms`."""

    at_ms: float
    position_s: float
    revision: int


class Follower:
    """Steers one player. `error_s` is how far it is behind the party, in s; None while that isn't known."""

    def __init__(self, player: Player, timeline: Timeline) -> None:
        self.player = player
        self.error_s: float | None = None
        self._timeline = timeline
        self._start: _Start | None = None
        self._quiet_until_ms = -math.inf
        self._started_ms: float | None = None
        self._started_revision = -1
        #: How long the player takes from `play` until it moves, and from a seek until it is there, s;
        #: learned.
        self._start_s = 0.0
        self._seek_s = 0.05
        self._sought_at_ms: float | None = None
        self._pause_ms = _FIRST_PAUSE_MS
        self._corrected_ms = -math.inf
        self._rate = 1.0

    def step(self, party_ms: float) -> float:
        """Do what is to be done at this party time (ms); in how many s to look again."""
        point = self._timeline.at(party_ms)
        position_s = self.player.position_s()
        if point is None or position_s is None:
            self.error_s = None
            return LOOK_S
        traits = self.player.traits
        if self.player.state() == "playing":
            position_s += traits.answer_ms / 1000.0 * point.rate
        self.error_s = point.position_s - position_s
        if not point.playing:
            self._stand(point, party_ms)
        elif self.player.state() != "buffering":
            self._play(point, party_ms)
        return self._wait_s(party_ms)

    def status(self, party_ms: float) -> Json | None:
        """Where the player is, as a `status` message has it; None while that isn't known."""
        position_s = self.player.position_s()
        if position_s is None:
            return None
        state = self.player.state()
        if state == "playing":
            position_s += self.player.traits.answer_ms / 1000.0
        elif state == "paused" and self._start is not None:
            state = "ready"
        return {
            "position_s": max(0.0, position_s),
            "state": state,
            "revision": self._timeline.revision,
            "sampled_at_ms": party_ms,
        }

    def _wait_s(self, party_ms: float) -> float:
        due = [at_ms for at_ms in (self._timeline.next_change_ms(party_ms),) if at_ms is not None]
        if self._start is not None:
            due.append(self._start.at_ms - self._start_s * 1000.0)
        return min([LOOK_S, *(max(0.0, at_ms - party_ms) / 1000.0 for at_ms in due)])

    def _stand(self, point: Point, party_ms: float) -> None:
        """The party stands still."""
        self._start = self._started_ms = None
        if self.player.state() != "paused":
            self.player.pause()
        error_s = self.error_s or 0.0
        step_s = self.player.traits.seek_step_s
        if abs(error_s) > max(0.05, step_s) and party_ms >= self._quiet_until_ms:
            reachable_s = math.floor(point.position_s / step_s) * step_s if step_s else point.position_s
            self._seek(reachable_s, party_ms)

    def _play(self, point: Point, party_ms: float) -> None:
        """The party plays."""
        if self._start is not None and self._start.revision == point.revision:
            if party_ms >= self._start.at_ms - self._start_s * 1000.0:
                self._start, self._started_ms = None, party_ms
                self._started_revision = point.revision
                self._begin(party_ms)
            return
        self._start = None
        if self._started_revision != point.revision:
            self._started_ms = None
        if party_ms < self._quiet_until_ms:
            return
        if self._started_ms is not None and not self._has_judged(party_ms, self._started_ms):
            return
        if self.player.traits.rate:
            self._nudge(point, party_ms)
        elif self.player.state() == "paused" or self._is_to_correct(party_ms):
            self._plan_start(point, party_ms)

    def _begin(self, party_ms: float) -> None:
        self._quiet_until_ms = party_ms + _SETTLE_MS + self.player.traits.answer_ms
        self.player.play()

    def _seek(self, position_s: float, party_ms: float) -> None:
        self._quiet_until_ms = party_ms + _SETTLE_MS + self.player.traits.answer_ms
        self.player.seek(position_s)

    def _nudge(self, point: Point, party_ms: float) -> None:
        """Seek if it is far off, and play a little faster or slower if it is near."""
        error_s = self.error_s or 0.0
        if self._sought_at_ms is not None:
            # What the last seek missed by is about what a seek takes.
            self._seek_s = min(max(0.0, self._seek_s + error_s / point.rate / 2), _MOST_START_S)
            self._sought_at_ms = None
        if abs(error_s) > SEEK_BEYOND_S or (
            self.player.state() == "paused" and abs(error_s) > STEADY_BELOW_S
        ):
            self._seek(point.position_s + self._seek_s * point.rate, party_ms)
            self._sought_at_ms, error_s = party_ms, 0.0
        if self.player.state() == "paused":
            self.player.play()
        is_nudging = abs(self._rate / point.rate - 1.0) > _LEAST_CHANGE
        small = abs(error_s) < (SETTLED_BELOW_S if is_nudging else STEADY_BELOW_S)
        nudge = 0.0 if small else min(max(error_s / _CATCH_UP_S, -_MOST_NUDGE), _MOST_NUDGE)
        rate = point.rate * (1.0 + nudge)
        if abs(rate - self._rate) > _LEAST_CHANGE:
            self._rate = rate
            self.player.set_rate(rate)

    def _has_judged(self, party_ms: float, started_ms: float) -> bool:
        """Learn once from a start how long the player takes to begin; False while it is too early."""
        if party_ms - started_ms < _JUDGE_AFTER_MS:
            return False
        self._started_ms = None
        self._start_s = min(max(0.0, self._start_s + (self.error_s or 0.0)), _MOST_START_S)
        return True

    def _is_to_correct(self, party_ms: float) -> bool:
        """Whether an error is worth an interruption; the pauses between those that don't help grow."""
        if abs(self.error_s or 0.0) <= self.player.traits.tolerance_s:
            if party_ms - self._corrected_ms > 2 * self._pause_ms:
                self._pause_ms = _FIRST_PAUSE_MS
            return False
        if party_ms - self._corrected_ms < self._pause_ms and abs(self.error_s or 0.0) < _WAIT_WITHIN_S:
            return False
        self._pause_ms = min(2 * self._pause_ms, _LONGEST_PAUSE_MS)
        self._corrected_ms = party_ms
        return True

    def _plan_start(self, point: Point, party_ms: float) -> None:
        """Have the player wait where the party will be, and start it then."""
        ahead_s = -(self.error_s or 0.0)
        step_s = self.player.traits.seek_step_s
        if self._start_s <= ahead_s < _WAIT_WITHIN_S:
            place_s = point.position_s + ahead_s
        else:
            place_s = point.position_s + (_SEEK_AHEAD_S + self._start_s) * point.rate
            place_s = math.ceil(place_s / step_s) * step_s if step_s else place_s
        if self.player.state() != "paused":
            self.player.pause()
        if place_s != point.position_s + ahead_s:
            self._seek(place_s, party_ms)
        wait_ms = (place_s - point.position_s) / point.rate * 1000.0
        self._start = _Start(party_ms + wait_ms, place_s, point.revision)
