"""Rate limits that all web processes share: counted in Redis by the library `limits`.

A sliding window counter takes two keys and one script call a hit. While Redis is gone each process counts
for itself, so that an outage neither blocks anybody nor opens the door; see docs/decisions/0017.
"""

import logging
from collections.abc import Callable
from math import ceil

from limits import RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from partyapp.shared.kernel.bounds import Rate, Rates
from partyapp.shared.kernel.circuit import Circuit
from partyapp.shared.kernel.clock import WallClock, monotonic_s
from partyapp.shared.kernel.errors import RateLimited
from partyapp.shared.ops import metrics
from partyapp.shared.storage.redis_client import create_redis
from partyapp.shared.storage.redis_names import DEFAULT_NAMES, RedisNames

log = logging.getLogger(__name__)

#: How long one hit may wait for Redis, and how long nobody asks it again after it failed, in s.
REDIS_TIMEOUT_S = 0.25
REDIS_PAUSE_S = 5.0


class RateLimits:
    """Counts who asks how often. Every rule is one of `Rates`, by its name."""

    def __init__(
        self,
        rates: Rates,
        redis_url: str,
        now_s: Callable[[], float] = monotonic_s,
        names: RedisNames = DEFAULT_NAMES,
    ) -> None:
        self.rates = rates
        client = create_redis(redis_url, timeout_s=REDIS_TIMEOUT_S)
        # The library only looks at the address's scheme; the connections are those of the pool.
        storage = RedisStorage(
            "redis://", client.connection_pool, key_prefix=names("party:rate"), wrap_exceptions=True
        )
        self._shared = SlidingWindowCounterRateLimiter(storage)
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._circuit = Circuit(REDIS_PAUSE_S, now_s)
        self._wall = WallClock()

    def hit(self, rule: str, who: str) -> None:
        """Count one. Raises `RateLimited` with how long to wait when it was one too many."""
        if not self.rates.enabled:
            return
        rate: Rate = getattr(self.rates, rule)
        item = RateLimitItemPerSecond(rate.amount, rate.per_s, namespace=rule)
        wait_s = self._wait_s(item, who)
        if wait_s:
            metrics.RATE_LIMITED.labels(rule).inc()
            raise RateLimited(rule=rule, quota=rate.amount, window_s=rate.per_s, retry_after_s=wait_s)

    def _wait_s(self, item: RateLimitItemPerSecond, who: str) -> int:
        """0 when the hit is within the limit, else the seconds until one is again."""
        if not self._circuit.lets_through():
            return self._hit(self._own, item, who)
        try:
            wait_s = self._hit(self._shared, item, who)
        except StorageError as error:
            log.warning("rate limits are counted alone: %s", type(error.storage_error).__name__)
            self._circuit.failed()
            return self._hit(self._own, item, who)
        self._circuit.worked()
        return wait_s

    def _hit(self, limiter: SlidingWindowCounterRateLimiter, item: RateLimitItemPerSecond, who: str) -> int:
        if limiter.hit(item, who):
            return 0
        free_s = limiter.get_window_stats(item, who).reset_time - self._wall.now_ms() / 1000
        return max(1, min(item.get_expiry(), ceil(free_s)))
