"""What a party's queue must do for its commands, the fake and the one in Postgres alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import Engine

from partyapp.party.application.ports import QueuePort
from partyapp.party.contract import QueuedVideo, QueueMode
from partyapp.queue.domain import QueueItem
from partyapp.queue.infrastructure import (
    PartyQueueEntity,
    PastItemEntity,
    PostgresQueues,
    QueueInTransaction,
    QueueItemEntity,
    QueueVoteEntity,
)
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import Transactions
from tests.support.fakes_party import InMemoryQueue
from tests.support.fresh_database import emptied, fresh_tables

ENTITIES = [PartyQueueEntity, QueueItemEntity, QueueVoteEntity, PastItemEntity]
PARTY, OTHER = new_id(), new_id()


@dataclass
class Place:
    """Where queues are kept: opens a transaction with its port, and puts a film last in a queue."""

    open: Callable[[], AbstractContextManager[QueuePort]]
    put: Callable[[UUID, QueuedVideo], None]

    def filled(self, party_id: UUID, count: int) -> list[QueuedVideo]:
        """That many films in the party's queue, in order."""
        films = [QueuedVideo(item_id=new_id(), video_id=new_id()) for _ in range(count)]
        for film in films:
            self.put(party_id, film)
        return films

    def upcoming(self, party_id: UUID = PARTY) -> list[QueuedVideo]:
        """What plays next."""
        with self.open() as queue:
            return list(queue.upcoming(party_id, QueueMode.ORDER))


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    with fresh_tables(database_url, ENTITIES) as engine:
        yield engine


@pytest.fixture(params=["memory", "postgres"])
def place(request: pytest.FixtureRequest) -> Place:
    if request.param == "memory":
        fake = InMemoryQueue()

        def keep(party_id: UUID, film: QueuedVideo) -> None:
            fake.items.setdefault(party_id, []).append(film)

        return Place(open=lambda: nullcontext(fake), put=keep)
    engine: Engine = request.getfixturevalue("engine")
    emptied(engine, ENTITIES)
    transactions = Transactions(engine)

    @contextmanager
    def transaction() -> Iterator[QueuePort]:
        with transactions.begin() as session:
            yield QueueInTransaction(session)

    def store(party_id: UUID, film: QueuedVideo) -> None:
        item = QueueItem(
            id=film.item_id, video_id=film.video_id, added_by=new_id(), added_at_ms=1.0, position=0.0
        )
        PostgresQueues(transactions).add(party_id, item, first=False)

    return Place(open=transaction, put=store)


def test_a_queue_that_was_never_used_is_empty(place: Place) -> None:
    assert place.upcoming() == []
    with place.open() as queue:
        assert not queue.take(PARTY, new_id())


def test_films_come_in_their_order_each_party_its_own(place: Place) -> None:
    films, others = place.filled(PARTY, 3), place.filled(OTHER, 1)
    assert place.upcoming(PARTY) == films
    assert place.upcoming(OTHER) == others


def test_what_is_taken_is_gone_and_taken_once(place: Place) -> None:
    first, second, third = place.filled(PARTY, 3)
    with place.open() as queue:
        assert queue.take(PARTY, second.item_id)
        assert list(queue.upcoming(PARTY, QueueMode.ORDER)) == [first, third]
    with place.open() as queue:
        assert not queue.take(PARTY, second.item_id)
    assert place.upcoming() == [first, third]


def test_nothing_is_taken_from_another_partys_queue(place: Place) -> None:
    (film,) = place.filled(PARTY, 1)
    place.filled(OTHER, 1)
    with place.open() as queue:
        assert not queue.take(OTHER, film.item_id)
    assert place.upcoming(PARTY) == [film]
