"""Redis: clients whose every wait has a limit. What Redis holds may be lost at any time."""

from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelConnectionPool

from partyapp.shared.storage.sentinel_url import SentinelUrl, is_sentinel, read_sentinel_url

#: What redis-py raises when Redis is gone, hangs, is loading or refuses.
RedisGone = (redis.RedisError, OSError)


class _BlockingSentinelPool(SentinelConnectionPool, redis.BlockingConnectionPool):
    """Connections to the server that the Sentinels name; who finds none free waits for one."""


def create_redis(url: str, *, timeout_s: float = 1.0, max_connections: int = 50) -> redis.Redis:
    """A client that fails within `timeout_s` and never repeats a call of its own accord.

    redis-py would otherwise send a PUBLISH or an INCR twice when only the reply was lost. With Sentinels each
    that has to be asked may take as long again, and only for a new connection.

    Raises ValueError, which doesn't repeat the URL, for one of Sentinels that has another form.
    """
    waits: dict[str, Any] = {"socket_timeout": timeout_s, "socket_connect_timeout": timeout_s}
    options: dict[str, Any] = {
        **waits,
        "retry": Retry(NoBackoff(), 0),
        "max_connections": max_connections,
        "timeout": timeout_s,
        "health_check_interval": 15,
        "client_name": "party",
    }
    if not is_sentinel(url):
        return redis.Redis(connection_pool=redis.BlockingConnectionPool.from_url(url, **options))
    return redis.Redis(connection_pool=_watched_pool(read_sentinel_url(url), waits, options))


def _watched_pool(url: SentinelUrl, waits: dict[str, Any], options: dict[str, Any]) -> Any:
    server = dict(parse_url(url.server))  # type: ignore[no-untyped-call]
    for name in ("host", "port", "connection_class"):
        server.pop(name, None)
    tls = {name: value for name, value in server.items() if name.startswith("ssl_")}
    asked = {**waits, "retry": Retry(NoBackoff(), 0), "ssl": url.is_tls, **tls, **url.login}
    manager = Sentinel(url.sentinels, sentinel_kwargs=asked)  # type: ignore[no-untyped-call]
    return _BlockingSentinelPool(  # type: ignore[no-untyped-call]
        url.master, manager, ssl=url.is_tls, **server, **options
    )
