"""What a web process says as it starts, and what the others do at that.

It may stand in the place of one that was killed between a commit and its publication: that commit nobody else
heard of, and the tick would tell it seconds later.
"""

from typing import Protocol

import msgspec


class ProcessStarted(msgspec.Struct, frozen=True, kw_only=True, tag="process_started"):
    """A web process has started."""


class Comparable(Protocol):
    """Something that rooms were told of, by messages of which one may have been lost."""

    def compare_soon(self) -> None:
        """Compare it with Postgres soon, in all rooms of this process, and tell them what they miss.

        Called in the event loop: it must not wait.
        """
        ...


class ComparedAtStarts:
    """Compares each of these when a process has started."""

    def __init__(self, *compared: Comparable) -> None:
        self._compared = compared

    def receive(self, message: ProcessStarted) -> None:
        """The message came."""
        for one in self._compared:
            one.compare_soon()
