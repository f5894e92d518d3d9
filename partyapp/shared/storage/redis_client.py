"""Redis: clients whose every wait has a limit. What Redis holds may be lost at any time."""

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

#: What redis-py raises when Redis is gone, hangs, is loading or refuses.
RedisGone = (redis.RedisError, OSError)


def create_redis(url: str, *, timeout_s: float = 1.0, max_connections: int = 50) -> redis.Redis:
    """A client that fails within `timeout_s` and never repeats a call of its own accord.

    redis-py would otherwise send a PUBLISH or an INCR twice when only the reply was lost.
    """
    pool = redis.BlockingConnectionPool.from_url(
        url,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
        max_connections=max_connections,
        timeout=timeout_s,
        health_check_interval=15,
        client_name="party",
    )
    return redis.Redis(connection_pool=pool)
