"""How long a message takes to reach a member: a histogram that forgets (SYNC §4).

Delays in buckets of 10 ms, each older sample weighing 0.995 of the next. The sum of all weights and the
newest weight are kept instead of ageing every bucket, so that a sample costs a few operations.
"""

from partyapp.party.domain.playback import LONGEST_LEAD_MS

BUCKET_MS = 10.0
FORGET = 0.995
QUANTILE = 0.98
BUCKETS = 200

#: A lead is clamped to these, in ms; the margin is for what happens after the message has arrived.
MARGIN_MS = 30.0
MIN_LEAD_MS = 80.0
MAX_LEAD_MS = LONGEST_LEAD_MS

#: The lead of a room nobody has measured yet, in ms.
DEFAULT_LEAD_MS = 150.0

_RESCALE_AT = 1e12


class DelayHistogram:
    """One-way delays down to one member, in ms."""

    __slots__ = ("_buckets", "_newest")

    def __init__(self) -> None:
        self._buckets: dict[int, float] = {}
        self._newest = 1.0

    def add(self, delay_ms: float) -> None:
        """Take a delay in; a negative one (within the clock's error) counts as none."""
        bucket = min(max(int(delay_ms / BUCKET_MS), 0), BUCKETS)
        self._newest /= FORGET
        self._buckets[bucket] = self._buckets.get(bucket, 0.0) + self._newest
        if self._newest > _RESCALE_AT:
            scaled = {number: weight / self._newest for number, weight in self._buckets.items()}
            self._buckets = {number: weight for number, weight in scaled.items() if weight > 1e-9}
            self._newest = 1.0

    def quantile_ms(self) -> float | None:
        """The 98th percentile in ms, at a bucket's upper edge; None without a sample."""
        if not self._buckets:
            return None
        rest = sum(self._buckets.values()) * QUANTILE
        for bucket in sorted(self._buckets):
            rest -= self._buckets[bucket]
            if rest <= 0:
                return (bucket + 1) * BUCKET_MS
        return (max(self._buckets) + 1) * BUCKET_MS
