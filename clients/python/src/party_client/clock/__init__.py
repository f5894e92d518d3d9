"""A member's clock against party time. Copied from the service by `vendor_clock.py`, but for `rate_bound`."""

from party_client.clock.estimator import ClockEstimate, ClockEstimator

__all__ = ["ClockEstimate", "ClockEstimator"]
