"""Whoever made a token: who is asked to verify it."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jwt
import msgspec

from partyapp.auth.infrastructure.api_keys import KEY_PREFIX
from partyapp.auth.infrastructure.key_ring import KeyRing
from partyapp.auth.infrastructure.key_tokens import ISSUER_PREFIX, KeyTokens
from partyapp.auth.infrastructure.party_tokens import PartyTokens
from partyapp.auth.infrastructure.provider_tokens import ProviderTokens
from partyapp.shared.kernel.errors import Forbidden, Unauthenticated
from partyapp.shared.kernel.principal import Principal

MAX_TOKEN_CHARACTERS = 8192


class _Claims(msgspec.Struct):
    """As much of a token's claims as says who is asked."""

    iss: Any = None


_decode = msgspec.json.Decoder(_Claims).decode


def _claimed_issuer(token: str) -> object:
    """Who the token says made it, unproven; it only picks who is asked to verify it."""
    try:
        body = jwt.utils.base64url_decode(token.split(".")[1])
        return _issuer_in(body)
    except (IndexError, ValueError, RecursionError):
        raise Unauthenticated() from None


def _issuer_in(body: bytes) -> object:
    try:
        # It is looked for in each request, and the other claims don't matter here.
        return _decode(body).iss
    except (msgspec.MsgspecError, UnicodeError):
        # What is no object, or JSON in Python's wider sense.
        claims = json.loads(body)
    return claims.get("iss") if isinstance(claims, dict) else None


class _Others(NamedTuple):
    """Who verifies a token that others issue, and what is said to who would have it renewed here."""

    verify: Callable[[str], Principal]
    renewal: str


class AnyToken:
    """Verifies our own tokens, a provider's when one is configured, those of servers, and servers' keys.

    Each is verified with its own keys only.
    """

    def __init__(
        self,
        own: PartyTokens,
        provider: ProviderTokens | None = None,
        keys: KeyTokens | None = None,
        ring: KeyRing | None = None,
    ) -> None:
        self._own = own
        self._provider = provider
        self._keys = keys
        self._ring = ring

    def verify(self, token: str) -> Principal:
        """Who the token names. Raises `Unauthenticated`, or `Unavailable` where that can't be told now."""
        others = self._others(token)
        return self._own.verify(token) if others is None else others.verify(token)

    def renewable(self, token: str, grace_s: float) -> Principal:
        """Whose session a token renews, though it has ended up to `grace_s` ago.

        Raises `Unauthenticated`, and `Forbidden` for a token that others issue, and renew.
        """
        others = self._others(token)
        if others is not None:
            raise Forbidden(others.renewal)
        return self._own.verify(token, grace_s)

    def _others(self, token: str) -> _Others | None:
        """Who verifies a token that says others made it; None for one of ours. Raises `Unauthenticated`."""
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise Unauthenticated()
        if self._ring is not None and token.startswith(KEY_PREFIX):
            return _Others(self._ring.verify, "A server's key is not renewed; its operator makes another.")
        provider, keys = self._provider, self._keys
        if provider is None and keys is None:
            return None
        issuer = _claimed_issuer(token)
        if provider is not None and issuer == provider.issuer:
            return _Others(provider.verify, "Your identity provider renews its own tokens.")
        if keys is not None and isinstance(issuer, str) and issuer.startswith(ISSUER_PREFIX):
            return _Others(partial(keys.verify, issuer=issuer), "Whoever signed this token renews it.")
        return None
