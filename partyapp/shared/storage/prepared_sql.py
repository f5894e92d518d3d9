"""A statement of SQLAlchemy's that psycopg executes: for the few that run for every command.

SQLAlchemy's execution of a prepared statement costs the processor more than PostgreSQL's own. Here it writes
the SQL, once, and keeps the connections; values and rows go between psycopg and the caller.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

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

from partyapp.shared.storage.lent_connections import ConnectionLost, lent_cursor

__all__ = ["ConnectionLost", "PreparedSql", "columns_of", "hidden_array", "typed_text"]

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
        with lent_cursor(engine) as cursor:
            return cursor.execute(self._sql, given).fetchall()

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
