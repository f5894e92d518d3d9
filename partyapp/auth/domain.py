"""The rules of identity: when a token holds, whom an outside token means, and how they are called."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from partyapp.shared.kernel.display_name import GUEST, cleaned_display_name
from partyapp.shared.kernel.errors import Unauthenticated
from partyapp.shared.kernel.ids import derived_id
from partyapp.shared.kernel.scopes import Scope

#: How long a code for another device holds, in s.
DEVICE_CODE_TTL_S = 300
#: Consonants that are hard to confuse, so that a code neither is misread nor spells a word (RFC 8628 §6.1).
DEVICE_CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
DEVICE_CODE_LENGTH = 8

#: For so many days it is known that somebody was revoked, and a token that says no time of its making is
#: refused.
REVOKED_DAYS = 30.0

#: How far two machines' clocks may differ before a fresh token is refused, in s.
LEEWAY_S = 10.0


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """A server's key. Instants in Unix ms; None where there is none.

    `name` is the site's: keys of the same name stand for the same site, and so for the same people.
    `signing_secret` is None for a key that signs nothing, and where it can't be read any more.
    """

    id: UUID
    name: str
    scopes: frozenset[Scope]
    created_at_ms: float
    expires_at_ms: float | None = None
    revoked_at_ms: float | None = None
    secret_hash: str = field(repr=False)
    signing_secret: str | None = field(default=None, repr=False)

    def state(self, now_ms: float) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked_at_ms is not None:
            return "revoked"
        return "expired" if self.expires_at_ms is not None and self.expires_at_ms <= now_ms else "active"


class SignedOut(Unauthenticated):
    """The session was ended, here or on another device of the same person."""

    detail = "You were signed out. Sign in again."

    def problem(self) -> dict[str, Any]:
        """Says so to a program, too: a token that has merely ended asks for no word of it."""
        return {**super().problem(), "signed_out": True}


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


def check_times(claims: Mapping[str, Any], now_s: float, grace_s: float = 0.0) -> float:
    """When the token ends, in s since the Unix epoch.

    Raises `Unauthenticated` when it ended (`exp`) more than `grace_s` ago, hasn't begun (`nbf`) or was issued
    in the future (`iat`), each by more than `LEEWAY_S`, or when one of them is no number (RFC 7519 §4.1.4 to
    §4.1.6).
    """
    expires = _seconds(claims.get("exp"))
    if now_s >= expires + grace_s + LEEWAY_S:
        raise Unauthenticated("The token has expired. Sign in again.")
    for claim in ("nbf", "iat"):
        if claim in claims and _seconds(claims[claim]) > now_s + LEEWAY_S:
            raise Unauthenticated()
    return expires


def normalized_code(code: str) -> str:
    """A device code as it was made, however it was typed: in small letters, with hyphens, with spaces."""
    return "".join(letter for letter in code.upper() if letter in DEVICE_CODE_LETTERS)


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unauthenticated()
    # NaN and the infinities fail this too, and so does an integer that no float can hold.
    if not 0 <= value < 1e11:
        raise Unauthenticated()
    return float(value)
