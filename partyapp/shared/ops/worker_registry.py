"""Which workers are alive: each says so in Redis, and readiness asks."""

import logging
from typing import Any

import redis

from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.kernel.reachability import Reachability
from partyapp.shared.storage.redis_client import RedisGone
from partyapp.shared.storage.redis_names import DEFAULT_NAMES, RedisNames

log = logging.getLogger(__name__)

WORKERS_KEY = "party:workers"
#: A worker that was silent for longer than this, in ms, is not reachable.
WORKER_SILENCE_MS = 8000.0


class WorkerRegistry:
    """Which workers are alive, by what they say of themselves in Redis."""

    def __init__(self, client: redis.Redis, clock: Clock, names: RedisNames = DEFAULT_NAMES) -> None:
        self._client = client
        self._key = names(WORKERS_KEY)
        self._clock = clock
        self._reachable = Reachability("worker", log)

    def report(self, worker: str) -> None:
        """This worker is alive. Best effort."""
        now_ms = self._clock.now_ms()
        try:
            self._client.zadd(self._key, {worker: now_ms})
            self._client.zremrangebyscore(self._key, "-inf", now_ms - 600_000)
        except RedisGone:
            log.debug("no report to Redis")

    def leave(self, worker: str) -> None:
        """This worker stops."""
        try:
            self._client.zrem(self._key, worker)
        except RedisGone:
            log.debug("no report to Redis")

    def check(self) -> None:
        """Raise when no worker is reachable."""
        found: Any = self._client.zcount(self._key, self._clock.now_ms() - WORKER_SILENCE_MS, "+inf")
        if found:
            self._reachable.back()
        else:
            self._reachable.gone("none has been heard of lately")
            raise Unavailable("No worker has been heard of lately.")
