"""Publishes who is connected: at most once a second a room, and only what has changed."""

import logging
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import gevent
import msgspec

from partyapp.party.infrastructure.playback.lead_needs import LeadNeeds
from partyapp.party.live.attendance_writer import AttendanceWriter, due_rooms
from partyapp.party.live.crowd import CROWD_MS, send_crowd, share_of
from partyapp.party.live.host_offers import offer_role
from partyapp.party.live.member_sync import MemberSyncState
from partyapp.party.live.presence import RedisPresence, Share, refresh_ms, stale_ms
from partyapp.party.live.rest_members import RestMembers
from partyapp.party.live.room_messages import encoded
from partyapp.party.live.room_state import RoomState
from partyapp.realtime.messages import encode
from partyapp.realtime.pubsub.redis_pubsub import Bus, room_channel
from partyapp.realtime.rooms import Hub, Room
from partyapp.realtime.yielding import yield_every
from partyapp.shared.kernel.clock import Clock

log = logging.getLogger(__name__)

#: After so many rooms others get a turn; the turns last so long in all, in s.
PORTION = 10
SPREAD_S = 0.2
#: So many rooms are asked in a row whether they are due.
DUE_PORTION = 500
_NOBODY = Share({})


class ProcessPresence(msgspec.Struct, frozen=True, kw_only=True, tag="presence"):
    """What the processes publish of presence: the members of one party who are connected to `process`.

    `members` maps each to the sync of their device furthest off (docs/protocol.md), `needs` is what lead they
    need; `lead_ms` says it to processes of an older version, and is all that those say. With `asks` the other
    processes answer with theirs. `first` and `verdicts` are those of `Share`.
    """

    party: UUID
    process: str
    members: Mapping[UUID, dict[str, Any] | None]
    lead_ms: float | None
    needs: LeadNeeds | None = None
    asks: bool = False
    first: Mapping[UUID, float] | msgspec.UnsetType = msgspec.UNSET
    verdicts: str | msgspec.UnsetType = msgspec.UNSET


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
        self._bus = bus
        self._process_id = process_id
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
        self._share(room, now_ms, to_write)

    def publish_departure(self) -> None:
        """This process ends: write and publish that it has no members any more. Waits for Redis."""
        self.each_second()
        self._write_changed(at_last=True)
        self._attendance.write(self._clock.now_ms())

    def receive(self, message: ProcessPresence) -> None:
        """Take what another process published of its members."""
        room = self._hub.room(message.party)
        if room is None or message.process == self._process_id:
            return
        state = room.state
        if message.members:
            state.remote[message.process] = (self._clock.now_ms(), message.members)
            state.remote_first[message.process] = message.first or {}
            state.remote_verdicts[message.process] = message.verdicts or ""
        else:
            _forget(state, message.process)
        if message.lead_ms is None:
            state.remote_needs.pop(message.process, None)
        else:
            state.remote_needs[message.process] = message.needs or LeadNeeds.of_older(message.lead_ms)
        self._touched.add(room.id)
        if message.asks:
            # What is told of a large party takes several turns, which the bus must not wait for.
            gevent.spawn(self._answer, room.id)

    def _answer(self, party_id: UUID) -> None:
        self._publish(party_id, self._own_share(party_id, self._clock.now_ms()))

    def request_presence(self, party_id: UUID) -> None:
        """A room was opened here: have the other processes publish who is connected to them."""
        self._publish(party_id, _NOBODY, asks=True)

    def _send_news(self, room: Room[RoomState], now_ms: float, to_write: dict[UUID, Share]) -> None:
        state = room.state
        state.rest = self._rest.members(room.id, now_ms)
        state.rest_durations = self._rest.durations(room.id, room.state.replica.state.video.id)
        self._rest.drop_empty(room.id)
        was_large = state.given_to_all is not None
        if was_large and state.large and now_ms - state.crowd_sent_ms < CROWD_MS:
            # Looked at less often, since each look is one at everybody.
            self._touched.add(room.id)
            return
        news = state.news(now_ms)
        if state.large:
            send_crowd(room, news, now_ms)
        elif news:
            room.broadcast(encoded({"type": "presence", "members": news}))
        if news:
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
        self._publish(party_id, to_write[party_id])

    def _share(self, room: Room[RoomState], now_ms: float, to_write: dict[UUID, Share]) -> None:
        room.state.written_ms = now_ms
        to_write[room.id] = self._own_share(room.id, now_ms)
        self._publish(room.id, to_write[room.id])

    def _publish(self, party_id: UUID, share: Share, *, asks: bool = False) -> None:
        message = ProcessPresence(
            party=party_id,
            process=self._process_id,
            members=share.members,
            lead_ms=share.lead_ms,
            needs=share.needs,
            asks=asks,
            first=share.first or {},
            verdicts=share.verdicts,
        )
        self._bus.publish(room_channel(party_id), encode(message))

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
            if room is not None and not at_last and room.state.can_wait(now_ms):
                self._write_soon(party_id)
                continue
            _guarded(self._take_share, party_id, now_ms, found)
        self._presence.write(self._process_id, found)

    def _take_share(self, party_id: UUID, now_ms: float, found: dict[UUID, Share]) -> None:
        found[party_id] = self._own_share(party_id, now_ms)

    def _forget_dead(self, state: RoomState, now_ms: float) -> None:
        for process_id, (received_ms, _) in list(state.remote.items()):
            if now_ms - received_ms > self._stale_ms:
                _forget(state, process_id)
                state.remote_needs.pop(process_id, None)

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


def _forget(state: RoomState, process_id: str) -> None:
    for known in (state.remote, state.remote_first, state.remote_verdicts):
        known.pop(process_id, None)
