"""Locks that are passed on in the order of asking: who writes to a party's chat next in this process.

A semaphore of gevent lets whoever asks at the moment of a release go before those who wait already, so
what one person says in a row would come out of order.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from gevent.event import Event

from partyapp.shared.kernel.errors import Unavailable

#: So long a message waits for those before it in this process, in s.
LIMIT_S = 3.0


class FairLocks:
    """One lock for each party. `limit_s` is how long one waits for it at most, in s."""

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self._limit_s = limit_s
        #: Of the parties whose lock somebody has: who comes after.
        self._waiting: dict[UUID, deque[Event]] = {}

    @contextmanager
    def lock(self, party_id: UUID) -> Iterator[None]:
        """Have the party's lock meanwhile. Raises `Unavailable` when those before take too long."""
        self._acquire(party_id)
        try:
            yield
        finally:
            self._release(party_id)

    def _acquire(self, party_id: UUID) -> None:
        waiting = self._waiting.get(party_id)
        if waiting is None:
            self._waiting[party_id] = deque()
            return
        mine, has_it = Event(), False
        waiting.append(mine)
        try:
            mine.wait(self._limit_s)
            has_it = mine.is_set()
        finally:
            # A greenlet may be ended while it waits, just as it gets the lock.
            if not has_it and mine.is_set():
                self._release(party_id)
            elif not has_it:
                waiting.remove(mine)
        if not has_it:
            raise Unavailable("Too much is said in this party at once. Try again shortly.")

    def _release(self, party_id: UUID) -> None:
        waiting = self._waiting[party_id]
        if waiting:
            waiting.popleft().set()
        else:
            del self._waiting[party_id]
