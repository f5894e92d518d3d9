"""Waiting for Postgres on gevent's event loop, in the place of what psycopg does there.

psycopg waits by `select.poll`. Where gevent has taken its place, a wait is an object to poll, an event, a
timer ten times a second, and one more turn of the loop before the greenlet goes on. One watcher does as much.
"""

from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from gevent import get_hub
from gevent.hub import Waiter
from psycopg import waiting

T = TypeVar("T")


def wait_on_loop(
    gen: Generator[Any, Any, T], fileno: int, interval: float = 0.0, timeout: float | None = None
) -> T:
    """`psycopg.waiting.wait`: run its generator `gen`, and wait for its socket as often as that asks.

    A limit of gevent's may end the wait. Raises `psycopg.OperationalError` for a socket that is closed here.
    """
    if timeout is not None:
        return waiting.wait_poll(gen, fileno, interval, timeout)
    watcher = None
    try:
        wanted = next(gen)
        hub = get_hub()
        # psycopg and libev write "readable" and "writable" by the same bits.
        watcher = hub.loop.io(fileno, wanted)
        while True:
            waiter = Waiter(hub)
            watcher.start(waiter.switch, pass_events=True)
            try:
                ready = waiter.get()
            finally:
                watcher.stop()
            if ready < 0:
                raise psycopg.OperationalError("connection socket closed")
            asked = gen.send(ready)
            if asked != wanted:
                watcher.close()
                wanted, watcher = asked, hub.loop.io(fileno, asked)
    except StopIteration as end:
        found: T = end.value
        return found
    finally:
        if watcher is not None:
            watcher.close()


def wait_for_postgres_on_loop() -> None:
    """Have psycopg wait so from now on, in this whole process."""
    waiting.wait = wait_on_loop
