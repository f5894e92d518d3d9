"""A member's connection from its way into the party's room until it is gone."""

from math import inf
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from partyapp.party.domain.film_length import DurationNews
from partyapp.party.domain.state import SyncedPartySessionState
from partyapp.party.live.member_sync import BUFFERING, MemberSyncState
from partyapp.party.live.pace import Pace, PaceBudget
from partyapp.party.live.presence_publisher import PresencePublisher
from partyapp.party.live.room_feed import PartySnapshot
from partyapp.party.live.room_join import RoomJoin
from partyapp.party.live.room_state import RoomState
from partyapp.party.live.welcome_parts import Seen
from partyapp.realtime.rooms import DeviceKey, Room, Subscriber
from partyapp.realtime.websocket.connection_limit import ConnectionSlot
from partyapp.realtime.websocket.frames import CloseCode
from partyapp.shared.kernel.clock import PartyClock
from partyapp.shared.kernel.errors import Refusal


class Waits(Protocol):
    """What parties wait by."""

    def touch(self, party_id: UUID) -> None:
        """A player here has begun to load or is ready, or a member went."""
        ...


class MemberConnection:
    """One connection of one member: its room, and what is known of how well it is in sync."""

    __slots__ = (
        "_clock",
        "_connection",
        "_join",
        "_presence_publisher",
        "_room",
        "_slot",
        "_sync_state",
        "_waits",
        "device_key",
        "party_id",
    )

    def __init__(
        self,
        *,
        join: RoomJoin,
        presence_publisher: PresencePublisher,
        clock: PartyClock,
        connection: Subscriber,
        party_id: UUID,
        device_key: DeviceKey,
        slot: ConnectionSlot,
        waits: Waits | None = None,
        client: str | None = None,
        pace_budget: PaceBudget | None = None,
    ) -> None:
        self._join = join
        self._presence_publisher = presence_publisher
        self._clock = clock
        self._connection = connection
        self._sync_state = MemberSyncState(client, pace_budget)
        self._slot = slot
        self._waits = waits
        self._room: Room[RoomState] | None = None
        self.party_id = party_id
        self.device_key = device_key

    def enter(
        self, last_revision: int | None, reading: PartySnapshot, seen: Seen = MappingProxyType({})
    ) -> None:
        """Enter the room; closes the connection when that can't be done now. `reading` may be old."""
        self._sync_state.pace_rule.begin()
        try:
            self._room = self._join.enter(
                self._connection,
                self.party_id,
                self.device_key,
                self._sync_state,
                last_revision,
                reading,
                seen,
            )
        except Refusal:
            self._connection.close(CloseCode.RESTART)
            return
        if self._connection.closed:
            self.leave()
            return
        self._sync_state.active_ms = self._clock.now_ms()
        self._presence_publisher.came(self.party_id, self.device_key.user_id)
        if len(self._room.connections) == 1:
            self._presence_publisher.request_presence(self.party_id)

    def active(self, now_ms: float) -> None:
        """A message of the member came in, and was used: the others hear of it if it tells them anything."""
        self._sync_state.active_ms = now_ms
        room = self._room
        if room is not None and room.state.is_news(self.device_key.user_id, self._sync_state, now_ms):
            self._presence_publisher.touch(self.party_id)

    def next_pace(self) -> Pace | None:
        """How often to hear this member from now on, if that has changed with its latest status."""
        return self._sync_state.next_pace(self._clock.now_ms())

    def exchanged(self, t1: float, t2: float, t3: float, t4: float) -> None:
        """Use a complete clock exchange."""
        self._sync_state.exchange(t1, t2, t3, t4, self._clock.root_bound_ms)

    def status(
        self,
        position_s: float,
        state: str,
        revision: int,
        sampled_at_ms: float,
        *,
        duration_s: float | None = None,
        video_id: UUID | None = None,
        bound_ms: float | None = None,
    ) -> DurationNews | None:
        """Use the player's position; one that follows an older playback says nothing of sync.

        `bound_ms`: how far off it may be beside the member's clock, in ms.

        One of another film (`video_id`) than the party's says nothing at all. Returns the length of the film
        that the player tells, if it is to be handed on.
        """
        if self._room is None:
            return None
        replica = self._room.state.replica
        party = replica.state
        if video_id is not None and video_id != party.video.id:
            return None
        self._sync_state.state = state
        self._follow(party, position_s, state, revision, sampled_at_ms)
        if revision < party.playback.revision:
            return None
        known_s = party.video.duration_s
        self._sync_state.player_bound_ms = bound_ms or 0.0
        self._sync_state.status(position_s, state, sampled_at_ms, replica.timeline, known_s)
        self._sync_state.tell_duration(duration_s, party.video.id)
        if duration_s is None:
            return None
        return self._room.state.duration_news(self.device_key.user_id, duration_s, self._clock.now_ms())

    def _follow(
        self,
        party: SyncedPartySessionState,
        position_s: float,
        state: str,
        revision: int,
        sampled_at_ms: float,
    ) -> None:
        """What the status says of whether the party has to wait for this player."""
        playback = party.playback
        if revision < playback.revision and state != BUFFERING:
            # Of a playback before: it doesn't load, and where it is says nothing of where it should be.
            position_s = inf
        target_s = playback.position_at(sampled_at_ms, party.video.duration_s)
        news = self._sync_state.follow(party, position_s, state, target_s, self._clock.now_ms())
        if news and self._waits is not None:
            self._waits.touch(self.party_id)

    def renew(self) -> None:
        """Send a fresh welcome; closes the connection when that can't be done, since it gets no changes."""
        if self._room is None:
            return
        try:
            self._join.renew(self._connection, self._room, self.device_key.user_id)
        except Refusal:
            self._connection.close(CloseCode.RESTART)

    def leave(self) -> None:
        """Leave the room, and give the slot among the user's connections back."""
        self._slot.give_back()
        self._sync_state.pace_rule.end()
        if self._room is not None:
            self._presence_publisher.went(self.party_id, self.device_key.user_id)
            self._join.leave(self._room, self.device_key, self._connection)
            if self._waits is not None:
                self._waits.touch(self.party_id)
