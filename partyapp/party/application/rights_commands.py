"""Commands about who may do what and who may come in.

They run in the web process, each in a transaction of its own under the party's row lock, and never wait in a
row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from partyapp.party.domain.grants import Grants
from partyapp.shared.kernel.principal import Principal


@dataclass(frozen=True, kw_only=True)
class ChangePartySessionCommand:
    """Set what is named in `changes`, by its names in a Party."""

    actor: Principal
    party_id: UUID
    changes: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class GiveGrantsCommand:
    """Give a member rights of their own, or with None those of the party again."""

    actor: Principal
    party_id: UUID
    user_id: UUID
    grants: Grants | None


@dataclass(frozen=True, kw_only=True)
class RemoveMemberCommand:
    """Put a member out, for good with `ban`."""

    actor: Principal
    party_id: UUID
    user_id: UUID
    ban: bool = False


@dataclass(frozen=True, kw_only=True)
class ExpelMemberCommand:
    """Put a member out for the operator, who is nobody in the party; for good with `ban`."""

    party_id: UUID
    user_id: UUID
    ban: bool = False


@dataclass(frozen=True, kw_only=True)
class UnbanMemberCommand:
    """Let somebody who was banned come back."""

    actor: Principal
    party_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class ChangeInviteCodeCommand:
    """Give the party another invite code."""

    actor: Principal
    party_id: UUID


@dataclass(frozen=True, kw_only=True)
class CreateInviteCommand:
    """Make an invite. `invite_id` is chosen before, so that a repeat finds it."""

    actor: Principal
    party_id: UUID
    invite_id: UUID
    expires_in_s: float | None = None
    max_uses: int | None = None
    grants: Grants | None = None
    user_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class RevokeInviteCommand:
    """Have an invite open nothing from now on."""

    actor: Principal
    party_id: UUID
    invite_id: UUID
