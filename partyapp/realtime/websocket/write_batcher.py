"""One turn of the event loop: the first frame to a socket goes at once, what follows in the turn together.

A write to a socket costs several times what making the frame does. Who sends one frame a turn, as with a
lone command, waits for nothing; in a burst (several commands in one read, a welcome with what was missed)
each socket is written to twice instead of once a frame. An answer that goes by itself begins no turn: its
end would cost a call of the loop, and pongs are most of what is written.
"""

from typing import Any, Protocol


class Waiting(Protocol):
    """Somebody with more to write at the end of the turn."""

    def end_turn(self) -> None:
        """The turn is over: write what has gathered."""
        ...


class WriteBatcher:
    """The present turn of one event loop. `number` is different in the next."""

    __slots__ = ("_began", "_loop", "_waiting", "number")

    def __init__(self, loop: Any) -> None:
        self._loop = loop
        self._began = False
        self._waiting: list[Waiting] = []
        self.number = 0

    def begin(self) -> None:
        """Somebody writes in this turn, so its end matters."""
        if not self._began:
            self._began = True
            self._loop.run_callback(self._end)

    def wait(self, waiting: Waiting) -> None:
        """Have `end_turn` of this one called at the end."""
        self._waiting.append(waiting)

    def _end(self) -> None:
        self._began = False
        self.number += 1
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            one.end_turn()
