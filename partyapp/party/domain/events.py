"""What has happened to a party: one frozen class an event, the public name and data of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from partyapp.party import contract
from partyapp.party.domain.grants import Grants, names_of
from partyapp.party.domain.json_values import playback_json
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
    """Somebody became a member, by an invite perhaps that gave them rights of their own.

    `grants` is what they may do; `own_grants` what the invite gave, None where they have what all have.
    """

    type = contract.MEMBER_JOINED
    user_id: UUID
    display_name: str
    grants: Grants
    own_grants: Grants | None = None
    invite_id: UUID | None = None

    def data(self) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "user_id": str(self.user_id),
            "display_name": self.display_name,
            "grants": names_of(self.grants),
        }
        if self.own_grants is not None:
            facts["own_grants"] = names_of(self.own_grants)
        if self.invite_id is not None:
            facts["invite_id"] = str(self.invite_id)
        return facts


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
class PartySessionChanged(DomainEvent):
    """The host has set something of the party. `changes`: by its names in a Party.

    `playback` is set where that moved the party's beginning.
    """

    type = contract.PARTY_SESSION_CHANGED
    changes: Mapping[str, Any]
    playback: PlaybackState | None = None

    def data(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"changes": dict(self.changes)}
        if self.playback is not None:
            facts["playback"] = playback_json(self.playback)
        return facts


@dataclass(frozen=True, kw_only=True)
class MemberGrantsChanged(DomainEvent):
    """The host gave a member rights of their own; None gave them the party's again."""

    type = contract.MEMBER_GRANTS_CHANGED
    user_id: UUID
    display_name: str
    grants: Grants | None

    def data(self) -> dict[str, Any]:
        grants = None if self.grants is None else names_of(self.grants)
        return {"user_id": str(self.user_id), "display_name": self.display_name, "grants": grants}


@dataclass(frozen=True, kw_only=True)
class MemberRemoved(DomainEvent):
    """A member was put out, and may not come back if `banned`."""

    type = contract.MEMBER_REMOVED
    user_id: UUID
    display_name: str
    banned: bool

    def data(self) -> dict[str, Any]:
        return {"user_id": str(self.user_id), "display_name": self.display_name, "banned": self.banned}


@dataclass(frozen=True, kw_only=True)
class MemberBanned(DomainEvent):
    """Somebody who had gone before may not come back. Of who is put out `MemberRemoved` says it."""

    type = contract.MEMBER_BANNED
    user_id: UUID
    display_name: str

    def data(self) -> dict[str, Any]:
        return {"user_id": str(self.user_id), "display_name": self.display_name}


@dataclass(frozen=True, kw_only=True)
class MemberUnbanned(DomainEvent):
    """Somebody who was banned may come back."""

    type = contract.MEMBER_UNBANNED
    user_id: UUID
    display_name: str

    def data(self) -> dict[str, Any]:
        return {"user_id": str(self.user_id), "display_name": self.display_name}


@dataclass(frozen=True, kw_only=True)
class InviteCodeChanged(DomainEvent):
    """The party has another invite code; the code itself is told to nobody by the log."""

    type = contract.INVITE_CODE_CHANGED


@dataclass(frozen=True, kw_only=True)
class PartySessionEnded(DomainEvent):
    """The party is over. `reason`: host, empty, abandoned or operator."""

    type = contract.PARTY_SESSION_ENDED
    reason: str

    def data(self) -> dict[str, Any]:
        return {"reason": self.reason}
