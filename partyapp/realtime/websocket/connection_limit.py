"""How many connections each user has on this process, bounded.

The event loop runs nothing else between the look and the taking, so two handshakes at once can't both get
the last slot.
"""

from collections import Counter
from collections.abc import Hashable
from uuid import UUID


class ConnectionSlot:
    """A slot that was taken. It is given back once, however often that is asked for."""

    __slots__ = ("_owner", "_key", "_user_id")

    def __init__(self, owner: "ConnectionLimit", user_id: UUID, key: Hashable) -> None:
        self._owner: ConnectionLimit | None = owner
        self._user_id = user_id
        self._key = key

    def give_back(self) -> None:
        """Make room for another connection."""
        if self._owner is not None:
            self._owner.free(self._user_id, self._key)
            self._owner = None


class ConnectionLimit:
    """Gives at most `most` slots to each user, one for each of their keys."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._connections: dict[UUID, Counter[Hashable]] = {}

    def take(self, user_id: UUID, key: Hashable) -> ConnectionSlot | None:
        """A slot, or None when the user has none left.

        A key that is connected anew needs no other slot: its older socket is about to be closed.
        """
        connections = self._connections.setdefault(user_id, Counter())
        if key not in connections and len(connections) >= self._most:
            return None
        connections[key] += 1
        return ConnectionSlot(self, user_id, key)

    def free(self, user_id: UUID, key: Hashable) -> None:
        """The way back of a `ConnectionSlot`."""
        connections = self._connections[user_id]
        connections[key] -= 1
        if not connections[key]:
            del connections[key]
        if not connections:
            del self._connections[user_id]

    def __len__(self) -> int:
        return len(self._connections)
