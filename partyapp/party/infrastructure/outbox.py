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
    batch back, for all consumers; the events come again with the next relay.

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

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from partyapp.party.contract import PartyDirectory, PartyEvent
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.entities import PartyEventEntity
from partyapp.party.infrastructure.party_directory import PostgresPartyDirectory
from partyapp.shared.storage.database import Transactions, one_of, unavailable_when_gone

#: At most so many events are delivered in one transaction.
BATCH = 200

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

    def __init__(self, transactions: Transactions, consumers: tuple[EventConsumer, ...]) -> None:
        self._transactions = transactions
        self._consumers = consumers

    def relay(self) -> int:
        """Deliver one batch; returns how many events it held, so that the caller goes on until 0."""
        with unavailable_when_gone(), self._transactions.begin() as transaction:
            if not transaction.scalar(select(func.pg_try_advisory_xact_lock(_RELAY))):
                return 0
            rows = _waiting(transaction)
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


def _waiting(transaction: Session) -> Sequence[PartyEventEntity]:
    """A batch: whole parties, each from its first waiting event on."""
    entity = PartyEventEntity
    parties = select(entity.party_id).where(~entity.relayed).order_by(entity.id).limit(BATCH)
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
