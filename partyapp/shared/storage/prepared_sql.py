"""A statement of SQLAlchemy's that psycopg executes: for the few that run for every command.

SQLAlchemy's execution of a prepared statement costs the processor more than PostgreSQL's own. Here it writes
the SQL, once, and keeps the connections; values and rows go between psycopg and the caller.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import (
    ARRAY,
    ClauseElement,
    ColumnElement,
    Dialect,
    Engine,
    Table,
    TextClause,
    Uuid,
    bindparam,
    func,
    select,
    text,
)

from partyapp.shared.storage.database import READ_ONLY, takes_no_changes

#: What makes of a value what the driver takes.
Process = Callable[[Any], Any]


def typed_text(statement: str, parameters: Mapping[str, ColumnElement[Any]]) -> TextClause:
    """SQL text whose `:parameters` have the types of these columns, so that values are converted likewise."""
    binds = (bindparam(name, type_=column.type) for name, column in parameters.items())
    return text(statement).bindparams(*binds)


def columns_of(table: Table, prefix: str, names: Iterable[str]) -> dict[str, ColumnElement[Any]]:
    """The columns of these names, by `prefix_name`: what `typed_text` needs of the values of a row."""
    return {f"{prefix}_{name}": table.c[name] for name in names}


def hidden_array(name: str) -> ColumnElement[Any]:
    """A parameter of ids, for `column == any_(…)`, whose length the planner can't see.

    Else a plan for a short array looks cheaper than one for all, and Postgres plans anew each time.
    """
    ids = select(bindparam(name, type_=ARRAY(Uuid))).scalar_subquery()
    return func.array(select(func.unnest(ids)).scalar_subquery())


class ConnectionLost(psycopg.OperationalError):
    """The connection died in the midst of a statement: whether that was committed is not known."""


class PreparedSql:
    """One statement without lists of varying length, on an engine whose statements commit by themselves.

    Of an insert without values, `columns` are those that will be given.
    """

    def __init__(self, statement: ClauseElement, columns: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._columns = columns
        self._sql = b""
        self._fixed: dict[str, Any] = {}
        self._processors: list[tuple[str, Process]] = []

    def __call__(self, engine: Engine, values: Mapping[str, Any]) -> list[Any]:
        """Execute it, in one round trip; its rows as named tuples.

        Raises `ConnectionLost`, and whatever else psycopg raises.
        """
        if not self._sql:
            self._compile(engine.dialect)
        given = {**self._fixed, **values}
        for name, process in self._processors:
            given[name] = process(given[name])
        with _lent(engine) as connection:
            return connection.cursor(row_factory=namedtuple_row).execute(self._sql, given).fetchall()

    def _compile(self, dialect: Dialect) -> None:
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=self._columns)
        fixed: dict[str, Any] = {}
        processors: list[tuple[str, Process]] = []
        for bind, name in compiled.bind_names.items():
            process = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if not bind.required:
                fixed[name] = bind.value if process is None else process(bind.value)
            elif process is not None:
                processors.append((name, process))
        self._fixed, self._processors, self._sql = fixed, processors, str(compiled).encode()


@contextmanager
def _lent(engine: Engine) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the pool. One that is not known to be sound afterwards doesn't go back to it."""
    proxied = engine.raw_connection()
    connection: Any = proxied.driver_connection
    try:
        yield connection
    except psycopg.Error as error:
        if takes_no_changes(error):
            # Nothing was changed, and the pool lets go of that server with the next use.
            proxied.info[READ_ONLY] = True
        if not connection.closed:
            raise
        proxied.invalidate()
        raise ConnectionLost(type(error).__name__) from error
    except BaseException:
        # A limit struck while the server was waited for: its answer would come to whoever is next.
        proxied.invalidate()
        raise
    finally:
        proxied.close()
