"""What a provider says of itself (OpenID Connect Discovery 1.0 §4), kept for an hour."""

import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from partyapp.auth.infrastructure.provider_http import TOTAL_S, ProviderHttp, ProviderSilentError
from partyapp.shared.kernel.circuit import Circuit
from partyapp.shared.kernel.clock import monotonic_s

#: It is asked for anew after so long, in s; while that fails, what is known counts for so long in all.
FRESH_S = 3600.0
KEPT_S = 24 * 3600.0
#: After a failure nobody asks for so long, in s.
PAUSE_S = 5.0
_LONGEST_URL = 2000


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """The addresses of a provider, and what it can. `names_itself`: see RFC 9207."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    auth_methods: tuple[str, ...]
    challenge_methods: tuple[str, ...] | None
    names_itself: bool


class OidcMetadata:
    """Knows a provider's metadata."""

    def __init__(self, issuer: str, http: ProviderHttp) -> None:
        self._issuer = issuer
        self._http = http
        self._known: tuple[Metadata, float] | None = None
        self._asking = threading.Lock()
        #: Used under the lock alone.
        self._circuit = Circuit(PAUSE_S)

    def current(self) -> Metadata:
        """The metadata. Raises `ProviderSilentError` with what is wrong with it."""
        known = self._known_for(FRESH_S)
        if known is not None:
            return known
        if not self._asking.acquire(timeout=TOTAL_S):
            return self._old("takes too long to answer")
        try:
            return self._known_for(FRESH_S) or self._fetched()
        finally:
            self._asking.release()

    def _fetched(self) -> Metadata:
        if not self._circuit.lets_through():
            return self._old("did not answer a moment ago")
        try:
            found = fetch_metadata(self._issuer, self._http)
        except ProviderSilentError as error:
            self._circuit.failed()
            return self._old(str(error))
        self._circuit.worked()
        self._known = found, monotonic_s()
        return found

    def _known_for(self, age_s: float) -> Metadata | None:
        known = self._known
        return known[0] if known is not None and monotonic_s() - known[1] < age_s else None

    def _old(self, why: str) -> Metadata:
        known = self._known_for(KEPT_S)
        if known is None:
            raise ProviderSilentError(why)
        return known


def metadata_url(issuer: str) -> str:
    """Where a provider's metadata is (Discovery 1.0 §4.1)."""
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def fetch_metadata(issuer: str, http: ProviderHttp) -> Metadata:
    """The metadata as it is now. Raises `ProviderSilentError` with what is wrong with it."""
    found = http.ask("GET", metadata_url(issuer)).object()
    if found.get("issuer") != issuer:
        # Anything else would have another provider's tokens count.
        raise ProviderSilentError(
            f"calls itself {str(found.get('issuer'))[:200]!r}, and not as the setting says"
        )
    return Metadata(
        authorization_endpoint=_needed(found, "authorization_endpoint", issuer),
        token_endpoint=_needed(found, "token_endpoint", issuer),
        jwks_uri=_needed(found, "jwks_uri", issuer),
        userinfo_endpoint=_url(found, "userinfo_endpoint", issuer),
        end_session_endpoint=_url(found, "end_session_endpoint", issuer),
        auth_methods=_words(found, "token_endpoint_auth_methods_supported") or (),
        challenge_methods=_words(found, "code_challenge_methods_supported"),
        names_itself=found.get("authorization_response_iss_parameter_supported") is True,
    )


def _needed(found: dict[str, Any], name: str, issuer: str) -> str:
    url = _url(found, name, issuer)
    if url is None:
        raise ProviderSilentError(f"names no {name} that can be used")
    return url


def _url(found: dict[str, Any], name: str, issuer: str) -> str | None:
    """The address; None where it is none, or one of http where the issuer's is of https."""
    text = found.get(name)
    if not isinstance(text, str) or len(text) > _LONGEST_URL or not text.isprintable() or "#" in text:
        return None
    try:
        parts = urlsplit(text)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    schemes = ("https",) if issuer.startswith("https:") else ("https", "http")
    return text if is_whole and parts.scheme in schemes else None


def _words(found: dict[str, Any], name: str) -> tuple[str, ...] | None:
    words = found.get(name)
    return tuple(str(word) for word in words[:100]) if isinstance(words, list) else None
