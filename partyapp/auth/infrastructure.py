"""Tokens as JSON Web Tokens: our own, and those of an outside identity provider.

The checks follow RFC 8725 (JWT best practices): a fixed list of algorithms for each kind of key, and
issuer, audience, times, subject and type are all required or checked. No message or log line ever holds
a token or a part of one.
"""

import json
import threading
from typing import Any

import jwt
from jwt import PyJWK, PyJWKClient, PyJWKSet

from partyapp.auth.application import TokenVerifier
from partyapp.auth.domain import check_times, cleaned_display_name, provider_display_name, provider_user_id
from partyapp.shared.kernel.circuit import Circuit
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import Unauthenticated, Unavailable
from partyapp.shared.kernel.ids import new_id, parse_id
from partyapp.shared.kernel.principal import Principal

NAME = "party"
TYPE = "at+jwt"
OWN_ALGORITHMS = ["HS256"]
#: Asymmetric ones only. A provider's public key is public: taken as an HS256 secret, it would sign anything.
PROVIDER_ALGORITHMS = ["RS256", "ES256", "EdDSA"]
#: Providers differ in `typ`; a token made for another purpose (`logout+jwt`, `dpop+jwt`) is none of these.
PROVIDER_TYPES = frozenset({None, "jwt", "at+jwt", "application/at+jwt"})

MAX_TOKEN_CHARACTERS = 8192
MAX_SUBJECT_CHARACTERS = 255
FETCH_TIMEOUT_S = 2.0
#: How long nothing is fetched after a failed fetch: a dead provider costs one slow request in that time.
FETCH_PAUSE_S = 5.0
KEYS_KEPT_S = 300.0
UNKNOWN_KEY_PAUSE_S = 30.0


def _decoded(
    token: str, key: Any, *, algorithms: list[str], issuer: str, audience: str, require: list[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token whose signature, issuer and audience are right.

    The times are left to `check_times`, which asks the clock it is given and not the machine's.
    """
    try:
        found = jwt.decode_complete(
            token,
            key,
            algorithms=algorithms,
            issuer=issuer,
            audience=audience,
            options={"require": require, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        # The cause is dropped on purpose: its text may quote what the token holds.
        raise Unauthenticated() from None
    return found["header"], found["payload"]


class PartyTokens:
    """Our own tokens, signed with HS256 and the deployment's secret."""

    def __init__(self, secret: str, ttl_s: int, clock: Clock) -> None:
        self._secret = secret.encode()
        self._ttl_s = ttl_s
        self._clock = clock

    @property
    def ttl_s(self) -> int:
        """How long a new token holds, in s."""
        return self._ttl_s

    def issue(self, principal: Principal) -> str:
        """A token after RFC 9068 that names `principal`."""
        now_s = int(self._clock.now_ms() / 1000)
        claims = {
            "iss": NAME,
            "aud": NAME,
            "sub": str(principal.user_id),
            "name": principal.display_name,
            "iat": now_s,
            "nbf": now_s,
            "exp": now_s + self._ttl_s,
            "jti": str(new_id()),
        }
        return jwt.encode(claims, self._secret, algorithm="HS256", headers={"typ": TYPE})

    def verify(self, token: str) -> Principal:
        """Who the token names. Raises `Unauthenticated`."""
        header, claims = _decoded(
            token,
            self._secret,
            algorithms=OWN_ALGORITHMS,
            issuer=NAME,
            audience=NAME,
            require=["iss", "aud", "sub", "name", "iat", "nbf", "exp", "jti"],
        )
        user_id = parse_id(claims["sub"])
        if header.get("typ") != TYPE or user_id is None:
            raise Unauthenticated()
        expires_s = check_times(claims, self._clock.now_ms() / 1000)
        name = cleaned_display_name(claims["name"])
        return Principal(user_id=user_id, display_name=name, expires_at_ms=expires_s * 1000)


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
        key_id = _key_id(token)
        if self._key_ids and key_id not in self._key_ids:
            raise Unauthenticated()
        key = self._keys.key(key_id)
        if key.algorithm_name not in PROVIDER_ALGORITHMS:
            raise Unauthenticated()
        header, claims = _decoded(
            token,
            key,
            algorithms=PROVIDER_ALGORITHMS,
            issuer=self.issuer,
            audience=self._audience,
            require=["iss", "aud", "sub", "exp"],
        )
        subject = claims["sub"]
        if _type(header) not in PROVIDER_TYPES or not 0 < len(subject) <= MAX_SUBJECT_CHARACTERS:
            raise Unauthenticated()
        expires_s = check_times(claims, self._clock.now_ms() / 1000)
        return Principal(
            user_id=provider_user_id(self.issuer, subject),
            display_name=provider_display_name(claims),
            expires_at_ms=expires_s * 1000,
        )


def _key_id(token: str) -> str:
    """The key id of a token whose algorithm may be looked at at all; nothing is fetched for the others."""
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise Unauthenticated() from None
    key_id = header.get("kid")
    if header.get("alg") not in PROVIDER_ALGORITHMS or not isinstance(key_id, str) or len(key_id) > 255:
        raise Unauthenticated()
    return key_id


def _type(header: dict[str, Any]) -> str | None:
    kind = header.get("typ")
    # Media types don't tell capitals from small letters (RFC 7515 §4.1.9).
    return None if kind is None else str(kind).lower()


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

    def __init__(self, own: TokenVerifier, provider: ProviderTokens | None = None) -> None:
        self._own = own
        self._provider = provider

    def verify(self, token: str) -> Principal:
        """Who the token names. Raises `Unauthenticated`, or `Unavailable` from the provider."""
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise Unauthenticated()
        if self._provider is not None and _claimed_issuer(token) == self._provider.issuer:
            return self._provider.verify(token)
        return self._own.verify(token)
