"""The length of a party's film: whose word for it counts.

The file knows it; whoever registered the film may have typed another, or none. Each member's player reads
it from the file, and a player can be made to say anything. So the host's word counts, and that of others only
where several of them agree, most of those who say anything, and while the host says nothing.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple
from uuid import UUID

from partyapp.party.domain.state import SyncedPartySessionState

BY_HOST = "host"
BY_MEMBERS = "members"

#: Lengths closer than this, in s, are the same: players count the last frame and the sound's end differently.
SAME_S = 0.25

#: So many persons have to agree where the host says nothing.
AGREEING = 2


def is_news(duration_s: float, known_s: float | None) -> bool:
    """Whether a length in s is another one than what is known."""
    return known_s is None or abs(duration_s - known_s) > SAME_S


def is_agreed(duration_s: float, reports: Mapping[UUID, float]) -> bool:
    """Whether enough persons report this length in s: two, and more than half of all who report one."""
    agreeing = sum(abs(reported - duration_s) <= SAME_S for reported in reports.values())
    return agreeing >= AGREEING and agreeing * 2 > len(reports)


class DurationNews(NamedTuple):
    """The length of a film in s as a member's player tells it, and whether those of others agree."""

    video_id: UUID
    duration_s: float
    agreed: bool


def duration_news(
    party: SyncedPartySessionState,
    user_id: UUID,
    duration_s: float,
    reports: Callable[[], Mapping[UUID, float]],
) -> DurationNews | None:
    """A length in s that a member's player tells, if it may count.

    `reports` gathers all that members tell, which takes long in a large party: it is called for news alone.
    """
    if not is_news(duration_s, party.video.duration_s):
        return None
    agreed = is_agreed(duration_s, reports())
    if user_id != party.host_id and (not agreed or party.video.duration_by == BY_HOST):
        return None
    return DurationNews(party.video.id, duration_s, agreed)
