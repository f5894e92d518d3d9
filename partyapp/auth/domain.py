"""The rules of identity: what a display name may be, when a token holds, whom an outside token means."""

import unicodedata
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from partyapp.shared.kernel.errors import Unauthenticated
from partyapp.shared.kernel.ids import derived_id

DISPLAY_NAME_MAX = 64
GUEST = "Guest"

#: How far two machines' clocks may differ before a fresh token is refused, in s.
LEEWAY_S = 10.0


def cleaned_display_name(given: object) -> str:
    """The name as the sign-in would have taken it: without control characters, trimmed, cut to 64.

    A name that nothing is left of becomes "Guest", since an identity provider's user can't correct it.
    """
    if not isinstance(given, str):
        return GUEST
    kept = "".join(character for character in given if unicodedata.category(character) not in ("Cc", "Cs"))
    return kept.strip()[:DISPLAY_NAME_MAX].strip() or GUEST


def provider_display_name(claims: Mapping[str, Any]) -> str:
    """The name in an outside token: `name`, else `preferred_username` (OpenID Connect Core §5.1)."""
    for claim in ("name", "preferred_username"):
        name = cleaned_display_name(claims.get(claim))
        if name != GUEST:
            return name
    return GUEST


def provider_user_id(issuer: str, subject: str) -> UUID:
    """The user behind a subject of an issuer. It is always derived, so that two issuers can't collide."""
    return derived_id("identity-provider", issuer, subject)


def check_times(claims: Mapping[str, Any], now_s: float) -> float:
    """When the token ends, in s since the Unix epoch.

    Raises `Unauthenticated` when it has ended (`exp`), hasn't begun (`nbf`) or was issued in the future
    (`iat`), each by more than `LEEWAY_S`, or when one of them is no number (RFC 7519 §4.1.4 to §4.1.6).
    """
    expires = _seconds(claims.get("exp"))
    if now_s >= expires + LEEWAY_S:
        raise Unauthenticated("The token has expired. Sign in again.")
    for claim in ("nbf", "iat"):
        if claim in claims and _seconds(claims[claim]) > now_s + LEEWAY_S:
            raise Unauthenticated()
    return expires


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unauthenticated()
    # NaN and the infinities fail this too, and so does an integer that no float can hold.
    if not 0 <= value < 1e11:
        raise Unauthenticated()
    return float(value)
