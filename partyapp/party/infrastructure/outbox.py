"""The outbox: from the event rows of parties to the consumers in other contexts, at least once and in order.

Model
    An event's row in `party_events` is audit log and outbox at once: the transaction that changes a party
    inserts it with `relayed = false`, so an event exists if and only if its change was committed. `relay`
    takes a batch of such rows, hands their events to every consumer, and marks the rows; all of it is one
    transaction.

Delivery
    What a consumer writes in the relay's transaction commits together with the marks, or not at all: such an
    effect happens exactly once. An effect elsewhere (a request over the network) may happen again after a
    crash; `PartyEvent.id` is stable, so that a repeat can be told. A consumer that raises takes the whole
    batch back, for all consumers. Then its parties are delivered one by one; a party whose events fail again
    is moved back (`FailingWork`), and the others go on.

Order
    The events of one party come in the order of their revisions, without a gap, across batches too. Between
    parties there is no order. A batch is chosen by the parties of the oldest waiting ids and then sorted by
    party and revision, since ids come from the clocks of several machines and revisions do not.

    There is no cursor. An event gets its id when it is decided, so a transaction that commits late brings
    ids smaller than those already relayed; rows that are chosen by their mark cannot be skipped.

Concurrency
    Any number of workers may call `relay`. An advisory lock, held until the transaction ends, lets one of
    them work; the others return 0 at once. Commands are never held up: the rows of a batch are final but
    for their mark, which nobody else sets.

Life cycle
    A task calls `relay` every second and goes on until it returns 0, which also means that another worker is
    at it. Nothing wakes it sooner, and a task that is lost costs a second. Relayed rows stay: they are the
    audit log.

Cost
    A batch is at most `BATCH` rows of one partial index, which holds waiting events alone. Beyond that only
    what consumers ask of `PartyDirectory` is read.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Protocol
from uuid import UUID

from sqlalchemy import Uuid, all_, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from partyapp.party.contract import PartyDirectory, PartyEvent
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.entities import PartyEventEntity
from partyapp.party.infrastructure.party_directory import PostgresPartyDirectory
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.storage.database import Transactions, one_of, unavailable_when_gone
from partyapp.shared.storage.failing_work import FailingWork

log = logging.getLogger(__name__)

#: At most so many events are delivered in one transaction.
BATCH = 200

#: The name under which the relay's failures are counted.
RELAY = "relay"

#: The advisory lock of the relay.
_RELAY = 0x70617274


class EventConsumer(Protocol):
    """Another context's interest in what has happened to parties."""

    def consume(self, events: Sequence[PartyEvent], parties: PartyDirectory, transaction: Session) -> None:
        """Take in a batch; what is written in `transaction` commits together with the marks.

        Raises to have the batch delivered again.
        """
        ...


class Outbox:
    """Relays committed events to consumers; see the module for what it promises."""

    def __init__(
        self, transactions: Transactions, clock: Clock, consumers: tuple[EventConsumer, ...]
    ) -> None:
        self._transactions = transactions
        self._clock = clock
        self._consumers = consumers
        self._failing = FailingWork(transactions, RELAY)

    def relay(self) -> int:
        """Deliver one batch; returns how many events were, so that the caller goes on until 0."""
        failed_before, now_ms = self._failing.known(), self._clock.now_ms()
        moved_back = [party for party, not_before_ms in failed_before.items() if not_before_ms > now_ms]
        if len(moved_back) == len(failed_before):
            try:
                return self._deliver(partial(_waiting, without=moved_back))
            except Exception as error:
                log.warning("a batch of events was not delivered: %s", type(error).__name__)
        # Each party by itself, so that the ones that fail take none of the others with them.
        return self._relay_one_by_one(failed_before, moved_back)

    def _relay_one_by_one(self, failed_before: Collection[UUID], moved_back: Collection[UUID]) -> int:
        with unavailable_when_gone(), self._transactions() as session:
            parties = dict.fromkeys(row.party_id for row in _waiting(session, without=moved_back))
        delivered = 0
        for party_id in parties:
            try:
                delivered += self._deliver(partial(_waiting, only=party_id))
            except Exception as error:
                self._failing.failed(party_id, error, self._clock.now_ms())
            else:
                if party_id in failed_before:
                    self._failing.worked(party_id)
        return delivered

    def _deliver(self, choose: Callable[[Session], Sequence[PartyEventEntity]]) -> int:
        """Deliver the events that `choose` finds, all of them or none; returns how many."""
        with unavailable_when_gone(), self._transactions.begin() as transaction:
            if not transaction.scalar(select(func.pg_try_advisory_xact_lock(_RELAY))):
                return 0
            rows = choose(transaction)
            if not rows:
                return 0
            events = [mapping.event_of(row) for row in rows]
            parties = PostgresPartyDirectory(transaction)
            for consumer in self._consumers:
                consumer.consume(events, parties, transaction)
            _mark(transaction, rows)
            return len(rows)

    def pending(self) -> int:
        """How many events wait."""
        with unavailable_when_gone(), self._transactions() as session:
            waiting = select(func.count()).select_from(PartyEventEntity).where(~PartyEventEntity.relayed)
            return session.scalar(waiting) or 0


def _waiting(
    transaction: Session, *, without: Collection[UUID] = (), only: UUID | None = None
) -> Sequence[PartyEventEntity]:
    """A batch: whole parties, each from its first waiting event on; all of them, or this one."""
    entity = PartyEventEntity
    parties = select(entity.party_id).where(~entity.relayed).order_by(entity.id).limit(BATCH)
    if without:
        parties = parties.where(entity.party_id != all_(literal(list(without), ARRAY(Uuid))))
    if only is not None:
        parties = parties.where(entity.party_id == only)
    return transaction.scalars(
        select(entity)
        .where(~entity.relayed, entity.party_id.in_(parties))
        .order_by(entity.party_id, entity.revision)
        .limit(BATCH)
    ).all()


def _mark(transaction: Session, rows: Sequence[PartyEventEntity]) -> None:
    entity = PartyEventEntity
    transaction.execute(
        update(entity)
        .where(entity.id == one_of(row.id for row in rows), ~entity.relayed)
        .values(relayed=True)
        .execution_options(synchronize_session=False)
    )
