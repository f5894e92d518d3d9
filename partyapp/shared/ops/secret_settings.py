"""`PARTY_SECRET_KEY`, by which all processes sign and encrypt, and the one before while it is replaced."""

import re
from collections.abc import Mapping

MINIMUM_SECRET_BYTES = 32
#: A secret with fewer different characters than this was typed, not drawn: 16 random bytes in hexadecimal
#: have fewer once in about a million times.
_MINIMUM_SECRET_CHARACTERS = 8
_PLACEHOLDER = re.compile(
    r"change.?(me|this|it)|replace.?(me|this)|your.?secret|example|placeholder|<.*>", re.I
)


def read_secret(env: Mapping[str, str], *, is_relaxed: bool) -> str:
    """The secret. Raises ValueError with a line for an operator where it is missing or too weak."""
    secret = env.get("PARTY_SECRET_KEY", "")
    if len(secret.encode()) < MINIMUM_SECRET_BYTES:
        raise ValueError(
            f"PARTY_SECRET_KEY must be set and hold at least {MINIMUM_SECRET_BYTES} bytes of chance; "
            "`party up` makes one for a local run"
        )
    if not is_relaxed:
        _must_be_drawn("PARTY_SECRET_KEY", secret)
    return secret


def read_previous_secret(env: Mapping[str, str], *, is_relaxed: bool) -> str | None:
    """The secret before, None without one. Raises ValueError in the same way."""
    secret = env.get("PARTY_SECRET_KEY_PREVIOUS") or None
    if secret is None:
        return None
    if len(secret.encode()) < MINIMUM_SECRET_BYTES:
        raise ValueError(f"PARTY_SECRET_KEY_PREVIOUS must hold at least {MINIMUM_SECRET_BYTES} bytes")
    if not is_relaxed:
        _must_be_drawn("PARTY_SECRET_KEY_PREVIOUS", secret)
    return secret


def _must_be_drawn(name: str, secret: str) -> None:
    """Refuse in production what a person typed or copied from an example."""
    if len(set(secret)) < _MINIMUM_SECRET_CHARACTERS or _PLACEHOLDER.search(secret):
        raise ValueError(
            f"{name} is a placeholder or too simple; draw one with "
            "`python -c 'import secrets; print(secrets.token_urlsafe(48))'`"
        )
