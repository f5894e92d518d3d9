"""Keeps a process's party clock at Redis `TIME`, the reference of the whole deployment (SYNC §1)."""

import logging
import threading
from typing import Any

import redis

from partyapp.shared.clock import PartyClock, monotonic_ms
from partyapp.shared.ids import new_id
from partyapp.shared.redis_client import RedisGone

log = logging.getLogger(__name__)

EPOCH_KEY = "party:clock:epoch"
BURST = 8
BURST_PAUSE_S = 0.02
EVERY_S = 2.0


class ReferenceClock:
    """Exchanges time with Redis. `clock_epoch` is a name that all processes share by way of Redis.

    When Redis forgot it, the first process writes its own back, which is the same as everybody's. When the
    reference itself stepped, whoever notices first names a new one.
    """

    def __init__(self, client: redis.Redis, clock: PartyClock) -> None:
        self._client = client
        self._clock = clock
        self._stop = threading.Event()

    def start(self) -> None:
        """Discipline the clock now, and from then on in the background."""
        for _ in range(BURST):
            if not self.exchange():
                break
        threading.Thread(target=self._run, name="reference-clock", daemon=True).start()

    def stop(self) -> None:
        """End the background work."""
        self._stop.set()

    def exchange(self) -> bool:
        """One exchange; False when Redis is gone, which only lets the bound grow."""
        sent_ms = monotonic_ms()
        try:
            answer: Any = self._client.time()
            received_ms = monotonic_ms()
            seconds, micros = answer
            stepped = self._clock.discipline(sent_ms, seconds * 1000 + micros / 1000, received_ms)
            self._share_epoch(stepped)
        except RedisGone:
            return False
        return True

    def _share_epoch(self, stepped: bool) -> None:
        if stepped:
            log.warning("the reference clock stepped; a new clock epoch begins")
            self._clock.epoch = str(new_id())
            self._client.set(EPOCH_KEY, self._clock.epoch)
            return
        known: Any = self._client.get(EPOCH_KEY)
        if known is None:
            own = self._clock.epoch if self._clock.epoch != "local" else str(new_id())
            self._client.set(EPOCH_KEY, own, nx=True)
            known = self._client.get(EPOCH_KEY)
        if known is not None:
            self._clock.epoch = known.decode()

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            for _ in range(3):
                self.exchange()
                if self._stop.wait(BURST_PAUSE_S):
                    return
