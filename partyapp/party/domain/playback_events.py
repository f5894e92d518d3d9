"""What has happened to a party's playback and its film: a frozen class an event, as in `events`."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from partyapp.party import contract
from partyapp.party.domain.events import DomainEvent
from partyapp.party.domain.json_values import hold_json, next_json, playback_json, video_json
from partyapp.party.domain.playback import PlaybackState
from partyapp.party.domain.state import PartyVideo


@dataclass(frozen=True, kw_only=True)
class PlaybackChanged(DomainEvent):
    """The motion is another one from `playback.at_ms` on. `lead_ms` is how far ahead it was scheduled."""

    playback: PlaybackState
    lead_ms: float = 0.0

    def data(self) -> dict[str, Any]:
        return {
            "state": self.playback.status.value,
            "position_s": self.playback.position_s,
            "rate": self.playback.rate,
            "at_ms": self.playback.at_ms,
            "lead_ms": self.lead_ms,
        }


@dataclass(frozen=True, kw_only=True)
class PlaybackStarted(PlaybackChanged):
    type = contract.PLAYBACK_STARTED


@dataclass(frozen=True, kw_only=True)
class PlaybackPaused(PlaybackChanged):
    type = contract.PLAYBACK_PAUSED


@dataclass(frozen=True, kw_only=True)
class PlaybackSought(PlaybackChanged):
    type = contract.PLAYBACK_SOUGHT


@dataclass(frozen=True, kw_only=True)
class PlaybackFinished(PlaybackChanged):
    """The video ran past its end. What follows by itself, if anything does, is in the playback."""

    type = contract.PLAYBACK_FINISHED

    def data(self) -> dict[str, Any]:
        following = self.playback.next_video
        return {**super().data(), "next": None if following is None else next_json(following)}


@dataclass(frozen=True, kw_only=True)
class PlaybackHeld(PlaybackChanged):
    """The party stands still until those it waits for are ready, or its wait is over."""

    type = contract.PLAYBACK_HELD

    def data(self) -> dict[str, Any]:
        held = self.playback.held
        assert held is not None
        whole = hold_json(held)
        facts = {"reason": whole["reason"], "for": whole["for"], "until_ms": whole["until_ms"]}
        return {**super().data(), **facts, "held": whole}


@dataclass(frozen=True, kw_only=True)
class PlaybackResumed(PlaybackChanged):
    """A wait is over. `reason`: ready, left or limit; `late`: who is no longer waited for, and catches up."""

    type = contract.PLAYBACK_RESUMED
    reason: str
    late: tuple[UUID, ...] = ()

    def data(self) -> dict[str, Any]:
        late = [str(user_id) for user_id in self.late]
        return {**super().data(), "reason": self.reason, "late": late}


@dataclass(frozen=True, kw_only=True)
class VideoChanged(DomainEvent):
    """The party shows another film."""

    type = contract.VIDEO_CHANGED
    video: PartyVideo
    playback: PlaybackState
    lead_ms: float = 0.0

    def data(self) -> dict[str, Any]:
        return {
            "video": video_json(self.video),
            "playback": playback_json(self.playback),
            "lead_ms": self.lead_ms,
        }


@dataclass(frozen=True, kw_only=True)
class VideoDurationKnown(DomainEvent):
    """The members' players know the video's length better. `by`: host or members; lengths in s."""

    type = contract.VIDEO_DURATION_KNOWN
    video_id: UUID
    duration_s: float
    was_s: float | None
    by: str

    def data(self) -> dict[str, Any]:
        return {
            "video_id": str(self.video_id),
            "duration_s": self.duration_s,
            "was_s": self.was_s,
            "by": self.by,
        }
