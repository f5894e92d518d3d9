"""The life cycle of a web process's live side: start, close the connections, end when all is done."""

import logging
from collections.abc import Callable
from typing import Any, Protocol

import gevent
from greenlet import greenlet

from partyapp.realtime.greenlet_errors import log_greenlet_errors
from partyapp.realtime.keepalive import Keepalive
from partyapp.realtime.messages import encode
from partyapp.realtime.process_start import ProcessStarted
from partyapp.realtime.pubsub.redis_pubsub import TICK_CHANNEL, Bus
from partyapp.realtime.rooms import Hub

log = logging.getLogger(__name__)

#: How often a process that ends looks whether all is done, in s.
_LOOK_S = 0.02
#: Of its last seconds, how long it keeps for publishing what was done, in s.
_LAST_PUBLICATIONS_S = 1.0


class Startable(Protocol):
    """Something that runs beside the event loop from the start of the process."""

    def start(self) -> None: ...


class Presence(Protocol):
    """What other processes know of this one's connections."""

    def publish_departure(self) -> None:
        """Publish that this process has none any more. May wait."""
        ...


class RealtimeNode:
    """One web process's live side. It owns what its connections have asked for and is still being done."""

    def __init__(
        self, *, hub: Hub[Any], bus: Bus, keepalive: Keepalive, presence: Presence, clock: Startable
    ) -> None:
        self._hub = hub
        self._bus = bus
        self._keepalive = keepalive
        self._presence = presence
        self._clock = clock
        #: So many works are under way.
        self._working = 0
        #: True from the moment on in which connections are closed and none is let in any more.
        self.stopping = False

    def start(self) -> None:
        """Begin; called once in the process that holds the connections."""
        log_greenlet_errors()
        self._clock.start()
        self._bus.start()
        self._bus.publish(TICK_CHANNEL, encode(ProcessStarted()))
        self._keepalive.start()

    def spawn(self, work: Callable[[], None]) -> None:
        """Run something that may wait, beside the event loop. The process ends only after it.

        From a callback of the loop it begins at once, and the callback goes on with its first wait. A
        greenlet of gevent's begins a turn of the loop later, which for a lone command takes twice as long.
        """
        self._working += 1
        hub = gevent.get_hub()
        if gevent.getcurrent() is hub:
            greenlet(self._run, hub).switch(work)
        else:
            # Nobody would come back to a greenlet that switches to another.
            gevent.spawn_raw(self._run, work)

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            # The event loop, from which it was begun, must not be what it ends.
            log.error("work failed: %s", type(error).__name__, exc_info=True)
        finally:
            self._working -= 1

    def stop(self) -> None:
        """Close every connection with 1012, and let no other in."""
        self.stopping = True
        self._keepalive.stop()

    def finish(self, limit_s: float) -> None:
        """Wait, about `limit_s` seconds, until connections are gone and their commands done and published."""
        if not self.stopping:
            self.stop()
        _wait_until(lambda: not self._working and not len(self._hub), limit_s - _LAST_PUBLICATIONS_S)
        self._presence.publish_departure()
        _wait_until(lambda: self._bus.idle, _LAST_PUBLICATIONS_S)


def _wait_until(check: Callable[[], bool], limit_s: float) -> None:
    with gevent.Timeout(limit_s, False):
        while not check():
            gevent.sleep(_LOOK_S)
