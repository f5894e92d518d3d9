"""How much one person may say and react: eight seconds' worth at once.

The buckets are shared afterwards, since a message must not wait for Redis (docs/decisions/0017).
"""

from uuid import UUID

import redis

from partyapp.shared.kernel.bounds import Rate
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.ops.shared_buckets import SharedBuckets
from partyapp.shared.ops.token_buckets import TokenBuckets, must_have
from partyapp.shared.storage.redis_names import RedisNames

BURST_S = 8.0
_DETAILS = {
    "chat": "You write faster than the others can read.",
    "reactions": "You react faster than anybody can see.",
}


class ChatLimit:
    """One rule of `Rates`, by people."""

    def __init__(
        self, rule: str, rate: Rate, *, enabled: bool, client: redis.Redis, clock: Clock, names: RedisNames
    ) -> None:
        self._rule = rule
        self._enabled = enabled
        self._buckets = TokenBuckets(rate, burst_s=BURST_S)
        self._shared = SharedBuckets({rule: self._buckets}, "party:talk", client, clock, names)

    def __call__(self, user_id: UUID) -> None:
        """Count one. Raises `RateLimited` when it is one too many."""
        if not self._enabled:
            return
        who = str(user_id)
        must_have(self._buckets, who, rule=self._rule, detail=_DETAILS[self._rule])
        self._shared.take(self._rule, who)

    def each_second(self) -> None:
        """Exchange with the other processes what was used by those who write much."""
        self._shared.each_second()
