"""Steers one Syncplay client so that its picture is the party's: what it is told, and when.

Without IO and without a clock: every instant is handed in, in ms of party time. The connection calls
`next_state` at `due_ms` and after each of the other calls, and sends what it returns at once.

    steering = MemberSteering("Ada")
    steering.playback_changed(playback, now_ms)         # once at the start, then for each change
    steering.file_opened(now_ms, duration_s)            # for each `Set file`
    commands = steering.client_state(state)             # for each `State`
    state = steering.next_state(now_ms)                 # None: nothing is due; look again at `due_ms`
"""

from partyapp.gateways.syncplay.states import ClientState, MemberCommand, MemberReading, ServerState
from partyapp.party.domain.playback import PlaybackState, PlaybackStatus

#: A State is due so often at least, in ms.
STEADY_MS = 1000.0


class MemberSteering:
    """One connection of one client. A new connection begins with a new one.

    `own_name` is the name that the client was given in Hello; `party_name` is who it is told to be in step
    with where no person changed the playback (it is shown: "slowing down due to time difference with …").
    """

    def __init__(self, own_name: str, *, party_name: str = "Party") -> None:
        self._own_name = own_name
        self._party_name = party_name
        self._playback = PlaybackState()
        self._due_ms = 0.0
        self._client_count: int | None = None
        #: How often the member was made to seek, and to play slower, by way of correction.
        self.seeks = 0
        self.slow_downs = 0

    def playback_changed(
        self,
        playback: PlaybackState,
        now_ms: float,
        *,
        by: str | None = None,
        duration_s: float | None = None,
    ) -> None:
        """The party's playback is this one, from its `at_ms` on (which may be in the future).

        `by` is the name of who changed it, None for nobody; the member's own name if it was its own command.
        `duration_s` is the film's length, at which the playback stands still. A revision known already
        changes nothing, so the same may be told again.
        """
        self._playback = playback
        self._due_ms = now_ms

    def command_refused(self, now_ms: float) -> None:
        """The member's last command was refused: its player is put back to where the party is."""
        self._due_ms = now_ms

    def file_opened(self, now_ms: float, duration_s: float | None) -> None:
        """The client told a file (`Set file`), `duration_s` long; None where it doesn't know.

        Until 2.5 s later nothing that it says about its player counts.
        """

    def client_state(self, state: ClientState) -> tuple[MemberCommand, ...]:
        """A State came in; the commands its user meant by it, in the order in which they are to be run.

        For each that is returned the caller lets the party decide, and then calls `playback_changed` or
        `command_refused`; the client is told nothing until then, or for 3 s at most.
        """
        self._client_count = state.client_count or self._client_count
        return ()

    @property
    def due_ms(self) -> float:
        """When `next_state` is to be called at the latest, in ms of party time."""
        return self._due_ms

    def next_state(self, now_ms: float) -> ServerState | None:
        """The State to send now, or None. Each call returns one State at most; call again until None."""
        if now_ms < self._due_ms:
            return None
        self._due_ms = now_ms + STEADY_MS
        confirmed, self._client_count = self._client_count, None
        return ServerState(
            sent_ms=now_ms,
            position_s=self._playback.position_at(now_ms, None),
            paused=self._playback.status is not PlaybackStatus.PLAYING,
            set_by=self._party_name,
            client_count=confirmed,
        )

    def reading(self, now_ms: float) -> MemberReading:
        """How the member is at this instant, for presence."""
        return MemberReading(
            error_s=None,
            bound_ms=None,
            paused=None,
            position_s=None,
            sampled_ms=None,
            buffering=False,
            settled=False,
            round_trip_ms=None,
        )
