"""What the rooms of this process are sent: each event once and in order, and the tick.

Whatever reaches a room (a commit made here, a publication of another process, the events read back from
Postgres) goes through `_send_events`, which applies each revision to the replica and sends it in the same
step. So the replica is always at the revision that the room's sockets have been sent.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, Protocol
from uuid import UUID

import gevent

from partyapp.party.application.views import playback_view
from partyapp.party.contract import MEMBER_LEFT, MEMBER_REMOVED, PARTY_SESSION_ENDED, PartyEvent
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.state import SyncedPartySessionState
from partyapp.party.infrastructure.unit_of_work import Committed
from partyapp.party.live.room_messages import (
    PartyEvents,
    RoomEvent,
    encoded,
    frames_of,
    publication,
    removed_message,
    room_event,
    tick_frame,
)
from partyapp.party.live.room_state import RoomState
from partyapp.realtime.gathered import GatheredWork
from partyapp.realtime.messages import encode
from partyapp.realtime.pubsub.redis_pubsub import ROOM_PREFIX, Bus, room_channel
from partyapp.realtime.rooms import Hub, Room
from partyapp.realtime.websocket.frames import CloseCode
from partyapp.realtime.websocket.send_queue import Priority
from partyapp.realtime.yielding import portions, yield_every
from partyapp.shared.kernel.clock import PartyClock
from partyapp.shared.kernel.errors import Refusal

log = logging.getLogger(__name__)

#: So many missed events are read at once, and sent one by one to a socket that resumes.
MAX_REPLAY = 200

#: A tick goes to so many rooms in a row, and to so many sockets of one of them; its pauses in between last
#: so long in all, in s: thousands at once would hold up a command for as long as all of them take.
PORTION = 10
SOCKETS = 100
TICK_SPREAD_S = 0.15

#: A stale replica is read so often at once, when the party moves on during the reading, and then again after
#: so long, in s: events of a newer program must not make every process read the party for each of them.
REREAD_TRIES = 5
REREAD_PAUSE_S = 1.0


#: Another context's interest in what a room was sent.
Watcher = Callable[[UUID, Sequence[RoomEvent]], None]


class PartySnapshot(Protocol):
    """A party as it was read from Postgres. `marks`: what was read of other contexts with it, if anything."""

    @property
    def state(self) -> SyncedPartySessionState: ...
    @property
    def members(self) -> Sequence[PartyMember]: ...
    @property
    def marks(self) -> Mapping[str, Any]: ...


class PartyStore(Protocol):
    """Where what was missed is read: Postgres."""

    def whole(self, party_id: UUID, user_ids: Collection[UUID] = ()) -> PartySnapshot | None: ...
    def events(self, party_id: UUID, after: int, limit: int) -> Sequence[PartyEvent]: ...
    def events_with_commands(
        self, party_id: UUID, after: int, limit: int
    ) -> Sequence[tuple[PartyEvent, UUID | None]]: ...
    def revisions(self, party_ids: Sequence[UUID]) -> dict[UUID, int]: ...


class RoomFeed:
    """Sends events and ticks to the rooms of this process."""

    def __init__(self, hub: Hub[RoomState], clock: PartyClock, store: PartyStore, bus: Bus) -> None:
        self._hub = hub
        self._clock = clock
        self._store = store
        self._bus = bus
        self._watchers: list[Watcher] = []
        self._check_soon = GatheredWork(partial(self._guarded, self._check_revisions))

    def watch(self, watcher: Watcher) -> None:
        """Have it called with the events that a room was sent, in the event loop. It must not wait."""
        self._watchers.append(watcher)

    def announce(self, committed: Committed) -> None:
        """Send a commit made here: to our own sockets at once, to the other processes over the bus."""
        party_id = committed.session.state.id
        message = publication(party_id, committed.events, committed.command_id)
        room = self._hub.rooms.get(party_id)
        if room is not None:
            self._send_events(room, message.events)
        self._bus.publish(room_channel(party_id), encode(message))

    def receive(self, message: PartyEvents) -> None:
        """Take another process's publication, or our own back; what the room was sent changes nothing."""
        room = self._hub.rooms.get(message.party)
        if room is not None:
            self._send_events(room, message.events)

    def subscribed(self, channel: str) -> None:
        """A channel carries messages from now on; what was published before may be missing."""
        if channel.startswith(ROOM_PREFIX):
            room = self._hub.room(UUID(channel.removeprefix(ROOM_PREFIX)))
            if room is not None:
                self._check_soon(room)

    def compare_soon(self) -> None:
        """Compare all rooms with Postgres soon, once for all who ask for it meanwhile."""
        for room in self._hub.rooms.values():
            self._check_soon(room)

    def tick(self) -> None:
        """Catch up where a room is behind Postgres, and repeat revision and playback to every socket."""
        rooms = list(self._hub.rooms.values())
        self._guarded(self._check_revisions, rooms)
        for room in yield_every(rooms, PORTION, TICK_SPREAD_S):
            for connections in portions(room.connections.values(), SOCKETS, TICK_SPREAD_S):
                # Made anew for each portion, since a commit that comes meanwhile is told of at once.
                frame = self._tick_frame(room)
                for connection in connections:
                    connection.send(frame, Priority.TICK)

    def _tick_frame(self, room: Room[RoomState]) -> bytes:
        state = room.state.replica.state
        playback = playback_view(state.playback)
        return tick_frame(state.revision, playback, self._clock.now_ms(), self._clock.epoch)

    def catch_up(self, party_id: UUID) -> None:
        """Read and send what the party's room has missed. Waits for Postgres; raises `Unavailable`."""
        room = self._hub.room(party_id)
        if room is not None:
            self.catch_up_room(room)

    def catch_up_room(self, room: Room[RoomState]) -> None:
        """The same. A gap that shows meanwhile is closed in the same go, by whoever reads already."""
        room.state.catch_up.run(partial(self._send_missed, room))

    def _check_revisions(self, rooms: Sequence[Room[RoomState]]) -> None:
        # Before the reading, since commits go on meanwhile.
        told = [room.state.revision for room in rooms]
        revisions = self._store.revisions([room.id for room in rooms])
        for room, known in zip(rooms, told, strict=True):
            found = revisions.get(room.id, 0)
            if found > room.state.revision:
                self._guarded(self.catch_up_room, room)
            elif found < known:
                self._start_over(room, found)

    def _start_over(self, room: Room[RoomState], revision: int) -> None:
        """Postgres has gone back: to a backup, or to a standby that missed the latest commits.

        What the room was sent has never happened, so all of it is sent anew to whoever comes back.
        """
        log.warning("party %s is at %d, and its room at %d", room.id, revision, room.state.revision)
        self._bus.unsubscribe(room_channel(room.id))
        self._hub.dissolve(room, CloseCode.RESTART)

    def _send_missed(self, room: Room[RoomState]) -> bool:
        """One portion; True when there is more."""
        missed = self._store.events_with_commands(room.id, room.state.revision, MAX_REPLAY)
        self._send_events(room, [room_event(event, command_id) for event, command_id in missed])
        return len(missed) == MAX_REPLAY

    def _send_events(self, room: Room[RoomState], events: Sequence[RoomEvent]) -> None:
        """The one way by which a room is sent events: each revision once, in order."""
        replica = room.state.replica
        if events and events[0].revision > replica.state.revision + 1:
            gevent.spawn(self._guarded, self.catch_up_room, room)
            return
        sent: list[RoomEvent] = []
        for event in events:
            if not replica.apply(event):
                continue
            sent.append(event)
            for frame in frames_of(event):
                room.broadcast(frame)
            if event.type == MEMBER_REMOVED:
                self._put_out(room, UUID(event.data["user_id"]), event.data["banned"])
        self._dismiss(room, sent)
        self._tell_watchers(room.id, sent)
        if replica.stale and not room.state.rereading:
            room.state.rereading = True
            gevent.spawn(self._reread_while_stale, room)

    @staticmethod
    def _put_out(room: Room[RoomState], user_id: UUID, banned: bool) -> None:
        """Close the sockets of who was removed, at once: what they have asked for is not waited for."""
        frame = encoded(removed_message(banned))
        for connection in room.connections_of(user_id):
            connection.send(frame, Priority.ANSWER)
            connection.close(CloseCode.REMOVED)

    def _tell_watchers(self, party_id: UUID, events: Sequence[RoomEvent]) -> None:
        if events:
            for watcher in self._watchers:
                watcher(party_id, events)

    @staticmethod
    def _dismiss(room: Room[RoomState], events: Sequence[RoomEvent]) -> None:
        """Close the sockets of who left, or of all: that the party ended is told rather than who left."""
        if any(event.type == PARTY_SESSION_ENDED for event in events):
            for connection in list(room.connections.values()):
                connection.dismiss(CloseCode.PARTY_ENDED)
        for event in events:
            if event.type == MEMBER_LEFT:
                for connection in room.connections_of(UUID(event.data["user_id"])):
                    connection.dismiss(CloseCode.REMOVED)

    def _reread_while_stale(self, room: Room[RoomState]) -> None:
        try:
            while room.state.replica.stale and self._hub.room(room.id) is room:
                self._guarded(self._reread, room)
                gevent.sleep(REREAD_PAUSE_S)
        finally:
            room.state.rereading = False

    def _reread(self, room: Room[RoomState]) -> None:
        """Read a party whose replica met an event of a newer program, so that the replica can be used again.

        The replica takes only a reading of its own revision: a newer one would leave the events in between
        unsent, so they are sent first.
        """
        replica = room.state.replica
        for _ in range(REREAD_TRIES):
            reading = self._store.whole(room.id, replica.present)
            if reading is None:
                return
            if reading.state.revision > replica.state.revision:
                self.catch_up_room(room)
            if reading.state.revision == replica.state.revision:
                replica.reset(reading.state, reading.members)
                return

    @staticmethod
    def _guarded(work: Callable[..., None], *arguments: Any) -> None:
        try:
            work(*arguments)
        except Refusal as refusal:
            log.warning("a room could not catch up with Postgres now: %s", refusal.code)
        except Exception:
            # One party's events that can't be read must not keep the ticks of all others.
            log.exception("a room could not catch up with Postgres")
