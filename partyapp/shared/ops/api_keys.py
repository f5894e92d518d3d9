"""`PARTY_API_KEYS`: the keys with which others' servers sign tokens for their people; and `PARTY_GUESTS`."""

import re
from collections.abc import Mapping

MINIMUM_KEY_BYTES = 32
#: What a site is called.
KEY_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
#: A key with fewer different characters than this was typed, not drawn.
_MINIMUM_CHARACTERS = 8
_SEPARATOR = re.compile(r"[\s,]+")


def read_api_keys(text: str | None) -> Mapping[str, tuple[str, ...]]:
    """The secrets by the key's id, from `id:secret,id:secret`. An id that stands there twice has two secrets.

    Raises ValueError with a sentence for an operator, which holds no secret.
    """
    found: dict[str, tuple[str, ...]] = {}
    for number, one in enumerate(filter(None, _SEPARATOR.split(text or "")), start=1):
        name, colon, secret = one.partition(":")
        if not colon or not KEY_NAME.fullmatch(name):
            raise ValueError(
                "must be pairs of id:secret separated by commas, an id of small letters, digits and hyphens; "
                f"the pair number {number} is none"
            )
        if len(secret.encode()) < MINIMUM_KEY_BYTES or len(set(secret)) < _MINIMUM_CHARACTERS:
            raise ValueError(
                f"holds a secret for {name} that is too simple: draw one of at least {MINIMUM_KEY_BYTES} "
                "bytes with `python -c 'import secrets; print(secrets.token_urlsafe(48))'`"
            )
        found[name] = (*found.get(name, ()), secret)
    return found


def read_guests(text: str | None) -> bool:
    """Whether anybody may sign in by a name alone, which they may unless it is `0`. Raises ValueError."""
    if text not in (None, "", "0", "1"):
        raise ValueError("must be 1 or 0")
    return text != "0"
