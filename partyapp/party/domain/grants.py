"""What a member may do: the rights that a host gives, and a party by itself."""

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache


class Grant(StrEnum):
    """One right. `PLAYBACK`: play, pause, seek and change the film. `MODERATE`: remove, ban and mute."""

    PLAYBACK = "playback"
    QUEUE = "queue"
    INVITE = "invite"
    MODERATE = "moderate"
    CHAT = "chat"


Grants = frozenset[Grant]

#: What the host has.
ALL_GRANTS: Grants = frozenset(Grant)


def grants_of(names: Iterable[str]) -> Grants:
    """The rights of these names. Raises `ValueError` for an unknown one."""
    return frozenset(Grant(name) for name in names)


def names_of(grants: Grants) -> list[str]:
    """Their names, always in the same order."""
    return list(_in_order(grants))


@lru_cache(1 << len(Grant))
def _in_order(grants: Grants) -> tuple[str, ...]:
    return tuple(grant.value for grant in Grant if grant in grants)
