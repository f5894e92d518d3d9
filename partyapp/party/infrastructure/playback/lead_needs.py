"""What lead a room needs, when not everybody who says so can be believed.

A member's delays follow from the `t4` that the member sends back, and nobody can prove a late one false: who
answers late is late. So a claim weighs as much as it does good. The host's counts in full. Another's does in
full as soon as a second person needs as much; beyond that one person's claim adds at most half of what the
others need anyway, or `ONE_PERSON_MS` divided by the number of persons, since the lead that spares one of
them a late command makes all of them wait. docs/sync.md gives the reasons and the figures.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from heapq import nsmallest
from uuid import UUID

from partyapp.party.infrastructure.playback.lead_time import (
    DEFAULT_LEAD_MS,
    MARGIN_MS,
    MAX_LEAD_MS,
    MIN_LEAD_MS,
)

#: What one person alone may add to the lead, in ms, when there is nobody else; shared among all who wait.
ONE_PERSON_MS = 600.0

#: Or this share of what is needed without them, if that is more: among slow members one more is nothing rare.
ONE_PERSON_SHARE = 0.5

#: So many persons have to need a lead for it to count in full: two, and in large rooms this share of all.
BACKED_BY = 2
BACKED_BY_SHARE = 0.02

#: So many of the largest delays a process tells the others of.
SHARED = 16

#: From so many connections on they are looked at again only after so long for each, and at most so long, in
#: ms: about a hundredth of the time.
MANY = 50
RECENT_MS_A_CONNECTION, MAX_RECENT_MS = 0.5, 1000.0


@dataclass(frozen=True, kw_only=True)
class LeadNeeds:
    """The delays down to some of a room's persons, in ms: to its host, and the largest to the others.

    `persons` is how many are connected. Of a person with several devices the slowest counts.
    """

    host_ms: float | None = None
    members_ms: Mapping[UUID, float] = field(default_factory=dict)
    persons: int = 0

    @classmethod
    def of_older(cls, lead_ms: float | None) -> "LeadNeeds":
        """The needs of a process of an older version, which tells only the lead that it wants, in ms."""
        return cls(host_ms=lead_ms - MARGIN_MS if lead_ms else None)

    @property
    def measured(self) -> bool:
        """Whether anybody was measured whom a lead of at most 1.2 s helps."""
        return bool(self.members_ms) or self.host_ms is not None


class RecentNeeds:
    """The needs of this process's connections; of many as of a moment ago.

    To look at everybody costs a command in a large room more than all else that it is decided by, and others
    learn these needs a second late.
    """

    __slots__ = ("_at_ms", "_needs")

    def __init__(self) -> None:
        self._needs, self._at_ms = LeadNeeds(), -math.inf

    def current(self, now_ms: float, connections: int, look: Callable[[float], LeadNeeds]) -> LeadNeeds:
        """What `look` says at `now_ms`, or said less than `RECENT_MS_A_CONNECTION` for each of many ago."""
        kept_ms = 0.0 if connections < MANY else min(MAX_RECENT_MS, RECENT_MS_A_CONNECTION * connections)
        if not 0.0 <= now_ms - self._at_ms < kept_ms:
            self._needs, self._at_ms = look(now_ms), now_ms
        return self._needs

    def lead_ms(
        self,
        now_ms: float,
        connections: int,
        look: Callable[[float], LeadNeeds],
        elsewhere: Iterable[LeadNeeds],
    ) -> float:
        """The lead in ms that serves these and those connected to other processes."""
        return lead_of(together([self.current(now_ms, connections, look), *elsewhere]))


def needs_of(delays: Iterable[tuple[UUID, float | None]], host_id: UUID | None) -> LeadNeeds:
    """The needs of one process's connections, each a person and their delay in ms (None: not measured).

    Who is slower than the longest lead holds nobody back, whoever it is.
    """
    slowest: dict[UUID, float] = {}
    persons: set[UUID] = set()
    for user_id, delay_ms in delays:
        persons.add(user_id)
        if delay_ms is not None and delay_ms <= MAX_LEAD_MS:
            slowest[user_id] = max(delay_ms, slowest.get(user_id, 0.0))
    host_ms = None if host_id is None else slowest.pop(host_id, None)
    return LeadNeeds(host_ms=host_ms, members_ms=_largest(slowest), persons=len(persons))


def together(all_needs: Collection[LeadNeeds]) -> LeadNeeds:
    """The needs of a room whose members are connected to several processes."""
    hosts = [needs.host_ms for needs in all_needs if needs.host_ms is not None]
    slowest: dict[UUID, float] = {}
    for needs in all_needs:
        for user_id, delay_ms in needs.members_ms.items():
            slowest[user_id] = max(delay_ms, slowest.get(user_id, 0.0))
    persons = sum(needs.persons for needs in all_needs)
    return LeadNeeds(host_ms=max(hosts, default=None), members_ms=_largest(slowest), persons=persons)


def lead_of(needs: LeadNeeds) -> float:
    """The lead in ms that serves this room; the default when nobody was measured."""
    if not needs.measured:
        return DEFAULT_LEAD_MS
    claims = sorted(needs.members_ms.values(), reverse=True)
    backed_by = min(max(BACKED_BY, math.ceil(BACKED_BY_SHARE * needs.persons)), SHARED)
    backed_ms = max(needs.host_ms or 0.0, claims[backed_by - 1] if len(claims) >= backed_by else 0.0)
    alone_ms = backed_ms + max(ONE_PERSON_MS / max(needs.persons, 1), ONE_PERSON_SHARE * backed_ms)
    heard_ms = max(backed_ms, min(claims[0], alone_ms) if claims else 0.0)
    return min(max(heard_ms + MARGIN_MS, MIN_LEAD_MS), MAX_LEAD_MS)


def _largest(delays_ms: Mapping[UUID, float]) -> dict[UUID, float]:
    return dict(nsmallest(SHARED, delays_ms.items(), key=lambda item: (-item[1], item[0])))
