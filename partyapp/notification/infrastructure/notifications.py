"""Notifications in Postgres, and the consumer of the outbox relay."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Index,
    String,
    Text,
    Uuid,
    bindparam,
    column,
    desc,
    event,
    func,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from partyapp.notification.application import notifications_for
from partyapp.notification.domain import Notification, notification_of_invitation
from partyapp.party.contract import PartyDirectory, PartyEvent, PartyInvitation
from partyapp.shared.storage.database import Base, Transactions, table_of, unavailable_when_gone
from partyapp.shared.storage.old_rows import OldRows


class NotificationEntity(Base):
    """A row of `notifications`: one event for one person."""

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


#: Takes notifications that are new, in the transaction that stores them; see `after_commit`.
Outlet = Callable[[Session, Sequence[Notification]], None]


def tell_nobody(session: Session, news: Sequence[Notification]) -> None:
    """`Outlet` where nobody is told at once: notifications are read from the list."""


def store(session: Session, notifications: Sequence[Notification], tell: Outlet = tell_nobody) -> None:
    """Insert them in the caller's transaction, and `tell` the new ones in it.

    What was stored before stays as it is, read marks included. Those of one event say the same to everybody,
    so that is sent to the database once, however many they are.
    """
    if not notifications:
        return
    # Two relays that insert the same rows in one order wait for each other; in two orders they deadlock.
    ordered = sorted(notifications, key=lambda item: (item.user_id, item.event_id))
    news = list({item.event_id: item for item in ordered}.values())
    stored = session.execute(
        _STORE,
        {
            "ids": [item.id for item in ordered],
            "user_ids": [item.user_id for item in ordered],
            "of_events": [item.event_id for item in ordered],
            "event_ids": [item.event_id for item in news],
            "party_ids": [item.party_id for item in news],
            "types": [item.type for item in news],
            "data": [item.data for item in news],
            "created_ms": [item.created_at_ms for item in news],
        },
    )
    new_ids = set(stored.scalars())
    found = [item for item in ordered if item.id in new_ids]
    if found:
        tell(session, found)


def after_commit(session: Session, act: Callable[[], None]) -> None:
    """Do that once the session's transaction is committed. It must neither raise nor wait for long."""
    waiting = [act]

    def committed(session: Session) -> None:
        # The end of a savepoint is a commit to SQLAlchemy, too.
        if waiting and not session.in_nested_transaction():
            waiting.pop()()

    event.listen(session, "after_commit", committed)


def _array(name: str, kind: Any) -> Any:
    return bindparam(name, type_=ARRAY(kind))


def _store() -> Any:
    """The statement behind `store`: who is notified of which event, joined to what the event is."""
    people = (
        func.unnest(_array("ids", Uuid), _array("user_ids", Uuid), _array("of_events", Uuid))
        .table_valued(
            column("id"), column("user_id"), column("event_id"), with_ordinality="number", name="people"
        )
        .render_derived()
    )
    news = (
        func.unnest(
            _array("event_ids", Uuid),
            _array("party_ids", Uuid),
            _array("types", Text),
            _array("data", JSONB),
            _array("created_ms", BigInteger),
        )
        .table_valued(
            column("event_id"), column("party_id"), column("type"), column("data"), column("created_at_ms")
        )
        .render_derived()
    )
    names = ["id", "user_id", "event_id", "party_id", "type", "data", "created_at_ms"]
    rows = (
        select(people.c.id, people.c.user_id, *(news.c[name] for name in names[2:]))
        .select_from(people.join(news, people.c.event_id == news.c.event_id))
        .order_by(people.c.number)
    )
    return (
        insert(NotificationEntity.__table__)  # type: ignore[arg-type]
        .from_select(names, rows, include_defaults=False)
        .on_conflict_do_nothing()
        .returning(NotificationEntity.id)
    )


_STORE = _store()


class NotificationConsumer:
    """`EventConsumer`: notifies the people whom events concern; an event that comes again notifies nobody."""

    def __init__(self, tell: Outlet = tell_nobody) -> None:
        self._tell = tell

    def consume(self, events: Sequence[PartyEvent], parties: PartyDirectory, transaction: Session) -> None:
        """Store what the events make news, in the relay's transaction."""
        store(transaction, notifications_for(events, parties), self._tell)


class PostgresInvitationNotices:
    """`InvitationNotices`: a notification, in the transaction in which the person is invited."""

    def __init__(self, session: Session, tell: Outlet = tell_nobody) -> None:
        self._session = session
        self._tell = tell

    def invited(self, invitation: PartyInvitation) -> None:
        """Tell the person; the same invitation again tells nobody."""
        store(self._session, [notification_of_invitation(invitation)], self._tell)


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
            # The key of the row that the cursor names; another person's names nothing.
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

    def old(self, *, before_ms: float) -> OldRows:
        """Those from before `before_ms`, read or not."""
        row = NotificationEntity
        return OldRows(self._transactions, table_of(row), row.created_at_ms < int(before_ms))


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
