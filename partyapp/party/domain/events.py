"""What has happened to a party: one frozen class an event, the public name and data of each."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from partyapp.party import contract
from partyapp.party.domain.playback import PlaybackState


@dataclass(frozen=True, kw_only=True)
class DomainEvent:
    """What every event of a party says: which party, its revision, when (party time, ms) and who."""

    type: ClassVar[str]

    party_id: UUID
    revision: int
    at_ms: float
    actor_id: UUID | None

    def data(self) -> dict[str, Any]:
        """The event's own facts, as JSON values."""
        return {}


@dataclass(frozen=True, kw_only=True)
class PartySessionCreated(DomainEvent):
    """A party was started; its creator is host and first member."""

    type = contract.PARTY_SESSION_CREATED
    title: str
    video_id: UUID
    display_name: str

    def data(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "video_id": str(self.video_id),
            "host_id": str(self.actor_id),
            "display_name": self.display_name,
        }


@dataclass(frozen=True, kw_only=True)
class MemberJoined(DomainEvent):
    """Somebody became a member."""

    type = contract.MEMBER_JOINED
    user_id: UUID
    display_name: str

    def data(self) -> dict[str, Any]:
        return {"user_id": str(self.user_id), "display_name": self.display_name}


@dataclass(frozen=True, kw_only=True)
class MemberLeft(DomainEvent):
    """A member left. `reason`: left, or absent for one whose seat somebody else got."""

    type = contract.MEMBER_LEFT
    user_id: UUID
    display_name: str
    reason: str

    def data(self) -> dict[str, Any]:
        return {"user_id": str(self.user_id), "display_name": self.display_name, "reason": self.reason}


@dataclass(frozen=True, kw_only=True)
class MemberRenamed(DomainEvent):
    """A member has another name."""

    type = contract.MEMBER_RENAMED
    user_id: UUID
    display_name: str
    former_name: str

    def data(self) -> dict[str, Any]:
        return {
            "user_id": str(self.user_id),
            "display_name": self.display_name,
            "former_name": self.former_name,
        }


@dataclass(frozen=True, kw_only=True)
class HostTransferred(DomainEvent):
    """Another member is the host now. `reason`: transfer, left or absent.

    Who they are is said too, since a member of a large party knows few of the others.
    """

    type = contract.HOST_TRANSFERRED
    from_user_id: UUID
    to_user_id: UUID
    to_display_name: str
    to_joined_at_ms: float
    reason: str

    def data(self) -> dict[str, Any]:
        return {
            "from_user_id": str(self.from_user_id),
            "to_user_id": str(self.to_user_id),
            "to_display_name": self.to_display_name,
            "to_joined_at_ms": self.to_joined_at_ms,
            "reason": self.reason,
        }


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
    """The video ran past its end."""

    type = contract.PLAYBACK_FINISHED


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


@dataclass(frozen=True, kw_only=True)
class PartySessionEnded(DomainEvent):
    """The party is over. `reason`: host, empty or abandoned."""

    type = contract.PARTY_SESSION_ENDED
    reason: str

    def data(self) -> dict[str, Any]:
        return {"reason": self.reason}
