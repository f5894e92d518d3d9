"""Waiting for what must become true, always with a limit and never by sleeping a fixed time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Unexpected(AssertionError):
    """The service answered otherwise than this client was told to expect."""


def eventually(check: Callable[[], T], limit_s: float = 10.0, every_s: float = 0.05) -> T:
    """Call `check` until it gives something truthy, and return that.

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
