"""The file that a client has open, and what of its player the party is told."""

from collections.abc import Mapping
from typing import Any

from partyapp.gateways.syncplay.party_room import PartyRoom
from partyapp.gateways.syncplay.states import MemberReading

#: No film is longer, in s.
_LONGEST_S = 1e7


class PlayedFilm:
    """One client's file. It is taken for the film that the party had when it was opened: nobody can know."""

    __slots__ = ("_video_id", "duration_s", "is_open", "player_state")

    def __init__(self) -> None:
        self.is_open = False
        self.duration_s: float | None = None
        #: What the party was told last: playing, paused or buffering.
        self.player_state: str | None = None
        self._video_id = ""

    def opened(self, file: Any, video_id: str) -> float | None:
        """The client told a file; its length in s, None where it doesn't know."""
        found: Any = file.get("duration") if isinstance(file, Mapping) else None
        is_number = isinstance(found, int | float) and not isinstance(found, bool)
        self.duration_s = float(found) if is_number and 0 < found < _LONGEST_S else None
        self.is_open, self._video_id, self.player_state = True, video_id, None
        return self.duration_s

    def follow(self, video_id: str) -> None:
        """The client is in another party now, with the same file."""
        self._video_id = video_id

    def status(self, reading: MemberReading, room: PartyRoom, now_ms: float) -> dict[str, object] | None:
        """The `status` message's fields; None without a position, or with the file of a film before."""
        if self._video_id != room.video.id or reading.position_s is None or reading.sampled_ms is None:
            return None
        position_s, at_ms = reading.position_s, reading.sampled_ms
        if reading.error_s is not None:
            # Of many samples, and so better than the latest of them.
            at_ms = now_ms
            position_s = room.playback.position_at(now_ms, room.duration_s) + reading.error_s
        self.player_state = "buffering" if reading.buffering else "paused" if reading.paused else "playing"
        status: dict[str, object] = {
            "position_s": max(0.0, position_s),
            "state": self.player_state,
            "revision": max(0, room.playback.revision),
            "sampled_at_ms": at_ms,
            "video_id": room.video.id,
        }
        if reading.bound_ms is not None:
            status["bound_ms"] = round(reading.bound_ms, 1)
        return status
