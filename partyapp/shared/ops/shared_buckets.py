"""Token buckets by which the processes of a deployment hold a person to one rate together.

What one may do is known at once, by buckets of this process: nothing waits for Redis. Who uses much is
counted in Redis each second, and what other processes have counted is taken out of the buckets afterwards;
while Redis is gone each process counts alone (docs/decisions/0017).
"""

import logging
from collections.abc import Mapping

import gevent
import redis

from partyapp.shared.kernel.clock import Clock
from partyapp.shared.ops.token_buckets import TokenBuckets
from partyapp.shared.storage.redis_client import RedisGone
from partyapp.shared.storage.redis_names import RedisNames

log = logging.getLogger(__name__)

#: What is used is counted by pieces of party time of this length, in ms.
PIECE_MS = 10_000.0

#: A rule, and whose bucket.
Key = tuple[str, str]


class SharedBuckets:
    """The buckets of some rules, by the rules' names. `prefix` is what their names in Redis begin with."""

    def __init__(
        self,
        rules: Mapping[str, TokenBuckets],
        prefix: str,
        client: redis.Redis,
        clock: Clock,
        names: RedisNames,
    ) -> None:
        self._rules = rules
        self._prefix = prefix
        self._client = client
        self._clock = clock
        self._names = names
        #: Of each name in Redis, what this process has counted there, and what others had.
        self._shared: dict[str, tuple[int, int]] = {}
        #: What was used since it was last shared.
        self._used: dict[Key, int] = {}
        self._piece = 0
        self._sharing = False

    def take(self, rule: str, who: str) -> None:
        """Take a token out, though there may be none."""
        self._rules[rule].take(who)
        self._used[rule, who] = self._used.get((rule, who), 0) + 1

    def each_second(self) -> None:
        """Exchange with the other processes what was used by those who use much."""
        for buckets in self._rules.values():
            buckets.drop_full()
        if self._sharing:
            # What is used meanwhile is counted with the next exchange.
            return
        used, self._used = self._used, {}
        much = {key for key, number in used.items() if number * 2 > self._rules[key[0]].per_s}
        much |= {(rule, who) for rule, buckets in self._rules.items() for who in buckets.low()}
        if much:
            self._sharing = True
            gevent.spawn(self.share, {key: used.get(key, 0) for key in much})

    def share(self, used: Mapping[Key, int]) -> None:
        """Count in Redis what was used here, and take out of the buckets what others used. Waits."""
        piece = int(self._clock.now_ms() / PIECE_MS)
        if piece != self._piece:
            self._piece, self._shared = piece, {}
        keys = {key: self._names(f"{self._prefix}:{key[0]}:{key[1]}:{piece}") for key in used}
        pipeline = self._client.pipeline(transaction=False)
        for key, name in keys.items():
            pipeline.incrby(name, used[key])
            pipeline.pexpire(name, int(2 * PIECE_MS))
        try:
            totals = pipeline.execute()[::2]
        except RedisGone as error:
            log.debug("%s are counted alone: %s", self._prefix, type(error).__name__)
            return
        finally:
            self._sharing = False
        for (rule, who), total in zip(keys, totals, strict=True):
            own, others = self._shared.get(keys[rule, who], (0, 0))
            own += used[rule, who]
            self._rules[rule].take(who, max(0, total - own - others))
            self._shared[keys[rule, who]] = (own, max(others, total - own))
