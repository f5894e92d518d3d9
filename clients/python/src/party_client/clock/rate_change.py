"""When a member's clock turned to another rate: the kink in a line of edges.

A crystal that warms, or a system that slews its clock, bends the line that both directions follow. To
keep what was learned before, one has to know *when* it bent: an edge carried across the turn at the wrong
rate is off by the change times its age, and looks like the exchange of least delay.
"""

import math
from typing import NamedTuple

#: A turn needs so many edges after it.
EDGES_AFTER = 5
#: The new slope is taken from edges at least so many cells after the turn; closer ones say little of a slope.
LEVER_CELLS = 3


class RateChange(NamedTuple):
    """When the slope changed (ms), and by how much (ms per ms)."""

    time: float
    change: float


def find_turn(times: list[float], excess: list[float], rises: bool, limit: float) -> RateChange | None:
    """The broken line closest to the points: level at zero, then from the turn on a line that supports them.

    `excess` are edges less the line that they followed before. Of all turns whose change goes the way of
    `rises` and is at most `limit`, the one with the least sum of absolute distances (two-phase regression:
    Hinkley, "Inference in two-phase regression", 1971, with the supporting line instead of a mean). None
    when there is no such turn.
    """
    best_cost, best = math.inf, None
    before = 0.0
    for index in range(len(times) - EDGES_AFTER):
        before += abs(excess[index])
        if before >= best_cost:
            break
        turn = times[index]
        change = math.inf
        for time, value in zip(times[index + LEVER_CELLS :], excess[index + LEVER_CELLS :], strict=True):
            change = min(change, value / (time - turn))
        if (change > 0.0) is not rises or abs(change) > limit:
            continue
        cost = before
        for time, value in zip(times[index + 1 :], excess[index + 1 :], strict=True):
            cost += abs(value - change * (time - turn))
        if cost < best_cost:
            best_cost = cost
            best = RateChange(turn, change)
    return best
