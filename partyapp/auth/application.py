"""Signing in, and the two things it needs: somebody who issues tokens and somebody who verifies them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from partyapp.auth.contract import SignedIn
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal


class TokenIssuer(Protocol):
    """Makes tokens of our own."""

    @property
    def ttl_s(self) -> int:
        """How long a new token holds, in s."""
        ...

    def issue(self, principal: Principal) -> str:
        """A token that names `principal` and ends after `ttl_s`."""
        ...


class TokenVerifier(Protocol):
    """Reads a bearer token."""

    def verify(self, token: str) -> Principal:
        """Who the token names.

        Raises `Unauthenticated` for a token that proves nobody, `Unavailable` when that can't be told now.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class SignInGuestCommand:
    """A person without an account wants in. `display_name` was checked by whoever read it."""

    display_name: str


@dataclass(frozen=True, kw_only=True)
class SignInGuest:
    """Gives a guest a new user id and the token for it. Nothing is stored: the token is the account."""

    tokens: TokenIssuer
    new_user_id: Callable[[], UUID] = new_id

    def __call__(self, command: SignInGuestCommand) -> SignedIn:
        """The new guest, signed in."""
        guest = Principal(user_id=self.new_user_id(), display_name=command.display_name)
        return SignedIn(
            principal=guest, access_token=self.tokens.issue(guest), expires_in_s=self.tokens.ttl_s
        )
