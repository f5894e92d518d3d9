"""The rate of a member's clock against party time, from both directions of its path.

Each direction is fitted for itself. A standing queue, such as the video's own download, spoils one
side only, and then the other one outweighs it. When both directions turn the same way together, no
queue can be the cause (it moves the two apart): the clock has changed its rate. So it has when one
direction turns and keeps to its new line to a hair, while the other one is too disturbed to tell.
"""

import math
from typing import NamedTuple

from party_client.clock.edges import EdgeMemory, Edges
from party_client.clock.envelope import (
    FIRST_POINTS,
    FIRST_SPAN_MS,
    Hull,
    SupportingLine,
    lower_hull,
    supporting_line,
)
from party_client.clock.rate_change import find_turn

PPM = 1e-6

#: What a crystal is off by as a rule (standard deviation), what it is at most, and what a clock that is being
#: slewed is off by at most (slopes, ms per ms).
CRYSTAL_SIGMA = 60.0 * PPM
CRYSTAL_LIMIT = 120.0 * PPM
SLEW_LIMIT = 500.0 * PPM

#: How much the skew is trusted: the range of its uncertainty, and what stands in before it is known.
MIN_UNCERTAINTY = 1.0 * PPM
MAX_UNCERTAINTY = 50.0 * PPM
UNKNOWN_UNCERTAINTY = 100.0 * PPM

#: The windows (ms) in which a change of rate is looked for, and the least change that counts.
RATE_WINDOWS_MS = (30_000.0, 60_000.0, 120_000.0)
RATE_CHANGE_FLOOR = 5.0 * PPM

#: One direction alone proves a change when it is at least this well known, and the change this large.
ALONE_SIGMA = 10.0 * PPM
ALONE_FLOOR = 20.0 * PPM

#: The instant of a turn is known to about this, ms.
TURN_BLUR_MS = 5_000.0

_EMPTY_HULL = Hull([], [], [])


class _Rate(NamedTuple):
    """A slope of the offset, and its standard uncertainty."""

    slope: float
    sigma: float


class _Direction(NamedTuple):
    """A direction's memory, and the sign that its slopes have to the offset's."""

    memory: EdgeMemory
    sign: float


