"""What keeps people from signing in at the provider of `PARTY_OIDC_…`."""

from urllib.parse import parse_qs, urlsplit

from partyapp.auth.account_login import PendingLogin
from partyapp.auth.infrastructure.oidc_metadata import Metadata, fetch_metadata, metadata_url
from partyapp.auth.infrastructure.oidc_provider import OidcProvider
from partyapp.auth.infrastructure.provider_http import ProviderHttp, ProviderSilentError
from partyapp.deployment_checks import Check, Fault, Outcome
from partyapp.shared.kernel.clock import WallClock
from partyapp.shared.ops.oidc_settings import OidcSettings

_SEE = "see docs/identity.md, Signing in at a provider"
#: The kinds of keys that ID tokens are verified with.
_KINDS = frozenset({"RSA", "EC", "OKP"})


def login_checks(settings: OidcSettings, page_url: str | None) -> dict[str, Check]:
    """The checks, in order. `page_url` is where people open the page, None where that isn't known."""
    http = ProviderHttp()
    return {
        "login provider": lambda _: _provider(settings, http),
        "login keys": lambda _: _keys(settings, http),
        "login address": lambda _: _address(settings, http, page_url),
    }


def _provider(settings: OidcSettings, http: ProviderHttp) -> str:
    metadata = _metadata(settings, http)
    methods = metadata.challenge_methods
    if methods is not None and "S256" not in methods:
        raise Fault("knows no PKCE with S256", f"allow it for the client there; {_SEE}", Outcome.WARNING)
    return settings.issuer


def _keys(settings: OidcSettings, http: ProviderHttp) -> str:
    url = _metadata(settings, http).jwks_uri
    try:
        keys = http.ask("GET", url).object().get("keys")
    except ProviderSilentError as error:
        raise Fault(f"{url} {error}", "open that address from here") from None
    found = keys if isinstance(keys, list) else []
    usable = [one for one in found if isinstance(one, dict) and one.get("kid") and one.get("kty") in _KINDS]
    if not usable:
        raise Fault(
            "has no key with an id for RS256, ES256 or EdDSA", "have it sign ID tokens with such a key"
        )
    return f"{len(usable)} keys"


def _address(settings: OidcSettings, http: ProviderHttp, page_url: str | None) -> str:
    """The provider takes a login that would lead back to us. What it shows to people isn't looked at."""
    if page_url is None:
        return "not tried without PARTY_PUBLIC_URL or --address"
    _metadata(settings, http)
    back_to = f"{page_url}/login"
    login = PendingLogin(
        state="party-check",
        nonce="party-check",
        verifier="party-check" * 5,
        redirect_uri=back_to,
        begun_at_ms=0,
    )
    try:
        answer = http.ask("GET", OidcProvider(settings, WallClock(), http).login_url(login))
    except ProviderSilentError as error:
        raise Fault(str(error), "open the provider's login from here") from None
    refusal = parse_qs(urlsplit(answer.location).query).get("error", [""])[0][:80]
    if answer.status_code >= 400 or refusal:
        said = refusal if refusal.isascii() and refusal.isprintable() else ""
        why = said or f"status {answer.status_code}"
        raise Fault(
            f"the provider refuses a login for {settings.client_id} that leads back to {back_to} ({why})",
            f"register that very address as a redirect URI of the client there; {_SEE}",
        )
    return back_to


def _metadata(settings: OidcSettings, http: ProviderHttp) -> Metadata:
    try:
        return fetch_metadata(settings.issuer, http)
    except ProviderSilentError as error:
        raise Fault(
            f"{metadata_url(settings.issuer)} {error}",
            "PARTY_OIDC_ISSUER has to be the provider's `issuer` to the letter, and reachable from web",
        ) from None
