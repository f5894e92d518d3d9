"""Postgres: the engine, the declarative base, and how its failures become refusals."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from partyapp.shared.errors import Unavailable

#: Server-side limits in ms: no statement, lock or forgotten transaction may hold a request for ever.
_SERVER_LIMITS = (
    "-c statement_timeout=4000 -c lock_timeout=2000 -c idle_in_transaction_session_timeout=10000 "
    "-c timezone=UTC"
)

Transactions = sessionmaker[Session]


class Base(DeclarativeBase):
    """The declarative base of every entity, so that one metadata describes the whole database."""


def create_database(url: str, pool_size: int) -> Engine:
    """An engine whose every wait has a limit: connecting 3 s, a pool place 3 s, a statement 4 s."""
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=3,
        pool_recycle=1800,
        pool_pre_ping=True,
        pool_use_lifo=True,
        connect_args={
            "connect_timeout": 3,
            "options": _SERVER_LIMITS,
            "tcp_user_timeout": 4000,
            "keepalives_idle": 10,
            "keepalives_interval": 2,
            "keepalives_count": 2,
        },
    )


def transactions_of(engine: Engine) -> Transactions:
    """The session factory: nothing expires on commit, so a committed object may be read without a query."""
    return sessionmaker(engine, expire_on_commit=False, autoflush=False)


class Patience:
    """How long a caller waits for the database as a whole; unlimited until `limit` is called.

    The server's own limits don't help when the server is frozen or the network swallows packets. `limit`
    takes a maker of context managers that raise `given_up` from within the wait.
    """

    def __init__(self) -> None:
        self._make: Callable[[], AbstractContextManager[Any]] = nullcontext
        self.given_up: tuple[type[BaseException], ...] = ()

    def limit(self, make: Callable[[], AbstractContextManager[Any]], given_up: type[BaseException]) -> None:
        """From now on every use of the database ends within the limit that `make` sets."""
        self._make = make
        self.given_up = (given_up,)

    def __call__(self) -> AbstractContextManager[Any]:
        return self._make()


patience = Patience()


@contextmanager
def unavailable_when_gone() -> Iterator[None]:
    """Turn a lost, frozen or busy database into `Unavailable`; an error in the SQL stays what it is."""
    try:
        with patience():
            yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise Unavailable("The database is not reachable. Try again shortly.") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable("The database is not reachable. Try again shortly.") from error
        raise
    except patience.given_up as error:
        raise Unavailable("The database does not answer. Try again shortly.") from error


def ping(engine: Engine) -> None:
    """Raise when Postgres doesn't answer."""
    with unavailable_when_gone(), engine.connect() as connection:
        connection.execute(text("SELECT 1"))
