"""The OpenID Connect provider at which people sign in on the page: `PARTY_OIDC_…`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from partyapp.shared.kernel.bounds import flag

_PREFIX = "PARTY_OIDC_"
_NEEDED = ("PARTY_OIDC_ISSUER", "PARTY_OIDC_CLIENT_ID")
#: RFC 6749 §3.3.
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
_LONGEST_LABEL = 60


@dataclass(frozen=True, kw_only=True)
class OidcSettings:
    """A provider, and what Party is there.

    `issuer` is its address without `/.well-known/openid-configuration`, as its tokens say it. `client_secret`
    is None for a public client. `name_claims`: the first of them that holds a name is the person's.
    `required`: claims that an account has to have, each with one of these values.
    """

    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...] = ("openid", "profile")
    label: str = "Sign in"
    name_claims: tuple[str, ...] = ("name", "preferred_username")
    required: Mapping[str, frozenset[str]] = field(default_factory=dict)


def read_oidc(env: Mapping[str, str], *, is_relaxed: bool) -> OidcSettings | None:
    """The provider; None where none is set. Raises ValueError with a line for an operator, without secrets.

    `is_relaxed`: whether the provider may be spoken to over plain http unasked.
    """
    given = {name for name, value in env.items() if name.startswith(_PREFIX) and value}
    if not given:
        return None
    missing = [name for name in _NEEDED if name not in given]
    if missing:
        raise ValueError(f"{' and '.join(missing)} must be set too, for people to sign in at a provider")
    may_be_plain = is_relaxed or flag(env, "PARTY_OIDC_ALLOW_HTTP", default=False)
    return OidcSettings(
        issuer=_issuer(env["PARTY_OIDC_ISSUER"], may_be_plain=may_be_plain),
        client_id=env["PARTY_OIDC_CLIENT_ID"],
        client_secret=env.get("PARTY_OIDC_CLIENT_SECRET") or None,
        scopes=_scopes(env.get("PARTY_OIDC_SCOPES", "")) or OidcSettings.scopes,
        label=_label(env.get("PARTY_OIDC_LABEL") or OidcSettings.label),
        name_claims=tuple(env.get("PARTY_OIDC_NAME_CLAIMS", "").split()) or OidcSettings.name_claims,
        required=_required(env.get("PARTY_OIDC_REQUIRE", "")),
    )


def _issuer(text: str, *, may_be_plain: bool) -> str:
    try:
        parts = urlsplit(text)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url or "?" in text or "#" in text or "@" in text or any(c.isspace() for c in text):
        raise ValueError("PARTY_OIDC_ISSUER must be an address like https://login.example/realms/school")
    if parts.scheme == "http" and not may_be_plain:
        raise ValueError(
            "PARTY_OIDC_ISSUER must begin with https:// in production; in a network that you trust, "
            "PARTY_OIDC_ALLOW_HTTP=1 allows http"
        )
    return text


def _scopes(text: str) -> tuple[str, ...]:
    scopes = tuple(dict.fromkeys(text.split()))
    if not all(map(_SCOPE.fullmatch, scopes)):
        raise ValueError("PARTY_OIDC_SCOPES must be names with spaces between them")
    # Without it the provider would speak OAuth alone, and give no ID token.
    return ("openid", *(scope for scope in scopes if scope != "openid")) if scopes else ()


def _label(text: str) -> str:
    label = text.strip()
    if not label.isprintable() or not 0 < len(label) <= _LONGEST_LABEL:
        raise ValueError(f"PARTY_OIDC_LABEL must be 1 to {_LONGEST_LABEL} characters on one line")
    return label


def _required(text: str) -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for one in text.split():
        claim, equals, value = one.partition("=")
        if not claim or not equals or not value:
            raise ValueError("PARTY_OIDC_REQUIRE must be pairs of claim=value with spaces between them")
        found[claim] = found.get(claim, frozenset()) | {value}
    return found
