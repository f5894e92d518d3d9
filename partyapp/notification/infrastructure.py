"""Notifications in Postgres, and the consumer that the outbox relay calls."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, String, delete, desc, func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from partyapp.notification.domain import Notification, notifications_of
from partyapp.party.contract import DeliveredEvent
from partyapp.shared.database import Base, Transactions, unavailable_when_gone


class NotificationEntity(Base):
    """A row of `notifications`: one event, told to one person."""

    __tablename__ = "notifications"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    event_id: Mapped[UUID]
    party_id: Mapped[UUID]
    type: Mapped[str] = mapped_column(String(64))
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at_ms: Mapped[int] = mapped_column(BigInteger)
    read_at_ms: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        Index("uq_notifications_once", "user_id", "event_id", unique=True),
        Index("ix_notifications_newest", "user_id", "created_at_ms", "id"),
        Index(
            "ix_notifications_unread",
            "user_id",
            "created_at_ms",
            "id",
            postgresql_where=text("read_at_ms IS NULL"),
        ),
        Index("ix_notifications_age", "created_at_ms"),
    )


def store(session: Session, notifications: Sequence[Notification]) -> None:
    """Insert them in the caller's transaction; what was stored before stays as it is, read marks included."""
    # Two relays that insert the same rows in one order wait for each other; in two orders they deadlock.
    ordered = sorted(notifications, key=lambda item: (item.user_id, item.event_id))
    if ordered:
        session.execute(insert(NotificationEntity).on_conflict_do_nothing(), [_row(item) for item in ordered])


def deliver(session: Session, delivered: Sequence[DeliveredEvent]) -> None:
    """Tell everybody whom the events concern, in the relay's own transaction.

    The rows commit together with the relay's mark on the events. An event that comes again tells nobody
    a second time.
    """
    store(session, [told for event in delivered for told in notifications_of(event)])


class PostgresNotifications:
    """`NotificationPort` on Postgres, each call in a transaction of its own."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def newest(
        self, user_id: UUID, limit: int, *, after: UUID | None = None, unread_only: bool = False
    ) -> list[Notification]:
        """At most `limit` of the person's notifications, newest first, from behind `after` on."""
        row = NotificationEntity
        query = select(row).where(row.user_id == user_id)
        if unread_only:
            query = query.where(row.read_at_ms.is_(None))
        if after is not None:
            # The key of the row that the cursor names; one of somebody else's names nothing.
            last = aliased(NotificationEntity)
            key = select(last.created_at_ms, last.id).where(last.id == after, last.user_id == user_id)
            query = query.where(tuple_(row.created_at_ms, row.id) < key.scalar_subquery())
        query = query.order_by(desc(row.created_at_ms), desc(row.id)).limit(limit)
        with unavailable_when_gone(), self._transactions() as session:
            return [_notification(found) for found in session.scalars(query)]

    def unread_count(self, user_id: UUID) -> int:
        """How many of theirs the person hasn't read."""
        query = select(func.count()).where(
            NotificationEntity.user_id == user_id, NotificationEntity.read_at_ms.is_(None)
        )
        with unavailable_when_gone(), self._transactions() as session:
            return session.scalars(query).one()

    def mark_read(self, user_id: UUID, notification_id: UUID, now_ms: float) -> bool:
        """Mark one of the person's own as read, if it isn't yet; False when they have no such one."""
        row = NotificationEntity
        # The first reading counts, so a repeated request keeps its instant.
        marked = (
            update(row)
            .where(row.id == notification_id, row.user_id == user_id)
            .values(read_at_ms=func.coalesce(row.read_at_ms, int(now_ms)))
            .returning(row.id)
        )
        with unavailable_when_gone(), self._transactions.begin() as session:
            return session.execute(marked).first() is not None

    def mark_all_read(self, user_id: UUID, now_ms: float) -> None:
        """Mark all of the person's as read."""
        row = NotificationEntity
        marked = update(row).where(row.user_id == user_id, row.read_at_ms.is_(None))
        with unavailable_when_gone(), self._transactions.begin() as session:
            session.execute(marked.values(read_at_ms=int(now_ms)))

    def forget(self, *, before_ms: float, limit: int = 5000) -> int:
        """Delete at most `limit` notifications from before `before_ms`, read or not; returns how many."""
        old = (
            select(NotificationEntity.id)
            .where(NotificationEntity.created_at_ms < int(before_ms))
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        with unavailable_when_gone(), self._transactions.begin() as session:
            ids = list(session.scalars(old))
            if ids:
                session.execute(delete(NotificationEntity).where(NotificationEntity.id.in_(ids)))
            return len(ids)


def _row(item: Notification) -> dict[str, Any]:
    return {
        "id": item.id,
        "user_id": item.user_id,
        "event_id": item.event_id,
        "party_id": item.party_id,
        "type": item.type,
        "data": item.data,
        "created_at_ms": item.created_at_ms,
        "read_at_ms": item.read_at_ms,
    }


def _notification(row: NotificationEntity) -> Notification:
    return Notification(
        id=row.id,
        user_id=row.user_id,
        event_id=row.event_id,
        party_id=row.party_id,
        type=row.type,
        data=row.data,
        created_at_ms=row.created_at_ms,
        read_at_ms=row.read_at_ms,
    )
