"""The short way of a playback command: decided on this process's copy, committed in one statement.

It takes what is usual. Whatever is not (no copy, a refusal, a race that was lost) is left to the unit of
work, which reads the truth: so nobody is refused because a copy is old, and nobody is let through either.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from partyapp.party.application.commands import PlaybackCommand
from partyapp.party.application.handlers import handle
from partyapp.party.application.ports import ConcurrentChange, Ports, SchedulePort
from partyapp.party.application.views import event_view
from partyapp.party.contract import PartyEvent
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.playback_statement import PlaybackStatement, Written
from partyapp.party.infrastructure.unit_of_work import Committed, EventAnnouncer
from partyapp.party.live.replica import PartyReplica
from partyapp.shared.kernel.errors import Refusal, Unavailable

#: So long a command waits for those before it on this process, in s; then it goes the way of the row lock.
#: Together with what a use of the database may take this stays below the 5 s in which everybody is answered.
TURN_S = 0.5

#: A copy that is further behind than this many events is left to its room to heal.
MAX_REPLAY = 100


@dataclass(frozen=True)
class _ReplicaSessions:
    """The handlers' view of the copy. What they save is kept until it is committed."""

    replica: PartyReplica
    saved: list[SyncedPartySession]

    def get(self, party_id: UUID) -> SyncedPartySession:
        return SyncedPartySession.reconstitute(self.replica.state)

    def save(self, session: SyncedPartySession) -> None:
        self.saved.append(session)


@dataclass(frozen=True)
class _ReplicaMembers:
    replica: PartyReplica

    def get(self, party_id: UUID, user_id: UUID) -> PartyMember | None:
        return self.replica.member(user_id)


class PlaybackFastPath:
    """Runs a playback command on the copy that `replica_of` finds."""

    def __init__(
        self,
        *,
        replica_of: Callable[[UUID], PartyReplica | None],
        commit: PlaybackStatement,
        schedule: SchedulePort,
        announcer: EventAnnouncer,
    ) -> None:
        self._replica_of = replica_of
        self._commit = commit
        self._schedule = schedule
        self._announcer = announcer

    def try_run(self, command: PlaybackCommand, command_id: UUID) -> PartyEvent | None:
        """The event of the command, or None when it has to go the long way; nothing has happened then.

        Raises `ConcurrentChange` when others were faster twice, and `Unavailable` when Postgres is gone.
        """
        replica = self._replica_of(command.party_id)
        if replica is None or not replica.turn.acquire(timeout=TURN_S):
            return None
        try:
            try:
                done = self._run(replica, command, command_id)
            except ConcurrentChange:
                # Another process was faster. Those who wait for their turn here need the news just as much.
                for event in self._commit.missed(command.party_id, replica.state.revision, MAX_REPLAY):
                    replica.apply(event_view(event))
                done = self._run(replica, command, command_id)
        finally:
            replica.turn.release()
        if done is None:
            return None
        session, written = done
        if written.first:
            self._announcer.announce(
                Committed(session=session, events=[written.event], command_id=command_id)
            )
        return written.event

    def _run(
        self, replica: PartyReplica, command: PlaybackCommand, command_id: UUID
    ) -> tuple[SyncedPartySession, Written] | None:
        session = self._decided(replica, command)
        if session is None:
            return None
        written = self._commit.write(session.state, mapping.recorded(session.events[0]), command_id)
        if written.first:
            replica.advance_to(session.state)
        return session, written

    def _decided(self, replica: PartyReplica, command: PlaybackCommand) -> SyncedPartySession | None:
        """The party after the command with its one event, None for whatever is not so plain."""
        saved: list[SyncedPartySession] = []
        ports = Ports(
            schedule=self._schedule,
            sessions=_ReplicaSessions(replica, saved),
            members=_ReplicaMembers(replica),
        )
        try:
            handle(command, ports)
        except Unavailable:
            raise
        except Refusal:
            return None
        plain = replica.complete and len(saved) == 1 and len(saved[0].events) == 1
        return saved[0] if plain else None
