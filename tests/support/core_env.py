"""The whole pure core on ports in memory: every handler, and the fast path of a playback
command with a copy of the party that may be old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast
from uuid import UUID

from partyapp.party.application.handlers import handle
from partyapp.party.application.ports import ConcurrentChange, Graces, Ports
from partyapp.party.contract import PartyEvent
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.playback_statement import PlaybackStatement, Written
from partyapp.party.infrastructure.unit_of_work import Committed
from partyapp.party.live.playback_fast_path import PlaybackFastPath
from partyapp.party.live.replica import PartyReplica
from partyapp.party.live.room_messages import room_event
from partyapp.shared.kernel.bounds import Quotas
from tests.support.fakes_admission import InMemoryAdmissions
from tests.support.fakes_party import (
    FixedSchedule,
    InMemoryPartyMembers,
    InMemoryPartySessions,
    InMemoryPresence,
    InMemoryQueue,
    InMemoryTicks,
    InMemoryVideoCatalogue,
)
from tests.support.party_objects import T0, film


class LoggedSessions(InMemoryPartySessions):
    """Sessions whose log holds the events in their public form, whichever way they came in."""

    def __init__(self) -> None:
        super().__init__()
        self.logs: dict[UUID, list[PartyEvent]] = {}

    def add(self, session: SyncedPartySession) -> None:
        super().add(session)
        self.logs[session.state.id] = [mapping.recorded(event) for event in session.events]

    def save(self, session: SyncedPartySession) -> None:
        super().save(session)
        self.logs[session.state.id] += [mapping.recorded(event) for event in session.events]


@dataclass
class InMemoryPlaybackCommit:
    """`PlaybackStatement` on the sessions in memory: the first effect of a command, or compare-and-set."""

    sessions: LoggedSessions
    first: dict[tuple[UUID, UUID | None, UUID], PartyEvent] = field(default_factory=dict)

    def write(self, session: SyncedPartySession, command_id: UUID) -> Written:
        state, (happened,) = session.state, session.events
        event = mapping.recorded(happened)
        key = (state.id, event.actor_id, command_id)
        if key in self.first:
            return Written(event=self.first[key], first=False)
        if self.sessions.states[state.id].revision != state.revision - 1:
            raise ConcurrentChange()
        # As the statement does: of the party only the columns of the playback are written.
        self.sessions.states[state.id] = replace(
            self.sessions.states[state.id],
            revision=state.revision,
            playback=state.playback,
            lead_ms=state.lead_ms,
        )
        self.sessions.logs[state.id].append(event)
        self.first[key] = event
        return Written(event=event, first=True)


class Core:
    """One process's way of running commands. `copy` is sent nothing but its own commits by itself."""

    def __init__(self, duration_s: float) -> None:
        self.film = film(duration_s=duration_s)
        self.sessions, self.members = LoggedSessions(), InMemoryPartyMembers()
        self.presence, self.schedule = InMemoryPresence(), FixedSchedule(T0)
        self.commit = InMemoryPlaybackCommit(self.sessions)
        self.copy: PartyReplica | None = None
        self.ports = Ports(
            sessions=self.sessions,
            members=self.members,
            videos=InMemoryVideoCatalogue({self.film.id: self.film}),
            presence=self.presence,
            schedule=self.schedule,
            ticks=InMemoryTicks(),
            queue=InMemoryQueue(),
            admissions=InMemoryAdmissions(),
            quotas=Quotas(parties=50, members=60),
            graces=Graces(host_ms=60e3, abandoned_ms=1800e3, unvisited_ms=604_800e3),
        )
        self._fast_path = PlaybackFastPath(
            replicas=self, statement=cast(PlaybackStatement, self.commit), schedule=self.schedule, feed=self
        )

    def run(self, command: Any) -> Any:
        """A lifecycle command or an upkeep, as a worker runs it."""
        return handle(command, self.ports)

    def control(self, command: Any, command_id: UUID) -> PartyEvent:
        """A playback command: the fast path, and the slow path for what that leaves."""
        key = (command.party_id, command.actor.user_id, command_id)
        try:
            event = self._fast_path.try_run(command, command_id)
        except ConcurrentChange:
            event = None
        if event is None and key not in self.commit.first:
            self.run(command)
            self.commit.first[key] = self.sessions.logs[command.party_id][-1]
        return self.commit.first[key]

    def replica(self, party_id: UUID) -> PartyReplica | None:
        """The copy, as a room's."""
        return self.copy

    def announce(self, committed: Committed) -> None:
        """The copy is sent a commit of its own process."""
        self._apply(committed.events)

    def catch_up(self, party_id: UUID, events: int | None = None) -> None:
        """The copy is sent so many events more, or all."""
        assert self.copy is not None
        missed = [
            event for event in self.sessions.logs[party_id] if event.revision > self.copy.state.revision
        ]
        self._apply(missed[:events])

    def _apply(self, events: Sequence[PartyEvent]) -> None:
        assert self.copy is not None
        for event in events:
            self.copy.apply(room_event(event))
