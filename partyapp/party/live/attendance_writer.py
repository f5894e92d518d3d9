"""Writes down in Postgres who was there: host leases, first visits, and when members were last connected.

All that a second brings goes out in one statement of each kind, beside the event loop; what fails to be
written is only a little less exact.
"""

import logging
import math
from collections.abc import Collection, Iterable, Sequence
from typing import Protocol
from uuid import UUID

import gevent

from partyapp.party.domain.state import PartyStatus
from partyapp.party.live.rest_members import RestMembers
from partyapp.party.live.room_state import RoomState
from partyapp.realtime.rooms import Hub, Room
from partyapp.shared.kernel.errors import Refusal

log = logging.getLogger(__name__)

#: In a second at most so many times the rooms are done that an even spread would have: whoever falls behind
#: catches up.
HASTE = 1.25

#: A party and one of its members.
Membership = tuple[UUID, UUID]


class AttendanceStore(Protocol):
    """Where it is written."""

    def renew_host_lease(self, party_ids: Iterable[UUID], until_ms: float) -> None:
        """These parties' hosts are connected."""
        ...

    def renew_lease_of_hosts(self, memberships: Collection[Membership], until_ms: float) -> None:
        """Of these parties the host is connected if it is that member."""
        ...

    def mark_visited(self, party_ids: Iterable[UUID], look_at_ms: float) -> Collection[UUID]:
        """Somebody is connected; upkeep is to look at `look_at_ms`, where that is a first visit.

        Returns those for which it has to be tried again.
        """
        ...

    def mark_seen(self, memberships: Sequence[Membership], at_ms: float) -> None:
        """These members were connected until `at_ms`."""
        ...


def due_rooms(
    rooms: Collection[Room[RoomState]], last_ms: Iterable[float], now_ms: float, refresh_ms: float
) -> list[Room[RoomState]]:
    """The rooms for which it is time again. Many are opened at the same time, so they are spread over
    most of the time in which each has to be done: no second has all of them to do."""
    most = math.ceil(len(rooms) * HASTE * 1000.0 / refresh_ms)
    due = [room for room, last in zip(rooms, last_ms, strict=True) if now_ms - last > refresh_ms]
    return due[:most]


class AttendanceWriter:
    """Gathers what is to be written. `refresh_ms` is how often a connected host's lease is renewed."""

    def __init__(
        self,
        hub: Hub[RoomState],
        rest: RestMembers,
        store: AttendanceStore,
        *,
        host_grace_ms: float,
        refresh_ms: float,
    ) -> None:
        self._hub = hub
        self._rest = rest
        self._store = store
        self._grace_ms = host_grace_ms
        self._refresh_ms = refresh_ms
        self._writing = False
        self._visited: set[UUID] = set()
        self._gone: list[Membership] = []

    def came(self, party_id: UUID, user_id: UUID) -> None:
        """Somebody has connected. A host's lease begins anew with the next second."""
        self._visited.add(party_id)
        room = self._hub.room(party_id)
        if room is not None and room.state.replica.state.host_id == user_id:
            room.state.leased_ms = 0.0

    def went(self, party_id: UUID, user_id: UUID) -> None:
        """A connection of this member is gone. Of a party that is over it doesn't matter any more."""
        room = self._hub.room(party_id)
        if room is None or room.state.replica.state.status is PartyStatus.ACTIVE:
            self._gone.append((party_id, user_id))

    def each_second(self, now_ms: float) -> None:
        """Have it written, unless the last writing still goes on."""
        if not self._writing:
            self._writing = True
            gevent.spawn(self.write, now_ms)

    def write(self, now_ms: float) -> None:
        """Write what has gathered. Waits for Postgres."""
        visited, self._visited = self._visited, set()
        gone, self._gone = self._gone, []
        try:
            self._renew_leases(now_ms)
            if visited:
                visited = set(self._store.mark_visited(visited, now_ms + self._grace_ms))
            if gone:
                self._store.mark_seen(sorted(set(gone)), now_ms)
        except Refusal as refusal:
            log.warning("who is there could not be written down now: %s", refusal.code)
        finally:
            # What is not written yet is written later, whatever went wrong.
            self._visited |= visited
            self._writing = False

    def _renew_leases(self, now_ms: float) -> None:
        until_ms = now_ms + self._grace_ms + self._refresh_ms
        rooms = list(self._hub.rooms.values())
        due = due_rooms(rooms, (room.state.leased_ms for room in rooms), now_ms, self._refresh_ms)
        for room in due:
            room.state.leased_ms = now_ms
        attended = [room.id for room in due if room.state.replica.state.host_id in room.user_ids()]
        if attended:
            self._store.renew_host_lease(attended, until_ms)
        followed: list[Membership] = []
        for party_id, party in self._rest.parties():
            if now_ms - party.leased_ms > self._refresh_ms:
                party.leased_ms = now_ms
                followed += [(party_id, user_id) for user_id in party.members]
        if followed:
            self._store.renew_lease_of_hosts(followed, until_ms)
