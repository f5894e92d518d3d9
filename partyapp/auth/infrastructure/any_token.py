"""Whoever made a token: who is asked to verify it."""

import json

import jwt

from partyapp.auth.infrastructure.key_tokens import ISSUER_PREFIX, KeyTokens
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
    """Verifies our own tokens, a provider's when one is configured, and those of servers that have a key.

    Each is verified with its own keys only.
    """

    def __init__(
        self, own: PartyTokens, provider: ProviderTokens | None = None, keys: KeyTokens | None = None
    ) -> None:
        self._own = own
        self._provider = provider
        self._keys = keys

    def verify(self, token: str) -> Principal:
        """Who the token names. Raises `Unauthenticated`, or `Unavailable` from the provider."""
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise Unauthenticated()
        if self._provider is None and self._keys is None:
            return self._own.verify(token)
        issuer = _claimed_issuer(token)
        if self._provider is not None and issuer == self._provider.issuer:
            return self._provider.verify(token)
        if self._keys is not None and isinstance(issuer, str) and issuer.startswith(ISSUER_PREFIX):
            return self._keys.verify(token, issuer)
        return self._own.verify(token)

    def renewable(self, token: str, grace_s: float) -> Principal:
        """Whose session a token renews, though it has ended up to `grace_s` ago.

        Raises `Unauthenticated`, and `Forbidden` for a token that others issue, and renew.
        """
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise Unauthenticated()
        if self._provider is None and self._keys is None:
            return self._own.verify(token, grace_s)
        issuer = _claimed_issuer(token)
        if self._provider is not None and issuer == self._provider.issuer:
            raise Forbidden("Your identity provider renews its own tokens.")
        if self._keys is not None and isinstance(issuer, str) and issuer.startswith(ISSUER_PREFIX):
            raise Forbidden("Whoever signed this token renews it.")
        return self._own.verify(token, grace_s)
