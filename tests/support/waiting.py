"""Waiting for what must become true, always with a limit and never by sleeping a fixed time.

The limits are for failures alone: what is as it should be is noticed as soon as it is so. They are far from
what a quiet machine needs, since a test is to hold on one that is slow or busy.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

#: For what comes within moments: an answer, a message, a process that notices something. In s.
LIMIT_S = 30.0
#: For what takes a process' start, or a server that is back after an outage. In s.
RECOVERY_S = 120.0


class Unexpected(AssertionError):
    """The service answered otherwise than this client was told to expect."""


def eventually(
    check: Callable[[], T], limit_s: float = LIMIT_S, every_s: float = 0.05, longest_s: float | None = None
) -> T:
    """Call `check` until it gives something truthy, and return that.

    `every_s` is the pause between two calls, doubled each time up to `longest_s` if that is given.
    Raises Unexpected when `limit_s` seconds have passed without; the last thing seen is in the text.
    """
    deadline = time.monotonic() + limit_s
    pause = threading.Event()
    while True:
        seen = check()
        if seen:
            return seen
        if time.monotonic() >= deadline:
            raise Unexpected(f"still {seen!r} after {limit_s} s")
        pause.wait(every_s)
        if longest_s is not None:
            every_s = min(2 * every_s, longest_s)
