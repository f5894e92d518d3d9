"""The nemesis: a seeded plan of faults, each with its strokes. The same seed plans the same faults."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from bench.faults.environment import Resources
from bench.faults.injections import STROKES, Stroke, Undone

#: From one fault to the next, in s.
EVERY_S = (2.0, 5.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One planned fault: `after_s` the one before it, lasting `lasts_s` where it is one that lasts.

    `draw` in 0..1 is its own chance, for whatever else it has to choose.
    """

    after_s: float
    name: str
    lasts_s: float
    draw: float


@dataclass(slots=True, kw_only=True)
class Struck:
    """What became of a fault. `did` says whom it hit, or why it could not."""

    at_s: float
    name: str
    lasts_s: float
    did: str = "under way"


def plan(seed: int) -> Iterator[Fault]:
    """The faults of a seed, without an end."""
    chance = random.Random(f"faults {seed}")
    names = [name for name, stroke in STROKES.items() for _ in range(stroke.weight)]
    while True:
        name = chance.choice(names)
        low, high = STROKES[name].lasts_s
        yield Fault(
            after_s=chance.uniform(*EVERY_S),
            name=name,
            lasts_s=chance.uniform(low, high),
            draw=chance.random(),
        )


@dataclass(slots=True)
class Nemesis:
    """Strikes by the plan. Faults that last overlap with those that follow."""

    ground: Resources
    seed: int
    done: list[Struck] = field(default_factory=list)
    tell: Callable[[str], None] = print
    _over: threading.Event = field(default_factory=threading.Event)

    def rage(self, seconds: float, most: int | None = None) -> None:
        """Strike for so long, or so many times; returns when every fault has been taken back."""
        began, until = time.monotonic(), time.monotonic() + seconds
        with ThreadPoolExecutor(16) as hands:
            jobs: list[Future[None]] = []
            for number, fault in enumerate(plan(self.seed)):
                left = until - time.monotonic()
                if left < fault.after_s or number == most or self._over.wait(fault.after_s):
                    break
                struck = Struck(at_s=time.monotonic() - began, name=fault.name, lasts_s=fault.lasts_s)
                self.done.append(struck)
                jobs.append(hands.submit(self._strike, STROKES[fault.name], fault, struck))
            self._over.set()
            for job in jobs:
                job.result()

    def _strike(self, stroke: Stroke, fault: Fault, struck: Struck) -> None:
        try:
            struck.did, take_back = stroke.strike(self.ground, fault.draw)
        except Undone as undone:
            struck.did = f"not done: {undone}"
            return
        finally:
            self.tell(f"{struck.at_s:7.1f} s  {struck.name:24} {struck.did}")
        if stroke.lasts_s[1] > 0:
            # The end of the run takes what lasts back early.
            self._over.wait(fault.lasts_s)
        if take_back is not None:
            take_back()

    def as_json(self) -> list[dict[str, Any]]:
        """The list of faults for a report."""
        return [
            {
                "at_s": round(each.at_s, 2),
                "name": each.name,
                "lasts_s": round(each.lasts_s, 2),
                "did": each.did,
            }
            for each in self.done
        ]
