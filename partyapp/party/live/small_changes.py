"""When a change of a member's sync that isn't told at once is told: a large party's at fixed times.

In a large party each of a hundred syncs goes to everybody, and most differ a little whenever they are looked
at. So each is told once in `REPEAT_LARGE_AFTER_MS` however many there are and however uncertain their clocks
are; a fifth of them at a time, so that no socket is sent all hundred at once.
"""

from collections.abc import Callable, Collection
from uuid import UUID

#: However little it changed, a member's sync is sent again this often, in ms; seldom in a large party, where
#: each of a hundred goes to everybody. In a small one it is about as often as all is written to Redis anyway.
REPEAT_AFTER_MS, REPEAT_LARGE_AFTER_MS = 20_000.0, 80_000.0

#: The members of a large party are told of in so many parts, each in a turn of its own.
PARTS = 5
TURN_MS = REPEAT_LARGE_AFTER_MS / PARTS


def part_of(user_id: UUID) -> int:
    """Which part a member belongs to, the same in every process."""
    return user_id.int % PARTS


class Turns:
    """Which parts of a large party are due. Turns begin at the same instants of party time everywhere.

    `ahead` is by how many turns a part is due earlier: another process is told before it tells its members.
    """

    __slots__ = ("_ahead", "_turn")

    def __init__(self, since_ms: float = 0.0, ahead: int = 0) -> None:
        """Nothing is due of the turn of `since_ms`."""
        self._turn, self._ahead = int(since_ms // TURN_MS), ahead

    def take(self, now_ms: float) -> frozenset[int]:
        """The parts whose turn has begun since the last call; all of them after `REPEAT_LARGE_AFTER_MS`."""
        before, self._turn = self._turn, max(self._turn, int(now_ms // TURN_MS))
        turns = range(max(before, self._turn - PARTS) + 1, self._turn + 1)
        return frozenset((turn + self._ahead) % PARTS for turn in turns)


class SmallChanges:
    """Whose small changes a room's members are to be told now."""

    __slots__ = ("_told_ms", "_turns")

    def __init__(self) -> None:
        self._turns = Turns()
        #: When each member of a small party was told of.
        self._told_ms: dict[UUID, float] = {}

    def due(self, now_ms: float, *, large: bool) -> Callable[[UUID], bool]:
        """What says whether a member's small change is to be told now; asked for once each time that
        the room is told."""
        if large:
            parts = self._turns.take(now_ms)
            return lambda user_id: part_of(user_id) in parts
        told_ms, repeat_ms = self._told_ms, REPEAT_AFTER_MS
        # What is due soon goes with what is due: a message for all costs what one for each of them does.
        if any(now_ms - at > repeat_ms for at in told_ms.values()):
            repeat_ms /= 2
        return lambda user_id: now_ms - told_ms.get(user_id, 0.0) > repeat_ms

    def told(
        self, user_ids: Collection[UUID], connected: Collection[UUID], now_ms: float, *, large: bool
    ) -> None:
        """The room was told of these. Of a large party it isn't remembered, nor of who isn't connected."""
        told_ms = {} if large else {**self._told_ms, **dict.fromkeys(user_ids, now_ms)}
        self._told_ms = {user_id: at for user_id, at in told_ms.items() if user_id in connected}
