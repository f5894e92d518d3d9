"""Whose tokens count in this deployment."""

from dataclasses import dataclass

from partyapp.auth.account_login import AccountLogin, AccountRules
from partyapp.auth.application import Identity
from partyapp.auth.infrastructure import AnyToken, KeyRing, KeyTokens, PartyTokens, ProviderTokens
from partyapp.auth.infrastructure.api_keys import PostgresApiKeys
from partyapp.shared.kernel.clock import WallClock
from partyapp.shared.ops.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """`own` issues and reads ours, `any` reads all that count; `ring` knows servers' keys."""

    own: PartyTokens
    any: AnyToken
    ring: KeyRing


def build_tokens(settings: Settings, api_keys: PostgresApiKeys) -> Tokens:
    """Ours, those of the identity provider if there is one, those that servers sign, and servers' keys."""
    own = PartyTokens(settings.secret_key, settings.token_ttl_s, WallClock(), settings.previous_secret_key)
    ring = KeyRing(api_keys.standing, WallClock(), settings.api_keys)
    keys = KeyTokens(ring.signing_secrets, WallClock())
    return Tokens(own=own, any=AnyToken(own, _provider(settings), keys, ring), ring=ring)


def build_account_login(settings: Settings, identity: Identity) -> AccountLogin | None:
    """Signing in at the provider of `PARTY_OIDC_…`, if one is set."""
    oidc = settings.oidc
    if oidc is None:
        return None
    # Its libraries take a quarter of a second, and most deployments, and all workers, need none of them.
    from partyapp.auth.infrastructure.oidc_provider import OidcProvider

    return AccountLogin(
        provider=OidcProvider(oidc, WallClock()),
        identity=identity,
        rules=AccountRules(name_claims=oidc.name_claims, required=oidc.required),
        clock=WallClock(),
    )


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
