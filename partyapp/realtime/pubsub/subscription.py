"""A connection for pub/sub that lives once: what fails on it ends it, and its owner makes another.

redis-py's own would connect again in whichever greenlet comes upon a failure, while others wait in it, and
would hand the connection back to the pool in the midst of that; whoever is given it then reads what was for
somebody else. Here one greenlet reads, others may send, and no connection is ever used again.
"""

from typing import Any

import gevent
import redis
from redis.client import PubSub
from redis.exceptions import ResponseError

#: After so many messages in a row others get a turn: what has come in already is read without waiting.
YIELD_EVERY = 20


class SubscriptionEnded(redis.ConnectionError):
    """The connection is over."""


class Subscription:
    """Where one process listens. Nothing is connected before the first channel is asked for."""

    def __init__(self, client: redis.Redis) -> None:
        self._connections = _OneConnection(client.connection_pool)
        self._pubsub: Any = PubSub(self._connections)
        self._received = 0
        self.ended = False

    def send(self, command: str, *channels: str) -> None:
        """Subscribe, unsubscribe, ssubscribe, sunsubscribe or ping. Raises `SubscriptionEnded`."""
        if self.ended:
            raise SubscriptionEnded()
        try:
            getattr(self._pubsub, command)(*channels)
        except Exception as error:
            self.end()
            raise SubscriptionEnded(type(error).__name__) from error

    def next(self, timeout_s: float) -> dict[str, Any] | None:
        """The next message, None when there is none within the time. For one greenlet alone.

        Raises the server's own answers, such as that a slot has moved, and else `SubscriptionEnded`.
        """
        if self.ended:
            raise SubscriptionEnded()
        try:
            message: dict[str, Any] | None = self._pubsub.get_message(timeout=timeout_s)
        except ResponseError:
            raise
        except Exception as error:
            self.end()
            raise SubscriptionEnded(type(error).__name__) from error
        self._received += 1
        if self._received % YIELD_EVERY == 0:
            gevent.sleep(0)
        return message

    def end(self) -> None:
        """Close the connection; whoever waits in it is woken."""
        self.ended = True
        self._connections.close()


class _OneConnection:
    """What a `PubSub` needs of a pool: one connection, made once, that nobody else was or will be given."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._connection: Any = None
        self._used_up = False

    def get_encoder(self) -> Any:
        return self._pool.get_encoder()

    def get_connection(self) -> Any:
        settings = {**self._pool.connection_kwargs, "redis_connect_func": self._greet_once}
        self._connection = self._pool.connection_class(**settings)
        self._connection.connect()
        return self._connection

    def release(self, connection: Any) -> None:
        """Nobody takes it after this one."""

    def close(self) -> None:
        self._used_up = True
        if self._connection is not None:
            self._connection.disconnect()

    def _greet_once(self, connection: Any) -> None:
        # Called whenever a socket was opened, so also when redis-py tries to connect again.
        if self._used_up:
            raise SubscriptionEnded()
        self._used_up = True
        connection.on_connect()
