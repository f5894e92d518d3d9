"""How late the gateway's States are, from the times at which it made them."""

from collections.abc import Sequence
from itertools import pairwise

from partyapp.gateways.syncplay.state_schedule import SETTLED_MS

#: Where a State comes earlier than this (ms) before its time, it was none of the schedule.
_EARLY_MS = 5.0


def lateness_ms(stamps: Sequence[float], arrived: Sequence[float]) -> list[float]:
    """How much later (ms) each settled State came than its schedule has it; both in s.

    A settled member is told a State 950 and 1050 ms after the one before, in turn: which of the two it was is
    found by that by which none came early. What a command, a correction or a slow answer brought in between
    makes a pair of stamps that fits neither, and isn't counted.
    """
    gaps = [(later - one) * 1000.0 for one, later in pairwise(stamps)]
    turn = max((0, 1), key=lambda first: sum(_fits(gap, first + number) for number, gap in enumerate(gaps)))
    came = [(later - one) * 1000.0 for one, later in zip(stamps, arrived[1:], strict=False)]
    # The way is the same for the first and the last, on the whole: the least of it is taken for none.
    way = min((came_ms - gap for came_ms, gap in zip(came, gaps, strict=True)), default=0.0)
    return [
        came_ms - way - SETTLED_MS[(turn + number) % 2]
        for number, (gap, came_ms) in enumerate(zip(gaps, came, strict=True))
        if _fits(gap, turn + number)
    ]


def _fits(gap_ms: float, turn: int) -> bool:
    return gap_ms >= SETTLED_MS[turn % 2] - _EARLY_MS
