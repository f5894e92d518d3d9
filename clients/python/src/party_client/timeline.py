"""Where the media should be at an instant of party time.

A command is scheduled a little ahead, so that every member acts at the same instant; until then the playback
before it holds. The next may come before that instant, so all that is scheduled is kept.
"""

import math
from typing import NamedTuple

from party_client.types import Playback

#: So many are kept at most, the newest: more than a person schedules within a lead.
MOST_KEPT = 32


class Point(NamedTuple):
    """Where the media should be: `position_s` in s, moving at `rate` if `playing`."""

    playing: bool
    position_s: float
    rate: float
    revision: int


def position_at(playback: Playback, party_ms: float, duration_s: float | None = None) -> float:
    """The position in s at `party_ms`, from 0 to `duration_s`; before `at_ms` that of the start."""
    elapsed_s = max(0.0, party_ms - playback["at_ms"]) / 1000.0 if playback["state"] == "playing" else 0.0
    end_s = duration_s if duration_s and duration_s > 0.0 else math.inf
    return min(max(0.0, playback["position_s"] + playback["rate"] * elapsed_s), end_s)


class Timeline:
    """The playbacks that matter now: the one in force, and those scheduled after it."""

    def __init__(self) -> None:
        self._playbacks: list[Playback] = []
        #: The length of the media in s; None without a known end.
        self.duration_s: float | None = None

    @property
    def revision(self) -> int:
        """That of the newest playback known, begun or not; 0 without one."""
        return self._playbacks[-1]["revision"] if self._playbacks else 0

    def clear(self) -> None:
        """Forget everything, so that a snapshot of any revision is taken next."""
        self._playbacks = []

    def take(self, playback: Playback, now_ms: float) -> bool:
        """Know this playback too, at party time `now_ms`; whether that changed anything.

        A newer revision takes the place of all that would have begun at its instant or after it. They may
        come in any order.
        """
        revision, at_ms = playback["revision"], playback["at_ms"]
        newer = [one for one in self._playbacks if one["revision"] > revision]
        if any(one["revision"] == revision for one in self._playbacks):
            return False
        if newer and newer[0]["at_ms"] <= at_ms:
            return False
        older = [one for one in self._playbacks if one["revision"] < revision and one["at_ms"] < at_ms]
        kept = [*older, playback, *newer]
        over = max(sum(one["at_ms"] <= now_ms for one in kept) - 1, len(kept) - MOST_KEPT, 0)
        self._playbacks = kept[over:]
        return playback in self._playbacks

    def in_force_at(self, party_ms: float) -> Playback | None:
        """The playback in force at that instant; None before the first that is known."""
        return next((one for one in reversed(self._playbacks) if one["at_ms"] <= party_ms), None)

    def next_change_ms(self, party_ms: float) -> float | None:
        """The instant after `party_ms` at which a scheduled playback begins."""
        return next((one["at_ms"] for one in self._playbacks if one["at_ms"] > party_ms), None)

    def at(self, party_ms: float) -> Point | None:
        """Where the media should be then; None before anything is known."""
        current = self.in_force_at(party_ms)
        if current is not None:
            playing = current["state"] == "playing"
            at_s = position_at(current, party_ms, self.duration_s)
            return Point(playing, at_s, current["rate"], current["revision"])
        if not self._playbacks:
            return None
        # Nothing is known of the time before the very first one: wait where it will begin.
        first = self._playbacks[0]
        return Point(
            False, position_at(first, first["at_ms"], self.duration_s), first["rate"], first["revision"]
        )
