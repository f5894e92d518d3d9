"""Rooms: which connections of this process belong together, and what sends the same bytes to all of them."""

from collections.abc import Iterator, Set
from typing import Generic, NamedTuple, Protocol, TypeVar
from uuid import UUID

from partyapp.realtime.websocket.frames import CloseCode
from partyapp.realtime.websocket.send_queue import Priority

S = TypeVar("S")


class DeviceKey(NamedTuple):
    """A user and one of their devices; None counts as one device."""

    user_id: UUID
    device_id: UUID | None


class Subscriber(Protocol):
    """What a room needs of whoever is in it, which need not be a WebSocket. Nothing of it waits."""

    @property
    def closed(self) -> bool:
        """True once nothing can be sent any more."""
        ...

    @property
    def hung_up(self) -> bool:
        """True when the peer has gone already, though nobody has noticed yet."""
        ...

    @property
    def session_id(self) -> UUID | None:
        """The sign-in that it goes on with; None where none is known."""
        ...

    def send(self, frame: bytes, kind: Priority = Priority.CHANGE) -> None:
        """Send now or soon; what may happen to it meanwhile is up to `kind`."""
        ...

    def renew(self, welcome: bytes) -> None:
        """Send a fresh snapshot in place of the changes that were dropped for a slow reader."""
        ...

    def close(self, code: int) -> None:
        """Close with a code."""
        ...

    def dismiss(self, code: int) -> None:
        """Close with a code once what was asked for is answered."""
        ...

    def drop(self) -> None:
        """End at once."""
        ...

    def heartbeat(self, now_s: float, party_ms: float, heartbeat_s: float, silence_s: float) -> None:
        """Called each second: see `Connection.heartbeat`."""
        ...


class Room(Generic[S]):
    """The connections of one room in this process, one for each device. `state` is its owner's."""

    __slots__ = ("connections", "id", "state")

    def __init__(self, room_id: UUID, state: S) -> None:
        self.id = room_id
        self.state = state
        self.connections: dict[DeviceKey, Subscriber] = {}

    def broadcast(self, frame: bytes, kind: Priority = Priority.CHANGE) -> None:
        """The same bytes to every connection."""
        for connection in list(self.connections.values()):
            connection.send(frame, kind)

    def connections_of(self, user_id: UUID) -> list[Subscriber]:
        """The connections of one user, one for each device."""
        return [connection for key, connection in self.connections.items() if key.user_id == user_id]

    def user_ids(self) -> set[UUID]:
        """The users with a connection."""
        return {key.user_id for key in self.connections}


class Hub(Generic[S]):
    """Every room of this process. A room exists while it has connections."""

    def __init__(self) -> None:
        self.rooms: dict[UUID, Room[S]] = {}
        #: By user: where each of their connections is, and what it is.
        self._people: dict[UUID, dict[tuple[UUID, UUID | None], Subscriber]] = {}

    def room(self, room_id: UUID) -> Room[S] | None:
        """The room, if this process has connections in it."""
        return self.rooms.get(room_id)

    def open(self, room_id: UUID, state: S) -> Room[S]:
        """The room, made with `state` when it does not exist yet."""
        room = self.rooms.get(room_id)
        if room is None:
            room = self.rooms[room_id] = Room(room_id, state)
        return room

    def add(self, room: Room[S], key: DeviceKey, connection: Subscriber) -> None:
        """Make this the device's connection; an older one of it is closed with 4409."""
        older = room.connections.get(key)
        room.connections[key] = connection
        self._people.setdefault(key.user_id, {})[room.id, key.device_id] = connection
        if older is not None and older is not connection:
            older.close(CloseCode.REPLACED)

    def remove(self, room: Room[S], key: DeviceKey, connection: Subscriber) -> bool:
        """Remove the device's connection if it is still this one. True when that closed the room as empty."""
        if room.connections.get(key) is connection:
            del room.connections[key]
            self._forget(room, key, connection)
        if room.connections or self.rooms.get(room.id) is not room:
            return False
        del self.rooms[room.id]
        return True

    def dissolve(self, room: Room[S], code: int) -> None:
        """Forget the room, and close its connections: who comes back finds another one."""
        if self.rooms.get(room.id) is room:
            del self.rooms[room.id]
        for key, connection in list(room.connections.items()):
            self._forget(room, key, connection)
            connection.close(code)

    def _forget(self, room: Room[S], key: DeviceKey, connection: Subscriber) -> None:
        theirs = self._people.get(key.user_id, {})
        if theirs.get((room.id, key.device_id)) is connection:
            del theirs[room.id, key.device_id]
            if not theirs:
                del self._people[key.user_id]

    def connections_of(self, user_id: UUID) -> list[Subscriber]:
        """The user's connections, in whatever rooms."""
        return list(self._people.get(user_id, {}).values())

    def connections(self) -> Iterator[Subscriber]:
        """Every connection, as they are now."""
        for room in list(self.rooms.values()):
            yield from list(room.connections.values())

    def close_sessions(self, session_ids: Set[UUID]) -> None:
        """Close what goes on with one of these sign-ins; they were revoked."""
        for connection in self.connections():
            if connection.session_id in session_ids:
                connection.dismiss(CloseCode.TOKEN_EXPIRED)

    def close_people(self, user_ids: Set[UUID]) -> None:
        """Close what these people have open; they were revoked."""
        for room in list(self.rooms.values()):
            for (user_id, _), connection in list(room.connections.items()):
                if user_id in user_ids:
                    connection.dismiss(CloseCode.TOKEN_EXPIRED)

    def __len__(self) -> int:
        return sum(len(room.connections) for room in self.rooms.values())
