"""Tokens that another server signs for its own people, with a key that the operator gave it (HS256)."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from uuid import UUID

from partyapp.auth.domain import check_times
from partyapp.auth.infrastructure.jwt_checks import MAX_NAME_CHARACTERS, check_type_and_subject, decoded
from partyapp.auth.infrastructure.party_tokens import NAME, OWN_ALGORITHMS
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.display_name import cleaned_display_name
from partyapp.shared.kernel.errors import Unauthenticated
from partyapp.shared.kernel.ids import derived_id, parse_id, site_user_id
from partyapp.shared.kernel.principal import Principal

#: Who such a token says made it: this and the key's id.
ISSUER_PREFIX = "party-key:"
#: From `iat` to `exp` at most, in s: a token can't be revoked one by one.
LONGEST_LIFE_S = 24 * 3600
MAX_GRANTS = 20
_TYPES = frozenset({None, "jwt", "at+jwt"})


class SigningSecret(NamedTuple):
    """With what tokens are signed; `key_id` is None for a key of the environment."""

    secret: str
    key_id: UUID | None = None


class KeyTokens:
    """Verifies them. `secrets_of` a name are those of its keys; a token may be signed with any of them."""

    def __init__(self, secrets_of: Callable[[str], Iterable[SigningSecret]], clock: Clock) -> None:
        self._secrets_of = secrets_of
        self._clock = clock

    def verify(self, token: str, issuer: str) -> Principal:
        """Who the token names, which says that `issuer` made it. Raises `Unauthenticated` or `Unavailable`.

        The same `sub` of the same key is the same person, and nobody else's `sub` is. With `party` the token
        is for that party alone, and `grants` are the rights that it gives there.
        """
        key_id = issuer.removeprefix(ISSUER_PREFIX)
        header, claims, signer = self._decoded(token, issuer, key_id)
        check_type_and_subject(header, claims, _TYPES)
        expires_s = check_times(claims, self._clock.now_ms() / 1000)
        if expires_s - claims["iat"] > LONGEST_LIFE_S:
            raise Unauthenticated("The token holds for longer than a day, which none of a key may.")
        return Principal(
            user_id=site_user_id(key_id, claims["sub"]),
            display_name=cleaned_display_name(claims.get("name")),
            expires_at_ms=expires_s * 1000,
            issued_at_ms=claims["iat"] * 1000,
            party_id=_party_in(claims),
            site=key_id,
            grants=_grants_in(claims),
            token_id=_token_id_in(claims, key_id),
            signed_by=signer.key_id,
        )

    def _decoded(
        self, token: str, issuer: str, key_id: str
    ) -> tuple[dict[str, Any], dict[str, Any], SigningSecret]:
        for signer in self._secrets_of(key_id):
            try:
                header, claims = decoded(
                    token,
                    signer.secret.encode(),
                    algorithms=OWN_ALGORITHMS,
                    issuer=issuer,
                    audience=NAME,
                    require=["iss", "aud", "sub", "iat", "exp"],
                )
            except Unauthenticated:
                continue
            return header, claims, signer
        raise Unauthenticated()


def _party_in(claims: dict[str, Any]) -> UUID | None:
    """The party that the token is for. One that can't be read opens nothing instead of everything."""
    if "party" not in claims:
        return None
    party_id = parse_id(claims["party"])
    if party_id is None:
        raise Unauthenticated()
    return party_id


def _grants_in(claims: dict[str, Any]) -> tuple[str, ...] | None:
    """The names of rights in the token. What they mean is the party's to say."""
    grants = claims.get("grants")
    if grants is None:
        return None
    names = isinstance(grants, list) and all(isinstance(name, str) and len(name) <= 32 for name in grants)
    if not names or len(grants) > MAX_GRANTS or "party" not in claims:
        raise Unauthenticated("The token's `grants` are no list of rights in a party that it names.")
    return tuple(grants)


def _token_id_in(claims: dict[str, Any], key_id: str) -> UUID | None:
    token_id = claims.get("jti")
    if token_id is None:
        return None
    if not isinstance(token_id, str) or not 0 < len(token_id) <= MAX_NAME_CHARACTERS:
        raise Unauthenticated()
    return derived_id("used-token", key_id, token_id)
