"""Postgres: the engine, the declarative base, and how its failures become refusals."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol
from uuid import UUID

import psycopg
from sqlalchemy import Engine, ExceptionContext, Table, Uuid, any_, create_engine, event, literal, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import (
    DBAPIError,
    DisconnectionError,
    InterfaceError,
    InvalidatePoolError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.kernel.reachability import Reachability

log = logging.getLogger(__name__)

#: Server-side limits in ms: no statement, lock or forgotten transaction may hold a request for ever.
SERVER_LIMITS = (
    ("statement_timeout", 4000),
    ("lock_timeout", 2000),
    ("idle_in_transaction_session_timeout", 10_000),
)
_OPTIONS = " ".join([*(f"-c {name}={limit}" for name, limit in SERVER_LIMITS), "-c timezone=UTC"])

#: Of a pooled connection: the server has said that this was its end.
_ENDED = "ended"
#: Of a pooled connection: its server takes no changes.
READ_ONLY = "read_only"
#: What a server refuses a change with that is a standby, or was told to be read-only (SQLSTATE).
_TAKES_NO_CHANGES = psycopg.errors.ReadOnlySqlTransaction.sqlstate
#: What a server of version 14 or newer reports by itself when it changes.
_REPORTED = (b"default_transaction_read_only", b"in_hot_standby")


#: What a server says that is there: a lock was not free, or a statement took too long.
_BUSY = (psycopg.errors.LockNotAvailable.sqlstate, psycopg.errors.QueryCanceled.sqlstate)

#: Whether this process reaches Postgres.
reachable = Reachability("Postgres", log)


class Transactions(sessionmaker[Session]):
    """Sessions, each in one transaction of READ COMMITTED. `engine` is for what one statement can do.

    Nothing expires on commit, so a committed object may be read without a query.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__(
            engine.execution_options(isolation_level="READ COMMITTED"),
            expire_on_commit=False,
            autoflush=False,
        )
        self.engine = engine


class Base(DeclarativeBase):
    """The declarative base of every entity, so that one metadata describes the whole database."""


def create_database(url: str, pool_size: int) -> Engine:
    """An engine whose every wait has a limit: connecting 3 s, a pool place 3 s, a statement 4 s.

    A statement on it is a transaction of its own, in one round trip; several in one are for `Transactions`.
    So the hot ways, which are single statements, find a connection as they need it.

    Only a server that takes changes will do. One of several hosts in the URL is found by that, and one that
    is demoted or made read-only is let go, with all connections to it.
    """
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        # An error's text goes to the log, and the values may be names, invites or keys.
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=3,
        pool_recycle=1800,
        pool_use_lifo=True,
        connect_args={
            "target_session_attrs": "read-write",
            "connect_timeout": 3,
            "options": _OPTIONS,
            "tcp_user_timeout": 4000,
            "keepalives_idle": 10,
            "keepalives_interval": 2,
            "keepalives_count": 2,
        },
    )
    event.listen(engine, "connect", mark_server_closed)
    event.listen(engine, "connect", _suit_a_pooler)
    event.listen(engine, "checkout", _must_be_open)
    event.listen(engine, "handle_error", _let_go_when_read_only)
    return engine


def mark_server_closed(connection: psycopg.Connection, record: ConnectionPoolEntry) -> None:
    """Remember of a new connection that the server has closed it; to libpq that is a notice."""

    def hear(words: psycopg.errors.Diagnostic) -> None:
        if words.severity_nonlocalized in ("FATAL", "PANIC"):
            record.info[_ENDED] = True

    connection.add_notice_handler(hear)


def _suit_a_pooler(connection: psycopg.Connection, record: ConnectionPoolEntry) -> None:
    """Behind a pooler of transactions the next one may run in another session: prepare nothing there.

    Such a pooler can't give the session's process id away at the start, since there is no session yet.
    """
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    if row != (connection.info.backend_pid,):
        connection.prepare_threshold = None


def _must_be_open(connection: psycopg.Connection, record: ConnectionPoolEntry, proxy: object) -> None:
    """Have the pool open another connection instead of one that the server has ended."""
    must_be_open(connection, record.info)


