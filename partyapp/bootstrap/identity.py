"""Whose tokens count in this deployment."""

from dataclasses import dataclass

from partyapp.auth.infrastructure import AnyToken, KeyTokens, PartyTokens, ProviderTokens
from partyapp.shared.kernel.clock import WallClock
from partyapp.shared.ops.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """`own` issues and reads ours, `any` reads a provider's as well."""

    own: PartyTokens
    any: AnyToken


def build_tokens(settings: Settings) -> Tokens:
    """Ours, those of the identity provider if there is one, and those of servers that were given a key."""
    own = PartyTokens(settings.secret_key, settings.token_ttl_s, WallClock())
    keys = KeyTokens(settings.api_keys, WallClock()) if settings.api_keys else None
    return Tokens(own=own, any=AnyToken(own, _provider(settings), keys))


def _provider(settings: Settings) -> ProviderTokens | None:
    """Who else's tokens count, if anybody's."""
    if not (settings.jwks_url and settings.jwt_issuer and settings.jwt_audience):
        return None
    return ProviderTokens(
        jwks_url=settings.jwks_url,
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
        key_ids=settings.jwt_key_ids,
        clock=WallClock(),
    )
