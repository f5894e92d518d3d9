"""The edges of one direction: the best proven limits on a clock offset, kept sparsely for an hour.

Each exchange of timestamps gives one edge per direction: an instant and a limit on the offset at that
instant. Nearly all of them are worthless, because the packet waited somewhere; the best of every few
seconds tells all there is to know. A direction is stored so that *lower is better*: the upper limits
`f` as they are, the lower limits `l` with their sign changed. So everything that follows (hull,
supporting line, minimum) exists once.
"""

import math
from array import array
from bisect import bisect_left
from typing import NamedTuple

#: Cells of 2 s are kept for 8 minutes, cells of 30 s for an hour (all in ms of the member's clock).
FINE_CELL_MS = 2_000.0
FINE_SPAN_MS = 480_000.0
COARSE_CELL_MS = 30_000.0
COARSE_SPAN_MS = 3_600_000.0

#: A line is fitted to the fine cells of so long (ms), and to the coarse ones before: nearly as good as all
#: the fine ones, and three times as quick.
DENSE_SPAN_MS = 90_000.0

#: The anchor is trusted less by so much (ms per ms) than an edge of its age.
ANCHOR_WEAR = 10e-6


class Edges(NamedTuple):
    """Some edges, oldest first."""

    times: list[float]
    values: list[float]


class _Anchor(NamedTuple):
    """What was known at a turn of the clock's rate."""

    time: float
    value: float
    slack: float


class _Cells:
    """The best edge of each cell of time, oldest first; at most `span_ms / cell_ms + 1` of them."""

    def __init__(self, cell_ms: float, span_ms: float) -> None:
        self.cell_ms = cell_ms
        self.span_ms = span_ms
        # Arrays, since a process has thousands of estimators: a fourth of what lists of floats take.
        self.times = array("d")
        self.values = array("d")

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

    When the clock has turned to another rate, all that came before is summed up in one edge at that instant,
    the *anchor*: what was learned while the path was empty is kept, and no line is fitted across the turn.
    """

    def __init__(self) -> None:
        self._fine = _Cells(FINE_CELL_MS, FINE_SPAN_MS)
        self._coarse = _Cells(COARSE_CELL_MS, COARSE_SPAN_MS)
        self._anchor: _Anchor | None = None

    def __len__(self) -> int:
        return len(self._fine.times) + len(self._coarse.times)

    def add(self, time: float, value: float, slope: float) -> None:
        """Offer an edge; `slope` (ms per ms) is the drift of `value` as far as it is known."""
        self._fine.add(time, value, slope)
        self._coarse.add(time, value, slope)

    def all_edges(self) -> Edges:
        """All edges since the last turn, in order of time."""
        fine, coarse = self._fine, self._coarse
        if not fine.times:
            return Edges([], [])
        first = bisect_left(fine.times, fine.times[-1] - DENSE_SPAN_MS)
        older = bisect_left(coarse.times, fine.times[first])
        return Edges(
            (coarse.times[:older] + fine.times[first:]).tolist(),
            (coarse.values[:older] + fine.values[first:]).tolist(),
        )

    def edges_before(self, until: float) -> Edges:
        """Those of `all_edges` that are older than `until`."""
        times, values = self.all_edges()
        count = bisect_left(times, until)
        return Edges(times[:count], values[:count])

    def recent_edges(self, since: float) -> Edges:
        """The fine edges at or after `since`."""
        first = bisect_left(self._fine.times, since)
        return Edges(self._fine.times[first:].tolist(), self._fine.values[first:].tolist())

    def newest_edges(self, count: int) -> Edges:
        """The last `count` fine edges."""
        return Edges(self._fine.times[-count:].tolist(), self._fine.values[-count:].tolist())

    def best_of(self, edges: Edges, now: float, slope: float, uncertainty: float) -> float | None:
        """The most telling value among `edges` and the anchor, carried to `now`; None when there is none.

        Each is carried by `slope` and discounted by its age times `uncertainty` (ms per ms), for that is
        what the slope may err.
        """
        best_cost, best = math.inf, None
        if self._anchor is not None:
            age = now - self._anchor.time
            best = self._anchor.value + slope * age
            best_cost = best + (uncertainty + ANCHOR_WEAR) * age + self._anchor.slack
        for time, value in zip(edges.times, edges.values, strict=True):
            age = now - time
            carried = value + slope * age
            cost = carried + uncertainty * age
            if cost < best_cost:
                best_cost = cost
                best = carried
        return best

    def sum_up(self, turn: float, value: float, slack: float, slope: float) -> None:
        """Put the anchor in the place of everything before `turn`.

        `value` is what was known then, and `slack` (ms) how far it may be off; `slope` is the new drift.
        """
        self._anchor = _Anchor(turn, value, slack)
        self._fine.forget_before(turn)
        # The best edge of a coarse cell may come from before the turn, and hide one that came after.
        self._coarse = _Cells(COARSE_CELL_MS, COARSE_SPAN_MS)
        for time, edge in zip(self._fine.times, self._fine.values, strict=True):
            self._coarse.add(time, edge, slope)
