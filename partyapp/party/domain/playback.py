"""The motion of a party's video: one vector in party time, from which every position follows."""

from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

#: A play closer than this to the end (seconds) starts over.
AT_THE_END_S = 0.05

#: A drift is told up to this many ms, so that no position, however large, makes it infinite: JSON has no
#: word for that. It is longer than any video.
MOST_DRIFT_MS = 1e12

#: A command is scheduled at most so far ahead, in ms, for the members to hear of it in time.
LONGEST_LEAD_MS = 1200.0

MIN_RATE = 0.25
MAX_RATE = 4.0


class PlaybackAction(StrEnum):
    """What a person can do to the playback."""

    PLAY = "play"
    PAUSE = "pause"
    SEEK = "seek"


class PlaybackStatus(StrEnum):
    """Stopped before the first play and after the end; otherwise playing or paused."""

    STOPPED = "stopped"
    PLAYING = "playing"
    PAUSED = "paused"


class HoldReason(StrEnum):
    """Why a party stands still though it is to play: for members whose player loads, or for the film."""

    MEMBERS = "members"
    PREPARING = "preparing"


@dataclass(frozen=True, kw_only=True)
class PlaybackHold:
    """A wait: `waits_for` are the users it is for; instants in ms of party time. At `until_ms` it is over."""

    reason: HoldReason
    waits_for: tuple[UUID, ...]
    since_ms: float
    until_ms: float


@dataclass(frozen=True, kw_only=True)
class NextVideo:
    """Which film of the queue starts by itself, and when, in ms of party time."""

    item_id: UUID
    video_id: UUID
    at_ms: float


@dataclass(frozen=True, kw_only=True)
class PlaybackState:
    """Position `position_s` (seconds) at party time `at_ms` (ms, maybe in the future), moving at `rate`.

    `revision` is that of the event that set it. This is the vector of the W3C Timing Object draft,
    without acceleration. While `held` it is paused and goes on by itself; `next_video` follows a film's end.
    """

    status: PlaybackStatus = PlaybackStatus.STOPPED
    position_s: float = 0.0
    rate: float = 1.0
    at_ms: float = 0.0
    revision: int = 0
    held: PlaybackHold | None = None
    next_video: NextVideo | None = None

    def position_at(self, party_time_ms: float, duration_s: float | None) -> float:
        """Seconds into the video at `party_time_ms`, within 0 and `duration_s` (None: without a known end).

        Before `at_ms` the position is that of the start, since what came before is no longer known here.
        """
        position = self.position_s
        if self.status is PlaybackStatus.PLAYING:
            position += self.rate * max(0.0, party_time_ms - self.at_ms) / 1000.0
        reached = max(position, 0.0)
        return reached if duration_s is None else min(reached, duration_s)

    def earliest_next_ms(self, now_ms: float, lead_ms: float) -> float:
        """When a command of `now_ms` with this lead may begin, in ms of party time.

        Never before one that is scheduled within a lead: leads grow and shrink, and whoever follows would
        jump by the difference. What is scheduled further ahead than any lead is simply cancelled.
        """
        pending = self.at_ms if self.at_ms - now_ms <= LONGEST_LEAD_MS else now_ms
        return max(now_ms + lead_ms, pending)

    def waits_for_date(self, now_ms: float) -> bool:
        """Whether it is to begin by itself, further ahead than any command is scheduled."""
        return self.status is PlaybackStatus.PLAYING and self.at_ms - now_ms > LONGEST_LEAD_MS

    def ends_at_ms(self, duration_s: float | None) -> float | None:
        """The party time in ms at which the video runs out; None if it doesn't move or has no end."""
        if self.status is not PlaybackStatus.PLAYING or duration_s is None:
            return None
        return self.at_ms + max(0.0, duration_s - self.position_s) / self.rate * 1000.0

    def due_ms(self, duration_s: float | None) -> float | None:
        """When it changes by itself, in ms: at the film's end, a hold's end, or the next film's start."""
        if self.held is not None:
            return self.held.until_ms
        if self.next_video is not None:
            # A lead ahead, so that all hear of it in time and begin on that instant.
            return self.next_video.at_ms - LONGEST_LEAD_MS
        return self.ends_at_ms(duration_s)

    def held_for(self, reason: HoldReason, waits_for: tuple[UUID, ...], limit_ms: float) -> "PlaybackState":
        """It as standing still from `at_ms` on, for `limit_ms` at most."""
        held = PlaybackHold(
            reason=reason, waits_for=waits_for, since_ms=self.at_ms, until_ms=self.at_ms + limit_ms
        )
        return replace(self, status=PlaybackStatus.PAUSED, held=held)

    def stopped(
        self, position_s: float, at_ms: float, *, revision: int, next_video: NextVideo | None = None
    ) -> "PlaybackState":
        """It as stopped there, at the same rate."""
        return PlaybackState(
            status=PlaybackStatus.STOPPED,
            position_s=position_s,
            rate=self.rate,
            at_ms=at_ms,
            revision=revision,
            next_video=next_video,
        )


def drift_ms(position_s: float, target_s: float) -> float:
    """How far ahead of the target a player is, in ms; negative when behind, at most `MOST_DRIFT_MS`."""
    return min(max((position_s - target_s) * 1000.0, -MOST_DRIFT_MS), MOST_DRIFT_MS)
