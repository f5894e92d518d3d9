"""A client's steering with its line and the event loop: what is due is sent, and looked after in time."""

from collections.abc import Mapping
from typing import Any

from partyapp.gateways.syncplay.party_link import Timer
from partyapp.gateways.syncplay.party_room import PartyRoom
from partyapp.gateways.syncplay.session_ports import ClientLine, SessionPorts
from partyapp.gateways.syncplay.states import ClientState, MemberCommand, MemberReading
from partyapp.gateways.syncplay.steering import MemberSteering
from partyapp.party.domain.playback import PlaybackState

#: A timer that comes a little early waits so long more, in ms.
_SHORTEST_MS = 1.0


class SteeredClient:
    """One client's steering from `begin` on; begun anew for another party. Before that nothing happens."""

    __slots__ = ("_ports", "_due_ms", "_line", "_steering", "_timer", "_told")

    def __init__(self, ports: SessionPorts, line: ClientLine) -> None:
        self._ports = ports
        self._line = line
        self._steering: MemberSteering | None = None
        self._due_ms = 0.0
        #: What the steering was told of the party's playback.
        self._told: tuple[PlaybackState, float | None, float | None] | None = None
        self._timer: Timer | None = None

    @property
    def is_begun(self) -> bool:
        """Whether the client is steered."""
        return self._steering is not None

    def begin(self, name: str) -> None:
        """Steer the client, which was called so in Hello."""
        self._steering, self._told = MemberSteering(name), None

    def end(self) -> None:
        """Tell it nothing any more."""
        self._steering = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def playback(self, room: PartyRoom, by: str) -> None:
        """The party's playback is this one, by the member of this name; empty for nobody."""
        told = room.playback, room.duration_s, room.frame_rate
        if self._steering is not None and told != self._told:
            self._told = told
            self._steering.playback_changed(
                room.playback,
                self._ports.now_ms(),
                by=by or None,
                duration_s=room.duration_s,
                frame_rate=room.frame_rate,
            )
            self._pump()

    def opened(self, duration_s: float | None) -> None:
        """The client has opened a file."""
        if self._steering is not None:
            self._steering.file_opened(self._ports.now_ms(), duration_s)
            self._pump()

    def refused(self) -> None:
        """The member's command was refused, or is lost."""
        if self._steering is not None:
            self._steering.command_refused(self._ports.now_ms())
            self._pump()

    def received(self, body: Mapping[str, Any]) -> tuple[MemberCommand, ...]:
        """A State; the commands that its user meant by it. `answer` is called once they are sent."""
        if self._steering is None:
            return ()
        return self._steering.client_state(ClientState.of_message(body, self._ports.now_ms()))

    def answer(self) -> None:
        """Send what is due."""
        self._pump()

    def reading(self) -> MemberReading | None:
        """How the member is now."""
        return None if self._steering is None else self._steering.reading(self._ports.now_ms())

    def _pump(self) -> None:
        steering = self._steering
        if steering is None:
            return
        now_ms = self._ports.now_ms()
        while (state := steering.next_state(now_ms)) is not None:
            self._line.tell(state.message())
        due_ms = max(steering.due_ms, now_ms + _SHORTEST_MS)
        if self._timer is None or due_ms < self._due_ms:
            if self._timer is not None:
                self._timer.cancel()
            self._due_ms = due_ms
            self._timer = self._ports.later((due_ms - now_ms) / 1000, self._look)

    def _look(self) -> None:
        self._timer = None
        self._pump()
