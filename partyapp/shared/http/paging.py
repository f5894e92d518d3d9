"""Keyset pages: a cursor says after which row the next page starts, so that pages don't shift."""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from partyapp.shared.kernel.errors import ValidationFailed
from partyapp.shared.kernel.ids import parse_id

#: As cursors were written before: pages that are open during an update still hold some.
_IN_BASE64 = re.compile("[A-Za-z0-9_-]{48}")


def encode_cursor(value: UUID) -> str:
    """A cursor for a key. Its form is a UUID's, so that a description can say what is one."""
    return str(value)


def _decoded(cursor: str) -> str:
    if not _IN_BASE64.fullmatch(cursor):
        return cursor
    try:
        return base64.urlsafe_b64decode(cursor).decode("ascii")
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
