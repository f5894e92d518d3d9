"""What is checked of every JSON Web Token, after RFC 8725 (JWT best practices).

A fixed list of algorithms for each kind of key, and issuer, audience, times, subject and type are all
required or checked. No message or log line ever holds a token or a part of one.
"""

from collections.abc import Set
from typing import Any

import jwt

from partyapp.shared.kernel.errors import Unauthenticated

#: The longest `sub` (OpenID Connect Core §2), and the longest other name in a token, in characters.
MAX_NAME_CHARACTERS = 255


def decoded(
    token: str, key: Any, *, algorithms: list[str], issuer: str, audience: str, require: list[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token whose signature, issuer and audience are right.

    The times are left to `check_times`, which asks the clock it is given and not the machine's.
    """
    try:
        found = jwt.decode_complete(
            token,
            key,
            algorithms=algorithms,
            issuer=issuer,
            audience=audience,
            options={"require": require, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        # The cause is dropped on purpose: its text may quote what the token holds.
        raise Unauthenticated() from None
    if not all(map(_is_text, (found["payload"].get("sub"), found["payload"].get("jti")))):
        raise Unauthenticated()
    return found["header"], found["payload"]


def check_type_and_subject(header: dict[str, Any], claims: dict[str, Any], types: Set[str | None]) -> None:
    """Of a token that others issue: refuse one of another type, and one without a usable `sub`.

    `types` are in small letters, None for a token without `typ`. Raises `Unauthenticated`.
    """
    kind = header.get("typ")
    # Media types don't tell capitals from small letters (RFC 7515 §4.1.9).
    if (None if kind is None else str(kind).lower()) not in types:
        raise Unauthenticated()
    if not 0 < len(claims["sub"]) <= MAX_NAME_CHARACTERS:
        raise Unauthenticated()


def _is_text(claim: object) -> bool:
    """Whether it has no half of a character, which JSON can spell and UTF-8, and so an id, can't."""
    return not isinstance(claim, str) or not any("\ud800" <= letter <= "\udfff" for letter in claim)
