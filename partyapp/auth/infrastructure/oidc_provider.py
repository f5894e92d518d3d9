"""An OpenID Connect provider, found by its issuer (Discovery 1.0) and spoken to by Authlib.

Authlib makes the authorization URL, asks for the token and checks the ID token's claims; the signature is
checked by the keys that `ProviderTokens` keeps, which follow their rotation.
"""

import base64
import logging
from typing import Any
from urllib.parse import quote_plus, urlencode

from authlib.oauth2.base import OAuth2Error  # type: ignore[import-untyped]
from authlib.oauth2.client import OAuth2Client  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc.errors import JoseError

from partyapp.auth.account_login import Account, LoginRefused, PendingLogin
from partyapp.auth.domain import LEEWAY_S
from partyapp.auth.infrastructure.oidc_metadata import Metadata, OidcMetadata
from partyapp.auth.infrastructure.provider_http import ProviderAnswer, ProviderHttp, ProviderSilentError
from partyapp.auth.infrastructure.provider_tokens import ProviderTokens
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import Unauthenticated, Unavailable
from partyapp.shared.ops.oidc_settings import OidcSettings

log = logging.getLogger(__name__)

_BASIC, _POST, _PUBLIC = "client_secret_basic", "client_secret_post", "none"
#: What a provider answers where the code is none, or no more one (RFC 6749 §5.2); the rest is the operator's.
_OF_THE_CODE = "invalid_grant"


