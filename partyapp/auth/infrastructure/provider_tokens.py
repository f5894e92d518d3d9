"""Tokens of an outside identity provider, and the keys that it publishes."""

import threading
from typing import Any

import jwt
from jwt import PyJWK, PyJWKClient, PyJWKSet

from partyapp.auth.domain import check_times, provider_display_name, provider_user_id
from partyapp.auth.infrastructure.jwt_checks import MAX_NAME_CHARACTERS, check_type_and_subject, decoded
from partyapp.shared.kernel.circuit import Circuit
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import Unauthenticated, Unavailable
from partyapp.shared.kernel.principal import Principal

#: Asymmetric ones only. A provider's public key is public: taken as an HS256 secret, it would sign anything.
PROVIDER_ALGORITHMS = ["RS256", "ES256", "EdDSA"]
#: Providers differ in `typ`; a token made for another purpose (`logout+jwt`, `dpop+jwt`) is none of these.
PROVIDER_TYPES = frozenset({None, "jwt", "at+jwt", "application/at+jwt"})

FETCH_TIMEOUT_S = 2.0
#: How long nothing is fetched after a failed fetch: a dead provider costs one slow request in that time.
FETCH_PAUSE_S = 5.0
KEYS_KEPT_S = 300.0
UNKNOWN_KEY_PAUSE_S = 30.0


class ProviderKeys:
    """The provider's public keys (RFC 7517), kept for five minutes and fetched with restraint.

    One thread fetches at a time and the others wait a bounded while. After a failure nothing is fetched
    for `FETCH_PAUSE_S`; a key that is already known goes on working meanwhile.
    """

    def __init__(self, url: str) -> None:
        self._client = PyJWKClient(
            url, timeout=FETCH_TIMEOUT_S, lifespan=KEYS_KEPT_S, cooldown_duration=UNKNOWN_KEY_PAUSE_S
        )
        self._fetching = threading.Lock()
        #: Used under the lock alone.
        self._circuit = Circuit(FETCH_PAUSE_S)

    def key(self, key_id: str) -> PyJWK:
        """The key of that id. Raises `Unauthenticated` if there is none, `Unavailable` if that is unknown."""
        known = self._known(key_id)
        if known is not None:
            return known
        if not self._fetching.acquire(timeout=2 * FETCH_TIMEOUT_S):
            raise _unreachable()
        try:
            if not self._circuit.lets_through():
                raise _unreachable()
            return self._fetched(key_id)
        finally:
            self._fetching.release()

    def _known(self, key_id: str) -> PyJWK | None:
        kept = self._kept()
        keys = [] if kept is None else [key for key in kept.keys if key.public_key_use in ("sig", None)]
        return self._client.match_kid(keys, key_id)

    def _kept(self) -> PyJWKSet | None:
        cache = self._client.jwk_set_cache
        return None if cache is None else cache.get()

    def _fetched(self, key_id: str) -> PyJWK:
        try:
            key = self._client.get_signing_key(key_id)
        except jwt.PyJWKClientConnectionError:
            key, answered = None, False
        except jwt.PyJWKClientError:
            # Where keys are kept, the provider did answer; it just has no such key.
            key, answered = None, self._kept() is not None
        except (jwt.PyJWTError, OSError, ValueError):
            key, answered = None, False
        if key is None and not answered:
            self._circuit.failed()
            raise _unreachable()
        self._circuit.worked()
        if key is None:
            raise Unauthenticated()
        return key


def _unreachable() -> Unavailable:
    return Unavailable("The identity provider is not reachable. Try again shortly.", retry_after_s=5)


class ProviderTokens:
    """Tokens of an outside identity provider, verified with the keys it publishes.

    `key_ids`: only these of its keys count; all of them when it is empty.
    """

    def __init__(
        self,
        *,
        jwks_url: str,
        issuer: str,
        audience: str,
        clock: Clock,
        key_ids: frozenset[str] = frozenset(),
    ) -> None:
        self.issuer = issuer
        self._audience = audience
        self._keys = ProviderKeys(jwks_url)
        self._key_ids = key_ids
        self._clock = clock

    def verify(self, token: str) -> Principal:
        """Who the token names. Raises `Unauthenticated`, or `Unavailable` when no keys can be had."""
        _, claims = self.read(token)
        expires_s = check_times(claims, self._clock.now_ms() / 1000)
        return Principal(
            user_id=provider_user_id(self.issuer, claims["sub"]),
            display_name=provider_display_name(claims),
            expires_at_ms=expires_s * 1000,
            issued_at_ms=claims.get("iat", 0) * 1000,
        )

    def read(self, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and claims of a token that the provider has signed for us, whenever. Raises as `verify`."""
        key_id = _key_id(token)
        if self._key_ids and key_id not in self._key_ids:
            raise Unauthenticated()
        key = self._keys.key(key_id)
        if key.algorithm_name not in PROVIDER_ALGORITHMS:
            raise Unauthenticated()
        header, claims = decoded(
            token,
            key,
            algorithms=PROVIDER_ALGORITHMS,
            issuer=self.issuer,
            audience=self._audience,
            require=["iss", "aud", "sub", "exp"],
        )
        check_type_and_subject(header, claims, PROVIDER_TYPES)
        return header, claims


def _key_id(token: str) -> str:
    """The key id of a token whose algorithm may be looked at at all; nothing is fetched for the others."""
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise Unauthenticated() from None
    key_id = header.get("kid")
    if header.get("alg") not in PROVIDER_ALGORITHMS or not isinstance(key_id, str):
        raise Unauthenticated()
    if len(key_id) > MAX_NAME_CHARACTERS:
        raise Unauthenticated()
    return key_id
