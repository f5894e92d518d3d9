"""The live side of every party this process has sockets for: entering, hearing, healing, ticking.

Whatever reaches a room (a commit made here, a publication of another process, the events read back from
Postgres) goes through `_tell`, which lets each revision pass once and in order.
"""

import json
import logging
from collections.abc import Callable, Sequence
from typing import Any, Protocol
from uuid import UUID

import gevent

from partyapp.party.application.views import event_view, party_view
from partyapp.party.contract import MEMBER_LEFT, PARTY_SESSION_ENDED, PartyEvent
from partyapp.party.domain.errors import NotAMember, PartyNotFound
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.state import SyncedPartySessionState
from partyapp.party.infrastructure.unit_of_work import Committed
from partyapp.party.live.member_sync import MemberSyncState
from partyapp.party.live.replica import PartyReplica
from partyapp.party.live.room_messages import (
    encoded,
    event_message,
    messages_of,
    publication,
    tick_frame,
)
from partyapp.party.live.room_state import RoomState
from partyapp.realtime.pubsub.redis_pubsub import ROOM_PREFIX, Bus, room_channel
from partyapp.realtime.rooms import DeviceKey, Hub, Room
from partyapp.realtime.websocket.connection import Connection
from partyapp.realtime.websocket.frames import CloseCode
from partyapp.realtime.websocket.send_queue import Priority
from partyapp.realtime.yielding import yield_every
from partyapp.shared.kernel.clock import PartyClock
from partyapp.shared.kernel.errors import Refusal, Unavailable

log = logging.getLogger(__name__)

#: So many missed events are sent one by one; who missed more gets a fresh welcome alone.
MAX_REPLAY = 200

#: A tick goes to so many rooms in a row, and its pauses in between last so long in all, in s: thousands at
#: once would hold up a command for as long as all of them take.
PORTION = 10
TICK_SPREAD_S = 0.15

_TRIES = 20


class PartyView(Protocol):
    """A party as it was read from the truth."""

    @property
    def state(self) -> SyncedPartySessionState: ...
    @property
    def members(self) -> Sequence[PartyMember]: ...


class PartyStore(Protocol):
    """Where what was missed is read: Postgres."""

    def whole(self, party_id: UUID) -> PartyView | None: ...
    def events(self, party_id: UUID, after: int, limit: int) -> Sequence[PartyEvent]: ...
    def commands_of(self, party_id: UUID, after: int, limit: int) -> dict[int, UUID]: ...
    def revisions(self, party_ids: Sequence[UUID]) -> dict[UUID, int]: ...


