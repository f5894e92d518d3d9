"""Who writes to a party's chat next in this process: one after the other, in the order in which they came.

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
TURN_S = 3.0


class Turns:
    """The turns of every party. `turn_s` is how long one waits for its turn at most, in s."""

    def __init__(self, turn_s: float = TURN_S) -> None:
        self._turn_s = turn_s
        #: Of the parties in which somebody has the turn: who comes after.
        self._waiting: dict[UUID, deque[Event]] = {}

    @contextmanager
    def turn(self, party_id: UUID) -> Iterator[None]:
        """Have the turn meanwhile. Raises `Unavailable` when those before take too long."""
        self._take(party_id)
        try:
            yield
        finally:
            self._pass_on(party_id)

    def _take(self, party_id: UUID) -> None:
        waiting = self._waiting.get(party_id)
        if waiting is None:
            self._waiting[party_id] = deque()
            return
        mine, has_come = Event(), False
        waiting.append(mine)
        try:
            mine.wait(self._turn_s)
            has_come = mine.is_set()
        finally:
            # A greenlet may be ended while it waits, just as its turn comes.
            if not has_come and mine.is_set():
                self._pass_on(party_id)
            elif not has_come:
                waiting.remove(mine)
        if not has_come:
            raise Unavailable("Too much is said in this party at once. Try again shortly.")

    def _pass_on(self, party_id: UUID) -> None:
        waiting = self._waiting[party_id]
        if waiting:
            waiting.popleft().set()
        else:
            del self._waiting[party_id]
