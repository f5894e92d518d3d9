"""How many sockets each person has on this process, bounded.

The event loop runs nothing else between the look and the taking, so two handshakes at once can't both get
the last place.
"""

from collections import Counter
from collections.abc import Hashable
from uuid import UUID


class ConnectionSlot:
    """A place that was taken. It is given back once, however often that is asked for."""

    __slots__ = ("_owner", "_seat", "_user_id")

    def __init__(self, owner: "ConnectionLimit", user_id: UUID, seat: Hashable) -> None:
        self._owner: ConnectionLimit | None = owner
        self._user_id = user_id
        self._seat = seat

    def give_back(self) -> None:
        """Make room for another socket."""
        if self._owner is not None:
            self._owner.free(self._user_id, self._seat)
            self._owner = None


class ConnectionLimit:
    """Gives at most `most` places to each person."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._seats: dict[UUID, Counter[Hashable]] = {}

    def take(self, user_id: UUID, seat: Hashable) -> ConnectionSlot | None:
        """A place, or None when the person has none left.

        A seat that is connected anew needs no other place: its older socket is about to be closed.
        """
        seats = self._seats.setdefault(user_id, Counter())
        if seat not in seats and len(seats) >= self._most:
            return None
        seats[seat] += 1
        return ConnectionSlot(self, user_id, seat)

    def free(self, user_id: UUID, seat: Hashable) -> None:
        """The way back of a `ConnectionSlot`."""
        seats = self._seats[user_id]
        seats[seat] -= 1
        if not seats[seat]:
            del seats[seat]
        if not seats:
            del self._seats[user_id]

    def __len__(self) -> int:
        return len(self._seats)
