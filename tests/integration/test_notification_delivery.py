"""The consumer behind the outbox relay, in transactions on a real Postgres."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from partyapp.notification.domain import Notification
from partyapp.notification.infrastructure.notifications import (
    NotificationConsumer,
    NotificationEntity,
    PostgresNotifications,
    after_commit,
)
from partyapp.party.contract import MEMBER_JOINED, PARTY_SESSION_ENDED, PartyEvent, PartyFacts
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import Transactions
from tests.support.fresh_database import emptied, fresh_tables
from tests.support.waiting import LIMIT_S


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    with fresh_tables(database_url, [NotificationEntity]) as engine:
        yield engine


@pytest.fixture
def transactions(engine: Engine) -> Transactions:
    emptied(engine, [NotificationEntity])
    return Transactions(engine)


@dataclass
class Delivered:
    """An event, and what is known of its party."""

    event: PartyEvent
    party_title: str
    member_ids: tuple[UUID, ...]


@dataclass
class Directory:
    """`PartyDirectory` of the parties of these events."""

    known: dict[UUID, Delivered]

    def parties(self, party_ids: Collection[UUID]) -> dict[UUID, PartyFacts]:
        return {
            party: PartyFacts(
                title=self.known[party].party_title, member_count=len(self.known[party].member_ids)
            )
            for party in party_ids
        }

    def members(self, party_ids: Collection[UUID]) -> dict[UUID, Collection[UUID]]:
        return {party: self.known[party].member_ids for party in party_ids}


def deliver(session: Session, delivered: list[Delivered]) -> None:
    """As the relay does."""
    directory = Directory({one.event.party_id: one for one in delivered})
    NotificationConsumer().consume([one.event for one in delivered], directory, session)


def test_what_is_new_is_told_once_and_after_the_commit(transactions: Transactions) -> None:
    told: list[UUID] = []
    ada = new_id()
    first, second = ended([ada]), ended([ada])

    def tell(session: Session, news: Sequence[Notification]) -> None:
        after_commit(session, lambda: told.extend(item.event_id for item in news))

    consumer = NotificationConsumer(tell)

    def relay(delivered: list[Delivered], *, dies: bool = False) -> None:
        with transactions.begin() as session:
            directory = Directory({one.event.party_id: one for one in delivered})
            with session.begin_nested():
                consumer.consume([one.event for one in delivered], directory, session)
            assert second.event.id not in told, "it isn't committed yet"
            if dies:
                raise RuntimeError("the relay died")

    with pytest.raises(RuntimeError, match="died"):
        relay([first], dies=True)
    assert told == []
    relay([first])
    relay([first, second])
    assert told == [first.event.id, second.event.id]


def ended(members: list[UUID], at_ms: float = 1_700_000_000_000.5) -> Delivered:
    event = PartyEvent(
        id=new_id(),
        party_id=new_id(),
        revision=9,
        type=PARTY_SESSION_ENDED,
        at_ms=at_ms,
        actor_id=None,
        data={"reason": "host"},
    )
    return Delivered(event=event, party_title="Film night", member_ids=tuple(members))


def test_events_become_notifications_with_the_relays_commit(transactions: Transactions) -> None:
    ada, bob = new_id(), new_id()
    joined = PartyEvent(
        id=new_id(),
        party_id=new_id(),
        revision=2,
        type=MEMBER_JOINED,
        at_ms=1_700_000_000_000.5,
        actor_id=bob,
        data={"user_id": str(bob), "display_name": "Bob"},
    )
    inbox = PostgresNotifications(transactions)
    with transactions.begin() as session:
        deliver(session, [Delivered(event=joined, party_title="Night", member_ids=(ada, bob))])
        assert inbox.newest(ada, 10) == [], "nothing is told before the relay commits"
    (told,) = inbox.newest(ada, 10)
    assert told.data["who"] == {"id": str(bob), "display_name": "Bob"}
    assert told.created_at_ms == 1_700_000_000_000
    assert inbox.newest(bob, 10) == []


def test_a_relay_that_fails_tells_nobody(transactions: Transactions) -> None:
    ada = new_id()

    def relay(session: Session) -> None:
        deliver(session, [ended([ada])])
        raise RuntimeError("the relay died")

    with pytest.raises(RuntimeError, match="died"), transactions.begin() as session:
        relay(session)
    assert PostgresNotifications(transactions).newest(ada, 10) == []


def test_an_event_that_comes_again_tells_nobody_twice(transactions: Transactions) -> None:
    ada = new_id()
    inbox = PostgresNotifications(transactions)
    event, later = ended([ada]), ended([ada])
    for events in ([event, event], [event], [later, event]):
        with transactions.begin() as session:
            deliver(session, events)
        inbox.mark_all_read(ada, 1)
    assert {told.event_id for told in inbox.newest(ada, 10)} == {event.event.id, later.event.id}
    assert inbox.unread_count(ada) == 0


def test_relays_at_the_same_time_tell_everybody_once(transactions: Transactions) -> None:
    members = [new_id() for _ in range(200)]
    events = [ended(members) for _ in range(5)]
    together = threading.Barrier(4)

    def relay(turned: bool) -> None:
        with transactions.begin() as session:
            together.wait(LIMIT_S)
            deliver(session, events[::-1] if turned else events)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(relay, [False, True, False, True]))
    inbox = PostgresNotifications(transactions)
    assert [inbox.unread_count(member) for member in members] == [5] * 200


def test_the_largest_party_is_told(transactions: Transactions) -> None:
    members = [new_id() for _ in range(10_000)]
    with transactions.begin() as session:
        deliver(session, [ended(members)])
    inbox = PostgresNotifications(transactions)
    assert inbox.unread_count(members[0]) == inbox.unread_count(members[-1]) == 1


def test_what_is_old_is_forgotten_a_portion_at_a_time(transactions: Transactions) -> None:
    ada = new_id()
    with transactions.begin() as session:
        deliver(session, [ended([ada], at_ms=1000.0 + number) for number in range(6)])
    inbox = PostgresNotifications(transactions)
    old = inbox.old(before_ms=1004.0)
    assert old.count() == 4
    assert old.delete(3) == 3
    assert old.delete(3) == 1
    assert old.delete(3) == 0
    assert [told.created_at_ms for told in inbox.newest(ada, 10)] == [1005, 1004]
