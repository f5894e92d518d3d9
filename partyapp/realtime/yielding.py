"""Long work on the event loop, done in portions, so that a command which comes meanwhile is not held up."""

from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

import gevent

T = TypeVar("T")

#: What a pause lasts at most, in s: a few of the steps that a command takes.
MAX_PAUSE_S = 0.002


def yield_every(many: Collection[T], portion: int, spread_s: float = 0.0) -> Iterator[T]:
    """The same, with a pause for others after each portion of so many, and all pauses no longer than
    `spread_s` s. What is iterated over must not change meanwhile: give it a copy."""
    pause_s = _pause_s(len(many), portion, spread_s)
    for number, one in enumerate(many, 1):
        yield one
        if number % portion == 0:
            gevent.sleep(pause_s)


def portions(many: Collection[T], portion: int, spread_s: float = 0.0) -> Iterator[Sequence[T]]:
    """The same, so many at a time, with such a pause between two portions: none where one holds them all.
    What `many` holds may change meanwhile."""
    copy = list(many)
    pause_s = _pause_s(len(copy), portion, spread_s)
    for first in range(0, len(copy), portion):
        if first:
            gevent.sleep(pause_s)
        yield copy[first : first + portion]


def _pause_s(many: int, portion: int, spread_s: float) -> float:
    return min(MAX_PAUSE_S, spread_s * portion / max(many, 1))
