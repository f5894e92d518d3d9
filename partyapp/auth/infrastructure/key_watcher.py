"""Ends what goes on with servers' keys that count no more: nobody asks whether they do, but for requests."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Set
from uuid import UUID

import gevent

from partyapp.shared.kernel.clock import monotonic_s
from partyapp.shared.kernel.errors import Refusal, Unauthenticated
from partyapp.shared.kernel.principal import Principal

log = logging.getLogger(__name__)

#: The keys are looked at so often, in s.
LOOK_S = 1.5
#: So many of those that ended are remembered, for a ticket that one gave holds for half a minute.
REMEMBERED = 1000


class KeyWatcher:
    """Looks which keys count. `counting` gives their ids; `on_ended` is told of those that did, and don't."""

    def __init__(self, counting: Callable[[], Set[UUID]], on_ended: Callable[[Set[UUID]], None]) -> None:
        self._counting = counting
        self._on_ended = on_ended
        self._known: Set[UUID] = frozenset()
        self._ended: deque[UUID] = deque(maxlen=REMEMBERED)
        self._looked_s = float("-inf")
        self._looking = threading.Lock()

    def each_second(self) -> None:
        """Look when it is time."""
        if monotonic_s() - self._looked_s >= LOOK_S and not self._looking.locked():
            gevent.spawn(self.look)

    def look(self) -> None:
        """Look now. Where that can't be told, what was known stays."""
        with self._looking:
            self._looked_s = monotonic_s()
            try:
                found = self._counting()
            except Refusal as refusal:
                log.warning("servers' keys can't be looked at now: %s", refusal.code)
                return
            ended, self._known = self._known - found, found
        if ended:
            self._ended.extend(ended)
            self._on_ended(ended)

    def current(self, principal: Principal) -> Principal:
        """The principal, if they don't come by a key that has ended. Raises `Unauthenticated`.

        Who asks with the key's token is refused anyway; a ticket doesn't know of the key that it came by.
        """
        if principal.session_id in self._ended:
            raise Unauthenticated()
        return principal
