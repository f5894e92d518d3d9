"""How a connection comes into a party's room: the welcome, what was missed, and the way out."""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, Protocol
from uuid import UUID

import gevent

from partyapp.party.application.views import LISTED, party_view
from partyapp.party.contract import PartyEvent
from partyapp.party.domain.errors import NotAMember, PartyNotFound
from partyapp.party.domain.member import PartyMember
from partyapp.party.live.member_sync import MemberSyncState
from partyapp.party.live.pace import OFTEN
from partyapp.party.live.replica import PartyReplica
from partyapp.party.live.room_feed import MAX_REPLAY, PartyStore, PartyView, RoomFeed
from partyapp.party.live.room_messages import encoded, event_message
from partyapp.party.live.room_state import RoomState
from partyapp.realtime.pubsub.redis_pubsub import Bus, room_channel
from partyapp.realtime.rooms import DeviceKey, Hub, Room, Subscriber
from partyapp.realtime.websocket.frames import CloseCode
from partyapp.shared.kernel.clock import PartyClock
from partyapp.shared.kernel.errors import Refusal, Unavailable

#: So often the party may move on while a welcome is prepared.
_TRIES = 20


class WelcomePart(Protocol):
    """What another context adds to a welcome."""

    def prepare(self, party_id: UUID) -> None:
        """Have it ready. May wait; raises `Unavailable`."""
        ...

    def part(self, party_id: UUID, user_id: UUID) -> Mapping[str, Any]:
        """The fields for this user, as they are now."""
        ...


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
        parts: Sequence[WelcomePart] = (),
    ) -> None:
        self._hub = hub
        self._feed = feed
        self._clock = clock
        self._store = store
        self._bus = bus
        self._heartbeat_s = heartbeat_s
        self._parts = parts

    def enter(
        self,
        connection: Subscriber,
        party_id: UUID,
        key: DeviceKey,
        sync_state: MemberSyncState,
        last_revision: int | None,
        reading: PartyView | None = None,
    ) -> Room[RoomState]:
        """Welcome a connection, send what it missed since `last_revision`, add it. Waits for Postgres.

        A `reading` from a moment ago saves one: it is as good as a new one while its revision is the room's,
        and a room that is opened with it is checked once its channel is subscribed to. Raises a `Refusal` and
        leaves nothing behind when the user is no member any more, or Postgres is gone.
        """
        try:
            for _ in range(_TRIES):
                room = self._try_to_enter(connection, party_id, key, sync_state, last_revision, reading)
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
            if current is not room or room.state.revision != reading.state.revision:
                continue
            room.state.replica.learn(reading.members)
            connection.renew(self._welcome(reading, user_id, room, connection))
            return
        connection.close(CloseCode.TOO_SLOW)

    def leave(self, room: Room[RoomState], key: DeviceKey, connection: Subscriber) -> None:
        """Forget a connection that is gone; the last one closes the room."""
        room.state.sync_states.pop(connection, None)
        room.state.given.pop(connection, None)
        if self._hub.remove(room, key, connection):
            self._bus.unsubscribe(room_channel(room.id))

    def _try_to_enter(
        self,
        connection: Subscriber,
        party_id: UUID,
        key: DeviceKey,
        sync_state: MemberSyncState,
        last_revision: int | None,
        earlier: PartyView | None,
    ) -> Room[RoomState] | None:
        """One try; None when the party moved on meanwhile."""
        room, reading = self._read_current(party_id, earlier, key[0])
        for part in self._parts:
            part.prepare(party_id)
        missed: Sequence[PartyEvent] = []
        if last_revision is not None and 0 < reading.state.revision - last_revision <= MAX_REPLAY:
            missed = self._store.events(party_id, last_revision, MAX_REPLAY)
        revision = room.state.revision
        if self._hub.room(party_id) is not room or revision != reading.state.revision:
            return None
        if all(member.user_id != key[0] for member in reading.members):
            connection.close(CloseCode.REMOVED)
            raise NotAMember()
        if connection.hung_up:
            # The device is perhaps back on another connection, which must not be replaced by this one.
            connection.drop()
            raise Unavailable()
        room.state.replica.learn(reading.members)
        room.state.sync_states[connection] = (key[0], sync_state)
        connection.send(self._welcome(reading, key[0], room, connection))
        for event in missed:
            if event.revision <= revision:
                connection.send(encoded(event_message(event)))
        self._hub.add(room, key, connection)
        return room

    def _read_current(
        self, party_id: UUID, earlier: PartyView | None, user_id: UUID
    ) -> tuple[Room[RoomState], PartyView]:
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

    def _missing(self, reading: PartyView | None, user_id: UUID) -> Set[UUID]:
        """Whom the welcome to a large party lists and nobody here has asked for yet."""
        if reading is None or reading.state.member_count <= LISTED:
            return frozenset()
        room = self._hub.room(reading.state.id)
        listed = {reading.state.host_id} | (frozenset() if room is None else room.state.first)
        known = frozenset() if room is None else room.state.replica.present
        return listed - known - {member.user_id for member in reading.members}

    def _welcome(
        self, reading: PartyView, user_id: UUID, room: Room[RoomState], connection: Subscriber
    ) -> bytes:
        now_ms = self._clock.now_ms()
        state = room.state
        members: Iterable[PartyMember] = reading.members
        if state.large:
            listed = {user_id, state.replica.state.host_id, *state.first}
            members = [found for user in listed if (found := state.replica.member(user)) is not None]
        party = party_view(reading.state, members, state.online_with(user_id, now_ms), user_id)
        if state.large:
            state.given[connection] = _given(state.first_with_host(), party)
        more = [part.part(room.id, user_id) for part in self._parts]
        return encoded(
            {
                "type": "welcome",
                "protocol": "party.v1",
                "user_id": str(user_id),
                "server_time_ms": now_ms,
                "clock_epoch": self._clock.epoch,
                "root_bound_ms": self._clock.root_bound_ms,
                "heartbeat_s": self._heartbeat_s,
                "pace": OFTEN.view(),
                "party": party,
                **{name: value for fields in more for name, value in fields.items()},
            }
        )


def _given(listed: frozenset[UUID], party: dict[str, Any]) -> frozenset[UUID]:
    """Whom the view lists: `listed` itself, which most sockets share, unless the view had to be cut."""
    if len(party["members"]) >= len(listed):
        return listed
    return frozenset(UUID(member["user_id"]) for member in party["members"])
