"""Rows that are kept for a time only: how many there are, and their deletion in portions.

A portion is a transaction of its own, so no lock is held for long and no statement comes near its limit.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Table, delete, func, select, text
from sqlalchemy.orm import Session

from partyapp.shared.storage.database import Transactions, one_of, unavailable_when_gone

#: Deletes at most so many rows in a transaction; returns how many.
DeleteSome = Callable[[Session, int], int]


class Purgeable(Protocol):
    """What is old of something. Both methods raise `Unavailable` without Postgres."""

    def count(self) -> int:
        """How many rows are old by now."""
        ...

    def delete(self, limit: int) -> int:
        """Delete at most `limit` of them; returns how many, and 0 only where nothing is left to delete."""
        ...


class OldRows:
    """The rows of one table for which a condition holds. One that somebody else has locked is left out."""

    def __init__(self, transactions: Transactions, table: Table, is_old: ColumnElement[bool]) -> None:
        self._transactions = transactions
        self._table = table
        self._is_old = is_old

    def count(self) -> int:
        """How many there are; however long that takes."""
        return count_rows(
            self._transactions, select(func.count()).select_from(self._table).where(self._is_old)
        )

    def delete(self, limit: int) -> int:
        """Delete at most `limit`; returns how many."""
        with unavailable_when_gone(), self._transactions.begin() as session:
            return delete_some(session, self._table, self._is_old, limit, skip_locked=True)


def count_rows(transactions: Transactions, statement: Any) -> int:
    """What a `SELECT count(*)` says. Only an operator asks, who may wait longer than a request."""
    with unavailable_when_gone(), transactions.begin() as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        found: int = session.execute(statement).scalar_one()
        return found


def delete_some(
    session: Session, table: Table, which: ColumnElement[bool], limit: int, *, skip_locked: bool = False
) -> int:
    """Delete at most `limit` of those rows, in the caller's transaction; returns how many."""
    keys = list(table.primary_key)
    # A CTE that locks is evaluated once; a subquery of IN may be again, with other rows each time.
    chosen = (
        select(*keys)
        .where(which)
        .limit(limit)
        .with_for_update(skip_locked=skip_locked, of=table)
        .cte("chosen")
    )
    gone = delete(table).where(*(key == chosen.c[key.name] for key in keys))
    return session.connection().execute(gone).rowcount


def rows_of(column: Column[UUID], ids: Sequence[UUID]) -> DeleteSome:
    """Deletes the rows in which that column is one of these ids."""

    def delete_more(session: Session, limit: int) -> int:
        return delete_some(session, column.table, column == one_of(ids), limit)

    return delete_more


def delete_in_turn(session: Session, deletions: Sequence[DeleteSome], limit: int) -> int:
    """Delete at most `limit` rows, of the next table only when nothing is left of the one before."""
    left = limit
    for delete_more in deletions:
        if left <= 0:
            break
        left -= delete_more(session, left)
    return limit - left
