"""When a process ticks its rooms: as the tick's message comes, and by itself when none comes any more."""

import logging
from typing import Protocol

import gevent
import msgspec

from partyapp.shared.kernel.clock import monotonic_s
from partyapp.shared.kernel.errors import Refusal
from partyapp.shared.ops import metrics

log = logging.getLogger(__name__)

#: A process ticks by itself after so many intervals without a message.
LATE_AFTER = 1.5


class Tick(msgspec.Struct, frozen=True, kw_only=True, tag="tick"):
    """The tick numbered `slot` is due in every process."""

    slot: int


class TickedRooms(Protocol):
    """What is ticked."""

    def tick(self) -> None:
        """Send the tick to every room. May wait; raises a `Refusal` when it can't be completed."""
        ...


class Ticker:
    """Ticks, one tick at a time. `interval_s` is how often the message comes, in s."""

    def __init__(self, rooms: TickedRooms, interval_s: float) -> None:
        self._rooms = rooms
        self._interval_s = interval_s
        self._ticked_s = monotonic_s()
        self._ticking = False

    def receive(self, message: Tick) -> None:
        """The message came."""
        self._tick_soon()

    def each_second(self) -> None:
        """Tick when no message came for too long: without beat, a worker or Redis the rooms need it too."""
        metrics.TICK_AGE.set(monotonic_s() - self._ticked_s)
        if monotonic_s() - self._ticked_s > LATE_AFTER * self._interval_s:
            self._tick_soon()

    def _tick_soon(self) -> None:
        if not self._ticking:
            self._ticking = True
            gevent.spawn(self._tick)

    def _tick(self) -> None:
        try:
            self._ticked_s = monotonic_s()
            self._rooms.tick()
        except Refusal as refusal:
            log.warning("a tick was cut short: %s", refusal.code)
        finally:
            self._ticking = False
