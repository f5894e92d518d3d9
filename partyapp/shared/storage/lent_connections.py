"""Connections of SQLAlchemy's pool as hot statements borrow them, each with a cursor that is used again.

After an idle moment the processor has forgotten this program, so whatever runs before a lone command costs
several times what it does in a row. What SQLAlchemy does around each loan, and a new cursor with all that
psycopg learns anew for it, then take 0.3 ms of a statement's 0.9. So a process that says so keeps a few of
its connections lent between its statements.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import Engine
from sqlalchemy.exc import DisconnectionError

from partyapp.shared.kernel.clock import monotonic_s
from partyapp.shared.storage.database import READ_ONLY, must_be_open, takes_no_changes

#: So long a connection stays lent at most, in s; then it goes back to the pool, which may replace it.
KEPT_S = 60.0


class ConnectionLost(psycopg.OperationalError):
    """The connection died in the midst of a statement: whether that was committed is not known."""


class LentConnection:
    """A connection that the pool has lent, and its cursor, whose rows are named tuples."""

    __slots__ = ("connection", "cursor", "fairy", "since_s")

    def __init__(self, engine: Engine) -> None:
        fairy: Any = engine.raw_connection()
        self.fairy, self.connection = fairy, fairy.driver_connection
        self.cursor = self.connection.cursor(row_factory=namedtuple_row)
        self.since_s = monotonic_s()

    @property
    def usable(self) -> bool:
        """Whether it can be used once more; the look of the pool, which waits for nothing."""
        if monotonic_s() - self.since_s > KEPT_S:
            return False
        try:
            must_be_open(self.connection, self.fairy.info)
        except DisconnectionError:
            return False
        return True


class KeptConnections:
    """At most so many connections that stay lent between statements, the latest used again first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: list[LentConnection] = []

    def take(self) -> LentConnection | None:
        """One that is usable; what isn't goes back to the pool, which finds out why."""
        while self._kept:
            lent = self._kept.pop()
            if lent.usable:
                return lent
            lent.fairy.close()
        return None

    def put(self, lent: LentConnection) -> None:
        """Keep it for the next, or give it back to the pool."""
        if len(self._kept) < self._most:
            self._kept.append(lent)
        else:
            lent.fairy.close()

    def give_back(self) -> None:
        """Give all back to the pool."""
        while self._kept:
            self._kept.pop().fairy.close()


_OF_ENGINES: WeakKeyDictionary[Engine, KeptConnections] = WeakKeyDictionary()


def keep_connections_lent(engine: Engine, most: int) -> KeptConnections:
    """Have hot statements on this engine keep at most so many connections lent from now on.

    For a process that doesn't fork any more. `most` are taken out of what the pool has for all others.
    """
    return _OF_ENGINES.setdefault(engine, KeptConnections(most))


@contextmanager
def lent_cursor(engine: Engine) -> Iterator[psycopg.Cursor[Any]]:
    """The cursor of a connection of the pool for one statement.

    A connection that is not known to be sound afterwards is not used again. Raises `ConnectionLost`.
    """
    kept = _OF_ENGINES.get(engine)
    lent = (kept and kept.take()) or LentConnection(engine)
    sound = False
    try:
        yield lent.cursor
        sound = True
    except psycopg.Error as error:
        if takes_no_changes(error):
            # Nothing was changed, and the pool lets go of that server with the next use.
            lent.fairy.info[READ_ONLY] = True
            if kept is not None:
                kept.give_back()
        if not lent.connection.closed:
            raise
        lent.fairy.invalidate()
        raise ConnectionLost(type(error).__name__) from error
    except BaseException:
        # A limit struck while the server was waited for: its answer would come to whoever is next.
        lent.fairy.invalidate()
        raise
    finally:
        if sound and kept is not None:
            kept.put(lent)
        else:
            lent.fairy.close()
