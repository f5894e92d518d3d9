"""What the handlers need of the world. `PartySessionPort` and `PartyMemberPort` keep the party itself."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.state import PartyVideo
from partyapp.shared.kernel.bounds import Quotas


class SessionRepository(Protocol):
    """As much of keeping parties as a command on one that exists needs."""

    def get(self, party_id: UUID) -> SyncedPartySession:
        """The party. Raises `PartyNotFound`."""
        ...

    def save(self, session: SyncedPartySession) -> None:
        """Keep the changes and their events. Raises `ConcurrentChange` when somebody was faster."""
        ...


class MemberLookup(Protocol):
    """Who is a member."""

    def get(self, party_id: UUID, user_id: UUID) -> PartyMember | None:
        """The membership, whether the person is present or has left; None for a stranger."""
        ...


class PartySessionPort(SessionRepository, Protocol):
    """Keeps parties. All calls of one command happen in one transaction."""

    def add(self, session: SyncedPartySession) -> None:
        """Keep a new party and its events. The same party again is a no-op's business of the caller."""
        ...

    def hosted_by(self, user_id: UUID) -> int:
        """How many active parties the person hosts.

        Whoever else asks for the same person waits until this transaction ends, so that two creations at
        once can't both find the last place free.
        """
        ...

    def running_past_end(self, now_ms: float, limit: int) -> Sequence[UUID]:
        """Active parties whose video has run out at `now_ms`."""
        ...

    def unattended(self, now_ms: float, limit: int) -> Sequence[UUID]:
        """Active parties whose host's lease has ended by `now_ms`."""
        ...

    def empty_since_ms(self, party_id: UUID) -> float | None:
        """Since when nobody was connected, as far as the upkeep has seen."""
        ...

    def look_again(self, party_id: UUID, at_ms: float, empty_since_ms: float | None) -> None:
        """Don't list the party as unattended before `at_ms`; remember since when it is empty."""
        ...


class MemberRepository(MemberLookup, Protocol):
    """As much of keeping memberships as somebody's coming needs."""

    def add(self, member: PartyMember) -> None:
        """Keep a membership, new or changed."""
        ...


class PartyMemberPort(MemberRepository, Protocol):
    """Keeps memberships, in the same transaction."""

    def successor(self, party_id: UUID, leaving: UUID, connected: Collection[UUID]) -> PartyMember | None:
        """Who follows `leaving` as host: the member present longest, connected ones first."""
        ...


class ConcurrentChange(Exception):
    """The party was changed by another command since it was loaded; decide again on what it is now."""


class VideoCataloguePort(Protocol):
    """What may be played."""

    def playable(self, video_id: UUID) -> PartyVideo:
        """The video. Raises `ValidationFailed` for an unknown one, `VideoNotReady` for an unfinished one."""
        ...


class PresencePort(Protocol):
    """Who is connected."""

    def connected(self, party_id: UUID) -> frozenset[UUID] | None:
        """The users with a socket, or None when that can't be known right now."""
        ...


class SchedulePort(Protocol):
    """When a command is to be acted on."""

    def now_ms(self) -> float:
        """Party time."""
        ...

    def lead_ms(self, party_id: UUID) -> float:
        """How far ahead a command must be scheduled so that every healthy member hears it in time."""
        ...


class TickPort(Protocol):
    """The ticks that have happened."""

    def claim(self, slot: int) -> bool:
        """True for the first who asks for this slot, so that two beats don't tick twice."""
        ...


@dataclass(frozen=True, kw_only=True)
class Graces:
    """For how long upkeep tolerates a disconnected host, and an empty party; in ms."""

    host_ms: float
    abandoned_ms: float


@dataclass(frozen=True, kw_only=True)
class ProcessPorts:
    """The ports that are the same for every command of a process; None for those that it does not have."""

    schedule: SchedulePort
    videos: VideoCataloguePort | None = None
    presence: PresencePort | None = None
    quotas: Quotas | None = None
    graces: Graces | None = None


@dataclass(frozen=True, kw_only=True)
class Ports(ProcessPorts):
    """All the ports of one command: a handler gets those that its fields name.

    `sessions` and `members` share a transaction, or stand for a copy of the party that is committed later.
    """

    sessions: SessionRepository
    members: MemberLookup
    ticks: TickPort | None = None


class PortMissing(Exception):
    """A handler needs a port that the entry point does not have: a mistake in the composition."""
