"""A Postgres that takes no changes, since it was told so or is a standby, counts as gone, and the pool lets
go of it: so the one that takes changes again, or the new primary, is found without a restart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    Table,
    Uuid,
    create_engine,
    insert,
    make_url,
    select,
    text,
    update,
)

from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import Transactions, create_database, ping, unavailable_when_gone
from partyapp.shared.storage.prepared_sql import PreparedSql
from tests.support.embedded_servers import EmbeddedServers
from tests.support.own_folder import own_folder
from tests.support.standby import Standby
from tests.support.waiting import eventually

things = Table("things", MetaData(), Column("id", Uuid, primary_key=True))
ADD = PreparedSql(insert(things).returning(things.c.id), columns=["id"])
FIND = PreparedSql(select(things.c.id))
POOL = 4


def add_by_driver(engine: Engine) -> UUID:
    with unavailable_when_gone():
        ((added,),) = ADD(engine, {"id": new_id()})
    return UUID(str(added))


def add_by_statement(engine: Engine) -> UUID:
    with unavailable_when_gone(), engine.connect() as connection:
        added: UUID = connection.execute(insert(things).returning(things.c.id), {"id": new_id()}).scalar_one()
    return added


def add_in_transaction(engine: Engine) -> UUID:
    added = new_id()
    with unavailable_when_gone(), Transactions(engine).begin() as session:
        session.execute(select(things.c.id).limit(1)).all()
        session.execute(insert(things), {"id": added})
    return added


def lock(engine: Engine) -> None:
    """What changes nothing yet and is refused all the same."""
    with unavailable_when_gone(), Transactions(engine).begin() as session:
        session.execute(select(things.c.id).with_for_update()).all()


def change(engine: Engine) -> None:
    with unavailable_when_gone(), engine.connect() as connection:
        connection.execute(update(things).values(id=things.c.id))


WAYS = [add_by_driver, add_by_statement, add_in_transaction, lock, change, ping]


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServers]:
    """A server of this module's own: what it is told holds for all of its databases."""
    with own_folder() as folder, EmbeddedServers(folder / "servers", valkey=False) as servers:
        yield servers


@pytest.fixture
def operator(server: EmbeddedServers) -> Iterator[Connection]:
    beside = create_engine(server.database_url, isolation_level="AUTOCOMMIT")
    with beside.connect() as connection:
        things.metadata.create_all(connection)
        yield connection
        tell(connection, read_only=False)
    beside.dispose()


@pytest.fixture
def engine(server: EmbeddedServers, operator: Connection) -> Iterator[Engine]:
    engine = create_database(server.database_url, POOL)
    yield engine
    engine.dispose()


def tell(operator: Connection, *, read_only: bool) -> None:
    """Make every session read-only, those that are open too, and wait until this one has heard of it."""
    operator.execute(text("SET default_transaction_read_only = off"))
    value = "on" if read_only else "off"
    operator.execute(text(f"ALTER SYSTEM SET default_transaction_read_only = {value}"))
    operator.execute(text("SELECT pg_reload_conf()"))
    operator.execute(text("RESET default_transaction_read_only"))
    shown = text("SHOW default_transaction_read_only")
    eventually(lambda: operator.execute(shown).scalar() == value)


def fill(engine: Engine) -> None:
    """Open all the connections of the pool."""
    held = [engine.connect() for _ in range(POOL)]
    for connection in held:
        connection.execute(text("SELECT 1"))
        connection.close()


@pytest.mark.parametrize("way", WAYS)
def test_a_server_that_was_made_read_only_is_unavailable_and_let_go(
    engine: Engine, operator: Connection, way: object
) -> None:
    assert callable(way)
    add_by_driver(engine)
    fill(engine)
    tell(operator, read_only=True)
    for _ in range(2):
        with pytest.raises(Unavailable):
            way(engine)
    with pytest.raises(Unavailable):
        # A connection that could only read is no use either: what it reads may be what was true once.
        ping(engine)
    tell(operator, read_only=False)
    # At once, and on whichever connection of the pool.
    for _ in range(POOL + 1):
        for each in WAYS:
            each(engine)


@pytest.mark.parametrize("way", WAYS)
def test_one_refusal_lets_go_of_every_connection(
    engine: Engine, operator: Connection, way: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the server doesn't say by itself that it has changed, as before PostgreSQL 14."""
    monkeypatch.setattr("partyapp.shared.storage.database._REPORTED", ())
    assert callable(way)
    fill(engine)
    with engine.connect() as connection:
        connection.execute(text("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"))
    before = pids(operator)
    assert len(before) == POOL
    with pytest.raises(Unavailable):
        way(engine)
    fill(engine)
    eventually(lambda: not before & pids(operator))
    add_by_driver(engine)


def pids(operator: Connection) -> set[int]:
    ours = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    return set(operator.execute(text(f"SELECT pid {ours}")).scalars())


@contextmanager
def two_hosts(server: EmbeddedServers, standby: Standby, *, standby_first: bool) -> Iterator[Engine]:
    """The URL that an operator gives for a primary and a standby."""
    url = make_url(server.database_url)
    hosts = [f"{url.query['host']}:5432", f"{standby.host}:5432"]
    both = url.set(query={"host": tuple(reversed(hosts) if standby_first else hosts)})
    engine = create_database(both.render_as_string(hide_password=False), POOL)
    try:
        yield engine
    finally:
        engine.dispose()


def test_a_promoted_standby_takes_over(operator: Connection, server: EmbeddedServers) -> None:
    with own_folder() as folder:
        folder.chmod(0o711)
        with (
            Standby(server.database_url, folder / "standby") as standby,
            two_hosts(server, standby, standby_first=True) as engine,
        ):
            kept = add_by_driver(engine)
            fill(engine)
            assert operator.execute(text("SELECT pg_is_in_recovery()")).scalar() is False
            alone = create_database(str_of(engine, standby.host), 1)
            with pytest.raises(Unavailable):
                ping(alone)
            with pytest.raises(Unavailable):
                find_all(alone)
            replay = "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn >= pg_current_wal_lsn()"
            eventually(lambda: operator.execute(text(replay)).scalar() == 1)
            standby.promote()
            # The old primary is demoted, and its connections live on.
            tell(operator, read_only=True)
            for way in WAYS:
                eventually(partial(works, way, engine))
            with engine.connect() as connection:
                assert connection.scalar(text("SHOW unix_socket_directories")) == str(standby.host)
            assert kept in {row.id for row in FIND(engine, {})}
            alone.dispose()


def str_of(engine: Engine, host: Path) -> str:
    return engine.url.set(query={"host": str(host)}).render_as_string(hide_password=False)


def find_all(engine: Engine) -> None:
    with unavailable_when_gone():
        FIND(engine, {})


def works(way: object, engine: Engine) -> bool:
    assert callable(way)
    try:
        way(engine)
    except Unavailable:
        return False
    return True