def must_be_open(connection: psycopg.Connection, info: Mapping[Any, Any]) -> None:
    """Raise `DisconnectionError` for a connection that the server has ended, or that takes no changes.

    `info` is what the pool knows of it. A server that ends a connection says so or closes it. libpq sees
    either without a round trip and without waiting: the first look reads the server's last notice, the second
    finds the end of the stream.
    """
    wire = connection.pgconn
    try:
        wire.consume_input()
        wire.is_busy()  # Has libpq understand what it has read.
        wire.consume_input()
    except psycopg.OperationalError as error:
        raise DisconnectionError("The server has closed this connection.") from error
    if _ENDED in info:
        raise DisconnectionError("The server has ended this connection.")
    if READ_ONLY in info or any(wire.parameter_status(name) == b"on" for name in _REPORTED):
        # The others in the pool lead to the same server.
        raise InvalidatePoolError("The server takes no changes.")


def _let_go_when_read_only(context: ExceptionContext) -> None:
    """A change that was refused counts as the end of the connection, and so of all in the pool."""
    if takes_no_changes(context.original_exception):
        context.is_disconnect = True


def takes_no_changes(error: BaseException) -> bool:
    """Whether the server has refused a change because it takes none from anybody."""
    return isinstance(error, psycopg.Error) and error.sqlstate == _TAKES_NO_CHANGES


def single_statements_of(transactions: Transactions) -> sessionmaker[Session]:
    """Sessions for whoever needs one statement at a time: each commits by itself, in one round trip.

    A read in a transaction of READ COMMITTED sees no more than such statements do, and waits three times
    as often.
    """
    return sessionmaker(transactions.engine, expire_on_commit=False, autoflush=False)


def table_of(entity: Any) -> Table:
    """The table of an entity, for statements that name it more than once."""
    table = entity.__table__
    assert isinstance(table, Table)
    return table


def one_of(ids: Iterable[UUID]) -> Any:
    """For `column == one_of(ids)`: one array instead of a parameter for each id.

    The statement stays short, and is the same for any number of ids.
    """
    return any_(literal(list(ids), ARRAY(Uuid)))


class Limit(Protocol):
    """A limited wait: entered, it raises from within once it is over, and `expired` says that it did."""

    expired: bool

    def __enter__(self) -> object: ...

    def __exit__(self, *error: Any) -> bool | None: ...


class NoLimit:
    """Waits as long as it takes."""

    expired = False

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: Any) -> None:
        return None


class Deadline:
    """How long one use of the database may take as a whole; unlimited until `limit` is set.

    The server's own limits don't help when the server is frozen or the network swallows packets.
    """

    limit: Callable[[], Limit] = NoLimit


deadline = Deadline()


@contextmanager
def unavailable_when_gone() -> Iterator[None]:
    """Turn a lost, frozen or busy database into `Unavailable`; an error in the SQL stays what it is."""
    limit = deadline.limit()
    try:
        with limit:
            yield
        if reachable.is_gone:
            reachable.back()
    except BaseException as error:
        # The driver may trip over its own clean-up after the limit struck, so any error counts then.
        if limit.expired or _is_gone(error):
            reason = "no answer in time" if limit.expired else _loss(error)
            if reason is not None:
                reachable.gone(reason)
            raise Unavailable("The database is not reachable. Try again shortly.") from error
        raise


def _loss(error: BaseException) -> object | None:
    """Why the server can't be used by anybody; None where it is only busy with others."""
    cause = getattr(error, "orig", None) or error
    if isinstance(error, PoolTimeout) or getattr(cause, "sqlstate", None) in _BUSY:
        return None
    return cause


def _is_gone(error: BaseException) -> bool:
    if isinstance(error, OperationalError | InterfaceError | PoolTimeout):
        return True
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) or takes_no_changes(error):
        return True
    return isinstance(error, DBAPIError) and error.connection_invalidated


def ping(engine: Engine) -> None:
    """Raise when Postgres doesn't answer, or takes no changes."""
    with unavailable_when_gone(), engine.connect() as connection:
        if connection.scalar(text("SELECT current_setting('transaction_read_only')")) == "on":
            connection.info[READ_ONLY] = True
            raise Unavailable("The database takes no changes at present. Try again shortly.")
