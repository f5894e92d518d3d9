"""Keyset pages: a cursor says after which row the next page starts, so that pages don't shift."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from partyapp.shared.kernel.errors import ValidationFailed
from partyapp.shared.kernel.ids import parse_id


def encode_cursor(value: UUID) -> str:
    """An opaque cursor for a key."""
    return base64.urlsafe_b64encode(str(value).encode()).decode().rstrip("=")


def _decoded(cursor: str) -> str:
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        raise _bad_cursor() from None


def id_of_cursor(cursor: str | None) -> UUID | None:
    """The id in the cursor. Raises `ValidationFailed` for one that was not made here."""
    if cursor is None:
        return None
    found = parse_id(_decoded(cursor))
    if found is None:
        raise _bad_cursor()
    return found


def _bad_cursor() -> ValidationFailed:
    return ValidationFailed(errors={"cursor": ["Is not a cursor of this list."]})


def page(rows: Sequence[Any], limit: int, key: Any) -> tuple[list[Any], str | None]:
    """Of `limit + 1` rows read, the page and the cursor of the next one, or None at the end."""
    items = list(rows[:limit])
    more = len(rows) > limit
    return items, encode_cursor(key(items[-1])) if more else None
