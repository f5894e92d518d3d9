"""When a client is told the next State, where nothing else is due. In ms of party time.

The client asks its player each 100 ms. At a multiple of that every State would meet the same place in a
frame, so the quick interval is none, and the slow one alternates around a second.
"""

import math
import random
from dataclasses import dataclass

SETTLED_MS = (950.0, 1050.0)
UNSETTLED_MS = 170.0
#: Whatever is wrong, the quick States end after this, in ms.
UNSETTLED_FOR_MS = 4000.0
#: A State that goes out later than its time by less than this (ms) moves none after it, and any other begins
#: at a place of its own. Otherwise all that one moment brings together would be due together ever after.
KEPT_WITHIN_MS = 500.0


@dataclass(slots=True)
class StateSchedule:
    """The schedule of one connection; the first State is due at once."""

    due_ms: float = -math.inf
    asked_ms: float = -math.inf
    _quick_until_ms: float = -math.inf
    _turn: int = 0
    _is_kept: bool = False

    def told(self, now_ms: float, *, settled: bool) -> None:
        """A State goes out."""
        if not settled and now_ms < self._quick_until_ms:
            self.due_ms, self._is_kept = now_ms + UNSETTLED_MS, False
            return
        self._turn = 1 - self._turn
        wait_ms = SETTLED_MS[self._turn]
        if self._is_kept and 0.0 <= now_ms - self.due_ms < KEPT_WITHIN_MS:
            self.due_ms += wait_ms
        else:
            self.due_ms = now_ms + wait_ms * random.uniform(0.5, 1.0)
        self._is_kept = True

    def moved(self, from_ms: float) -> None:
        """The member moves from that instant on: how far off it is, is to be known soon."""
        self._quick_until_ms = from_ms + UNSETTLED_FOR_MS

    def silent_until(self, until_ms: float) -> None:
        """Nothing is repeated before that instant."""
        if until_ms > self.due_ms:
            self.due_ms, self._is_kept = until_ms, False
