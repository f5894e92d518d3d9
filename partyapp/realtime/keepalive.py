"""The heart of the live path: once a second it looks after every socket of the process."""

import logging
from collections.abc import Callable

import gevent

from partyapp.realtime.rooms import Hub
from partyapp.realtime.websocket.frames import CloseCode
from partyapp.realtime.yielding import yield_every
from partyapp.shared.kernel.clock import Clock, monotonic_s

log = logging.getLogger(__name__)

#: How long a socket whose commands are under way may wait for their answers before it is closed, in s.
LAST_ANSWERS_S = 0.7

#: After so many sockets others get a turn, so that thousands of pings don't hold a broadcast up.
BREATH = 200


class Keepalive:
    """Pings, and closes whoever is silent, stuck or expired. Calls `each_second` after that."""

    def __init__(
        self, hub: Hub, clock: Clock, *, heartbeat_s: float, silence_s: float, each_second: Callable[[], None]
    ) -> None:
        self._hub = hub
        self._clock = clock
        self._heartbeat_s = heartbeat_s
        self._silence_s = silence_s
        self._each_second = each_second
        self._greenlet: gevent.Greenlet | None = None

    def start(self) -> None:
        """Begin to beat."""
        self._greenlet = gevent.spawn(self._beat_for_ever)

    def stop(self) -> None:
        """Stop beating, and tell every socket that the service restarts (1012), within a second.

        A socket with a command under way hears its answer first, unless that takes `LAST_ANSWERS_S`.
        """
        if self._greenlet is not None:
            self._greenlet.kill(block=False)
        for connection in list(self._hub.connections()):
            connection.dismiss(CloseCode.RESTART)
        gevent.sleep(LAST_ANSWERS_S)
        for connection in list(self._hub.connections()):
            connection.close(CloseCode.RESTART)

    def beat(self) -> None:
        """Look after every socket once."""
        now_s, party_ms = monotonic_s(), self._clock.now_ms()
        for connection in yield_every(list(self._hub.connections()), BREATH):
            connection.heartbeat(now_s, party_ms, self._heartbeat_s, self._silence_s)

    def _beat_for_ever(self) -> None:
        while True:
            gevent.sleep(1.0)
            try:
                self.beat()
                self._each_second()
            except Exception:
                log.exception("a heartbeat failed")
