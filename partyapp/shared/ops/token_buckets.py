"""Token buckets in this process: what one may do is known at once, without a question to anybody.

A bucket holds so many tokens as may be used at once, and fills up evenly. What other processes count of the
same person or party is taken out afterwards, so that all of them together keep the rate.
"""

from collections.abc import Callable, Iterator
from math import ceil

from partyapp.shared.kernel.bounds import Rate
from partyapp.shared.kernel.clock import monotonic_s
from partyapp.shared.kernel.errors import RateLimited
from partyapp.shared.ops import metrics

#: So many seconds' worth of tokens may be used at once.
BURST_S = 10.0


class TokenBuckets:
    """The buckets of one rule, by whose they are. A full one takes no memory after `drop_full`."""

    def __init__(
        self, rate: Rate, now_s: Callable[[], float] = monotonic_s, burst_s: float = BURST_S
    ) -> None:
        self.rate = rate
        #: So many tokens come in a second.
        self.per_s = rate.amount / rate.per_s
        self.size = max(1.0, burst_s * self.per_s)
        self._now_s = now_s
        #: Tokens left, and when that was, in s.
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait_s(self, who: str) -> float:
        """In how many s a token will be there; 0 if there is one now. Takes none."""
        left = self.left(who)
        return 0.0 if left >= 1.0 else (1.0 - left) / self.per_s

    def take(self, who: str, amount: float = 1.0) -> None:
        """Take tokens out, though there may be none: then it lasts longer until there is one again."""
        self._buckets[who] = (max(-self.size, self.left(who) - amount), self._now_s())

    def left(self, who: str) -> float:
        """How many tokens there are."""
        found = self._buckets.get(who)
        if found is None:
            return self.size
        left, at_s = found
        return min(self.size, left + (self._now_s() - at_s) * self.per_s)

    def low(self) -> Iterator[str]:
        """Those with less than half of their tokens."""
        yield from [who for who in list(self._buckets) if self.left(who) < self.size / 2]

    def drop_full(self) -> None:
        """Forget those with all of their tokens."""
        for who in [who for who in list(self._buckets) if self.left(who) >= self.size]:
            del self._buckets[who]


def must_have(buckets: TokenBuckets, who: str, *, rule: str, detail: str) -> None:
    """Raise `RateLimited`, and count it under that rule, when there is no token; takes none."""
    wait_s = buckets.wait_s(who)
    if wait_s:
        metrics.RATE_LIMITED.labels(rule).inc()
        raise RateLimited(
            rule=rule,
            quota=buckets.rate.amount,
            window_s=buckets.rate.per_s,
            retry_after_s=ceil(wait_s),
            detail=detail,
        )
