"""Queues in Postgres. Whoever changes one holds the lock on its own row until the end of the transaction."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Float,
    ForeignKey,
    Index,
    Integer,
    Select,
    any_,
    bindparam,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from partyapp.party.contract import QueuedVideo, QueueMode
from partyapp.queue.domain import MOST_ITEMS, Queue, QueueFull, QueueItem, in_order, place_before
from partyapp.shared.storage.database import Base, Transactions, one_of, table_of, unavailable_when_gone
from partyapp.shared.storage.old_rows import OldRows, delete_in_turn, rows_of
from partyapp.shared.storage.prepared_sql import PreparedSql, hidden_array

_ITEM_COLUMNS = ("id", "video_id", "added_by", "added_at_ms", "position")

#: The database's clock, in ms.
NOW_MS = "extract(epoch FROM now()) * 1000"


class PartyQueueEntity(Base):
    """A party's queue: how often it was changed. Who changes it locks this row first."""

    __tablename__ = "party_queues"

    party_id: Mapped[UUID] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(Integer)


class QueueItemEntity(Base):
    """A film that is to follow."""

    __tablename__ = "queue_items"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party_queues.party_id"))
    video_id: Mapped[UUID]
    added_by: Mapped[UUID]
    added_at_ms: Mapped[float] = mapped_column(Float(53))
    position: Mapped[float] = mapped_column(Float(53))

    __table_args__ = (
        Index("ix_queue_items_party", "party_id", "position"),
        Index("ix_queue_items_video", "video_id"),
    )


