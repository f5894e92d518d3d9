"""The outbox relay on a real Postgres."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from partyapp.party.contract import PartyDirectory, PartyEvent
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.infrastructure import outbox as outbox_module
from partyapp.party.infrastructure.entities import (
    PartyEventEntity,
    PartyMemberEntity,
    SyncedPartySessionEntity,
)
from partyapp.party.infrastructure.outbox import Outbox
from partyapp.party.infrastructure.services.party_member_service import PartyMemberService
from partyapp.party.infrastructure.services.party_session_service import PartySessionService
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import Transactions
from partyapp.shared.storage.failing_work import LONGEST_WAIT_MS, FailingWorkEntity, failing_counts
from tests.support.party_objects import created, host_of, joined
from tests.support.waiting import LIMIT_S

ENTITIES = (
    SyncedPartySessionEntity,
    PartyMemberEntity,
    PartyEventEntity,
    FailingWorkEntity,
)
CLOCK = FixedClock()


@dataclass
class Seen:
    """An event as it was delivered, with what the directory said of its party then."""

    event: PartyEvent
    party_title: str
    member_count: int
    member_ids: Collection[UUID]


class Reader:
    """A consumer that remembers what the relay delivered, in the relay's own transaction."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.error: Exception | None = None

    def consume(self, events: Sequence[PartyEvent], parties: PartyDirectory, transaction: Session) -> None:
        assert transaction.in_transaction()
        if self.error is not None:
            raise self.error
        ids = {event.party_id for event in events}
        facts, members = parties.parties(ids), parties.members(ids)
        for event in events:
            known = facts[event.party_id]
            self.seen.append(Seen(event, known.title, known.member_count, members[event.party_id]))

    def revisions(self, party: SyncedPartySession) -> list[int]:
        return [one.event.revision for one in self.seen if one.event.party_id == party.state.id]


def keep(transactions: Transactions, joins: int = 0) -> SyncedPartySession:
    """A party with its creation and some joins, committed."""
    session = created(title="Kino", max_members=1000)
    members: list[PartyMember] = [host_of(session), *(joined(session) for _ in range(joins))]
    with transactions.begin() as transaction:
        PartySessionService(transaction).add(session)
        for member in members:
            PartyMemberService(transaction).add(member)
    return session


def drained(relay: Outbox) -> int:
    total = 0
    while count := relay.relay():
        total += count
    return total


def test_everything_is_delivered_once_with_what_a_reader_needs(transactions: Transactions) -> None:
    party, reader = keep(transactions, joins=2), Reader()
    relay = Outbox(transactions, CLOCK, (reader,))
    assert relay.pending() == 3
    assert drained(relay) == 3
    assert (relay.pending(), relay.relay()) == (0, 0)
    assert reader.revisions(party) == [1, 2, 3]
    assert {one.party_title for one in reader.seen} == {"Kino"}
    assert len(reader.seen[0].member_ids) == reader.seen[0].member_count == 3
    assert party.state.host_id in reader.seen[0].member_ids
    assert len({one.event.id for one in reader.seen}) == 3


def test_a_late_commit_is_not_skipped(transactions: Transactions) -> None:
    """An event gets its id when it is decided; others may be relayed before its transaction ends."""
    reader = Reader()
    relay = Outbox(transactions, CLOCK, (reader,))
    slow = created()
    with transactions.begin() as transaction:
        PartySessionService(transaction).add(slow)
        quick = keep(transactions)
        assert drained(relay) == 1
        assert reader.revisions(quick) == [1]
    assert drained(relay) == 1
    assert reader.revisions(slow) == [1]


def test_a_reader_that_fails_gets_it_again(transactions: Transactions) -> None:
    party, reader = keep(transactions, joins=1), Reader()
    relay = Outbox(transactions, CLOCK, (reader,))
    reader.error = RuntimeError("down")
    assert drained(relay) == 0
    assert relay.pending() == 2
    reader.error = None
    assert drained(relay) == 0, "not before it is to be tried again"
    CLOCK.advance(LONGEST_WAIT_MS)
    drained(relay)
    assert reader.revisions(party) == [1, 2]


def test_every_consumer_gets_every_event_or_none_does(transactions: Transactions) -> None:
    party, first, second = keep(transactions, joins=1), Reader(), Reader()
    relay = Outbox(transactions, CLOCK, (first, second))
    second.error = RuntimeError("down")
    assert drained(relay) == 0
    assert relay.pending() == 2
    second.error = None
    CLOCK.advance(LONGEST_WAIT_MS)
    drained(relay)
    assert second.revisions(party) == [1, 2]
    assert first.revisions(party) == [1, 2] * 3, "what is not stored in the transaction may happen again"


def test_relays_at_the_same_time_deliver_once_and_in_order(
    transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "BATCH", 3)
    parties = [keep(transactions, joins=7) for _ in range(4)]
    reader, start = Reader(), threading.Barrier(4)

    def relay(_: int) -> None:
        start.wait(LIMIT_S)
        own = Outbox(transactions, CLOCK, (reader,))
        # Whoever finds another at it gets 0; only an empty outbox ends the work.
        while own.pending():
            own.relay()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(relay, range(4)))
    for party in parties:
        assert reader.revisions(party) == list(range(1, 9))


def test_a_partys_order_holds_when_ids_dont(
    transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids come from the clocks of several machines, so a later event may have the smaller one."""
    monkeypatch.setattr(outbox_module, "BATCH", 1)
    party, reader = keep(transactions, joins=2), Reader()
    with transactions.begin() as transaction:
        rows = transaction.scalars(select(PartyEventEntity).order_by(PartyEventEntity.revision)).all()
        for row, fresh in zip(rows, sorted((new_id() for _ in rows), reverse=True), strict=True):
            row.id = fresh
    drained(Outbox(transactions, CLOCK, (reader,)))
    assert reader.revisions(party) == [1, 2, 3]


def test_a_large_backlog_is_relayed_in_portions(transactions: Transactions) -> None:
    party, reader = keep(transactions, joins=450), Reader()
    relay = Outbox(transactions, CLOCK, (reader,))
    assert relay.relay() == outbox_module.BATCH
    assert drained(relay) == 451 - outbox_module.BATCH
    assert reader.revisions(party) == list(range(1, 452))


class Choosy(Reader):
    """A consumer that can't take in the events of one party."""

    def __init__(self, refused: UUID) -> None:
        super().__init__()
        self.refused: UUID | None = refused

    def consume(self, events: Sequence[PartyEvent], parties: PartyDirectory, transaction: Session) -> None:
        if any(event.party_id == self.refused for event in events):
            raise ValueError("an event that can't be read")
        super().consume(events, parties, transaction)


def test_one_partys_bad_event_holds_up_that_party_alone(transactions: Transactions) -> None:
    bad, good = keep(transactions, joins=1), keep(transactions, joins=2)
    reader = Choosy(bad.state.id)
    relay = Outbox(transactions, CLOCK, (reader,))
    assert drained(relay) == 3
    assert reader.revisions(good) == [1, 2, 3]
    later = keep(transactions)
    assert drained(relay) == 1
    assert reader.revisions(later) == [1], "and what comes later is not held up either"
    for _ in range(3):
        CLOCK.advance(LONGEST_WAIT_MS)
        assert drained(relay) == 0
    assert failing_counts(transactions, CLOCK.now_ms()) == {"relay": 1}
    reader.refused = None
    CLOCK.advance(LONGEST_WAIT_MS)
    assert drained(relay) == 2
    assert reader.revisions(bad) == [1, 2], "in its order, none lost and none twice"
