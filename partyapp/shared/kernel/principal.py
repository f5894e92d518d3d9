"""Who acts: the signed-in person behind a request, a socket or a command."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Principal:
    """A person as the token names them. `expires_at_ms` is the token's end in Unix ms, 0 when it has none,
    `issued_at_ms` when it was made, 0 where that is unknown.

    `session_id` is the sign-in that the token comes from; None for one that others issue. `party_id` is the
    party that the token is for, None where it is for all that the person may do. `site` is the name of the
    server whose key vouches for the person. Where that server itself asks, `key_id` is its key and `scopes`
    what that is for; the person is then whom it acts for, or else stands for the key. `grants` are the rights
    that a site's token gives with its party, and `token_id` stands for a token that lets its person in once.
    `signed_by` is the site's key that the token was signed with, None for one of the environment.
    """

    user_id: UUID
    display_name: str
    expires_at_ms: float = 0.0
    issued_at_ms: float = 0.0
    session_id: UUID | None = None
    party_id: UUID | None = None
    site: str | None = None
    key_id: UUID | None = None
    scopes: frozenset[str] = frozenset()
    grants: tuple[str, ...] | None = None
    token_id: UUID | None = None
    signed_by: UUID | None = None

    @property
    def lasts_with(self) -> UUID | None:
        """What ends all that goes on with the token when it ends: the sign-in, or the key that signed it."""
        return self.session_id or self.signed_by

    @property
    def accountable_id(self) -> UUID:
        """Who answers for what is done, in the log and in what is counted: a key, or else the person."""
        return self.user_id if self.key_id is None else self.key_id
