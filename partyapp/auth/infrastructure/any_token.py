"""Whoever made a token: who is asked to verify it."""

import json

import jwt

from partyapp.auth.infrastructure.party_tokens import PartyTokens
from partyapp.auth.infrastructure.provider_tokens import ProviderTokens
from partyapp.shared.kernel.errors import Forbidden, Unauthenticated
from partyapp.shared.kernel.principal import Principal

MAX_TOKEN_CHARACTERS = 8192


def _claimed_issuer(token: str) -> object:
    """Who the token says made it, unproven; it only picks who is asked to verify it."""
    try:
        body = jwt.utils.base64url_decode(token.split(".")[1])
        claims = json.loads(body)
    except (IndexError, ValueError, RecursionError):
        raise Unauthenticated() from None
    return claims.get("iss") if isinstance(claims, dict) else None


class AnyToken:
    """Verifies our own tokens and, when one is configured, a provider's; each with its own keys only."""

    def __init__(self, own: PartyTokens, provider: ProviderTokens | None = None) -> None:
        self._own = own
        self._provider = provider

    def verify(self, token: str) -> Principal:
        """Who the token names. Raises `Unauthenticated`, or `Unavailable` from the provider."""
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise Unauthenticated()
        if self._provider is not None and _claimed_issuer(token) == self._provider.issuer:
            return self._provider.verify(token)
        return self._own.verify(token)

    def renewable(self, token: str, grace_s: float) -> Principal:
        """Whose session a token renews, though it has ended up to `grace_s` ago.

        Raises `Unauthenticated`, and `Forbidden` for a provider's token, which only the provider renews.
        """
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise Unauthenticated()
        if self._provider is not None and _claimed_issuer(token) == self._provider.issuer:
            raise Forbidden("Your identity provider renews its own tokens.")
        return self._own.verify(token, grace_s)
