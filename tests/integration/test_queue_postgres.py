"""What members do with a queue in Postgres, and what is sent again after a lost answer."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from sqlalchemy import Engine, func, select

from partyapp.queue.domain import QueueFull, QueueItem
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
from tests.support.fresh_database import emptied

ENTITIES = (PartyQueueEntity, QueueItemEntity, QueueVoteEntity, PastItemEntity)
PARTY = new_id()


class Env(NamedTuple):
    """Queues, and their transactions."""

    queues: PostgresQueues
    transactions: Transactions

    def add(self, item: QueueItem) -> None:
        """Put a film into the party's queue."""
        self.queues.add(PARTY, item, first=False)

    @property
    def waiting(self) -> list[QueueItem]:
        """The party's queue."""
        return list(self.queues.read(PARTY).items)

    def remembered(self) -> int:
        """How many are known to have been taken out."""
        with self.transactions() as session:
            return session.scalar(select(func.count()).select_from(PastItemEntity)) or 0


@pytest.fixture
def env(engine: Engine) -> Env:
    emptied(engine, ENTITIES)
    transactions = Transactions(engine)
    return Env(PostgresQueues(transactions), transactions)


def film() -> QueueItem:
    return QueueItem(id=new_id(), video_id=new_id(), added_by=new_id(), added_at_ms=1.0, position=0.0)


@pytest.mark.parametrize("by_playing", [False, True])
def test_what_was_played_or_removed_does_not_come_back_when_its_add_is_sent_again(
    env: Env, by_playing: bool
) -> None:
    item, other = film(), film()
    env.add(item)
    env.add(other)
    if by_playing:
        with env.transactions.begin() as session:
            assert QueueInTransaction(session).take(PARTY, item.id)
    else:
        assert env.queues.remove(PARTY, item.id)
    revision = env.queues.read(PARTY).revision
    env.add(item)
    assert [found.id for found in env.waiting] == [other.id]
    assert env.queues.read(PARTY).revision == revision


def test_a_queue_holds_two_hundred(env: Env) -> None:
    items = [film() for _ in range(200)]
    for item in items:
        env.add(item)
    with pytest.raises(QueueFull) as full:
        env.add(film())
    assert (full.value.problem()["status"], full.value.problem()["code"]) == (409, "queue_full")
    # Sent again, it is no addition.
    env.add(items[0])
    env.queues.remove(PARTY, items[0].id)
    env.add(film())
    assert len(env.waiting) == 200


def test_a_taking_that_is_undone_leaves_the_film_where_it_was(env: Env) -> None:
    item = film()
    env.add(item)
    with pytest.raises(RuntimeError), env.transactions.begin() as session:
        QueueInTransaction(session).take(PARTY, item.id)
        raise RuntimeError
    env.add(item)
    assert [found.id for found in env.waiting] == [item.id]


def test_what_was_taken_out_is_forgotten_in_time(env: Env) -> None:
    item = film()
    env.add(item)
    env.queues.remove(PARTY, item.id)
    env.queues.old(before_ms=0.0).delete(100)
    assert env.remembered() == 1
    env.queues.old(before_ms=1e15).delete(100)
    assert env.remembered() == 0


def test_queues_that_are_read_together_are_what_each_alone_is(env: Env) -> None:
    one, other, never_used = new_id(), new_id(), new_id()
    for party_id in (one, other, one):
        env.queues.add(party_id, film(), first=False)
    env.queues.vote(one, env.queues.read(one).items[1].id, new_id(), given=True)
    asked = [other, never_used, one, other]
    found = env.queues.read_all(asked)
    assert found == [env.queues.read(party_id) for party_id in asked]
    assert [(queue.revision, len(queue.items)) for queue in found] == [(1, 1), (0, 0), (3, 2), (1, 1)]
    assert len(found[2].items[1].voters) == 1
