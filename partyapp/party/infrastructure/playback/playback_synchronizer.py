"""PlaybackSynchronizer: when everybody acts, and what one who is off should do about it."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from partyapp.party.domain.playback import PlaybackState, PlaybackStatus
from partyapp.shared.kernel.clock import Clock

#: SYNC §5, for a player that asks by REST instead of following the socket.
NONE_BELOW_MS = 25.0
SEEK_ABOVE_MS = 1000.0
CORRECTED_WITHIN_S = 0.5
MAX_NUDGE = 0.25


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What the player should do: nothing, run at `rate` until it is there, or jump to `position_s`."""

    kind: str
    rate: float
    position_s: float


class PlaybackSynchronizer:
    """Party time, the lead of a command, and the target position of a member.

    `lead_of_room` gives the lead in ms that the room's members need (SYNC §4).
    """

    def __init__(self, clock: Clock, lead_of_room: Callable[[UUID], float]) -> None:
        self._clock = clock
        self._lead_of_room = lead_of_room

    def now_ms(self) -> float:
        """Party time in ms."""
        return self._clock.now_ms()

    def lead_ms(self, party_id: UUID) -> float:
        """How far ahead, in ms, a command of this party is scheduled."""
        return self._lead_of_room(party_id)

    def target_position_s(self, playback: PlaybackState, duration_s: float | None, at_ms: float) -> float:
        """Where everybody should be at `at_ms`, in s."""
        return playback.position_at(at_ms, duration_s)

    def correction(self, playback: PlaybackState, position_s: float, target_s: float) -> Correction:
        """What brings a player at `position_s` to `target_s`, while the target moves on."""
        behind_ms = (target_s - position_s) * 1000.0
        if abs(behind_ms) <= NONE_BELOW_MS:
            return Correction(kind="none", rate=playback.rate, position_s=target_s)
        moving = playback.status is PlaybackStatus.PLAYING
        if not moving or abs(behind_ms) > SEEK_ABOVE_MS:
            return Correction(kind="seek", rate=playback.rate, position_s=target_s)
        nudge = min(max(behind_ms / 1000.0 / CORRECTED_WITHIN_S, -MAX_NUDGE), MAX_NUDGE)
        return Correction(kind="nudge", rate=playback.rate * (1.0 + nudge), position_s=target_s)
