"""The party's playback as one member follows it: what is in force when, and whose doing it is."""

import math

from partyapp.party.domain.playback import PlaybackState, PlaybackStatus
from partyapp.party.domain.timeline import PlaybackTimeline

#: A playback that begins so close (s) to where the one before it would be moves nobody.
SAME_PLACE_S = 0.25
#: A position this share of a frame before the next one is meant to be on it: it was computed, not measured.
FRAME_SLACK = 1e-3
#: So far (s) into a frame neither places cut to whole ms nor files that keep whole ms miss it.
INTO_FRAME_S = 0.002


class FollowedPlayback:
    """The playbacks that are known, and which of them the member was told. Instants in ms of party time."""

    __slots__ = ("_by", "_timeline", "duration_s", "frame_rate", "told")

    def __init__(self) -> None:
        self._timeline = PlaybackTimeline()
        self._by: dict[int, str | None] = {}
        self.duration_s: float | None = None
        #: Frames in 1/s; None where they aren't known or change.
        self.frame_rate: float | None = None
        #: The playback that the member was told last; None before the first.
        self.told: PlaybackState | None = None

    def know(self, playback: PlaybackState, now_ms: float, by: str | None) -> bool:
        """Take a playback in, changed by this name; whether it is news."""
        timeline = self._timeline.with_playback(playback, now_ms)
        if timeline == self._timeline:
            return False
        self._timeline = timeline
        kept = {one.revision for one in timeline.playbacks}
        self._by = {revision: who for revision, who in self._by.items() if revision in kept}
        self._by[playback.revision] = by
        return True

    def by(self, playback: PlaybackState) -> str | None:
        """The name of who changed the playback to this one."""
        return self._by.get(playback.revision)

    def untold(self) -> list[PlaybackState]:
        """What the member wasn't told yet, in order."""
        told = -1 if self.told is None else self.told.revision
        return [one for one in self._timeline.playbacks if one.revision > told]

    def at(self, at_ms: float) -> PlaybackState | None:
        """What is in force then, or is the first to be; None before any is known."""
        known = self._timeline.playbacks
        return self._timeline.in_force_at(at_ms) or (known[0] if known else None)

    def position_s(self, at_ms: float) -> float:
        """Where the party is then, in s; 0 before anything is known."""
        playback = self.at(at_ms)
        return 0.0 if playback is None else playback.position_at(at_ms, self.duration_s)

    def standing_s(self, position_s: float) -> float:
        """Where (s) a player is to stand for the frame in which this position lies, which browsers show.

        mpv takes the first frame that begins 5 ms before the place or later, so it is sent to the beginning.
        """
        if not self.frame_rate or self.frame_rate <= 0.0:
            return position_s
        begins_s = math.floor(position_s * self.frame_rate + FRAME_SLACK) / self.frame_rate
        return begins_s + INTO_FRAME_S if begins_s > 0.0 else 0.0

    def plays(self, at_ms: float) -> bool:
        """Whether the picture moves then."""
        playback = self.at(at_ms)
        return playback is not None and moves(playback) and at_ms >= playback.at_ms

    def jump_s(self, playback: PlaybackState) -> float:
        """How far (s) a playback begins from where the one that was told would be then; 0 for the first."""
        if self.told is None:
            return 0.0
        return abs(playback.position_s - self.told.position_at(playback.at_ms, self.duration_s))


def moves(playback: PlaybackState) -> bool:
    """Whether it is to play, from its instant on."""
    return playback.status is PlaybackStatus.PLAYING
