"""What handlers need. `PartySessionPort` and `PartyMemberPort` store the party itself."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from partyapp.party.application.admission_ports import AdmissionLookup
from partyapp.party.contract import InvitationNotices, QueuedVideo, QueueMode
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.state import PartyVideo
from partyapp.shared.kernel.bounds import Quotas


class SessionRepository(Protocol):
    """What a command on a party that exists needs."""

    def get(self, party_id: UUID) -> SyncedPartySession:
        """The party. Raises `PartyNotFound`."""
        ...

    def save(self, session: SyncedPartySession) -> None:
        """Store the changes and their events. Raises `ConcurrentChange` when another command was faster."""
        ...


class MemberLookup(Protocol):
    """Memberships."""

    def get(self, party_id: UUID, user_id: UUID) -> PartyMember | None:
        """The membership, present or ended; None for a person that never was a member."""
        ...


class PartySessionPort(SessionRepository, Protocol):
    """Stores parties. All calls of one command happen in one transaction."""

    def add(self, session: SyncedPartySession) -> None:
        """Store a new party and its events. The same party again is an error of the caller's."""
        ...

    def hosted_by(self, user_id: UUID) -> int:
        """How many active parties the person hosts.

        Another transaction that asks for the same person waits until this one ends, so that two creations
        at once can't both find the last place free.
        """
        ...

    def running_past_end(self, now_ms: float, limit: int) -> Sequence[UUID]:
        """Active parties whose video has run out at `now_ms`."""
        ...

    def unattended(self, now_ms: float, limit: int) -> Sequence[UUID]:
        """Active parties whose host lease has run out at `now_ms`."""
        ...

    def attendance(self, party_id: UUID) -> "Attendance":
        """What is stored of who was there. The party must exist."""
        ...

    def schedule_upkeep(
        self, party_id: UUID, at_ms: float, empty_since_ms: float | None, *, visited: bool
    ) -> None:
        """Don't list the party as unattended before `at_ms`; store since when it is empty.

        With `visited` somebody was connected; that stays so.
        """
        ...


class MemberRepository(MemberLookup, Protocol):
    """What a join needs."""

    def add(self, member: PartyMember) -> None:
        """Store a membership, new or changed."""
        ...

    def longest_gone(
        self, party_id: UUID, seen_before_ms: float, staying: Collection[UUID]
    ) -> PartyMember | None:
        """The present member who was last connected longest ago, before `seen_before_ms`, or None.

        Of one who never was, the joining counts. `staying` are not considered.
        """
        ...


class PartyMemberPort(MemberRepository, Protocol):
    """Stores memberships, in the same transaction."""

    def successor(self, party_id: UUID, leaving: UUID, connected: Collection[UUID]) -> PartyMember | None:
        """The next host after `leaving`: the member present longest, connected ones first."""
        ...


class ConcurrentChange(Exception):
    """The party was changed by another command since it was loaded; decide again on what it is now."""


class QueuePort(Protocol):
    """The films that are to follow, in the transaction of the command."""

    def upcoming(self, party_id: UUID, mode: QueueMode) -> Sequence[QueuedVideo]:
        """All of them in the order in which they play."""
        ...

    def take(self, party_id: UUID, item_id: UUID) -> bool:
        """Take one out, since it begins; False when it isn't there any more."""
        ...


class VideoCataloguePort(Protocol):
    """What may be played."""

    def queued(self, video_id: UUID, party_id: UUID) -> PartyVideo | None:
        """The video for a party that was given it before; None for one that can't be played now."""
        ...

    def playable(self, video_id: UUID, user_id: UUID, party_id: UUID) -> PartyVideo:
        """The video for a party of this person's.

        Raises `ValidationFailed` for one that they may not watch, `VideoNotReady` for an unfinished one.
        """
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
        """How far ahead a command must be scheduled so that all members receive it in time."""
        ...


class TickPort(Protocol):
    """The slots of ticks."""

    def claim(self, slot: int) -> bool:
        """True for the first claim of this slot, so that two beats don't tick twice."""
        ...


@dataclass(frozen=True, kw_only=True)
class Attendance:
    """Who was there, as far as web processes and upkeep have written it down; instants in ms.

    Until `attended_until_ms`, the host lease, the host counts as connected. `empty_since_ms` is when upkeep
    first found nobody connected. `visited` is False as long as nobody was ever connected.
    """

    attended_until_ms: float
    empty_since_ms: float | None
    visited: bool


@dataclass(frozen=True, kw_only=True)
class Graces:
    """For how long upkeep tolerates a disconnected host, an empty party, and one never entered; in ms."""

    host_ms: float
    abandoned_ms: float
    unvisited_ms: float


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
    queue: QueuePort | None = None
    admissions: AdmissionLookup | None = None
    notices: InvitationNotices | None = None


class PortMissing(Exception):
    """A handler needs a port that the entry point does not have: a mistake in the composition."""
