"""Long work on the event loop, done in portions, so that a command which comes meanwhile is not held up."""

from collections.abc import Collection, Iterator
from typing import TypeVar

import gevent

T = TypeVar("T")

#: What a pause lasts at most, in s: a few of the steps that a command takes.
MAX_PAUSE_S = 0.002


def yield_every(many: Collection[T], portion: int, spread_s: float = 0.0) -> Iterator[T]:
    """The same, with a pause for others after each portion of so many, and all pauses no longer than
    `spread_s` s. What is iterated over must not change meanwhile: give it a copy."""
    pause_s = min(MAX_PAUSE_S, spread_s * portion / max(len(many), 1))
    for number, one in enumerate(many, 1):
        yield one
        if number % portion == 0:
            gevent.sleep(pause_s)
