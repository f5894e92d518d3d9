"""What waits to be written to one socket: bounded, with a newer tick in place of an older one.

Presence waits as a change does. A newer one could only take the place of an older if it named all members
that the older names, and it names those alone who changed meanwhile. It need not, either: a socket without
room is closed after 5 s, and one that reads too slowly for longer gets a fresh welcome with all of presence.
"""

from enum import Enum

from partyapp.shared.ops import metrics

#: More unsent changes than this are replaced by one fresh welcome.
MAX_CHANGES = 48

#: More unsent answers (pongs, acks, errors) than this mean that the peer doesn't read.
MAX_ANSWERS = 128


class Priority(Enum):
    """What a frame is, and so what may happen to it while it waits."""

    TICK = "tick"
    CHANGE = "change"
    ANSWER = "answer"


class Overflow(Exception):
    """The peer reads so slowly that what it must be sent no longer fits."""


class HighWater:
    """The longest that any queue of this process has been since it was asked last."""

    def __init__(self) -> None:
        self._frames = 0

    def note(self, frames: int) -> None:
        """A queue is so long."""
        if frames > self._frames:
            self._frames = frames

    def taken(self) -> int:
        """The longest, in frames; then it is 0 again."""
        frames, self._frames = self._frames, 0
        return frames


HIGH_WATER = HighWater()


class SendQueue:
    """Frames in order. A newer tick takes the place of an unsent older one."""

    __slots__ = ("_answers", "_changes", "_waiting", "needs_snapshot")

    def __init__(self) -> None:
        # Bounded, and mostly empty: an empty deque takes ten times as much, in each of thousands of sockets.
        self._waiting: list[tuple[Priority, bytes]] = []
        self._changes = 0
        self._answers = 0
        #: True once changes were dropped: the peer needs a fresh welcome before any other change.
        self.needs_snapshot = False

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, kind: Priority, frame: bytes) -> None:
        """Queue a frame. Raises `Overflow` when the bound of answers is passed."""
        if kind is Priority.ANSWER:
            self._answers += 1
            if self._answers > MAX_ANSWERS:
                raise Overflow()
        elif kind is Priority.CHANGE:
            if self.needs_snapshot:
                return
            self._changes += 1
            if self._changes > MAX_CHANGES:
                self._drop_changes()
                return
        else:
            self._waiting = [entry for entry in self._waiting if entry[0] is not Priority.TICK]
            if self.needs_snapshot:
                return
        self._waiting.append((kind, frame))
        HIGH_WATER.note(len(self._waiting))

    def take(self) -> bytes | None:
        """The next frame, None when there is none."""
        if not self._waiting:
            return None
        kind, frame = self._waiting.pop(0)
        if kind is Priority.CHANGE:
            self._changes -= 1
        elif kind is Priority.ANSWER:
            self._answers -= 1
        return frame

    def clear(self) -> None:
        """Forget everything: the socket is being closed."""
        self._waiting.clear()
        self._changes = self._answers = 0

    def _drop_changes(self) -> None:
        self._waiting = [entry for entry in self._waiting if entry[0] is Priority.ANSWER]
        self._changes = 0
        self.needs_snapshot = True
        metrics.SNAPSHOTS.inc()
