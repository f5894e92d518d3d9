"""One command, one transaction: load, decide, commit, and only then announce."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from partyapp.party.application.ports import ConcurrentChange, Ports, ProcessPorts, QueuePort
from partyapp.party.contract import InvitationNotices, PartyEvent
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.entities import PartyEventEntity
from partyapp.party.infrastructure.services.admission_service import AdmissionService
from partyapp.party.infrastructure.services.party_member_service import PartyMemberService
from partyapp.party.infrastructure.services.party_session_service import Lock, PartySessionService
from partyapp.party.infrastructure.tick_slots import TickSlots
from partyapp.shared.kernel.errors import Refusal, Unavailable
from partyapp.shared.storage.database import Transactions, unavailable_when_gone


@dataclass(frozen=True, kw_only=True)
class TransactionPorts(Ports):
    """The ports of one command in one transaction."""

    sessions: PartySessionService
    members: PartyMemberService
    admissions: AdmissionService


@dataclass(frozen=True, kw_only=True)
class Committed:
    """What one command changed: the party as it is now and the events it had."""

    session: SyncedPartySession
    events: list[PartyEvent]
    command_id: UUID | None


class EventAnnouncer(Protocol):
    """Publishes what was committed."""

    def announce(self, committed: Committed) -> None:
        """Publish a commit, right after it. Must not raise and must not wait."""
        ...


@dataclass(frozen=True)
class CommitAnnouncement:
    """The commits of one transaction, to be announced after it."""

    announcer: EventAnnouncer
    commits: Sequence[Committed]

    def announce(self) -> None:
        """Announce them in their order."""
        for committed in self.commits:
            self.announcer.announce(committed)


#: What is done in a transaction, on its ports.
Work = Callable[[TransactionPorts], Any]

#: What tells people on a transaction that they are invited.
NoticesOf = Callable[[Session], InvitationNotices]


class PartyUnitOfWork:
    """Runs work in a transaction, once optimistically and then under the party's row lock.

    The first try reads without a lock and lets the update at the expected revision decide. When that race is
    lost, the second try reads with `SELECT … FOR UPDATE`, and cannot lose.
    """

    def __init__(
        self,
        transactions: Transactions,
        announcer: EventAnnouncer,
        ports: ProcessPorts,
        notices_of: NoticesOf | None = None,
        queue_in: Callable[[Session], QueuePort] | None = None,
    ) -> None:
        """`queue_in` is the queue in a transaction, where the process has one."""
        self._queue_in = queue_in
        self._transactions = transactions
        self._announcer = announcer
        self._ports = ports
        self._notices_of = notices_of

    def run(
        self,
        work: Work,
        *,
        command_id: UUID | None = None,
        lock: Lock = Lock.NONE,
        key_id: UUID | None = None,
    ) -> Any:
        """Do `work` and commit; returns what it returned. `key_id`: the server's key that has it done.

        Raises the `Refusal` that the work raised, or `Unavailable` when Postgres is gone: then the commit
        may have happened all the same, and a repeat with the same command id finds it.
        """
        if lock is Lock.NONE:
            try:
                return self._attempt(work, command_id, lock, key_id)
            except ConcurrentChange:
                lock = Lock.WAIT
        return self._attempt(work, command_id, lock, key_id)

    def run_once(
        self,
        work: Work,
        *,
        party_id: UUID,
        actor_id: UUID,
        command_id: UUID,
        lock: bool = False,
        key_id: UUID | None = None,
    ) -> PartyEvent:
        """Do `work`, or find the event it left when the same command was run before.

        With `lock` the row is locked at once, for a command that has lost a race already. Returns the last
        event of the command. A repeat has no second effect, whatever the rules say now.
        """
        attempts: list[TransactionPorts] = []

        def attempt(ports: TransactionPorts) -> Any:
            attempts.append(ports)
            return work(ports)

        try:
            self.run(attempt, command_id=command_id, lock=Lock.WAIT if lock else Lock.NONE, key_id=key_id)
        except Unavailable:
            raise
        except (Refusal, IntegrityError):
            first = self.first_effect(party_id, actor_id, command_id)
            if first is None:
                raise
            return first
        _, events = attempts[-1].sessions.committed[-1]
        return events[-1]

    def first_effect(self, party_id: UUID, actor_id: UUID, command_id: UUID) -> PartyEvent | None:
        """The event that this command of this person left in the party's log."""
        entity = PartyEventEntity
        statement = select(entity).where(
            entity.party_id == party_id, entity.actor_id == actor_id, entity.command_id == command_id
        )
        with unavailable_when_gone(), self._transactions() as session:
            row = session.scalars(statement).one_or_none()
            return None if row is None else mapping.event_of(row)

    def _attempt(self, work: Work, command_id: UUID | None, lock: Lock, key_id: UUID | None) -> Any:
        with unavailable_when_gone(), self._transactions.begin() as transaction:
            ports = self.ports_of(transaction, command_id, lock, key_id)
            result = work(ports)
        self.announcement_of(ports, command_id).announce()
        return result

    def announcement_of(self, ports: TransactionPorts, command_id: UUID | None) -> CommitAnnouncement:
        """What is to be announced of a transaction once it is committed."""
        commits = [
            Committed(session=session, events=events, command_id=command_id)
            for session, events in ports.sessions.committed
        ]
        return CommitAnnouncement(self._announcer, commits)

    def ports_of(
        self, transaction: Session, command_id: UUID | None, lock: Lock, key_id: UUID | None = None
    ) -> TransactionPorts:
        """The ports on one transaction, beside those of the process."""
        return TransactionPorts(
            **vars(self._ports),
            sessions=PartySessionService(transaction, lock=lock, command_id=command_id, key_id=key_id),
            members=PartyMemberService(transaction),
            ticks=TickSlots(transaction),
            queue=None if self._queue_in is None else self._queue_in(transaction),
            admissions=AdmissionService(transaction),
            notices=None if self._notices_of is None else self._notices_of(transaction),
        )
