"""Once a second: what every connection of the process needs, and what else is registered for each second."""

import logging
from collections.abc import Sequence
from typing import Any, Protocol

import gevent

from partyapp.realtime.rooms import Hub
from partyapp.realtime.websocket.frames import CloseCode
from partyapp.realtime.websocket.send_queue import HIGH_WATER
from partyapp.realtime.yielding import yield_every
from partyapp.shared.kernel.clock import Clock, monotonic_s
from partyapp.shared.ops import metrics

log = logging.getLogger(__name__)

#: How long a connection whose commands are under way may wait for their answers before it is closed, in s.
LAST_ANSWERS_S = 0.7

#: After so many connections others get a turn, so that thousands of pings don't hold a broadcast up.
PORTION = 200


class EachSecond(Protocol):
    """Something to be done once a second, in the event loop. It may wait."""

    def each_second(self) -> None: ...


class Keepalive:
    """Pings, and closes whoever is silent, stuck or expired. Then does what is due each second."""

    def __init__(
        self,
        hub: Hub[Any],
        clock: Clock,
        *,
        heartbeat_s: float,
        silence_s: float,
        each_second: Sequence[EachSecond] = (),
    ) -> None:
        self._hub = hub
        self._clock = clock
        self._heartbeat_s = heartbeat_s
        self._silence_s = silence_s
        self._each_second = each_second
        self._greenlet: gevent.Greenlet | None = None

    def start(self) -> None:
        """Begin."""
        self._greenlet = gevent.spawn(self._run_forever)

    def stop(self) -> None:
        """End, and close every connection with 1012 within a second.

        A connection with a command under way is sent its answer first, unless that takes `LAST_ANSWERS_S`.
        """
        if self._greenlet is not None:
            self._greenlet.kill(block=False)
        for connection in list(self._hub.connections()):
            connection.dismiss(CloseCode.RESTART)
        gevent.sleep(LAST_ANSWERS_S)
        for connection in list(self._hub.connections()):
            connection.close(CloseCode.RESTART)

    def check_connections(self) -> None:
        """Check every connection once, and count them."""
        now_s, party_ms = monotonic_s(), self._clock.now_ms()
        for connection in yield_every(list(self._hub.connections()), PORTION):
            connection.heartbeat(now_s, party_ms, self._heartbeat_s, self._silence_s)
        metrics.SEND_QUEUE.set(HIGH_WATER.taken())
        metrics.SOCKETS.set(len(self._hub))
        metrics.ROOMS.set(len(self._hub.rooms))

    def _run_forever(self) -> None:
        while True:
            asked_s = monotonic_s()
            gevent.sleep(1.0)
            metrics.LOOP_LAG.observe(max(0.0, monotonic_s() - asked_s - 1.0))
            for work in (self.check_connections, *(task.each_second for task in self._each_second)):
                try:
                    work()
                except Exception:
                    # A bug of ours must not keep the rest from its second; the next one comes after a pause.
                    log.exception("the work of a second failed")
