"""Keeps everybody told of who is here: at most once a second a room, and only what has changed."""

import json
import logging
import math
from collections.abc import Callable
from typing import Any
from uuid import UUID

import gevent

from partyapp.party.live.presence import RedisPresence, refresh_ms, stale_ms
from partyapp.party.live.room_messages import encoded
from partyapp.party.live.room_state import RoomState
from partyapp.realtime.pubsub.redis_pubsub import Bus, room_channel
from partyapp.realtime.rooms import Hub, Room
from partyapp.realtime.websocket.send_queue import Priority
from partyapp.realtime.yielding import yield_every
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import Refusal

log = logging.getLogger(__name__)

#: After so many rooms others get a turn; the turns last so long in all, in s.
PORTION = 10
SPREAD_S = 0.2
#: In a second at most so many times the rooms are done that an even spread would have: whoever falls behind
#: catches up.
HASTE = 1.25


class PresencePublisher:
    """Gathers the presence of this process's sockets and exchanges it with the other processes."""

    bus: Bus

    def __init__(
        self,
        hub: Hub,
        clock: Clock,
        presence: RedisPresence,
        process_id: str,
        renew_host_lease: Callable[[list[UUID], float], None],
        host_grace_ms: float,
    ) -> None:
        self._hub = hub
        self._clock = clock
        self._presence = presence
        self._process_id = process_id
        self._renew_host_lease = renew_host_lease
        self._host_grace_ms = host_grace_ms
        # A host who is connected is vouched for as often, for the grace and as long again.
        self._refresh_ms = refresh_ms(host_grace_ms)
        self._stale_ms = stale_ms(host_grace_ms)
        self._touched: set[UUID] = set()
        self._writing = self._renewing = False
        self._moved: set[UUID] = set()
        self._writing_soon = False

    def touch(self, party_id: UUID) -> None:
        """Somebody came, went, or told something of themselves."""
        self._touched.add(party_id)

    def came_or_went(self, party_id: UUID) -> None:
        """Somebody connected or is gone: write it down within a moment, since a leaving host's successor
        is chosen by it; the room itself hears of it with the next second."""
        self.touch(party_id)
        self._moved.add(party_id)
        if not self._writing_soon:
            self._writing_soon = True
            gevent.spawn_later(0.05, self._write_moved)

    def each_second(self) -> None:
        """Tell each touched room what changed, and the other processes too."""
        now_ms = self._clock.now_ms()
        touched, self._touched = self._touched, set()
        to_write: dict[UUID, Any] = {}
        for party_id in yield_every(touched, PORTION, SPREAD_S):
            room = self._hub.room(party_id)
            if room is None:
                to_write[party_id] = ({}, None)
                self._publish(party_id, {}, None)
            else:
                self._tell(room, now_ms, to_write)
        for room in yield_every(
            self._due(now_ms, lambda room_state: room_state.written_ms), PORTION, SPREAD_S
        ):
            self._forget_dead(room.state, now_ms)
            self._touched.add(room.id)
            self._share(room, now_ms, to_write)
        if to_write and not self._writing:
            self._writing = True
            gevent.spawn(self._write, to_write)
        if not self._renewing:
            self._renewing = True
            gevent.spawn(self._renew_host_leases, now_ms)

    def _due(self, now_ms: float, last_ms: Callable[[RoomState], float]) -> list[Room]:
        """The rooms for which it is time again. Those of an evening begin together, so they are spread over
        most of the time in which each has to be done: no second has all of them to do."""
        rooms = list(self._hub.rooms.values())
        most = math.ceil(len(rooms) * HASTE * 1000.0 / self._refresh_ms)
        return [room for room in rooms if now_ms - last_ms(room.state) > self._refresh_ms][:most]

    def say_goodbye(self) -> None:
        """This process ends: write down and tell that nobody is here any more. Waits for Redis."""
        self.each_second()
        self._write_moved()

    def receive(self, message: dict[str, Any]) -> None:
        """Take in what another process tells of its members."""
        process_id = message["process"]
        room = self._hub.room(UUID(message["party"]))
        if room is None or process_id == self._process_id:
            return
        room_state: RoomState = room.state
        members = {UUID(user): sync for user, sync in message["members"].items()}
        if members:
            room_state.remote[process_id] = (self._clock.now_ms(), members)
        else:
            room_state.remote.pop(process_id, None)
        if message["lead_ms"] is None:
            room_state.remote_leads.pop(process_id, None)
        else:
            room_state.remote_leads[process_id] = message["lead_ms"]
        self._touched.add(room.id)
        if message.get("asks"):
            self._publish(room.id, *_own_share(room_state, self._clock.now_ms()))

    def ask(self, party_id: UUID) -> None:
        """A room was opened here: have the other processes say who they have in it."""
        self._publish(party_id, {}, None, asks=True)

    def _tell(self, room: Room, now_ms: float, to_write: dict[UUID, Any]) -> None:
        news = room.state.news(now_ms)
        if news:
            room.broadcast(encoded({"type": "presence", "members": news}), Priority.CHANGE)
            self._share(room, now_ms, to_write)

    def _share(self, room: Room, now_ms: float, to_write: dict[UUID, Any]) -> None:
        room_state: RoomState = room.state
        room_state.written_ms = now_ms
        to_write[room.id] = _own_share(room_state, now_ms)
        self._publish(room.id, *to_write[room.id])

    def _publish(self, party_id: UUID, members: Any, lead_ms: float | None, *, asks: bool = False) -> None:
        message = {
            "party": str(party_id),
            "process": self._process_id,
            "members": {str(user): sync for user, sync in members.items()},
            "lead_ms": lead_ms,
            "asks": asks,
        }
        self.bus.publish(room_channel(party_id), json.dumps(message, separators=(",", ":")).encode())

    def _write(self, rooms: dict[UUID, Any]) -> None:
        try:
            self._presence.write(self._process_id, rooms)
        finally:
            self._writing = False

    def _write_moved(self) -> None:
        self._writing_soon = False
        moved, self._moved = self._moved, set()
        now_ms = self._clock.now_ms()
        found: dict[UUID, Any] = {}
        for party_id in moved:
            room = self._hub.room(party_id)
            found[party_id] = ({}, None) if room is None else _own_share(room.state, now_ms)
        self._presence.write(self._process_id, found)

    def _renew_host_leases(self, now_ms: float) -> None:
        try:
            due = self._due(now_ms, lambda room_state: room_state.leased_ms)
            for room in due:
                room.state.leased_ms = now_ms
            attended = [room.id for room in due if room.state.host_id in map(str, room.user_ids())]
            if attended:
                self._renew_host_lease(attended, now_ms + self._host_grace_ms + self._refresh_ms)
        except Refusal as refusal:
            log.warning("hosts could not be vouched for now: %s", refusal.code)
        finally:
            self._renewing = False

    def _forget_dead(self, room_state: RoomState, now_ms: float) -> None:
        for process_id, (heard_ms, _) in list(room_state.remote.items()):
            if now_ms - heard_ms > self._stale_ms:
                del room_state.remote[process_id]
                room_state.remote_leads.pop(process_id, None)


def _own_share(room_state: RoomState, now_ms: float) -> tuple[dict[UUID, Any], float]:
    """What this process adds to a party: its members' sync, and the lead in ms that they need."""
    return room_state.own_members(now_ms), room_state.own_lead_ms(now_ms)
