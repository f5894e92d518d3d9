"""Whether the simulator itself keeps up: how late its event loop is, and what of a core it takes."""

import asyncio
import time

from partyapp.shared.kernel.clock import monotonic_ms, monotonic_s
from partyapp.simulation.samples import Samples

_EVERY_S = 0.02


class LoopLag:
    """How late the event loop wakes who asked for a moment, in ms."""

    def __init__(self) -> None:
        self.samples = Samples()

    async def watch(self) -> None:
        """Measure until this is cancelled."""
        while True:
            asked_ms = monotonic_ms()
            await asyncio.sleep(_EVERY_S)
            self.samples.add(max(0.0, monotonic_ms() - asked_ms - _EVERY_S * 1000.0))


class ProcessorTime:
    """How much of a core this process takes."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """From now on."""
        self._used_s, self._begun_s = time.process_time(), monotonic_s()

    def cores(self) -> float:
        """Since then."""
        return round((time.process_time() - self._used_s) / max(0.001, monotonic_s() - self._begun_s), 3)
