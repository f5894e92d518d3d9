"""The authorization matrix of a server's key: which scope opens which operation, and how that is answered.

What is not here no key opens. Of a party of another site, or of nobody's, a key is told that there is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ADA = {"sub": "ada", "name": "Ada"}
ZOE = {"sub": "zoe", "name": "Zoe"}


@dataclass(frozen=True)
class KeyDeed:
    """An operation of the description. `scope` is None where any key opens it; `{…}` is filled in."""

    operation: str
    scope: str | None
    status: int
    body: dict[str, Any] | None = None

    def __str__(self) -> str:
        return self.operation


_ROWS: tuple[tuple[str, str | None, int, dict[str, Any] | None], ...] = (
    ("showMe", None, 200, None),
    ("listVideos", "parties:read", 200, None),
    ("showVideo", "parties:read", 200, None),
    ("registerVideo", "parties:write", 201, {"title": "A", "playback_url": "https://films.example/a.mp4"}),
    ("listParties", "parties:read", 200, None),
    ("createParty", "parties:write", 201, {"video_id": "{video_id}", "person": ADA}),
    ("showParty", "parties:read", 200, None),
    ("listMembers", "parties:read", 200, None),
    ("listBans", "parties:read", 200, None),
    ("changeParty", "parties:write", 200, {"title": "Another title"}),
    ("changeInviteCode", "parties:write", 200, {}),
    ("endParty", "parties:write", 204, None),
    ("joinParty", "members:write", 200, {"person": ZOE}),
    ("transferParty", "members:write", 200, {"user_id": "{user_id}"}),
    ("giveGrants", "members:write", 200, {"grants": ["chat", "playback"]}),
    ("removeMember", "members:write", 204, None),
    ("unbanMember", "members:write", 204, None),
    ("listEvents", "events:read", 200, None),
)


def key_deeds() -> Iterator[KeyDeed]:
    """Every row."""
    for row in _ROWS:
        yield KeyDeed(*row)
