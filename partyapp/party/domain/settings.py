"""What a host may set of a party beside its title: rights, waiting, talk, and how its queue goes on."""

from dataclasses import dataclass
from enum import StrEnum

from partyapp.party.contract import QueueMode
from partyapp.party.domain.grants import Grants


class WaitFor(StrEnum):
    """Whom a playing party waits for while their player loads."""

    NOBODY = "nobody"
    HOST = "host"
    MOST = "most"
    EVERYONE = "everyone"


@dataclass(frozen=True, kw_only=True)
class WaitRule:
    """How a party waits, in s: after what delay, how long at most, and for one member in ten minutes."""

    waits_for: WaitFor = WaitFor.NOBODY
    grace_s: float = 2.0
    limit_s: float = 15.0
    budget_s: float = 45.0


@dataclass(frozen=True, kw_only=True)
class PartySettings:
    """`default_grants` is what a member has unless the host gave others; None: what `control` implies.

    `next_after_s` is how long after a film's end the next of the queue starts by itself, in s; None: never.
    """

    default_grants: Grants | None = None
    wait: WaitRule = WaitRule()
    chat_enabled: bool = True
    queue_mode: QueueMode = QueueMode.ORDER
    next_after_s: float | None = 8.0
