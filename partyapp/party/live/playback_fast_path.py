"""The fast path of a playback command: decided on this process's replica, committed in one statement.

It takes what is usual. Whatever is not (no replica, a refusal, a race that was lost twice) is left to the
unit of work, which reads Postgres: so nobody is refused because a replica is old, and nobody is let through
either.
"""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from partyapp.party.application.commands import PlaybackCommand, SettleWaitCommand
from partyapp.party.application.handlers import handle
from partyapp.party.application.ports import ConcurrentChange, Ports, SchedulePort
from partyapp.party.contract import PartyEvent
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.infrastructure.playback_statement import PlaybackStatement, Written
from partyapp.party.infrastructure.unit_of_work import Committed, EventAnnouncer
from partyapp.party.live.replica import PartyReplica
from partyapp.shared.kernel.errors import Refusal, Unavailable

#: So long a command waits for those before it on this process, in s; then it takes the slow path under the
#: row lock. Together with what a use of the database may take this stays below the 5 s in which everybody is
#: answered.
TURN_S = 0.5


class Replicas(Protocol):
    """Where the replica of a party is found."""

    def replica(self, party_id: UUID) -> PartyReplica | None: ...


class Feed(EventAnnouncer, Protocol):
    """What keeps the replicas: an event reaches a replica in the moment in which the room is sent it."""

    def catch_up(self, party_id: UUID) -> None:
        """Read and send what the room has missed. Raises `Unavailable`."""
        ...


#: What it takes: what a person has asked for, and what waits ask for by themselves.
FastCommand = PlaybackCommand | SettleWaitCommand


@dataclass(frozen=True)
class _ReplicaSessions:
    """The handlers' view of the replica. What they save is kept until it is committed."""

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
    """Runs playback commands on the replicas of this process."""

    def __init__(
        self, *, replicas: Replicas, statement: PlaybackStatement, schedule: SchedulePort, feed: Feed
    ) -> None:
        self._replicas = replicas
        self._statement = statement
        self._schedule = schedule
        self._feed = feed

    def knows(self, party_id: UUID) -> bool:
        """Whether there is a replica of this party here."""
        return self._replicas.replica(party_id) is not None

    def try_run(self, command: FastCommand, command_id: UUID) -> PartyEvent | None:
        """The event of the command, or None when it has to take the slow path; nothing has happened then.

        Raises `ConcurrentChange` when others were faster twice, and `Unavailable` when Postgres is gone.
        """
        replica = self._replicas.replica(command.party_id)
        if replica is None or not replica.turn.acquire(timeout=TURN_S):
            return None
        try:
            try:
                written = self._attempt(replica, command, command_id)
            except ConcurrentChange:
                # Another process was faster. Those who wait for their turn here need its events just as much.
                self._feed.catch_up(command.party_id)
                written = self._attempt(replica, command, command_id)
        finally:
            replica.turn.release()
        return None if written is None else written.event

    def _attempt(self, replica: PartyReplica, command: FastCommand, command_id: UUID) -> Written | None:
        """Decide, commit and send; None for whatever is not so plain."""
        if replica.stale:
            return None
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
        if len(saved) != 1 or len(saved[0].events) != 1:
            return None
        session = saved[0]
        written = self._statement.write(session, command_id)
        if written.first:
            # Still in this command's turn: the next one decides on the replica that this moves on.
            self._feed.announce(Committed(session=session, events=[written.event], command_id=command_id))
        return written
