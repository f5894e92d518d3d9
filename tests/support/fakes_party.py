"""Parties and memberships in memory; tests/ports holds them to what the ones in Postgres do."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from partyapp.party.application.ports import Attendance, ConcurrentChange
from partyapp.party.contract import QueuedVideo, QueueMode
from partyapp.party.domain.errors import PartyNotFound
from partyapp.party.domain.events import DomainEvent
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.state import PartyStatus, PartyVideo, SyncedPartySessionState
from partyapp.party.infrastructure.services.party_session_service import FIRST_LOOK_MS
from partyapp.party.infrastructure.unit_of_work import Committed
from partyapp.shared.kernel.errors import ValidationFailed


@dataclass
class _Upkeep:
    attended_until_ms: float
    empty_since_ms: float | None = None
    visited: bool = False


class InMemoryPartySessions:
    """`PartySessionPort` without a database; `events` is each party's log."""

    def __init__(self) -> None:
        self.states: dict[UUID, SyncedPartySessionState] = {}
        self.events: dict[UUID, list[DomainEvent]] = {}
        self._upkeep: dict[UUID, _Upkeep] = {}

    def get(self, party_id: UUID) -> SyncedPartySession:
        """The party, an object of its own for each caller."""
        if party_id not in self.states:
            raise PartyNotFound()
        return SyncedPartySession.reconstitute(self.states[party_id])

    def add(self, session: SyncedPartySession) -> None:
        """Keep a new party."""
        self.states[session.state.id] = session.state
        self.events[session.state.id] = list(session.events)
        self._upkeep[session.state.id] = _Upkeep(session.state.created_at_ms + FIRST_LOOK_MS)

    def save(self, session: SyncedPartySession) -> None:
        """Keep the changes, if nobody was faster."""
        state = session.state
        if self.states[state.id].revision != state.revision - len(session.events):
            raise ConcurrentChange()
        self.states[state.id] = state
        self.events[state.id] += session.events

    def hosted_by(self, user_id: UUID) -> int:
        """How many active parties are the person's; nobody else is there to wait."""
        return sum(state.host_id == user_id for state in self._active())

    def running_past_end(self, now_ms: float, limit: int) -> Sequence[UUID]:
        """Those whose film has run out, or their wait, the longest ago first."""
        ends = {state.id: state.playback.due_ms(state.video.duration_s) for state in self._active()}
        due = [(end, party_id) for party_id, end in ends.items() if end is not None and end <= now_ms]
        return [party_id for _, party_id in sorted(due)][:limit]

    def unattended(self, now_ms: float, limit: int) -> Sequence[UUID]:
        """Those that nobody has looked after, the longest ago first."""
        due = [(self._upkeep[state.id].attended_until_ms, state.id) for state in self._active()]
        return [party_id for until_ms, party_id in sorted(due) if until_ms <= now_ms][:limit]

    def attendance(self, party_id: UUID) -> Attendance:
        """What was told."""
        return Attendance(**vars(self._upkeep[party_id]))

    def schedule_upkeep(
        self, party_id: UUID, at_ms: float, empty_since_ms: float | None, *, visited: bool
    ) -> None:
        """Not before `at_ms`."""
        visited = visited or self._upkeep[party_id].visited
        self._upkeep[party_id] = _Upkeep(at_ms, empty_since_ms, visited)

    def _active(self) -> list[SyncedPartySessionState]:
        return [state for state in self.states.values() if state.status is PartyStatus.ACTIVE]


class InMemoryPartyMembers:
    """`PartyMemberPort` without a database."""

    def __init__(self) -> None:
        self._rows: dict[tuple[UUID, UUID], PartyMember] = {}
        self.last_seen_ms: dict[tuple[UUID, UUID], float] = {}

    def get(self, party_id: UUID, user_id: UUID) -> PartyMember | None:
        """The membership, present or past."""
        return self._rows.get((party_id, user_id))

    def add(self, member: PartyMember) -> None:
        """Keep it, in place of an older one."""
        self._rows[member.state.party_id, member.user_id] = member

    def longest_gone(
        self, party_id: UUID, seen_before_ms: float, staying: Collection[UUID]
    ) -> PartyMember | None:
        """By `last_seen_ms`, which a test sets, or else the joining."""
        gone = [
            (max(self.last_seen_ms.get((party_id, member.user_id), 0.0), member.state.joined_at_ms), member)
            for member in self._rows.values()
            if member.state.party_id == party_id and member.present and member.user_id not in staying
        ]
        longest = min(gone, key=lambda found: (found[0], found[1].user_id), default=None)
        return None if longest is None or longest[0] > seen_before_ms else longest[1]

    def successor(self, party_id: UUID, leaving: UUID, connected: Collection[UUID]) -> PartyMember | None:
        """The member present longest, connected ones first."""
        heirs = [
            member
            for member in self._rows.values()
            if member.state.party_id == party_id and member.present and member.user_id != leaving
        ]
        return min(
            heirs,
            key=lambda heir: (heir.user_id not in connected, heir.state.joined_at_ms, heir.user_id),
            default=None,
        )


@dataclass
class InMemoryVideoCatalogue:
    """`VideoCataloguePort`: what it was given may be played."""

    videos: dict[UUID, PartyVideo] = field(default_factory=dict)

    def playable(self, video_id: UUID, user_id: UUID, party_id: UUID) -> PartyVideo:
        """The video."""
        if video_id not in self.videos:
            raise ValidationFailed(errors={"video_id": ["There is no such video."]})
        return self.videos[video_id]

    def queued(self, video_id: UUID, party_id: UUID) -> PartyVideo | None:
        """The same for one that was let in before."""
        return self.videos.get(video_id)


@dataclass
class InMemoryQueue:
    """`QueuePort`: each party's items in the order in which they play, whatever the mode."""

    items: dict[UUID, list[QueuedVideo]] = field(default_factory=dict)

    def upcoming(self, party_id: UUID, mode: QueueMode) -> Sequence[QueuedVideo]:
        """As they were put here."""
        return list(self.items.get(party_id, ()))

    def take(self, party_id: UUID, item_id: UUID) -> bool:
        """Take it out."""
        kept = [item for item in self.items.get(party_id, ()) if item.item_id != item_id]
        found = len(kept) < len(self.items.get(party_id, ()))
        self.items[party_id] = kept
        return found


class RecordedCommits(list[Committed]):
    """`EventAnnouncer`: the commits in the order in which they were announced."""

    def announce(self, committed: Committed) -> None:
        """Record it."""
        self.append(committed)


@dataclass
class InMemoryPresence:
    """`PresencePort`: None stands for a Redis that can't say."""

    users: frozenset[UUID] | None = frozenset()

    def connected(self, party_id: UUID) -> frozenset[UUID] | None:
        """The same for every party."""
        return self.users


@dataclass
class FixedSchedule:
    """`SchedulePort` on a clock that stands still."""

    time_ms: float
    lead: float = 150.0

    def now_ms(self) -> float:
        """The time it was set to."""
        return self.time_ms

    def lead_ms(self, party_id: UUID) -> float:
        """The lead it was given."""
        return self.lead


class InMemoryTicks:
    """`TickPort`."""

    def __init__(self) -> None:
        self._claimed: set[int] = set()

    def claim(self, slot: int) -> bool:
        """True for the first."""
        self._claimed = {claimed for claimed in self._claimed if claimed <= slot + 1}
        first = slot not in self._claimed
        self._claimed.add(slot)
        return first
