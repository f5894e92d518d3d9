"""Our own tokens: signed here, and each of a session that can be revoked."""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

import jwt

from partyapp.auth.domain import check_times
from partyapp.auth.infrastructure.jwt_checks import decoded
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.display_name import cleaned_display_name
from partyapp.shared.kernel.errors import Unauthenticated
from partyapp.shared.kernel.ids import derived_id, new_id, parse_id
from partyapp.shared.kernel.principal import Principal

NAME = "party"
TYPE = "at+jwt"
OWN_ALGORITHMS = ["HS256"]
#: So many are remembered as signed by us, each about 1 KiB; whether one still holds is asked each time.
KNOWN_TOKENS = 4096


class PartyTokens:
    """Our own tokens, signed with HS256 and the deployment's secret; the `previous` one's are read, too."""

    def __init__(self, secret: str, ttl_s: int, clock: Clock, previous: str | None = None) -> None:
        self._secret = secret.encode()
        self._previous = None if previous is None else previous.encode()
        self._ttl_s = ttl_s
        self.clock = clock
        # The same one comes with each request of its person. What is refused is read anew.
        self._read = lru_cache(KNOWN_TOKENS)(self._read_anew)

    @property
    def ttl_s(self) -> int:
        """How long a new token holds, in s."""
        return self._ttl_s

    def issue(self, principal: Principal) -> str:
        """A token after RFC 9068 that names `principal`, of their session where they have one."""
        now_s = int(self.clock.now_ms() / 1000)
        claims: dict[str, Any] = {
            "iss": NAME,
            "aud": NAME,
            "sub": str(principal.user_id),
            "name": principal.display_name,
            "iat": now_s,
            "nbf": now_s,
            "exp": now_s + self._ttl_s,
            "jti": str(new_id()),
        }
        if principal.session_id is not None:
            # The session, as OpenID Connect names it (Front-Channel Logout 1.0 §3).
            claims["sid"] = str(principal.session_id)
        return jwt.encode(claims, self._secret, algorithm="HS256", headers={"typ": TYPE})

    def verify(self, token: str, grace_s: float = 0.0) -> Principal:
        """Who the token names, though it has ended up to `grace_s` ago. Raises `Unauthenticated`.

        A token without a session is one of the release before; its own id stands for its session then.
        """
        claims, principal = self._read(token)
        check_times(claims, self.clock.now_ms() / 1000, grace_s)
        return principal

    def _read_anew(self, token: str) -> tuple[Mapping[str, Any], Principal]:
        """The claims of one of our tokens, and whom they name; it may have ended."""
        header, claims = self._decoded(token)
        user_id, session_id = parse_id(claims["sub"]), _session_in(claims)
        if header.get("typ") != TYPE or user_id is None or session_id is None:
            raise Unauthenticated()
        expires_s = check_times(claims, self.clock.now_ms() / 1000, math.inf)
        principal = Principal(
            user_id=user_id,
            display_name=cleaned_display_name(claims["name"]),
            expires_at_ms=expires_s * 1000,
            issued_at_ms=claims["iat"] * 1000,
            session_id=session_id,
        )
        return claims, principal

    def _decoded(self, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
        try:
            return _decoded_with(token, self._secret)
        except Unauthenticated:
            if self._previous is None:
                raise
            return _decoded_with(token, self._previous)


def _decoded_with(token: str, secret: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    return decoded(
        token,
        secret,
        algorithms=OWN_ALGORITHMS,
        issuer=NAME,
        audience=NAME,
        require=["iss", "aud", "sub", "name", "iat", "nbf", "exp", "jti"],
    )


def _session_in(claims: dict[str, Any]) -> UUID | None:
    return parse_id(claims["sid"]) if "sid" in claims else derived_id("token", claims["jti"])
