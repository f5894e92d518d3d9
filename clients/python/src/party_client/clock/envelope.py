"""The straight line under a cloud of edges: a clock's rate as one direction of a path shows it.

Delays only ever add to an edge, so the line to look for does not run through the cloud but supports it
from below: of all lines under every point, the one with the least total distance to them. That linear
programme was given by Moon, Skelly and Towsley ("Estimation and removal of clock skew from network
delay measurements", INFOCOM 1999). Its optimum is the edge of the lower convex hull above the mean
abscissa (Zhang, Liu and Xia, "Clock synchronization algorithms for network measurements", INFOCOM
2002). We take the edge above the middle of the span, since our points are dense only in the recent past.
The hull comes from Andrew's monotone chain (1979) in one pass, for time sorts the points.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

#: A residual below this (ms) says nothing: it is about what a timer and a scheduler add.
RESIDUAL_FLOOR_MS = 0.05

#: A line in a window needs at least this many points over at least this time (ms) to say anything,
MIN_POINTS = 8
MIN_SPAN_MS = 20_000.0
#: and one through all points less, for it is weighed against what is known of clocks in general.
FIRST_POINTS = 5
FIRST_SPAN_MS = 8_000.0

#: The slope may err by the worst third's distance over half the span.
SIGMA_FACTOR = 2.0


class Hull(NamedTuple):
    """The vertices of a lower convex hull, and the slope of the edge that ends at each (first: -inf)."""

    times: list[float]
    values: list[float]
    slopes: list[float]


class SupportingLine(NamedTuple):
    """Slope in ms per ms, and its standard uncertainty."""

    slope: float
    sigma: float


def lower_hull(times: Sequence[float], values: Sequence[float]) -> Hull:
    """The lower convex hull of points whose times strictly increase."""
    if not times:
        return Hull([], [], [])
    # The last vertex is kept in variables: this loop is most of what an exchange costs.
    last_time, last_value = times[0], values[0]
    hull_times, hull_values, slopes = [last_time], [last_value], [-math.inf]
    for time, value in zip(times[1:], values[1:], strict=True):
        slope = (value - last_value) / (time - last_time)
        while slope <= slopes[-1]:
            slopes.pop()
            hull_times.pop()
            hull_values.pop()
            last_time, last_value = hull_times[-1], hull_values[-1]
            slope = (value - last_value) / (time - last_time)
        slopes.append(slope)
        hull_times.append(time)
        hull_values.append(value)
        last_time, last_value = time, value
    return Hull(hull_times, hull_values, slopes)


def supporting_line(
    times: Sequence[float],
    values: Sequence[float],
    hull: Hull,
    min_points: int = MIN_POINTS,
    min_span: float = MIN_SPAN_MS,
) -> SupportingLine | None:
    """The line that supports the points at the middle of their span; None while there are too few of them.

    It is trusted by how close it comes to a point in *each third* of the span. A queue that swells and
    drains lifts most points, yet leaves some in each third; one that only swells leaves a third bare.
    """
    count = len(times)
    if count < min_points or times[-1] - times[0] < min_span:
        return None
    first, span = times[0], times[-1] - times[0]
    edge = min(bisect_right(hull.times, first + span / 2.0), len(hull.times) - 1) - 1
    slope = hull.slopes[edge + 1]
    foot = hull.values[edge] - slope * hull.times[edge]
    heights = [value - slope * time for time, value in zip(times, values, strict=True)]
    one, two = bisect_right(times, first + span / 3.0), bisect_right(times, first + span * 2.0 / 3.0)
    if one == two:
        return None
    worst = max(min(heights[:one]), min(heights[one:two]), min(heights[two:])) - foot
    # Rounding may leave the distance a hair below the line.
    sigma = SIGMA_FACTOR * (max(worst, 0.0) + RESIDUAL_FLOOR_MS) / span
    return SupportingLine(slope, sigma)