class QueueVoteEntity(Base):
    """A member's vote for an item."""

    __tablename__ = "queue_votes"

    item_id: Mapped[UUID] = mapped_column(ForeignKey("queue_items.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)


class PastItemEntity(Base):
    """An item that was taken out. Its add may be sent again while the answer to it is kept: it stays out."""

    __tablename__ = "queue_past_items"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    gone_at_ms: Mapped[float] = mapped_column(Float(53), server_default=text(NOW_MS), index=True)


class QueueInTransaction:
    """A queue as a party's command changes it, in that command's transaction: the party's `QueuePort`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def upcoming(self, party_id: UUID, mode: QueueMode) -> Sequence[QueuedVideo]:
        """All items in the order in which they play."""
        items = in_order(items_of(self._session, party_id), mode)
        return [QueuedVideo(item_id=item.id, video_id=item.video_id) for item in items]

    def take(self, party_id: UUID, item_id: UUID) -> bool:
        """Take one out, since it begins; False when it isn't there any more."""
        _lock(self._session, party_id)
        return _remove(self._session, party_id, item_id)


class PostgresQueues:
    """`QueuePort` on Postgres, each call in a transaction of its own."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def read(self, party_id: UUID) -> Queue:
        """The queue; one that was never used is empty at revision 0."""
        (found,) = self.read_all([party_id])
        return found

    def read_all(self, party_ids: Sequence[UUID]) -> Sequence[Queue]:
        """The same of several parties, in their order, as one statement reads them."""
        with unavailable_when_gone():
            rows = _READ(self._transactions.engine, {"party_ids": list(set(party_ids))})
        found: dict[UUID, list[Any]] = {}
        for row in rows:
            found.setdefault(row.party_id, []).append(row)
        return [_queue_in(found.get(party_id, [])) for party_id in party_ids]

    def add(self, party_id: UUID, item: QueueItem, *, first: bool) -> None:
        """Put it last, or first; the same id again changes nothing, even of one that has played since.

        Raises `QueueFull`.
        """
        with unavailable_when_gone(), self._transactions.begin() as session:
            _lock(session, party_id)
            items = items_of(session, party_id)
            was_there = session.get(PastItemEntity, item.id) is not None
            if was_there or any(known.id == item.id for known in items):
                return
            if len(items) >= MOST_ITEMS:
                raise QueueFull()
            before = items[0].id if first and items else None
            placed = replace(item, position=place_before(items, before) or 0.0)
            session.execute(insert(QueueItemEntity).values(party_id=party_id, **_columns(placed)))
            _move_on(session, party_id)

    def remove(self, party_id: UUID, item_id: UUID) -> bool:
        """Take it out; False when it isn't there."""
        with unavailable_when_gone(), self._transactions.begin() as session:
            _lock(session, party_id)
            return _remove(session, party_id, item_id)

    def move(self, party_id: UUID, item_id: UUID, before: UUID | None) -> None:
        """Put it before another one, or last. Raises `KeyError` where `before` isn't there."""
        with unavailable_when_gone(), self._transactions.begin() as session:
            _lock(session, party_id)
            others = [item for item in items_of(session, party_id) if item.id != item_id]
            position = place_before(others, before)
            if position is None:
                # So many moves to one place that no number is left between its neighbours.
                others = [replace(item, position=float(number)) for number, item in enumerate(others)]
                for item in others:
                    _put(session, item.id, item.position)
                position = place_before(others, before)
            _put(session, item_id, position)
            _move_on(session, party_id)

    def vote(self, party_id: UUID, item_id: UUID, user_id: UUID, *, given: bool) -> None:
        """Give a vote, or take it back; again changes nothing."""
        entity = QueueVoteEntity
        row = {"item_id": item_id, "user_id": user_id}
        statement: Any = delete(entity).where(entity.item_id == item_id, entity.user_id == user_id)
        if given:
            statement = insert(entity).values(**row).on_conflict_do_nothing()
        with unavailable_when_gone(), self._transactions.begin() as session:
            _lock(session, party_id)
            exists = select(QueueItemEntity.id).where(QueueItemEntity.id == item_id)
            if session.scalar(exists) is None:
                return
            if session.execute(statement.returning(entity.item_id)).first() is not None:
                _move_on(session, party_id)

    def old(self, *, before_ms: float) -> OldRows:
        """What was taken out before then (ms)."""
        past = PastItemEntity
        return OldRows(self._transactions, table_of(past), past.gone_at_ms < before_ms)

    def revisions(self, party_ids: Collection[UUID]) -> dict[UUID, int]:
        """The revisions of those that were ever used."""
        entity = PartyQueueEntity
        query = select(entity.party_id, entity.revision).where(entity.party_id == one_of(party_ids))
        with unavailable_when_gone(), self._transactions() as session:
            return {row.party_id: row.revision for row in session.execute(query)}

    def videos_in(self, party_ids: Collection[UUID]) -> frozenset[UUID]:
        """The films in these parties' queues."""
        query = select(QueueItemEntity.video_id).where(QueueItemEntity.party_id == one_of(party_ids))
        with unavailable_when_gone(), self._transactions() as session:
            return frozenset(session.scalars(query))

    def parties_with(self, video_id: UUID) -> list[UUID]:
        """The parties that have this film in their queue."""
        query = select(QueueItemEntity.party_id).where(QueueItemEntity.video_id == video_id).distinct()
        with unavailable_when_gone(), self._transactions() as session:
            return list(session.scalars(query))

    def forget_video(self, video_id: UUID) -> list[UUID]:
        """Take a film that is gone out of all queues; returns whose they are."""
        parties = self.parties_with(video_id)
        for party_id in parties:
            entity = QueueItemEntity
            of_it = delete(entity).where(entity.party_id == party_id, entity.video_id == video_id)
            with unavailable_when_gone(), self._transactions.begin() as session:
                _lock(session, party_id)
                session.execute(of_it)
                _move_on(session, party_id)
        return parties


def items_of(session: Session, party_id: UUID) -> list[QueueItem]:
    """The items as they are arranged."""
    return _items_in(session.execute(_queue, {"party_id": party_id}))


def _queue_in(rows: Sequence[Any]) -> Queue:
    return Queue(rows[0].revision if rows else 0, _items_in(rows))


def _items_in(rows: Iterable[Any]) -> list[QueueItem]:
    return [
        QueueItem(**{name: getattr(row, name) for name in _ITEM_COLUMNS}, voters=frozenset(row.voters or ()))
        for row in rows
        if row.id is not None
    ]


def _queues(of_whom: Any) -> Select[Any]:
    """The revision with each of the items and who voted for it; of an empty queue the revision alone."""
    queue, item, vote = PartyQueueEntity, QueueItemEntity, QueueVoteEntity
    voters = func.array_agg(vote.user_id).filter(vote.user_id.is_not(None)).label("voters")
    return (
        select(queue.party_id, queue.revision, *(getattr(item, name) for name in _ITEM_COLUMNS), voters)
        .outerjoin(item, item.party_id == queue.party_id)
        .outerjoin(vote, vote.item_id == item.id)
        .where(queue.party_id == of_whom)
        .group_by(queue.party_id, item.id)
        .order_by(item.position, item.id)
    )


_queue = _queues(bindparam("party_id"))
# Read for the rooms that are opened. How many they are is hidden from the planner, or it plans each time.
_GIVEN = hidden_array("party_ids")
_READ = PreparedSql(_queues(any_(_GIVEN)))


def _columns(item: QueueItem) -> dict[str, Any]:
    return {name: value for name, value in vars(item).items() if name != "voters"}


def _lock(session: Session, party_id: UUID) -> None:
    entity = PartyQueueEntity
    session.execute(insert(entity).values(party_id=party_id, revision=0).on_conflict_do_nothing())
    session.execute(select(entity.party_id).where(entity.party_id == party_id).with_for_update())


def _move_on(session: Session, party_id: UUID) -> None:
    entity = PartyQueueEntity
    session.execute(
        update(entity)
        .where(entity.party_id == party_id)
        .values(revision=entity.revision + 1)
        .execution_options(synchronize_session=False)
    )


def _remove(session: Session, party_id: UUID, item_id: UUID) -> bool:
    entity = QueueItemEntity
    gone = delete(entity).where(entity.party_id == party_id, entity.id == item_id).returning(entity.id)
    if session.execute(gone.execution_options(synchronize_session=False)).first() is None:
        return False
    session.execute(insert(PastItemEntity).values(id=item_id).on_conflict_do_nothing())
    _move_on(session, party_id)
    return True


def _put(session: Session, item_id: UUID, position: float | None) -> None:
    entity = QueueItemEntity
    session.execute(
        update(entity)
        .where(entity.id == item_id)
        .values(position=position)
        .execution_options(synchronize_session=False)
    )


def delete_queues(session: Session, party_ids: Sequence[UUID], limit: int) -> int:
    """Delete at most `limit` rows of these parties' queues, in the caller's transaction; returns how many."""
    tables = (table_of(QueueItemEntity), table_of(PartyQueueEntity))
    return delete_in_turn(session, [rows_of(table.c.party_id, party_ids) for table in tables], limit)
