"""Names: a party's room as Syncplay calls it, and how one of two people of the same name is called."""

import hashlib
import re
from urllib.parse import parse_qs, urlsplit

from partyapp.shared.kernel.display_name import DISPLAY_NAME_MAX, cleaned_display_name

#: The longest code that is looked for.
MAX_CODE = 128

_CONTROLLED = re.compile(r"\+(.+):\w{12}")


def code_of(room: object) -> str | None:
    """The invite code that a room's name means: itself, that of a controlled room, or a whole link's."""
    if not isinstance(room, str) or len(room) > 512:
        return None
    name = room.strip()
    controlled = _CONTROLLED.fullmatch(name)
    if controlled is not None:
        name = controlled[1]
    if "invite=" in name:
        link = urlsplit(name)
        # Links of before have it in the query.
        name = (parse_qs(link.fragment) | parse_qs(link.query)).get("invite", [""])[-1]
    return name if 0 < len(name) <= MAX_CODE and name.isascii() and name.isprintable() else None


def room_name(code: str, *, controlled: bool) -> str:
    """The room's name; one with controllers has a form of its own, by which clients know it."""
    if not controlled:
        return code
    return f"+{code}:{hashlib.sha256(code.encode()).hexdigest()[:12].upper()}"


def person_name(given: object) -> str | None:
    """A display name as the sign-in takes it; None for what is no name at all."""
    if not isinstance(given, str) or len(given) > 256:
        return None
    return cleaned_display_name(given)


def numbered(name: str, number: int) -> str:
    """The name of the `number`th of this name: `Ada`, `Ada (2)`."""
    if number == 1:
        return name
    ending = f" ({number})"
    return name[: DISPLAY_NAME_MAX - len(ending)].rstrip() + ending
