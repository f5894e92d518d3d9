"""What a process knows of a party, by its id: from its own room, or else from Redis."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from partyapp.party.application.views import Online
from partyapp.party.infrastructure.playback.lead_time import DEFAULT_LEAD_MS
from partyapp.party.live.presence import RedisPresence
from partyapp.party.live.replica import PartyReplica
from partyapp.party.live.room_messages import encoded
from partyapp.party.live.room_state import RoomState
from partyapp.realtime.gathered import Gathered
from partyapp.realtime.rooms import Hub
from partyapp.shared.kernel.clock import Clock


class RoomLookup:
    """Reads the rooms of this process."""

    def __init__(self, hub: Hub[RoomState], clock: Clock, presence: RedisPresence) -> None:
        self._hub = hub
        self._clock = clock
        self._presence = presence
        #: For those parties that have no room here.
        self._elsewhere = Gathered(self._online_elsewhere)

    def replica(self, party_id: UUID) -> PartyReplica | None:
        """The party's replica, None when this process has no connections in the party."""
        room = self._hub.room(party_id)
        return None if room is None else room.state.replica

    def lead_ms(self, party_id: UUID) -> float:
        """How far ahead, in ms, a command must be scheduled for the party's members (SYNC §4)."""
        room = self._hub.room(party_id)
        if room is not None:
            return room.state.lead_ms(self._clock.now_ms())
        return self._presence.lead_ms(party_id) or DEFAULT_LEAD_MS

    def broadcast(self, party_id: UUID, message: Any) -> None:
        """Send a message, a JSON value or a Struct, to every socket of the party in this process."""
        room = self._hub.room(party_id)
        if room is not None:
            room.broadcast(encoded(message))

    def online(self, party_id: UUID) -> Online:
        """How many are connected anywhere, and the presence of those that a list of members may hold."""
        room = self._hub.room(party_id)
        if room is not None:
            return room.state.online(self._clock.now_ms())
        return self._elsewhere(party_id)

    def _online_elsewhere(self, party_ids: Sequence[UUID]) -> Sequence[Online]:
        wanted = list(dict.fromkeys(party_ids))
        found = dict(zip(wanted, self._presence.online_at_once(wanted), strict=True))
        return [found[party_id] for party_id in party_ids]

    def online_counts(self, party_ids: Sequence[UUID]) -> Mapping[UUID, int]:
        """How many are connected to each of these parties, anywhere. One question to Redis for all."""
        rooms = {party_id: self._hub.room(party_id) for party_id in party_ids}
        others = [party_id for party_id, room in rooms.items() if room is None]
        own = {party_id: len(room.state.connected()) for party_id, room in rooms.items() if room is not None}
        return {**own, **self._presence.counts(others)}

    def connected(self, party_id: UUID) -> Collection[UUID]:
        """Everybody who is connected anywhere; nobody when that can't be known."""
        room = self._hub.room(party_id)
        if room is not None:
            return room.state.connected()
        return self._presence.connected(party_id) or frozenset()

    def presences_of(self, party_id: UUID, user_ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, Any]]:
        """Of these, the presence of those who are connected; their sync may be unknown here."""
        room = self._hub.room(party_id)
        connected = self.connected(party_id)
        if room is not None:
            known: Mapping[UUID, Any] = room.state.presences_of(user_ids, self._clock.now_ms())
        else:
            known = self._presence.online(party_id).listed
        just_online = {"online": True, "sync": None}
        return {user: known.get(user, just_online) for user in user_ids if user in connected}
