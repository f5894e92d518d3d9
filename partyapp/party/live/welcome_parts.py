"""What other contexts add to a welcome: each has its own order, and a welcome tells all of one moment."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from partyapp.party.live.room_state import RoomState
from partyapp.realtime.rooms import Room

#: What a client says it has seen of other contexts, by the socket's parameters.
Seen = Mapping[str, int]
#: What was read of other contexts with the party, by the same statement. It may be there or not.
Marks = Mapping[str, Any]


class WelcomePart(Protocol):
    """One context's part of the welcomes."""

    def read(self, room: Room[RoomState], user_id: UUID, seen: Seen, marks: Marks) -> Any:
        """What the welcome needs, after the room's sockets were sent all that is in it. Waits; raises a
        `Refusal` when that can't be had."""
        ...

    def fields(self, room: Room[RoomState], reading: Any, seen: Seen) -> Mapping[str, Any] | None:
        """The fields to add to the welcome; None when the reading is old by now. Doesn't wait."""
        ...


class WelcomeParts:
    """The parts of all contexts, in the order in which they were added."""

    def __init__(self) -> None:
        self._parts: list[WelcomePart] = []

    def add(self, part: WelcomePart) -> None:
        """Have each welcome hold this part, too."""
        self._parts.append(part)

    def read(self, room: Room[RoomState], user_id: UUID, seen: Seen, marks: Marks) -> Sequence[Any]:
        """What all of them need. Waits."""
        return [part.read(room, user_id, seen, marks) for part in self._parts]

    def fields(self, room: Room[RoomState], readings: Sequence[Any], seen: Seen) -> dict[str, Any] | None:
        """The fields of all; None when one of them has moved on. Doesn't wait."""
        found: dict[str, Any] = {}
        for part, reading in zip(self._parts, readings, strict=True):
            fields = part.fields(room, reading, seen)
            if fields is None:
                return None
            found |= fields
        return found
