"""The straight line under a cloud of edges: a clock's rate as one direction of a path shows it.

Delays only ever add to an edge, so the line to look for does not run through the cloud but supports it
from below: of all lines under every point, the one with the least total distance to them. That linear
programme was given by Moon, Skelly and Towsley ("Estimation and removal of clock skew from network
delay measurements", INFOCOM 1999). Its optimum is the edge of the lower convex hull above the mean
abscissa (Zhang, Liu and Xia, "Clock synchronization algorithms for network measurements", INFOCOM
2002); the hull comes from Andrew's monotone chain (1979) in one pass, since time sorts the points.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

#: A residual below this (ms) says nothing: it is about what a timer and a scheduler add.
RESIDUAL_FLOOR_MS = 0.05

#: A line needs at least this many points over at least this time (ms).
MIN_POINTS = 8
MIN_SPAN_MS = 20_000.0

#: Over more than this (ms) the lower quartile of the residuals tells how far the line may be trusted, else
#: the median. A queue that swells and drains spoils more than half of the edges of a long span, yet the
#: line rests on those it left alone. A short span may lie wholly within one swell; there the median warns.
LONG_SPAN_MS = 120_000.0


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


def supporting_line(times: Sequence[float], values: Sequence[float], hull: Hull) -> SupportingLine | None:
    """The line under the points that lies closest to them, or None while there are too few of them."""
    count = len(times)
    if count < MIN_POINTS or times[-1] - times[0] < MIN_SPAN_MS:
        return None
    # A plain loop, because `sum` compensates its rounding and the JavaScript twin must round alike.
    total = 0.0
    for time in times:
        total += time
    edge = min(bisect_right(hull.times, total / count), len(hull.times) - 1) - 1
    slope = hull.slopes[edge + 1]
    foot_time, foot_value = hull.times[edge], hull.values[edge]
    residuals = sorted(
        [value - (foot_value + slope * (time - foot_time)) for time, value in zip(times, values, strict=True)]
    )
    span = times[-1] - times[0]
    rank = count // 4 if span > LONG_SPAN_MS else count // 2
    # Rounding may leave the residual a hair below the line.
    sigma = (max(residuals[rank], 0.0) + RESIDUAL_FLOOR_MS) / span
    return SupportingLine(slope, sigma)
