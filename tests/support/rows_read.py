"""How many rows of a table the server has looked at for a question: counted by PostgreSQL itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Engine, text

from partyapp.shared.storage.database import Transactions, create_database
from tests.support.waiting import eventually

T = TypeVar("T")
_LOOKED_AT = text(
    "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables WHERE relname = :table"
)
_ALONE = text(
    "SELECT count(*) = 0 FROM pg_stat_activity"
    " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


def rows_read(engine: Engine, table: str, ask: Callable[[Transactions], T]) -> tuple[T, int]:
    """What came of it, and the rows of that table that were fetched; those that an index alone told aren't.

    It asks on an engine of its own with one connection: a server process hands its numbers in when it ends.
    What others have read before is handed in first: they are ended, so nobody may be at work on `engine`.
    """
    engine.dispose()
    own = create_database(engine.url.render_as_string(hide_password=False), 1)
    with engine.connect() as connection:
        eventually(lambda: connection.scalar(_ALONE))
        before = connection.scalar(_LOOKED_AT, {"table": table})
        found = ask(Transactions(own))
        _hand_in(own)
        own.dispose()
        connection.execute(text("SELECT pg_stat_clear_snapshot()"))
        return found, int(connection.scalar(_LOOKED_AT, {"table": table}) - before)


def _hand_in(engine: Engine) -> None:
    """Have the server process of the engine's one connection hand its numbers in."""
    proxied = engine.raw_connection()
    driver: Any = proxied.driver_connection
    # It does so at the end of the transaction in which it is asked to.
    driver.execute("SELECT pg_stat_force_next_flush()")
    driver.execute("SELECT 1")
    proxied.close()


def rows_read_by(engine: Engine, owner: Engine, table: str, ask: Callable[[], T]) -> tuple[T, int]:
    """The same of what asks on `engine`, which has one connection and keeps it; `owner` is another engine."""
    with owner.connect() as connection:
        _hand_in(engine)
        connection.execute(text("SELECT pg_stat_clear_snapshot()"))
        before = connection.scalar(_LOOKED_AT, {"table": table})
        found = ask()
        _hand_in(engine)
        connection.execute(text("SELECT pg_stat_clear_snapshot()"))
        return found, int(connection.scalar(_LOOKED_AT, {"table": table}) - before)
