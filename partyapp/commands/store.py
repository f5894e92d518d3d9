"""The command rows, which make an accepted command durable and a repeated one harmless.

A row is written before a command is accepted. It carries the command, later its outcome, and it is
the idempotency record: `(user_id, idempotency_key)` is unique. A task only wakes a worker that reads it.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Index, Integer, String, delete, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from partyapp.commands.record import REQUEST, CommandRecord, NewCommand
from partyapp.shared.kernel.errors import IdempotencyKeyReused
from partyapp.shared.storage.database import Base, Transactions, table_of, unavailable_when_gone
from partyapp.shared.storage.old_rows import OldRows
from partyapp.shared.storage.prepared_sql import PreparedSql

#: How long an outcome, and with it an Idempotency-Key, is kept: 24 h in ms.
KEPT_MS = 24 * 3600 * 1000


class CommandEntity(Base):
    """One accepted command, or the answer to one request."""

    __tablename__ = "party_commands"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    fingerprint: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    created_at_ms: Mapped[int] = mapped_column(BigInteger)
    driven_at_ms: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("uq_party_commands_key", "user_id", "idempotency_key", unique=True),
        Index("ix_party_commands_pending", "driven_at_ms", postgresql_where=text("state = 'pending'")),
        Index("ix_party_commands_age", "created_at_ms"),
    )


#: What sets commands apart from mere answers, and what is left for workers to run.
_IS_COMMAND = CommandEntity.kind != REQUEST
_TO_RUN = _IS_COMMAND & (CommandEntity.state == "pending")


class CommandStore:
    """Reads and writes command rows, each call in a transaction of its own."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._engine = transactions.engine

    def accept(self, new: NewCommand) -> CommandRecord:
        """Write the command down, or find the one that came first under the same key.

        Raises `IdempotencyKeyReused` when the key stands for another request, `Unavailable` without Postgres.
        """
        row = new_columns(new)
        accepted = CommandRecord(
            id=new.id, user_id=new.user_id, kind=new.kind, payload=new.payload, state="pending", outcome=None
        )
        with unavailable_when_gone():
            if _ACCEPT(self._engine, row):
                return accepted
        with unavailable_when_gone(), self._transactions.begin() as session:
            if self._insert(session, row):
                # The row that was in the way has been purged in between.
                return accepted
            first = self._first(session, new)
            if first.created_at_ms < new.now_ms - KEPT_MS and first.state != "pending":
                session.execute(delete(CommandEntity).where(CommandEntity.id == first.id))
                self._insert(session, row)
                first = session.scalars(select(CommandEntity).where(CommandEntity.id == new.id)).one()
            if first.fingerprint != new.fingerprint:
                raise IdempotencyKeyReused()
            return _record(first)

    def get(self, command_id: UUID) -> CommandRecord | None:
        """The row as it is now, of a command or a request."""
        return self._one(CommandEntity.id == command_id)

    def command_of(self, user_id: UUID, command_id: UUID) -> CommandRecord | None:
        """The person's own command; None for another's and for a row that is no command."""
        return self._one(_IS_COMMAND, CommandEntity.id == command_id, CommandEntity.user_id == user_id)

    def save_response(self, command_id: UUID, answer: dict[str, Any]) -> dict[str, Any]:
        """Keep the HTTP answer to a request with a key; returns whichever answer came first."""
        with unavailable_when_gone(), self._transactions.begin() as session:
            row = session.get(CommandEntity, command_id, with_for_update=True)
            if row is None:
                return answer
            if row.answer is None:
                row.answer = answer
                if row.kind == REQUEST:
                    row.state = "succeeded"
            return row.answer

    def stale(self, *, driven_before_ms: float, now_ms: float, limit: int) -> list[UUID]:
        """Pending commands for which no worker was woken lately; they count as driven from now on."""
        due = (
            select(CommandEntity.id)
            .where(
                _TO_RUN,
                CommandEntity.driven_at_ms < driven_before_ms,
            )
            .order_by(CommandEntity.driven_at_ms)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        with unavailable_when_gone(), self._transactions.begin() as session:
            found = list(session.scalars(due))
            if found:
                driven = update(CommandEntity).where(CommandEntity.id.in_(found))
                session.execute(driven.values(driven_at_ms=int(now_ms)))
            return found

    def old(self, *, before_ms: float) -> OldRows:
        """What has an outcome, or none to come, and is older than `before_ms`."""
        is_old = (CommandEntity.created_at_ms < before_ms) & ~_TO_RUN
        return OldRows(self._transactions, table_of(CommandEntity), is_old)

    def _one(self, *conditions: ColumnElement[bool]) -> CommandRecord | None:
        with unavailable_when_gone(), Session(self._engine) as session:
            row = session.scalars(select(CommandEntity).where(*conditions)).one_or_none()
            return None if row is None else _record(row)

    @staticmethod
    def _insert(session: Session, row: dict[str, Any]) -> bool:
        return session.connection().execute(_INSERT, row).first() is not None

    @staticmethod
    def _first(session: Session, new: NewCommand) -> CommandEntity:
        if new.key is None:
            return session.scalars(select(CommandEntity).where(CommandEntity.id == new.id)).one()
        return session.scalars(
            select(CommandEntity).where(
                CommandEntity.user_id == new.user_id, CommandEntity.idempotency_key == new.key
            )
        ).one()


#: The columns of a row that a new command has; what becomes of it is written later.
NEW_COLUMNS = (
    *("id", "user_id", "idempotency_key", "fingerprint", "kind", "payload"),
    *("state", "attempts", "created_at_ms", "driven_at_ms"),
)


def new_columns(new: NewCommand) -> dict[str, Any]:
    """`NEW_COLUMNS` and their values."""
    return {
        "id": new.id,
        "user_id": new.user_id,
        "idempotency_key": new.key,
        "fingerprint": new.fingerprint,
        "kind": new.kind,
        "payload": new.payload,
        "state": "pending",
        "attempts": 0,
        "created_at_ms": int(new.now_ms),
        "driven_at_ms": int(new.now_ms),
    }


def _record(row: CommandEntity) -> CommandRecord:
    return CommandRecord(
        id=row.id,
        user_id=row.user_id,
        kind=row.kind,
        payload=row.payload,
        state=row.state,
        outcome=row.outcome,
        answer=row.answer,
    )


_table = table_of(CommandEntity)
_INSERT = insert(_table).on_conflict_do_nothing().returning(_table.c.id)
_ACCEPT = PreparedSql(_INSERT, columns=NEW_COLUMNS)