class RoomFeed:
    """Owns the rooms of this process. `bus` is set before anything comes in."""

    bus: Bus

    def __init__(self, hub: Hub, clock: PartyClock, store: PartyStore, heartbeat_s: float) -> None:
        self._hub = hub
        self._clock = clock
        self._store = store
        self._heartbeat_s = heartbeat_s

    def enter(
        self,
        connection: Connection,
        party_id: UUID,
        seat: DeviceKey,
        sync_state: MemberSyncState,
        last_revision: int | None,
        reading: PartyView | None = None,
    ) -> Room:
        """Welcome a socket, send what it missed since `last_revision`, and seat it. Waits for Postgres.

        A `reading` from a moment ago saves one: it is as good as a new one while its revision is the room's,
        and a room that is opened with it is checked once its channel is heard. Raises a `Refusal` and leaves
        nothing behind when the member is none any more, or Postgres is gone.
        """
        try:
            for _ in range(_TRIES):
                room = self._try_to_enter(connection, party_id, seat, sync_state, last_revision, reading)
                reading = None
                if room is not None:
                    return room
            raise Unavailable()
        except Refusal:
            opened = self._hub.room(party_id)
            if opened is not None:
                self.leave(opened, seat, connection)
            raise

    def _try_to_enter(
        self,
        connection: Connection,
        party_id: UUID,
        seat: DeviceKey,
        sync_state: MemberSyncState,
        last_revision: int | None,
        at_the_door: PartyView | None,
    ) -> Room | None:
        """One try; None when the party moved on meanwhile."""
        room, reading = self._read_current(party_id, at_the_door)
        missed: Sequence[PartyEvent] = []
        if last_revision is not None and 0 < reading.state.revision - last_revision <= MAX_REPLAY:
            missed = self._store.events(party_id, last_revision, MAX_REPLAY)
        if self._hub.room(party_id) is not room or room.revision != reading.state.revision:
            return None
        if all(member.user_id != seat[0] for member in reading.members):
            connection.close(CloseCode.REMOVED)
            raise NotAMember()
        if connection.hung_up:
            # The device is back on another socket perhaps, which must not lose its seat to this one.
            connection.drop()
            raise Unavailable()
        room_state: RoomState = room.state
        room_state.sync_states[connection] = (seat[0], sync_state)
        connection.send(self._welcome(reading, seat[0], room))
        for event in missed:
            if event.revision <= room.revision:
                connection.send(encoded(event_message(event_view(event))))
        self._hub.sit(room, seat, connection)
        return room

    def renew(self, connection: Connection, room: Room, user_id: UUID) -> None:
        """Send a fresh welcome to a socket that read so slowly that its changes were dropped."""
        for _ in range(_TRIES):
            current, reading = self._read_current(room.id)
            if current is not room or room.revision != reading.state.revision:
                continue
            connection.renew(self._welcome(reading, user_id, room))
            return
        connection.close(CloseCode.TOO_SLOW)

    def leave(self, room: Room, seat: DeviceKey, connection: Connection) -> None:
        """Forget a socket that is gone."""
        room.state.sync_states.pop(connection, None)
        if self._hub.stand_up(room, seat, connection):
            self.bus.unsubscribe(room_channel(room.id))

    def announce(self, committed: Committed) -> None:
        """Tell of a commit made here: our own sockets at once, the other processes over the bus."""
        state = committed.session.state
        message = publication(state.id, committed.events, committed.command_id)
        self.receive(message)
        self.bus.publish(room_channel(state.id), json.dumps(message, separators=(",", ":")).encode())

    def receive(self, message: dict[str, Any]) -> None:
        """Take in a publication of this process or another; one that is known already changes nothing."""
        room = self._hub.room(UUID(message["party"]))
        if room is None:
            return
        if message["events"][0]["revision"] > room.revision + 1:
            gevent.spawn(self._guarded, self._catch_up, room)
            return
        self._tell(room, message["events"])

    def subscribed(self, channel: str) -> None:
        """A channel is heard from now on; what was published before may be missing."""
        if channel.startswith(ROOM_PREFIX):
            room = self._hub.room(UUID(channel.removeprefix(ROOM_PREFIX)))
            if room is not None:
                gevent.spawn(self._guarded, self._check_revisions, [room])

    def tick(self) -> None:
        """Heal what is behind the truth, and repeat the truth to every socket of this process."""
        rooms = list(self._hub.rooms.values())
        self._guarded(self._check_revisions, rooms)
        for room in yield_every(rooms, PORTION, TICK_SPREAD_S):
            now_ms = self._clock.now_ms()
            frame = tick_frame(room.revision, room.state.playback, now_ms, self._clock.epoch)
            room.broadcast(frame, Priority.TICK)

    def _check_revisions(self, rooms: list[Room]) -> None:
        revisions = self._store.revisions([room.id for room in rooms])
        for room in rooms:
            if revisions.get(room.id, 0) > room.revision:
                self._catch_up(room)

    def _tell(self, room: Room, events: list[dict[str, Any]]) -> None:
        """The one way by which a room hears of events: each revision once, in order."""
        ended = False
        removed: list[UUID] = []
        for event in events:
            if event["revision"] != room.revision + 1:
                continue
            room.revision = event["revision"]
            room.state.apply(event)
            for message in messages_of(event):
                room.broadcast(encoded(message))
            ended = ended or event["type"] == PARTY_SESSION_ENDED
            if event["type"] == MEMBER_LEFT:
                removed.append(UUID(event["data"]["user_id"]))
        if ended:
            for connection in list(room.seats.values()):
                connection.dismiss(CloseCode.PARTY_ENDED)
        for user_id in removed:
            for connection in room.connections_of(user_id):
                connection.dismiss(CloseCode.REMOVED)

    def _catch_up(self, room: Room) -> None:
        """Read what the room has missed and tell it; a gap that shows meanwhile is healed in the same go."""
        room.has_gap = True
        if room.catching_up:
            return
        room.catching_up = True
        try:
            while room.has_gap:
                room.has_gap = self._tell_missed(room)
        finally:
            room.catching_up = False

    def _tell_missed(self, room: Room) -> bool:
        """One portion; True when there is more."""
        room.has_gap = False
        events = self._store.events(room.id, room.revision, MAX_REPLAY)
        commands = self._store.commands_of(room.id, room.revision, MAX_REPLAY)
        views = [event_view(event) for event in events]
        for view in views:
            if view["revision"] in commands:
                view["command_id"] = str(commands[view["revision"]])
        self._tell(room, views)
        return room.has_gap or len(views) == MAX_REPLAY

    def _read_current(self, party_id: UUID, reading: PartyView | None = None) -> tuple[Room, PartyView]:
        """The room and a reading of the party, the room brought up to the reading."""
        reading = reading or self._store.whole(party_id)
        if reading is None:
            raise PartyNotFound()
        state = reading.state
        room = self._hub.room(party_id)
        if room is None:
            view = party_view(state, [])
            replica = PartyReplica(state, (member.user_id for member in reading.members))
            room_state = RoomState(view["playback"], state.video.duration_s, str(state.host_id), replica)
            room = self._hub.open(party_id, state.revision, room_state)
            self.bus.subscribe(room_channel(party_id))
        elif room.revision < state.revision:
            self._catch_up(room)
            gevent.sleep(0)
        return room, reading

    def _welcome(self, reading: PartyView, user_id: UUID, room: Room) -> bytes:
        now_ms = self._clock.now_ms()
        party = party_view(reading.state, reading.members, room.state.presences(now_ms))
        return encoded(
            {
                "type": "welcome",
                "protocol": "party.v1",
                "user_id": str(user_id),
                "server_time_ms": now_ms,
                "clock_epoch": self._clock.epoch,
                "root_bound_ms": self._clock.root_bound_ms,
                "heartbeat_s": self._heartbeat_s,
                "party": party,
            }
        )

    @staticmethod
    def _guarded(work: Callable[..., None], *arguments: Any) -> None:
        try:
            work(*arguments)
        except Refusal as refusal:
            log.warning("a room could not be healed now: %s", refusal.code)
