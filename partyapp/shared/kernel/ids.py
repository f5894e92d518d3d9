"""Identifiers: UUIDs of version 7, so that rows of one time lie together in an index (RFC 9562 §5.7)."""

import re
from uuid import UUID, uuid5

from uuid6 import uuid7 as _uuid7

_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_DERIVED = UUID("6f1c7a52-58a9-4c1e-9d0b-7f6f5c2f8f10")


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return UUID(int=_uuid7().int)


def derived_id(*parts: object) -> UUID:
    """The same id for the same parts, always: what makes a repeated request find its first effect."""
    return uuid5(_DERIVED, "\x1f".join(str(part) for part in parts))


def site_user_id(site: str, subject: str) -> UUID:
    """The person whom a site's server knows as `subject`; no other site's `subject` is the same one."""
    return derived_id("api-key", site, subject)


def parse_id(text: object) -> UUID | None:
    """The id that `text` spells in canonical form, or None. `UUID()` itself also takes braces and URNs."""
    if not isinstance(text, str) or not _CANONICAL.fullmatch(text):
        return None
    return UUID(text)
