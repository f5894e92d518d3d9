"""How a connection comes into a party's room: the welcome, what was missed, and the way out."""

from collections.abc import Mapping, Sequence, Set
from types import MappingProxyType
from typing import Any
from uuid import UUID

import gevent

from partyapp.party.application.views import LISTED
from partyapp.party.contract import PartyEvent
from partyapp.party.domain.errors import NotAMember, PartyNotFound
from partyapp.party.live.member_sync import MemberSyncState
from partyapp.party.live.replica import PartyReplica
from partyapp.party.live.room_feed import MAX_REPLAY, PartySnapshot, PartyStore, RoomFeed
from partyapp.party.live.room_messages import encoded, event_message
from partyapp.party.live.room_state import RoomState
from partyapp.party.live.welcome import Welcomes
from partyapp.party.live.welcome_parts import Seen, WelcomeParts
from partyapp.realtime.pubsub.redis_pubsub import Bus, room_channel
from partyapp.realtime.rooms import DeviceKey, Hub, Room, Subscriber
from partyapp.realtime.websocket.frames import CloseCode
from partyapp.shared.kernel.clock import PartyClock
from partyapp.shared.kernel.errors import Refusal, Unavailable

#: So often the party may move on while a welcome is prepared.
_TRIES = 20


class RoomJoin:
    """Lets connections into the rooms of this process and out again."""

    def __init__(
        self,
        hub: Hub[RoomState],
        feed: RoomFeed,
        clock: PartyClock,
        store: PartyStore,
        bus: Bus,
        heartbeat_s: float,
        parts: WelcomeParts | None = None,
    ) -> None:
        self._hub = hub
        self._feed = feed
        self._store = store
        self._bus = bus
        self._welcomes = Welcomes(clock, heartbeat_s)
        self._parts = parts or WelcomeParts()

    def enter(
        self,
        connection: Subscriber,
        party_id: UUID,
        key: DeviceKey,
        sync_state: MemberSyncState,
        last_revision: int | None,
        reading: PartySnapshot | None = None,
        seen: Seen = MappingProxyType({}),
    ) -> Room[RoomState]:
        """Welcome a connection, send what it missed since `last_revision`, add it. Waits for Postgres.

        `seen` is what it has seen of other contexts.

        A `reading` from a moment ago saves one: it is as good as a new one while its revision is the room's,
        and a room that is opened with it is checked once its channel is subscribed to. Raises a `Refusal` and
        leaves nothing behind when the user is no member any more, or Postgres is gone.
        """
        try:
            for _ in range(_TRIES):
                room = self._try_to_enter(connection, party_id, key, sync_state, last_revision, reading, seen)
                reading = None
                if room is not None:
                    return room
            raise Unavailable()
        except Refusal:
            opened = self._hub.room(party_id)
            if opened is not None:
                self.leave(opened, key, connection)
            raise

    def renew(self, connection: Subscriber, room: Room[RoomState], user_id: UUID) -> None:
        """Send a fresh welcome to a connection that read so slowly that its changes were dropped."""
        for _ in range(_TRIES):
            current, reading = self._read_current(room.id, None, user_id)
            parts = self._parts.read(room, user_id, {}, reading.marks)
            added = self._parts.fields(room, parts, {})
            if current is not room or room.state.revision != reading.state.revision or added is None:
                continue
            room.state.replica.learn(reading.members)
            if connection in room.state.sync_states:
                connection.renew(self._welcome(reading, user_id, room, connection, added))
            return
        connection.close(CloseCode.TOO_SLOW)

    def leave(self, room: Room[RoomState], key: DeviceKey, connection: Subscriber) -> None:
        """Forget a connection that is gone; the last one closes the room."""
        room.state.sync_states.pop(connection, None)
        room.state.listed_to.pop(connection, None)
        if self._hub.remove(room, key, connection):
            self._bus.unsubscribe(room_channel(room.id))

    def _try_to_enter(
        self,
        connection: Subscriber,
        party_id: UUID,
        key: DeviceKey,
        sync_state: MemberSyncState,
        last_revision: int | None,
        earlier: PartySnapshot | None,
        seen: Seen,
    ) -> Room[RoomState] | None:
        """One try; None when the party moved on meanwhile."""
        room, reading = self._read_current(party_id, earlier, key.user_id)
        missed: Sequence[PartyEvent] = []
        if last_revision is not None and 0 < reading.state.revision - last_revision <= MAX_REPLAY:
            missed = self._store.events(party_id, last_revision, MAX_REPLAY)
        parts = self._parts.read(room, key.user_id, seen, reading.marks)
        revision, added = room.state.revision, self._parts.fields(room, parts, seen)
        if self._hub.room(party_id) is not room or revision != reading.state.revision or added is None:
            return None
        if all(member.user_id != key.user_id for member in reading.members):
            connection.close(CloseCode.REMOVED)
            raise NotAMember()
        if connection.hung_up:
            # The device is perhaps back on another connection, which must not be replaced by this one.
            connection.drop()
            raise Unavailable()
        room.state.replica.learn(reading.members)
        room.state.sync_states[connection] = (key.user_id, sync_state)
        connection.send(self._welcome(reading, key.user_id, room, connection, added))
        for event in missed:
            if event.revision <= revision:
                connection.send(encoded(event_message(event)))
        self._hub.add(room, key, connection)
        return room

    def _read_current(
        self, party_id: UUID, earlier: PartySnapshot | None, user_id: UUID
    ) -> tuple[Room[RoomState], PartySnapshot]:
        """The room and a reading of the party, the room caught up to the reading.

        The members that the welcome lists are known to the room's replica or are in the reading: those of a
        large party that are missing are read with the party, once for all who come.
        """
        reading = earlier or self._store.whole(party_id, [user_id])
        missing = self._missing(reading, user_id)
        if missing:
            reading = self._store.whole(party_id, [user_id, *missing])
        if reading is None:
            raise PartyNotFound()
        room = self._hub.room(party_id)
        if room is None:
            room = self._hub.open(party_id, RoomState(PartyReplica(reading.state, reading.members)))
            self._bus.subscribe(room_channel(party_id))
        elif room.state.revision < reading.state.revision:
            self._feed.catch_up_room(room)
            gevent.sleep(0)
        return room, reading

    def _missing(self, reading: PartySnapshot | None, user_id: UUID) -> Set[UUID]:
        """Whom the welcome to a large party lists and nobody here has asked for yet."""
        if reading is None or reading.state.member_count <= LISTED:
            return frozenset()
        room = self._hub.room(reading.state.id)
        host_id = reading.state.host_id
        missing = frozenset((host_id,)) if room is None else room.state.unknown_with(host_id)
        return missing and missing - {member.user_id for member in reading.members}

    def _welcome(
        self,
        reading: PartySnapshot,
        user_id: UUID,
        room: Room[RoomState],
        connection: Subscriber,
        added: Mapping[str, Any],
    ) -> bytes:
        _, sync_state = room.state.sync_states[connection]
        frame, given = self._welcomes.frame(reading, user_id, room.state, sync_state.pace_rule.pace, added)
        if given is not None:
            room.state.listed_to[connection] = given
        return frame
