"""The direct path of a join: the web process that is asked decides it, and commits it with its command's row.

It takes what the fast path takes. Whatever else there is (a refusal, somebody who comes back, an invite other
than the party's own code, a key that is taken, a party that everybody wants into) is accepted for a worker.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from partyapp.commands.kinds import DirectEffect
from partyapp.commands.record import NewCommand
from partyapp.party.application.commands import JoinPartySessionCommand
from partyapp.party.application.ports import ConcurrentChange, SchedulePort
from partyapp.party.application.views import LISTED
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.state import SyncedPartySessionState
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.join_fast_path import TRIES, NeedsSlowPath, decided
from partyapp.party.infrastructure.join_statement import Busy, JoinFacts, JoinStatement
from partyapp.party.infrastructure.queries import PartyReading
from partyapp.party.infrastructure.unit_of_work import Committed, EventAnnouncer

#: So long a join waits for those before it into the same party on this process, in s.
TURN_S = 0.5


class JoinDirectPath:
    """Runs a join that is in no row yet, in two round trips: the `CommandDirectPath` of its kind."""

    def __init__(
        self, *, statement: JoinStatement, schedule: SchedulePort, announcer: EventAnnouncer
    ) -> None:
        self._statement = statement
        self._schedule = schedule
        self._announcer = announcer
        self._turns = _Turns()

    def try_run(self, command: JoinPartySessionCommand, new: NewCommand) -> DirectEffect | None:
        """The command's outcome, and of a small party a `PartyReading` by its new member.

        None when it is to be accepted for a worker; nothing has happened then.

        Raises `Unavailable` when Postgres is gone: then it may have happened all the same, and whoever asks
        again is a member already, or finds the outcome by the key.
        """
        with self._turns.turn(command.party_id) as has_turn:
            for _ in range(TRIES if has_turn else 0):
                try:
                    return self._run(command, new)
                except ConcurrentChange:
                    continue
                except (NeedsSlowPath, Busy):
                    return None
        return None

    def _run(self, command: JoinPartySessionCommand, new: NewCommand) -> DirectEffect:
        """One try. Raises `ConcurrentChange` when the race was lost, `NeedsSlowPath`, or `Busy`."""
        reading = self._statement.read_for(command.party_id, command.actor.user_id)
        if reading is None:
            raise NeedsSlowPath
        session, member = decided(reading, command, self._schedule)
        event = mapping.recorded(session.events[0])
        outcome = {"result": mapping.lifecycle_result(session.state, command.actor.user_id)}
        self._statement.write_new(new, outcome, session.state, event, member)
        self._announcer.announce(Committed(session=session, events=[event], command_id=new.id))
        return DirectEffect(outcome, _seen(reading, session.state, member))


def _seen(facts: JoinFacts, state: SyncedPartySessionState, joined: PartyMember) -> PartyReading | None:
    """The party as it is with the member; None for one of which not all are listed."""
    if facts.listed is None or state.member_count > LISTED:
        return None
    members = sorted([*facts.listed, joined], key=lambda one: (one.state.joined_at_ms, one.user_id))
    return PartyReading(state=state, members=members, reader_id=joined.user_id)


class _Turns:
    """The joins of one party in this process take turns: of several at once all but one would only lose."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: By party: the turn, and how many have it or wait for it.
        self._turns: dict[UUID, tuple[threading.Lock, int]] = {}

    @contextmanager
    def turn(self, party_id: UUID) -> Iterator[bool]:
        """Wait for the turn; gives whether it came in time."""
        with self._lock:
            lock, wanted = self._turns.get(party_id) or (threading.Lock(), 0)
            self._turns[party_id] = (lock, wanted + 1)
        has_turn = False
        try:
            has_turn = lock.acquire(timeout=TURN_S)
            yield has_turn
        finally:
            if has_turn:
                lock.release()
            with self._lock:
                wanted = self._turns[party_id][1] - 1
                if wanted:
                    self._turns[party_id] = (lock, wanted)
                else:
                    del self._turns[party_id]
