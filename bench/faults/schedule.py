"""The seeded schedule of faults and its injector. The same seed plans the same faults."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from bench.faults.environment import FaultEnvironment
from bench.faults.injections import INJECTIONS, Injection, NotApplicable

#: From one fault to the next, in s.
EVERY_S = (2.0, 5.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFault:
    """One planned fault: `after_s` the one before it, lasting `lasts_s` if its injection has a duration.

    `draw` in [0, 1) is its own random number, for whatever else the injection has to choose.
    """

    after_s: float
    name: str
    lasts_s: float
    draw: float


@dataclass(slots=True, kw_only=True)
class InjectedFault:
    """What became of a fault. `result` names its target, or says why it did not apply."""

    at_s: float
    name: str
    lasts_s: float
    result: str = "under way"


def plan(seed: int) -> Iterator[PlannedFault]:
    """The endless schedule of a seed."""
    rng = random.Random(f"faults {seed}")
    names = [name for name, injection in INJECTIONS.items() for _ in range(injection.weight)]
    while True:
        name = rng.choice(names)
        low, high = INJECTIONS[name].lasts_s
        yield PlannedFault(
            after_s=rng.uniform(*EVERY_S),
            name=name,
            lasts_s=rng.uniform(low, high),
            draw=rng.random(),
        )


@dataclass(slots=True)
class FaultInjector:
    """Injects the schedule of a seed. Faults with a duration overlap with those that follow."""

    environment: FaultEnvironment
    seed: int
    injected: list[InjectedFault] = field(default_factory=list)
    log: Callable[[str], None] = print
    _over: threading.Event = field(default_factory=threading.Event)

    def run(self, seconds: float, max_faults: int | None = None) -> None:
        """Inject for so long, or so many faults; returns when every fault has been reverted."""
        began, until = time.monotonic(), time.monotonic() + seconds
        with ThreadPoolExecutor(16) as threads:
            jobs: list[Future[None]] = []
            for number, planned in enumerate(plan(self.seed)):
                left = until - time.monotonic()
                if left < planned.after_s or number == max_faults or self._over.wait(planned.after_s):
                    break
                fault = InjectedFault(
                    at_s=time.monotonic() - began, name=planned.name, lasts_s=planned.lasts_s
                )
                self.injected.append(fault)
                jobs.append(threads.submit(self._inject, INJECTIONS[planned.name], planned, fault))
            self._over.set()
            for job in jobs:
                job.result()

    def _inject(self, injection: Injection, planned: PlannedFault, fault: InjectedFault) -> None:
        try:
            fault.result, revert = injection.inject(self.environment, planned.draw)
        except NotApplicable as error:
            fault.result = f"not done: {error}"
            return
        finally:
            self.log(f"{fault.at_s:7.1f} s  {fault.name:24} {fault.result}")
        if injection.lasts_s[1] > 0:
            # The end of the run reverts early what still lasts.
            self._over.wait(planned.lasts_s)
        if revert is not None:
            revert()

    def as_json(self) -> list[dict[str, Any]]:
        """The list of faults for a report."""
        return [
            {
                "at_s": round(fault.at_s, 2),
                "name": fault.name,
                "lasts_s": round(fault.lasts_s, 2),
                "result": fault.result,
            }
            for fault in self.injected
        ]
