"""Shares of what was measured."""

import math
from collections.abc import Sequence


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of an ordered sequence does not exceed; NaN of an empty one."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else math.nan