class ClockSkew:
    """The drift of the offset, `skew` (ms per ms), and how well it is known, `uncertainty` (the same)."""

    def __init__(self) -> None:
        self.skew = 0.0
        self.uncertainty = UNKNOWN_UNCERTAINTY
        self.known = False
        self.up_hull = _EMPTY_HULL
        self.down_hull = _EMPTY_HULL
        # What is expected of the clock before it has been measured since its last turn.
        self._expected = _Rate(0.0, CRYSTAL_SIGMA)

    def refit(self, up: EdgeMemory, down: EdgeMemory, now: float) -> bool:
        """Fit anew; True when the clock turned out to have changed its rate."""
        up_edges, down_edges = up.all_edges(), down.all_edges()
        self.up_hull, self.down_hull = lower_hull(*up_edges), lower_hull(*down_edges)
        up_line = supporting_line(*up_edges, self.up_hull, FIRST_POINTS, FIRST_SPAN_MS)
        down_line = supporting_line(*down_edges, self.down_hull, FIRST_POINTS, FIRST_SPAN_MS)
        rate = self._combined(up_line, down_line)
        if rate is not None:
            self._take(rate)
        if up_line is None or down_line is None:
            return False
        # The steadier direction decides, for without it nothing is decided; the other one may object.
        deciding, other = _Direction(up, 1.0), _Direction(down, -1.0)
        if up_line.sigma > down_line.sigma:
            deciding, other = other, deciding
        return any(self._turned(deciding, other, now, window) for window in RATE_WINDOWS_MS)

    def _combined(self, up: SupportingLine | None, down: SupportingLine | None) -> _Rate | None:
        """The inverse-variance mean of what is expected and of both directions; None if none is credible."""
        if up is None or down is None:
            return None
        agreed = abs(up.slope + down.slope) <= 2.0 * (up.sigma + down.sigma)
        expected, sigma = self._expected
        weight = 1.0 / (sigma * sigma)
        total, weighted, credible = weight, weight * expected, False
        for slope, sigma in ((up.slope, up.sigma), (-down.slope, down.sigma)):
            # A queue swells faster than any clock may run.
            if abs(slope) > SLEW_LIMIT or (not agreed and abs(slope - expected) > CRYSTAL_LIMIT):
                continue
            weight = 1.0 / (sigma * sigma)
            total += weight
            weighted += weight * slope
            credible = True
        return _Rate(weighted / total, 1.0 / math.sqrt(total)) if credible else None

    def _take(self, rate: _Rate) -> None:
        self.skew = min(max(rate.slope, -SLEW_LIMIT), SLEW_LIMIT)
        self.uncertainty = min(max(rate.sigma, MIN_UNCERTAINTY), MAX_UNCERTAINTY)
        self.known = True

    def _turned(self, deciding: _Direction, other: _Direction, now: float, window: float) -> bool:
        """Look for a turn in the last `window` ms; if there was one, sum up what came before it."""
        skew = deciding.sign * self.skew
        line = _line(deciding.memory.recent_edges(now - window))
        if line is None or not _departs(line, skew):
            return False
        if not _allows(_line(other.memory.recent_edges(now - window)), line, skew):
            return False
        # The turn itself may lie before the window in which it shows.
        since = now - 2.0 * window
        up, down = (deciding, other) if deciding.sign > 0.0 else (other, deciding)
        before = self._combined(
            _line(up.memory.edges_before(since)), _line(down.memory.edges_before(since))
        ) or _Rate(self.skew, self.uncertainty)
        slope = deciding.sign * before.slope
        start = deciding.memory.best_of(deciding.memory.edges_before(since), since, slope, before.sigma)
        if start is None:
            return False
        times, values = deciding.memory.recent_edges(since)
        excess = [value - start - slope * (time - since) for time, value in zip(times, values, strict=True)]
        turn = find_turn(times, excess, line.slope > skew, SLEW_LIMIT + abs(slope))
        if turn is None or abs(turn.change) < RATE_CHANGE_FLOOR:
            return False
        self._follow(up.memory, down.memory, turn.time, before, deciding.sign * turn.change)
        return True

    def _follow(self, up: EdgeMemory, down: EdgeMemory, turn: float, before: _Rate, change: float) -> None:
        """Take the new rate, and sum up both directions at the turn by the old one."""
        after = min(max(before.slope + change, -SLEW_LIMIT), SLEW_LIMIT)
        slack = abs(change) * TURN_BLUR_MS
        for memory, sign in ((up, 1.0), (down, -1.0)):
            value = memory.best_of(memory.edges_before(turn), turn, sign * before.slope, before.sigma)
            if value is not None:
                memory.sum_up(turn, value, slack, sign * after)
        self.skew = after
        self.uncertainty = min(max(abs(change) * 0.1, RATE_CHANGE_FLOOR), MAX_UNCERTAINTY)
        self._expected = _Rate(after, abs(change) * 0.5 + 20.0 * PPM)
        self.up_hull, self.down_hull = lower_hull(*up.all_edges()), lower_hull(*down.all_edges())


def _line(edges: Edges) -> SupportingLine | None:
    return supporting_line(*edges, lower_hull(*edges))


def _departs(line: SupportingLine, skew: float) -> bool:
    """Whether one direction has clearly left `skew`, for a rate that a clock may have."""
    return abs(line.slope) <= SLEW_LIMIT and abs(line.slope - skew) > 3.0 * line.sigma + RATE_CHANGE_FLOOR


def _allows(other: SupportingLine | None, line: SupportingLine, skew: float) -> bool:
    """Whether the other direction has turned the same way, or can't tell while `line` is beyond doubt.

    `line` and `skew` have the sign of the deciding direction; `other` has its own.
    """
    departure = line.slope - skew
    if other is not None and _departs(other, -skew):
        agree = abs(line.slope + other.slope) <= 2.0 * (line.sigma + other.sigma)
        return agree and (-other.slope > skew) is (departure > 0.0)
    if line.sigma > ALONE_SIGMA or abs(departure) <= 3.0 * line.sigma + ALONE_FLOOR:
        return False
    return other is None or abs(other.slope) > SLEW_LIMIT or other.sigma > abs(departure)
