"""The file that a client has open, and what of its player the party is told."""

from collections.abc import Mapping
from typing import Any

from partyapp.gateways.syncplay.party_room import PartyRoom
from partyapp.gateways.syncplay.states import MemberReading

#: No film is longer, in s.
_LONGEST_S = 1e7

#: An error that has changed by more than this, in s, is told at once, but not more often than so, in ms.
NEWS_S = 0.015
BETWEEN_NEWS_MS = 1000.0


class PlayedFilm:
    """One client's file. It is taken for the film that the party had when it was opened: nobody can know."""

    __slots__ = ("_told_error_s", "_told_ms", "_told_state", "_video_id", "duration_s", "is_open")

    def __init__(self) -> None:
        self.is_open = False
        self.duration_s: float | None = None
        #: What the party was told last: playing, paused or buffering, the error, and when.
        self._told_state: str | None = None
        self._told_error_s = self._told_ms = 0.0
        self._video_id = ""

    def opened(self, file: Any, video_id: str) -> float | None:
        """The client told a file; its length in s, None where it doesn't know."""
        found: Any = file.get("duration") if isinstance(file, Mapping) else None
        is_number = isinstance(found, int | float) and not isinstance(found, bool)
        self.duration_s = float(found) if is_number and 0 < found < _LONGEST_S else None
        self.is_open, self._video_id, self._told_state = True, video_id, None
        return self.duration_s

    def follow(self, video_id: str) -> None:
        """The client is in another party now, with the same file."""
        self._video_id = video_id

    def is_news(self, reading: MemberReading, room: PartyRoom, now_ms: float) -> bool:
        """Whether the party is to be told before it is time: another state, or an error that has changed."""
        if not self._is_told(reading, room):
            return False
        changed_s = abs((reading.error_s or 0.0) - self._told_error_s)
        is_worse = changed_s > NEWS_S and now_ms - self._told_ms > BETWEEN_NEWS_MS
        return is_worse or _state_of(reading) != self._told_state

    def _is_told(self, reading: MemberReading, room: PartyRoom) -> bool:
        has_sample = reading.position_s is not None and reading.sampled_ms is not None
        return has_sample and self._video_id == room.video.id

    def status(self, reading: MemberReading, room: PartyRoom, now_ms: float) -> dict[str, object] | None:
        """The `status` message's fields; None without a position, or with the file of a film before."""
        if not self._is_told(reading, room) or reading.position_s is None or reading.sampled_ms is None:
            return None
        position_s, at_ms = reading.position_s, reading.sampled_ms
        if reading.error_s is not None:
            # Of many samples, and so better than the latest of them.
            at_ms = now_ms
            position_s = room.playback.position_at(now_ms, room.duration_s) + reading.error_s
        self._told_state, self._told_error_s, self._told_ms = (
            _state_of(reading),
            reading.error_s or 0.0,
            now_ms,
        )
        status: dict[str, object] = {
            "position_s": max(0.0, position_s),
            "state": self._told_state,
            "revision": max(0, room.playback.revision),
            "sampled_at_ms": at_ms,
            "video_id": room.video.id,
        }
        if reading.bound_ms is not None:
            status["bound_ms"] = round(reading.bound_ms, 1)
        return status


def _state_of(reading: MemberReading) -> str:
    return "buffering" if reading.buffering else "paused" if reading.paused else "playing"