class OidcProvider:
    """The `LoginProvider` of these settings."""

    def __init__(self, settings: OidcSettings, clock: Clock, http: ProviderHttp | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._http = http or ProviderHttp()
        self._metadata = OidcMetadata(settings.issuer, self._http)
        self._tokens: tuple[str, ProviderTokens] | None = None

    @property
    def issuer(self) -> str:
        """What its tokens call it."""
        return self._settings.issuer

    def login_url(self, login: PendingLogin) -> str:
        """Where the browser goes to sign in. Raises `Unavailable`."""
        client = self._client(self._known(), login)
        url, _ = client.create_authorization_url(
            self._known().authorization_endpoint,
            state=login.state,
            nonce=login.nonce,
            code_verifier=login.verifier,
        )
        return str(url)

    def names_itself(self) -> bool:
        """Whether its answers always say whose they are. Raises `Unavailable`."""
        return self._known().names_itself

    def account(self, code: str, login: PendingLogin) -> Account:
        """Whose code it is. Raises `LoginRefused`, `Unavailable`."""
        token = self._token(code, login)
        claims = self._id_claims(token, login)
        facts = {} if self._are_enough(claims) else self._userinfo(token, claims["sub"])
        return Account(subject=claims["sub"], claims={**facts, **claims})

    def logout_url(self, back_to: str) -> str | None:
        """Where the browser ends its session at the provider (RP-Initiated Logout 1.0 §2)."""
        endpoint = self._known().end_session_endpoint
        if endpoint is None:
            return None
        query = urlencode({"client_id": self._settings.client_id, "post_logout_redirect_uri": back_to})
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"

    def _known(self) -> Metadata:
        try:
            return self._metadata.current()
        except ProviderSilentError as error:
            raise self._unavailable(error) from None

    def _unavailable(self, error: Exception) -> Unavailable:
        log.warning("the login provider %s", error)
        return Unavailable("The provider of the sign-in can't be asked. Try again shortly.", retry_after_s=5)

    def _client(self, metadata: Metadata, login: PendingLogin) -> "_Client":
        return _Client(
            self._http,
            client_id=self._settings.client_id,
            client_secret=self._settings.client_secret,
            token_endpoint_auth_method=self._auth_method(metadata),
            scope=" ".join(self._settings.scopes),
            redirect_uri=login.redirect_uri,
            code_challenge_method="S256",
        )

    def _auth_method(self, metadata: Metadata) -> str:
        if self._settings.client_secret is None:
            return _PUBLIC
        methods = metadata.auth_methods
        return _POST if _POST in methods and _BASIC not in methods else _BASIC

    def _token(self, code: str, login: PendingLogin) -> dict[str, Any]:
        metadata = self._known()
        try:
            return dict(
                self._client(metadata, login).fetch_token(
                    metadata.token_endpoint,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=login.verifier,
                    redirect_uri=login.redirect_uri,
                )
            )
        except ProviderSilentError as error:
            raise self._unavailable(error) from None
        except OAuth2Error as error:
            if error.error == _OF_THE_CODE:
                raise LoginRefused("refused") from None
            raise self._unavailable(
                ProviderSilentError(f"refuses this client: {_word(error.error)}")
            ) from None
        except (ValueError, TypeError):
            raise self._unavailable(ProviderSilentError("gave no token that can be read")) from None

    def _id_claims(self, token: dict[str, Any], login: PendingLogin) -> dict[str, Any]:
        """The claims of the ID token, all of which is checked (Core 1.0 §3.1.3.7)."""
        try:
            header, claims = self._reader().read(str(token.get("id_token", "")))
            checked = CodeIDToken(
                claims,
                header,
                params={
                    "nonce": login.nonce,
                    "client_id": self._settings.client_id,
                    "access_token": token.get("access_token"),
                },
            )
            checked.validate(now=int(self._clock.now_ms() / 1000), leeway=int(LEEWAY_S))
        except Unauthenticated:
            raise self._untrusted("signature, issuer or audience") from None
        except JoseError as error:
            raise self._untrusted(str(error.description or error.error)) from None
        except (ValueError, TypeError, KeyError):
            raise self._untrusted("a claim that can't be read") from None
        return claims

    def _untrusted(self, why: str) -> LoginRefused:
        # Which claim it was; its value stays out. Times are wrong where the two machines' clocks differ.
        log.warning("an ID token was refused: %s; do the provider's clock and this one agree?", why)
        return LoginRefused("untrusted")

    def _reader(self) -> ProviderTokens:
        """The tokens' reader, whose keys are kept as long as their address stays."""
        url = self._known().jwks_uri
        if self._tokens is None or self._tokens[0] != url:
            reader = ProviderTokens(
                jwks_url=url,
                issuer=self.issuer,
                audience=self._settings.client_id,
                clock=self._clock,
            )
            self._tokens = url, reader
        return self._tokens[1]

    def _are_enough(self, claims: dict[str, Any]) -> bool:
        asked = set(self._settings.required)
        return any(name in claims for name in self._settings.name_claims) and asked <= claims.keys()

    def _userinfo(self, token: dict[str, Any], subject: str) -> dict[str, Any]:
        """What the provider says beside the ID token (Core 1.0 §5.3): many have the name there alone."""
        endpoint, access_token = self._known().userinfo_endpoint, token.get("access_token")
        if endpoint is None or not isinstance(access_token, str):
            return {}
        try:
            headers = {"Authorization": f"Bearer {access_token}"}
            facts = self._http.ask("GET", endpoint, headers=headers).object()
        except ProviderSilentError as error:
            raise self._unavailable(error) from None
        if facts.get("sub") != subject:
            raise self._untrusted("another person's userinfo")
        return facts


class _Client(OAuth2Client):  # type: ignore[misc]
    """Authlib's client, which asks by our own bounded requests."""

    def __init__(self, http: ProviderHttp, **options: Any) -> None:
        super().__init__(session=None, **options)
        self._http = http
        self.register_client_auth_method((_BASIC, _basic))

    def _fetch_token(
        self,
        url: str,
        body: str = "",
        headers: dict[str, str] | None = None,
        auth: Any = None,
        method: str = "POST",
        **_: Any,
    ) -> Any:
        url, sent, body = auth.prepare(method, url, dict(headers or {}), body)
        answer: ProviderAnswer = self._http.ask(method, url, headers=sent, body=body)
        return self.parse_response_token(answer)


def _basic(client: Any, _: str, url: str, headers: dict[str, str], body: str) -> tuple[str, Any, str]:
    """Id and secret are form-encoded first (RFC 6749 §2.3.1), which Authlib leaves out."""
    pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
    headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return url, headers, body


def _word(error: object) -> str:
    """An error's code as it may stand in a log."""
    text = str(error)[:60]
    return text if text.isascii() and text.isprintable() else "an unreadable code"
