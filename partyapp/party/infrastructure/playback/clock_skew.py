"""The rate of a member's clock against party time, from both directions of its path.

Each direction is fitted for itself. A standing queue, such as the video's own download, spoils one
side only, and then the other one outweighs it. When both directions turn the same way together, no
queue can be the cause (it moves the two apart): the clock has changed its rate.
"""

import math
from typing import NamedTuple

from partyapp.party.infrastructure.playback.clock_edges import EdgeMemory
from partyapp.party.infrastructure.playback.clock_envelope import (
    Hull,
    SupportingLine,
    lower_hull,
    supporting_line,
)

PPM = 1e-6

#: What a crystal does at most, and what a clock being slewed does at most (slopes, ms per ms).
CRYSTAL_LIMIT = 120.0 * PPM
SLEW_LIMIT = 500.0 * PPM

#: How much the skew is trusted: the range of its uncertainty, and what stands in before it is known.
MIN_UNCERTAINTY = 1.0 * PPM
MAX_UNCERTAINTY = 50.0 * PPM
UNKNOWN_UNCERTAINTY = 100.0 * PPM

#: The windows (ms) in which a change of rate is looked for, and the least change that counts.
RATE_WINDOWS_MS = (30_000.0, 60_000.0, 180_000.0)
RATE_CHANGE_FLOOR = 5.0 * PPM

#: So long (ms) after a change was noticed the edges from before that go too, for new ones can stand alone.
SETTLED_AFTER_MS = 24_000.0

_EMPTY_HULL = Hull([], [], [])


class _Pair(NamedTuple):
    """The slope of the offset as the two directions show it."""

    up: SupportingLine
    down: SupportingLine

    def agree(self) -> bool:
        """Whether the two are within two sigma of each other."""
        return abs(self.up.slope - self.down.slope) <= 2.0 * (self.up.sigma + self.down.sigma)


class ClockSkew:
    """The drift of the offset, `skew` (ms per ms), and how well it is known, `uncertainty` (the same)."""

    def __init__(self) -> None:
        self.skew = 0.0
        self.uncertainty = UNKNOWN_UNCERTAINTY
        self.known = False
        self._changed_at: float | None = None
        self.up_hull = _EMPTY_HULL
        self.down_hull = _EMPTY_HULL

    def refit(self, up: EdgeMemory, down: EdgeMemory, now: float) -> bool:
        """Fit anew; True when the clock turned out to have changed its rate, so that memory was dropped."""
        if self._changed_at is not None and now - self._changed_at >= SETTLED_AFTER_MS:
            # Half a window may reach back beyond the change. An edge from there, carried at the new rate, is
            # wrong by some ms and yet looks like the luckiest of all; it would spoil the estimate for long.
            up.forget_before(self._changed_at)
            down.forget_before(self._changed_at)
            self._changed_at = None
        self._fit_all(up, down)
        if not self.known:
            return False
        for window in RATE_WINDOWS_MS:
            recent = self._departure(up, down, now - window)
            if recent is not None:
                up.forget_before(now - window / 2.0)
                down.forget_before(now - window / 2.0)
                self._fit_all(up, down)
                self._take(recent)
                self._changed_at = now
                return True
        return False

    def _departure(self, up: EdgeMemory, down: EdgeMemory, since: float) -> _Pair | None:
        """The slopes since then, if both directions have left the skew together."""
        up_line = _line(up.recent_edges(since))
        # Nearly always the first direction already says no, which spares the other fit.
        if up_line is None or not _departs(up_line, self.skew):
            return None
        pair = _pair(up_line, _line(down.recent_edges(since)))
        if pair is None or not pair.agree() or not _departs(pair.down, self.skew):
            return None
        same_side = (pair.up.slope > self.skew) == (pair.down.slope > self.skew)
        return pair if same_side else None

    def _fit_all(self, up: EdgeMemory, down: EdgeMemory) -> None:
        up_edges, down_edges = up.all_edges(), down.all_edges()
        self.up_hull = lower_hull(*up_edges)
        self.down_hull = lower_hull(*down_edges)
        pair = _pair(
            supporting_line(*up_edges, self.up_hull),
            supporting_line(*down_edges, self.down_hull),
        )
        if pair is not None:
            self._take(pair)

    def _take(self, pair: _Pair) -> None:
        """Set the inverse-variance mean of the two directions, within what a clock can do."""
        up_weight = 1.0 / (pair.up.sigma * pair.up.sigma)
        down_weight = 1.0 / (pair.down.sigma * pair.down.sigma)
        mean = (up_weight * pair.up.slope + down_weight * pair.down.slope) / (up_weight + down_weight)
        limit = SLEW_LIMIT if pair.agree() else CRYSTAL_LIMIT
        self.skew = min(max(mean, -limit), limit)
        sigma = 1.0 / math.sqrt(up_weight + down_weight)
        self.uncertainty = min(max(sigma, MIN_UNCERTAINTY), MAX_UNCERTAINTY)
        self.known = True


def _line(edges: tuple[list[float], list[float]]) -> SupportingLine | None:
    return supporting_line(*edges, lower_hull(*edges))


def _departs(line: SupportingLine, skew: float) -> bool:
    """Whether one direction has clearly left `skew`."""
    return abs(line.slope - skew) > 3.0 * line.sigma + RATE_CHANGE_FLOOR


def _pair(up: SupportingLine | None, down: SupportingLine | None) -> _Pair | None:
    """Both directions as slopes of the offset; the down direction is stored with its sign changed."""
    if up is None or down is None:
        return None
    return _Pair(up, SupportingLine(-down.slope, down.sigma))
