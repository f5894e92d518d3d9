"""The short way of a join: decided without a lock, committed with its outcome in one statement.

Joins come in crowds, just before a film begins. The short way takes what is usual; whatever is not (a
refusal, somebody who is in already, a race that was lost again and again) is left to the long way.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from partyapp.commands.payloads import from_payload
from partyapp.party.application.commands import JoinPartySessionCommand
from partyapp.party.application.handlers import handle
from partyapp.party.application.ports import Ports, SchedulePort
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.join_statement import JoinReading, JoinStatement
from partyapp.party.infrastructure.unit_of_work import Announce, Committed
from partyapp.shared.kernel.errors import Refusal

KIND = "join"

#: So often a lost race is run again before the lock is taken; each time somebody else got in.
TRIES = 3


@dataclass
class _ReadSessions:
    """The handler's view of the party that was read. What it saves is kept until it is committed."""

    reading: JoinReading
    saved: SyncedPartySession | None = None

    def get(self, party_id: UUID) -> SyncedPartySession:
        return self.reading.session

    def save(self, session: SyncedPartySession) -> None:
        self.saved = session


@dataclass
class _ReadMembers:
    reading: JoinReading
    added: list[PartyMember] = field(default_factory=list)

    def get(self, party_id: UUID, user_id: UUID) -> PartyMember | None:
        return self.reading.member

    def add(self, member: PartyMember) -> None:
        self.added.append(member)


class JoinFastPath:
    """Runs an accepted join in two round trips."""

    def __init__(self, *, commit: JoinStatement, schedule: SchedulePort, announce: Announce) -> None:
        self._commit = commit
        self._schedule = schedule
        self._announce = announce

    def __call__(self, command_id: UUID) -> dict[str, Any] | None:
        """The command's outcome, or None when it has to go the long way; nothing has happened then.

        Raises `Unavailable` when Postgres is gone: then it may have happened all the same, and a repeat
        finds the outcome.
        """
        for _ in range(TRIES):
            reading = self._commit.read(command_id)
            if reading is None or reading.kind != KIND:
                return None
            if reading.outcome is not None:
                return reading.outcome
            plain, outcome = self._run(command_id, reading)
            if outcome is not None or not plain:
                return outcome
        return None

    def _run(self, command_id: UUID, reading: JoinReading) -> tuple[bool, dict[str, Any] | None]:
        """Whether the short way is right for this one, and the outcome unless the race was lost."""
        command = from_payload(JoinPartySessionCommand, reading.payload)
        sessions, members = _ReadSessions(reading), _ReadMembers(reading)
        try:
            session = handle(command, Ports(schedule=self._schedule, sessions=sessions, members=members))
        except Refusal:
            return False, None
        if sessions.saved is None or len(session.events) != 1 or len(members.added) != 1:
            return False, None
        event = mapping.recorded(session.events[0])
        outcome = {"result": result_of(session, command.actor.user_id)}
        if not self._commit(command_id, outcome, session, event, members.added[0]):
            return True, None
        self._announce(Committed(session=session, events=[event], command_id=command_id))
        return True, outcome


def result_of(session: SyncedPartySession, user_id: UUID) -> dict[str, Any]:
    """What a lifecycle command's row keeps of its success."""
    state = session.state
    return {"party_id": str(state.id), "user_id": str(user_id), "revision": state.revision}
