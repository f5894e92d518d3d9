"""From an upgraded socket to a seat in its room."""

from uuid import UUID

from partyapp.party.infrastructure.playback.live_parties import LiveParties, Reading
from partyapp.party.infrastructure.playback.party_room import PartyRoom
from partyapp.party.infrastructure.playback.presence_keeper import PresenceKeeper
from partyapp.party.infrastructure.playback.pulse import MemberPulse
from partyapp.realtime.connection import Connection
from partyapp.realtime.frames import CloseCode
from partyapp.realtime.room import Room
from partyapp.realtime.user_sockets import Place
from partyapp.shared.clock import PartyClock
from partyapp.shared.errors import Refusal


class LiveSeat:
    """One socket's place: its pulse, its room, and the way out of it."""

    __slots__ = ("_clock", "_connection", "_keeper", "_live", "_place", "_pulse", "_room", "party_id", "seat")

    def __init__(
        self,
        live: LiveParties,
        keeper: PresenceKeeper,
        clock: PartyClock,
        connection: Connection,
        party_id: UUID,
        seat: tuple[UUID, UUID | None],
        place: Place,
    ) -> None:
        self._live = live
        self._keeper = keeper
        self._clock = clock
        self._connection = connection
        self._pulse = MemberPulse()
        self._place = place
        self._room: Room | None = None
        self.party_id = party_id
        self.seat = seat

    def sit_down(self, last_revision: int | None, reading: Reading) -> None:
        """Be welcomed; closes the socket when that can't be done now. `reading` was taken at the door."""
        try:
            self._room = self._live.enter(
                self._connection, self.party_id, self.seat, self._pulse, last_revision, reading
            )
        except Refusal:
            self._connection.close(CloseCode.RESTART)
            return
        if self._connection.closed:
            self.stand_up()
            return
        self._pulse.heard_ms = self._clock.now_ms()
        self._keeper.came_or_went(self.party_id)
        if len(self._room.seats) == 1:
            self._keeper.ask(self.party_id)

    def heard(self, now_ms: float) -> None:
        """The member is alive."""
        self._pulse.heard_ms = now_ms
        self._keeper.touch(self.party_id)

    def exchanged(self, t1: float, t2: float, t3: float, t4: float) -> None:
        """Take a complete clock exchange in."""
        self._pulse.exchange(t1, t2, t3, t4, self._clock.root_bound_ms)

    def status(self, position_s: float, state: str, revision: int, sampled_at_ms: float) -> None:
        """Take the player's position in; one that follows an older playback says nothing of sync."""
        if self._room is None:
            return
        memory: PartyRoom = self._room.memory
        self._pulse.state = state
        if revision >= memory.playback["revision"]:
            self._pulse.status(position_s, state, sampled_at_ms, memory.playback_state(), memory.duration_s)

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
            self._keeper.came_or_went(self.party_id)
