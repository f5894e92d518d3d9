"""The fast path of a join: decided without a lock, committed with its outcome in one statement.

Joins come in crowds, just before a film begins. The fast path takes what is usual; whatever is not (a
refusal, somebody who comes back, an invite other than the party's own code, a race that was lost `TRIES`
times) takes the slow path.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from partyapp.commands.payloads import from_payload
from partyapp.party.application.commands import JoinPartySessionCommand
from partyapp.party.application.handlers import handle
from partyapp.party.application.ports import ConcurrentChange, Ports, SchedulePort
from partyapp.party.contract import PartyEvent
from partyapp.party.domain.admission import PartyBan, PartyInvite
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.join_statement import JoinFacts, JoinStatement
from partyapp.party.infrastructure.unit_of_work import Committed, EventAnnouncer
from partyapp.shared.kernel.errors import Refusal

KIND = "join"

#: So often a lost race is run again before the lock is taken; each time another member got in.
TRIES = 3


class NeedsSlowPath(Exception):
    """The command is not one for the fast path; nothing has happened."""


@dataclass
class _ReadSessions:
    """The handler's view of the party that was read. What it saves is kept until it is committed."""

    reading: JoinFacts
    saved: SyncedPartySession | None = None

    def get(self, party_id: UUID) -> SyncedPartySession:
        return self.reading.session

    def save(self, session: SyncedPartySession) -> None:
        self.saved = session


@dataclass
class _ReadMembers:
    reading: JoinFacts
    added: list[PartyMember] = field(default_factory=list)

    def get(self, party_id: UUID, user_id: UUID) -> PartyMember | None:
        return self.reading.member

    def add(self, member: PartyMember) -> None:
        self.added.append(member)

    def longest_gone(
        self, party_id: UUID, seen_before_ms: float, staying: Collection[UUID]
    ) -> PartyMember | None:
        return None


class _NothingSpecial:
    """The admissions of somebody who is neither banned nor invited but by the party's own code.

    Any other code is refused by that, and so takes the slow path, which counts the invite's use under the
    party's row lock.
    """

    def ban_of(self, party_id: UUID, user_id: UUID) -> PartyBan | None:
        return None

    def invites_for(self, party_id: UUID, user_id: UUID, code: str | None) -> Sequence[PartyInvite]:
        return ()

    def count_use(self, invite_id: UUID) -> None:
        raise NeedsSlowPath

    def use_token(self, token_id: UUID, until_ms: float) -> bool:
        raise NeedsSlowPath


class _NobodyAsked:
    """Who is connected matters in a full party alone, and that needs the slow path."""

    def connected(self, party_id: UUID) -> frozenset[UUID] | None:
        return None


class JoinDecision(NamedTuple):
    """The party after a join, with its one event, the membership, and the command's outcome."""

    session: SyncedPartySession
    event: PartyEvent
    member: PartyMember
    outcome: dict[str, Any]


def decided(reading: JoinFacts, command: JoinPartySessionCommand, schedule: SchedulePort) -> JoinDecision:
    """What the join comes to. Raises `NeedsSlowPath` for anything but one event and one membership."""
    if command.actor.key_id is not None:
        # The membership that was read is that of who gave the command.
        raise NeedsSlowPath
    if reading.is_named or reading.member is not None:
        # A ban of who has gone already is no event, so that only the row lock keeps it from a race.
        raise NeedsSlowPath
    sessions, members = _ReadSessions(reading), _ReadMembers(reading)
    ports = Ports(
        schedule=schedule,
        presence=_NobodyAsked(),
        sessions=sessions,
        members=members,
        admissions=_NothingSpecial(),
    )
    try:
        handle(command, ports)
    except Refusal as refusal:
        raise NeedsSlowPath from refusal
    if sessions.saved is None or len(sessions.saved.events) != 1 or len(members.added) != 1:
        raise NeedsSlowPath
    session = sessions.saved
    outcome = {"result": mapping.lifecycle_result(session.state, command.actor.user_id)}
    return JoinDecision(session, mapping.recorded(session.events[0]), members.added[0], outcome)


class JoinFastPath:
    """Runs an accepted join in two round trips: the `CommandFastPath` of its kind."""

    def __init__(
        self, *, statement: JoinStatement, schedule: SchedulePort, announcer: EventAnnouncer
    ) -> None:
        self._statement = statement
        self._schedule = schedule
        self._announcer = announcer

    def try_run(self, command_id: UUID) -> dict[str, Any] | None:
        """The command's outcome, or None when it needs the slow path; nothing has happened then.

        Raises `Unavailable` when Postgres is gone: then it may have happened all the same, and a repeat
        finds the outcome.
        """
        for _ in range(TRIES):
            try:
                return self._run(command_id)
            except ConcurrentChange:
                continue
            except NeedsSlowPath:
                return None
        return None

    def _run(self, command_id: UUID) -> dict[str, Any]:
        """One try. Raises `ConcurrentChange` when the race was lost, or `NeedsSlowPath`."""
        reading = self._statement.read(command_id)
        if reading is None or reading.kind != KIND:
            raise NeedsSlowPath
        if reading.outcome is not None:
            return reading.outcome
        command = from_payload(JoinPartySessionCommand, reading.payload)
        session, event, member, outcome = decided(reading, command, self._schedule)
        self._statement.write(command_id, outcome, session.state, event, member)
        self._announcer.announce(Committed(session=session, events=[event], command_id=command_id))
        return outcome
