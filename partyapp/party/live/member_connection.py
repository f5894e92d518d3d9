"""From an upgraded socket to a seat in its room."""

from uuid import UUID

from partyapp.party.live.member_sync import MemberSyncState
from partyapp.party.live.presence_publisher import PresencePublisher
from partyapp.party.live.room_feed import PartyView, RoomFeed
from partyapp.party.live.room_state import RoomState
from partyapp.realtime.rooms import Room
from partyapp.realtime.websocket.connection import Connection
from partyapp.realtime.websocket.connection_limit import ConnectionSlot
from partyapp.realtime.websocket.frames import CloseCode
from partyapp.shared.kernel.clock import PartyClock
from partyapp.shared.kernel.errors import Refusal


class MemberConnection:
    """One socket's place: its pulse, its room, and the way out of it."""

    __slots__ = (
        "_clock",
        "_connection",
        "_presence_publisher",
        "_live",
        "_place",
        "_sync_state",
        "_room",
        "party_id",
        "seat",
    )

    def __init__(
        self,
        live: RoomFeed,
        presence_publisher: PresencePublisher,
        clock: PartyClock,
        connection: Connection,
        party_id: UUID,
        seat: tuple[UUID, UUID | None],
        place: ConnectionSlot,
    ) -> None:
        self._live = live
        self._presence_publisher = presence_publisher
        self._clock = clock
        self._connection = connection
        self._sync_state = MemberSyncState()
        self._place = place
        self._room: Room | None = None
        self.party_id = party_id
        self.seat = seat

    def sit_down(self, last_revision: int | None, reading: PartyView) -> None:
        """Be welcomed; closes the socket when that can't be done now. `reading` was taken at the door."""
        try:
            self._room = self._live.enter(
                self._connection, self.party_id, self.seat, self._sync_state, last_revision, reading
            )
        except Refusal:
            self._connection.close(CloseCode.RESTART)
            return
        if self._connection.closed:
            self.stand_up()
            return
        self._sync_state.heard_ms = self._clock.now_ms()
        self._presence_publisher.came_or_went(self.party_id)
        if len(self._room.seats) == 1:
            self._presence_publisher.ask(self.party_id)

    def heard(self, now_ms: float) -> None:
        """The member is alive."""
        self._sync_state.heard_ms = now_ms
        self._presence_publisher.touch(self.party_id)

    def exchanged(self, t1: float, t2: float, t3: float, t4: float) -> None:
        """Take a complete clock exchange in."""
        self._sync_state.exchange(t1, t2, t3, t4, self._clock.root_bound_ms)

    def status(self, position_s: float, state: str, revision: int, sampled_at_ms: float) -> None:
        """Take the player's position in; one that follows an older playback says nothing of sync."""
        if self._room is None:
            return
        room_state: RoomState = self._room.state
        self._sync_state.state = state
        if revision >= room_state.playback["revision"]:
            self._sync_state.status(
                position_s, state, sampled_at_ms, room_state.playback_state(), room_state.duration_s
            )

    def renew(self) -> None:
        """Send a fresh welcome; closes the socket when that can't be done, as it would hear nothing more."""
        if self._room is None:
            return
        try:
            self._live.renew(self._connection, self._room, self.seat[0])
        except Refusal:
            self._connection.close(CloseCode.RESTART)

    def stand_up(self) -> None:
        """Leave the room, and the place among the person's sockets."""
        self._place.give_back()
        if self._room is not None:
            self._live.leave(self._room, self.seat, self._connection)
            self._presence_publisher.came_or_went(self.party_id)
