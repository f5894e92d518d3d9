"""Percentiles as every bench of this folder reports them."""

import math
from collections.abc import Iterable, Sequence


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of an ordered sequence does not exceed; NaN of an empty one."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else math.nan


def percentiles(values: Iterable[float]) -> dict[str, float]:
    """p50, p95, p99 and the largest."""
    ordered = sorted(values)
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {name: round(quantile(ordered, share), 3) for name, share in shares.items()}
