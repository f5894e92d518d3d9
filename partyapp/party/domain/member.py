"""A member of a party."""

from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from partyapp.party.domain.grants import Grants
from partyapp.party.domain.state import PartyMemberState


class MemberRole(StrEnum):
    """The host leads; everyone else is a member."""

    HOST = "host"
    MEMBER = "member"


@dataclass(frozen=True)
class PartyMember:
    """One person's membership. Whether they are connected is no matter of the domain."""

    state: PartyMemberState

    @classmethod
    def new(cls, party_id: UUID, user_id: UUID, display_name: str, at_ms: float) -> "PartyMember":
        """A membership that begins at `at_ms` (ms of party time)."""
        state = PartyMemberState(
            party_id=party_id, user_id=user_id, display_name=display_name, joined_at_ms=at_ms
        )
        return cls(state)

    @property
    def user_id(self) -> UUID:
        """Who it is."""
        return self.state.user_id

    @property
    def present(self) -> bool:
        """True until they leave."""
        return self.state.left_at_ms is None

    def joined_again(self, display_name: str, at_ms: float) -> "PartyMember":
        """The same person back after having left: their time counts from now."""
        back = replace(
            self.state, display_name=display_name, joined_at_ms=at_ms, left_at_ms=None, grants=None
        )
        return PartyMember(back)

    def renamed(self, display_name: str) -> "PartyMember":
        """The same membership under another name."""
        return PartyMember(replace(self.state, display_name=display_name))

    def with_grants(self, grants: Grants | None) -> "PartyMember":
        """The same membership with these rights of its own, or with None those of the party."""
        return PartyMember(replace(self.state, grants=grants))

    def left(self, at_ms: float) -> "PartyMember":
        """The membership after it has ended."""
        return PartyMember(replace(self.state, left_at_ms=at_ms))

    def role_in(self, host_id: UUID) -> MemberRole:
        """Host or member, as the party has it."""
        return MemberRole.HOST if self.user_id == host_id else MemberRole.MEMBER
