"""A token as the server of somebody else signs it for its own people, by docs/identity.md."""

from __future__ import annotations

import time
from typing import Any

import jwt


def key_token(key_id: str, secret: str, name: str, *, life_s: int = 600, **claims: Any) -> str:
    """For the person whom that server knows by the same name."""
    now_s = int(time.time())
    given = {
        "iss": f"party-key:{key_id}",
        "aud": "party",
        "sub": name.lower(),
        "name": name,
        "iat": now_s,
        "exp": now_s + life_s,
    }
    return jwt.encode({**given, **claims}, secret, algorithm="HS256")
