"""The edges of one direction: the best proven limits on a clock offset, kept sparsely for an hour.

Each exchange of timestamps gives one edge per direction: an instant and a limit on the offset at that
instant. Nearly all of them are worthless, because the packet waited somewhere; the best of every few
seconds tells all there is to know. A direction is stored so that *lower is better*: the upper limits
`f` as they are, the lower limits `l` with their sign changed. So everything that follows (hull,
supporting line, minimum) exists once.
"""

import math
from bisect import bisect_left

#: Cells of 2 s are kept for 8 minutes, cells of 30 s for an hour (all in ms of the member's clock).
FINE_CELL_MS = 2_000.0
FINE_SPAN_MS = 480_000.0
COARSE_CELL_MS = 30_000.0
COARSE_SPAN_MS = 3_600_000.0


class _Cells:
    """The best edge of each cell of time, oldest first; at most `span_ms / cell_ms + 1` of them."""

    def __init__(self, cell_ms: float, span_ms: float) -> None:
        self.cell_ms = cell_ms
        self.span_ms = span_ms
        self.times: list[float] = []
        self.values: list[float] = []

    def add(self, time: float, value: float, slope: float) -> None:
        """Keep the edge if it opens a cell, or beats the one in it once that has drifted to `time`."""
        times, values = self.times, self.values
        if times and math.floor(time / self.cell_ms) == math.floor(times[-1] / self.cell_ms):
            if value <= values[-1] + slope * (time - times[-1]):
                times[-1] = time
                values[-1] = value
            return
        times.append(time)
        values.append(value)
        self.forget_before(time - self.span_ms)

    def forget_before(self, time: float) -> None:
        """Drop the edges older than `time`, but never the newest."""
        stale = min(bisect_left(self.times, time), len(self.times) - 1)
        if stale > 0:
            del self.times[:stale]
            del self.values[:stale]


class EdgeMemory:
    """One direction's memory: fine cells for the recent past, coarse ones for the rest of the hour.

    Times are in ms of the member's clock, values in ms of offset; both relative to an origin that the
    owner chose, so that products of them keep their precision. Times must not go backwards.
    """

    def __init__(self) -> None:
        self._fine = _Cells(FINE_CELL_MS, FINE_SPAN_MS)
        self._coarse = _Cells(COARSE_CELL_MS, COARSE_SPAN_MS)

    def __len__(self) -> int:
        return len(self._fine.times) + len(self._coarse.times)

    def add(self, time: float, value: float, slope: float) -> None:
        """Offer an edge; `slope` (ms per ms) is the drift of `value` as far as it is known."""
        self._fine.add(time, value, slope)
        self._coarse.add(time, value, slope)

    def forget_before(self, time: float) -> None:
        """Drop the edges older than `time`, but never the newest."""
        self._fine.forget_before(time)
        self._coarse.forget_before(time)

    def all_edges(self) -> tuple[list[float], list[float]]:
        """Times and values of all edges in order of time; coarse ones only where no fine ones are left."""
        fine, coarse = self._fine, self._coarse
        older = bisect_left(coarse.times, fine.times[0]) if fine.times else 0
        return coarse.times[:older] + fine.times, coarse.values[:older] + fine.values

    def recent_edges(self, since: float) -> tuple[list[float], list[float]]:
        """Times and values of the fine edges at or after `since`."""
        first = bisect_left(self._fine.times, since)
        return self._fine.times[first:], self._fine.values[first:]

    def newest_edges(self, count: int) -> tuple[list[float], list[float]]:
        """Times and values of the last `count` fine edges."""
        return self._fine.times[-count:], self._fine.values[-count:]
