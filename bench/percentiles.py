"""Percentiles as every bench of this folder reports them."""

from collections.abc import Iterable

from partyapp.shared.kernel.quantile import quantile

__all__ = ["percentiles", "quantile"]


def percentiles(values: Iterable[float]) -> dict[str, float]:
    """p50, p95, p99 and the largest."""
    ordered = sorted(values)
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {name: round(quantile(ordered, share), 3) for name, share in shares.items()}
