"""Publishes who is connected: at most once a second a room, and only what has changed."""

import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

import gevent

from partyapp.party.live.attendance_writer import AttendanceWriter, due_rooms
from partyapp.party.live.crowd import numbers_due, send_crowd, share_of
from partyapp.party.live.host_offers import offer_role
from partyapp.party.live.member_sync import MemberSyncState
from partyapp.party.live.presence import RedisPresence, Share, refresh_ms, stale_ms
from partyapp.party.live.presence_exchange import PresenceExchange, forget
from partyapp.party.live.rest_members import RestMembers
from partyapp.party.live.room_messages import encoded
from partyapp.party.live.room_state import RoomState
from partyapp.realtime.pubsub.redis_pubsub import Bus
from partyapp.realtime.rooms import Hub, Room
from partyapp.realtime.yielding import yield_every
from partyapp.shared.kernel.clock import Clock

log = logging.getLogger(__name__)

#: After so many rooms others get a turn; the turns last so long in all, in s.
PORTION = 10
SPREAD_S = 0.2
#: So many rooms are asked in a row whether they are due.
DUE_PORTION = 500


class PresencePublisher:
    """Gathers the presence of this process's connections and exchanges it with the other processes."""

    def __init__(
        self,
        hub: Hub[RoomState],
        clock: Clock,
        presence: RedisPresence,
        bus: Bus,
        process_id: str,
        rest: RestMembers,
        attendance: AttendanceWriter,
        host_grace_ms: float,
    ) -> None:
        self._hub = hub
        self._clock = clock
        self._presence = presence
        self._process_id = process_id
        self.exchange = PresenceExchange(
            hub, clock, bus, process_id, touch=self.touch, own_share=self._own_share
        )
        self._rest = rest
        self._attendance = attendance
        self._refresh_ms = refresh_ms(host_grace_ms)
        self._stale_ms = stale_ms(host_grace_ms)
        self._touched: set[UUID] = set()
        self._writing = False
        self._changed: set[UUID] = set()
        self._writing_soon = False

    def touch(self, party_id: UUID) -> None:
        """A member connected, left, or sent something that may change their sync."""
        self._touched.add(party_id)

    def came(self, party_id: UUID, user_id: UUID) -> None:
        """A connection of this member came."""
        self._attendance.came(party_id, user_id)
        self._write_soon(party_id)

    def went(self, party_id: UUID, user_id: UUID) -> None:
        """A connection of this member went; called before the room forgets it."""
        self._attendance.went(party_id, user_id)
        self._write_soon(party_id)

    def seen(self, party_id: UUID, user_id: UUID) -> MemberSyncState:
        """A member who follows by requests has sent one. What is known of their player may be added."""
        state, first = self._rest.seen(party_id, user_id, self._clock.now_ms())
        if first:
            self.came(party_id, user_id)
        else:
            self.touch(party_id)
        return state

    def durations(self, party_id: UUID, video_id: UUID) -> dict[UUID, float]:
        """The lengths of the film in s that members' players tell this process, by sockets and requests."""
        room = self._hub.room(party_id)
        told = {} if room is None else room.state.durations()
        return {**told, **self._rest.durations(party_id, video_id)}

    def forget(self, party_id: UUID, user_id: UUID) -> None:
        """Somebody who may have followed by requests is no member any more."""
        self._rest.forget(party_id, user_id)
        self.touch(party_id)

    def _write_soon(self, party_id: UUID) -> None:
        """Write it within a moment, since a leaving host's successor is chosen by it; the room itself is
        sent it with the next second."""
        self.touch(party_id)
        self._changed.add(party_id)
        if not self._writing_soon:
            self._writing_soon = True
            gevent.spawn_later(0.05, self._write_changed)

    def each_second(self) -> None:
        """Send each touched room what changed, and the other processes too."""
        now_ms = self._clock.now_ms()
        for party_id, user_id in self._rest.expire(now_ms):
            self.went(party_id, user_id)
        for room in yield_every(list(self._hub.rooms.values()), DUE_PORTION):
            if room.state.is_due(now_ms):
                self._touched.add(room.id)
        touched, self._touched = self._touched, set()
        to_write: dict[UUID, Share] = {}
        for party_id in yield_every(touched, PORTION, SPREAD_S):
            _guarded(self._send_touched, party_id, now_ms, to_write)
        self._refresh(now_ms, to_write)
        if to_write and not self._writing:
            self._writing = True
            gevent.spawn(self._write, to_write)
        self._attendance.each_second(now_ms)

    def _send_touched(self, party_id: UUID, now_ms: float, to_write: dict[UUID, Share]) -> None:
        room = self._hub.room(party_id)
        if room is None:
            self._share_roomless(party_id, now_ms, to_write)
        else:
            self._send_news(room, now_ms, to_write)

    def _refresh(self, now_ms: float, to_write: dict[UUID, Share]) -> None:
        """Share what hasn't changed either, before others take it for a dead process's."""
        rooms = list(self._hub.rooms.values())
        due = due_rooms(rooms, (room.state.written_ms for room in rooms), now_ms, self._refresh_ms)
        for room in yield_every(due, PORTION, SPREAD_S):
            _guarded(self._refresh_room, room, now_ms, to_write)
        for party_id, party in self._rest.parties():
            if now_ms - party.shared_ms > self._refresh_ms and self._hub.room(party_id) is None:
                party.shared = {}
                _guarded(self._share_roomless, party_id, now_ms, to_write)

    def _refresh_room(self, room: Room[RoomState], now_ms: float, to_write: dict[UUID, Share]) -> None:
        self._forget_dead(room.state, now_ms)
        self._touched.add(room.id)
        room.state.written_ms = now_ms
        self._share(room, now_ms, to_write)

    def publish_departure(self) -> None:
        """This process ends: write and publish that it has no members any more. Waits for Redis."""
        self.each_second()
        self._write_changed(at_last=True)
        self._attendance.write(self._clock.now_ms())

    def request_presence(self, party_id: UUID) -> None:
        """A room was opened here: have the other processes publish who is connected to them."""
        self.exchange.ask(party_id)

    def _send_news(self, room: Room[RoomState], now_ms: float, to_write: dict[UUID, Share]) -> None:
        state = room.state
        state.rest = self._rest.members(room.id, now_ms)
        state.rest_durations = self._rest.durations(room.id, room.state.replica.state.video.id)
        self._rest.drop_empty(room.id)
        was_large = state.listed_to_all is not None
        if was_large and state.large and not numbers_due(room, now_ms):
            # Looked at less often, since each look is one at everybody.
            self._touched.add(room.id)
            return
        before, news = state.published, state.news(now_ms)
        if state.large:
            send_crowd(room, news, before, now_ms)
        elif news:
            room.broadcast(encoded({"type": "presence", "members": news}))
        if news:
            if not state.large:
                # A large share is written at its refresh; there is news of some of thousands all the time.
                state.written_ms = now_ms
            self._share(room, now_ms, to_write)
        offer_role(room, now_ms)

    def _share_roomless(self, party_id: UUID, now_ms: float, to_write: dict[UUID, Share]) -> None:
        """Share who follows by requests a party that this process has no sockets of; nobody, when it had."""
        party = self._rest.party(party_id)
        members = {} if party is None else party.now(now_ms)
        if party is not None:
            if members and not party.is_news(members):
                return
            party.shared, party.shared_ms = members, now_ms
            self._rest.drop_empty(party_id)
        to_write[party_id] = Share(members)
        self.exchange.publish(party_id, to_write[party_id], self._clock.now_ms())

    def _share(self, room: Room[RoomState], now_ms: float, to_write: dict[UUID, Share]) -> None:
        to_write[room.id] = self._own_share(room.id, now_ms)
        self.exchange.publish(room.id, to_write[room.id], now_ms)

    def _write(self, rooms: dict[UUID, Share]) -> None:
        try:
            self._presence.write(self._process_id, rooms)
        finally:
            self._writing = False

    def _write_changed(self, *, at_last: bool = False) -> None:
        self._writing_soon = False
        changed, self._changed = self._changed, set()
        now_ms = self._clock.now_ms()
        found: dict[UUID, Share] = {}
        for party_id in changed:
            room = self._hub.room(party_id)
            if room is not None and not at_last and not room.state.claim_write(now_ms):
                self._write_soon(party_id)
                continue
            _guarded(self._take_share, party_id, now_ms, found)
        self._presence.write(self._process_id, found)

    def _take_share(self, party_id: UUID, now_ms: float, found: dict[UUID, Share]) -> None:
        found[party_id] = self._own_share(party_id, now_ms)

    def _forget_dead(self, state: RoomState, now_ms: float) -> None:
        for process_id, (received_ms, _) in list(state.remote.items()):
            if now_ms - received_ms > self._stale_ms:
                forget(state, process_id)

    def _own_share(self, party_id: UUID, now_ms: float) -> Share:
        """What this process adds to a party: its members' sync, and what lead they need."""
        rest, room = self._rest.members(party_id, now_ms), self._hub.room(party_id)
        if room is None:
            return Share(rest)
        room.state.rest = rest
        return share_of(room.state, now_ms)


def _guarded(work: Callable[..., None], *arguments: Any) -> None:
    """Do something about one party. A bug in that must not silence the others."""
    try:
        work(*arguments)
    except Exception:
        log.exception("a party's presence could not be shared")
