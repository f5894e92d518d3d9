"""Who may come into a party beside by its own code: invites, and who is banned."""

from dataclasses import dataclass, field
from hmac import compare_digest
from uuid import UUID

from partyapp.party.domain.grants import Grants

#: Of an invite that many joined by, so many are named.
USES_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class PartyInvite:
    """An invite beside the party's own code. Instants in ms of party time; None where there is no limit.

    With `user_id` it is for that person alone, who needs no code. `grants` are the rights of whoever joins by
    it; None: those that all have.
    """

    id: UUID
    party_id: UUID
    code: str = field(repr=False)
    created_by: UUID
    created_at_ms: float
    expires_at_ms: float | None = None
    max_uses: int | None = None
    uses: int = 0
    revoked_at_ms: float | None = None
    user_id: UUID | None = None
    grants: Grants | None = None

    def closed_because(self, now_ms: float) -> str | None:
        """Why it opens nothing any more, in a sentence; None while it does."""
        if self.revoked_at_ms is not None:
            return "The invite was revoked."
        if self.expires_at_ms is not None and self.expires_at_ms <= now_ms:
            return "The invite has expired."
        if self.max_uses is not None and self.uses >= self.max_uses:
            return "The invite is used up."
        return None

    def has_code(self, code: str | None) -> bool:
        """Whether this is its code, compared in constant time."""
        return code is not None and compare_digest(code.encode(), self.code.encode())

    def is_for(self, user_id: UUID, code: str | None) -> bool:
        """Whether it is meant for this person with this code; it may be closed all the same."""
        return self.has_code(code) if self.user_id is None else self.user_id == user_id


@dataclass(frozen=True, kw_only=True)
class Vouching:
    """A site's word for somebody: into a party of its own it lets them as an invite by name would."""

    site: str
    grants: Grants | None = None


@dataclass(frozen=True, kw_only=True)
class InviteUse:
    """Who joined by an invite, by the name that they had then, and when, in ms of party time."""

    user_id: UUID
    display_name: str
    at_ms: float


@dataclass(frozen=True, kw_only=True)
class PartyBan:
    """Somebody who may not come back, who put them out, and when, in ms of party time."""

    user_id: UUID
    display_name: str
    #: None: the operator of the service.
    banned_by: UUID | None
    at_ms: float
