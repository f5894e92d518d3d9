"""What handlers need of invites and bans; stored in the same transaction as the party."""

from collections.abc import Collection, Sequence
from typing import Protocol
from uuid import UUID

from partyapp.party.domain.admission import PartyBan, PartyInvite


class AdmissionLookup(Protocol):
    """What a join needs."""

    def ban_of(self, party_id: UUID, user_id: UUID) -> PartyBan | None:
        """The person's ban from this party."""
        ...

    def invites_for(self, party_id: UUID, user_id: UUID, code: str | None) -> Sequence[PartyInvite]:
        """The party's invites that have this code or are for this person, whether they are open or not."""
        ...

    def count_use(self, invite_id: UUID) -> None:
        """Somebody joins by this invite. Raises `ConcurrentChange` if it was closed or used up meanwhile."""
        ...

    def use_token(self, token_id: UUID, until_ms: float) -> bool:
        """A token lets its person in; False when it has before. It is remembered until then (Unix ms)."""
        ...


class AdmissionPort(AdmissionLookup, Protocol):
    """Stores invites and bans."""

    def add_ban(self, party_id: UUID, ban: PartyBan) -> None:
        """Ban somebody; of who is banned already the first ban stays."""
        ...

    def remove_ban(self, party_id: UUID, user_id: UUID) -> None:
        """End a ban, if there is one."""
        ...

    def add_invite(self, invite: PartyInvite) -> None:
        """Store a new invite."""
        ...

    def invite(self, party_id: UUID, invite_id: UUID) -> PartyInvite | None:
        """One of the party's invites."""
        ...

    def open_invites(self, party_id: UUID, now_ms: float) -> int:
        """How many of the party's invites open it at `now_ms`."""
        ...

    def all_open(self, party_id: UUID, now_ms: float) -> Sequence[PartyInvite]:
        """The party's invites that open it at `now_ms`."""
        ...

    def invites_of(self, party_id: UUID, user_id: UUID) -> Sequence[PartyInvite]:
        """Those that this person made or that are for them, without the revoked ones."""
        ...

    def revoke(self, invite_ids: Collection[UUID], at_ms: float) -> None:
        """Close these for ever; of one that is revoked the first instant stays."""
        ...
