"""Threads for what a disk does, so that the greenlets of this process need not wait for it."""

from collections.abc import Callable
from typing import Any

from gevent.threadpool import ThreadPool

#: More reads and writes at once make no disk faster; and these are not gevent's own threads, which look up
#: names of hosts.
_THREADS = 8


class DiskThreads:
    """Calls things in other threads. To be made in the process that uses it, after it was forked."""

    def __init__(self, threads: int = _THREADS) -> None:
        self._limit = threads
        self._pool: ThreadPool | None = None

    def __call__(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """What `work` gives or raises; this greenlet waits, others run on."""
        if self._pool is None:
            self._pool = ThreadPool(self._limit)
        # gevent prints what is raised there as if nobody took care of it, so it comes back as a value.
        value, error = self._pool.apply(_outcome, (work, arguments))
        if error is not None:
            raise error
        return value


def _outcome(work: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, Exception | None]:
    try:
        return work(*arguments), None
    except Exception as error:
        return None, error
