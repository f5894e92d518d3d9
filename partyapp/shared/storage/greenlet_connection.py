"""How a greenlet waits for Postgres: the event loop's watcher of the connection resumes it directly.

psycopg waits with `select.poll`. In greenlets that is gevent's, which makes an event and a timer for each
wait, wakes up ten times a second, and resumes who waits only in the loop's turn after the one that saw the
answer. To wait for the one statement that commits it is most of what a command does.
"""

from typing import Any

import psycopg
from gevent import get_hub
from gevent.hub import Waiter
from psycopg.abc import PQGen

#: The same bits in both: 1 to read and 2 to write (`psycopg.waiting.Wait`, `Ready`; libev's events).
_BITS = 3


class GreenletConnection(psycopg.Connection[Any]):
    """A connection whose use lets other greenlets run, and which a `gevent.Timeout` ends like any wait."""

    def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        """What the generator of a use of the connection returns; waits without a limit of its own.

        With a `timeout` in s it is psycopg's own wait. `interval` is for what greenlets don't have: signals.
        """
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            wanted = int(next(gen))
            while True:
                wanted = int(gen.send(_ready(self.pgconn.socket, wanted)))
        except StopIteration as end:
            return end.value


def _ready(fileno: int, wanted: int) -> Any:
    """Wait until the socket can be read or written, as wanted; which of them it can be. An end is both."""
    hub = get_hub()
    waiter: Any = Waiter(hub)
    watcher = hub.loop.io(fileno, wanted)
    # As gevent's own poll has it: before what members have sent, which would wait for the database as well.
    watcher.priority = hub.loop.MAXPRI
    watcher.start(waiter.switch, pass_events=True)
    try:
        return waiter.get() & _BITS
    finally:
        watcher.stop()
        watcher.close()
