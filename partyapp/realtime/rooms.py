"""Rooms: who sits on which socket of this process, and what a room has heard so far."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from partyapp.realtime.websocket.connection import Connection
from partyapp.realtime.websocket.frames import CloseCode
from partyapp.realtime.websocket.send_queue import Priority

DeviceKey = tuple[UUID, UUID | None]


class Room:
    """The sockets of one party in this process. `memory` is whatever its owner keeps of the party.

    `revision` is the last one that the sockets have been told of, so that each hears every change once
    and in order, whichever way the news came.
    """

    __slots__ = ("has_gap", "catching_up", "id", "state", "revision", "seats")

    def __init__(self, room_id: UUID, revision: int, state: Any) -> None:
        self.id = room_id
        self.revision = revision
        self.state = state
        self.seats: dict[DeviceKey, Connection] = {}
        self.catching_up = False
        self.has_gap = False

    def broadcast(self, frame: bytes, kind: Priority = Priority.CHANGE) -> None:
        """The same bytes to every socket."""
        for connection in list(self.seats.values()):
            connection.send(frame, kind)

    def connections_of(self, user_id: UUID) -> list[Connection]:
        """The sockets of one person, one a device."""
        return [connection for seat, connection in self.seats.items() if seat[0] == user_id]

    def user_ids(self) -> set[UUID]:
        """Who is here."""
        return {seat[0] for seat in self.seats}


class Hub:
    """Every room of this process."""

    def __init__(self) -> None:
        self.rooms: dict[UUID, Room] = {}

    def room(self, room_id: UUID) -> Room | None:
        """The room, if anybody of this process is in it."""
        return self.rooms.get(room_id)

    def open(self, room_id: UUID, revision: int, state: Any) -> Room:
        """The room, made when it is not there yet."""
        room = self.rooms.get(room_id)
        if room is None:
            room = self.rooms[room_id] = Room(room_id, revision, state)
        return room

    def sit(self, room: Room, seat: DeviceKey, connection: Connection) -> None:
        """Give the seat to this socket; an older socket on it is closed with 4409."""
        older = room.seats.get(seat)
        room.seats[seat] = connection
        if older is not None and older is not connection:
            older.close(CloseCode.REPLACED)

    def stand_up(self, room: Room, seat: DeviceKey, connection: Connection) -> bool:
        """Free the seat if it is still this socket's; True when that left the room empty and closed it."""
        if room.seats.get(seat) is connection:
            del room.seats[seat]
        if room.seats or self.rooms.get(room.id) is not room:
            return False
        del self.rooms[room.id]
        return True

    def connections(self) -> Iterator[Connection]:
        """Every socket, as they are now."""
        for room in list(self.rooms.values()):
            yield from list(room.seats.values())

    def __len__(self) -> int:
        return sum(len(room.seats) for room in self.rooms.values())
