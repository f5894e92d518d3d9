"""The events of one party for one endpoint, in order: how far they are delivered, and what is due."""

from dataclasses import dataclass
from uuid import UUID

from partyapp.party.contract import PartyEvent


@dataclass(frozen=True, kw_only=True)
class DueEvent:
    """An event to deliver. One that is replayed names its dead letter."""

    event: PartyEvent
    dead_letter_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ClaimedStream:
    """A stream under this process's lease, with what is due of it: what is replayed, and then what follows.

    `cursor` is the last revision that was dealt with, `until` the last that is to be. Where nothing is due
    in between, the party's log is gone, with what was to be told of it. `attempts` counts how often the first
    of them has failed, and since `failing_since_ms` nothing of the stream was accepted.
    """

    endpoint_id: UUID
    party_id: UUID
    fence: int
    cursor: int
    until: int
    attempts: int = 0
    failing_since_ms: float | None = None
    due: tuple[DueEvent, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """What is written of a stream when its turn is over, which gives its lease back."""

    endpoint_id: UUID
    party_id: UUID
    fence: int
    cursor: int
    attempts: int = 0
    failing_since_ms: float | None = None
    not_before_ms: float = 0.0
    replayed: tuple[UUID, ...] = ()
    delivered: int = 0
    failed: int = 0


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """An event that was given up. `replayed_at_ms` is when somebody asked for it once more."""

    id: UUID
    endpoint_id: UUID
    party_id: UUID
    revision: int
    event_id: UUID
    type: str
    died_at_ms: float
    attempts: int
    error: str
    replayed_at_ms: float | None = None
