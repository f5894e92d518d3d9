"""Statements that psycopg executes on SQLAlchemy's pool: what they give, and what becomes of connections."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from types import FrameType

import psycopg
import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Engine,
    Float,
    Integer,
    MetaData,
    Table,
    Uuid,
    bindparam,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import Transactions, create_database
from partyapp.shared.storage.prepared_sql import ConnectionLost, PreparedSql
from tests.support.fresh_database import fresh_database

things = Table(
    "things",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("number", Integer),
    Column("share", Float),
    Column("yes", Boolean),
    Column("data", JSONB),
    Column("plain", JSON),
    Column("later", Integer),
)
ADD = PreparedSql(
    insert(things).returning(things.c.id), columns=["id", "number", "share", "yes", "data", "plain"]
)
FIND = PreparedSql(
    select(things, (things.c.number + 1).label("next")).where(things.c.id == bindparam("wanted", type_=Uuid))
)
WAIT = PreparedSql(select(func.pg_backend_pid().label("pid"), func.pg_sleep(bindparam("s", type_=Float))))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    with fresh_database(database_url) as url:
        found = create_database(url, 1)
        things.metadata.create_all(found)
        yield found
        found.dispose()


def test_rows_are_those_that_sqlalchemy_finds(engine: Engine) -> None:
    row = {
        "id": new_id(),
        "number": 7,
        "share": 0.1,
        "yes": True,
        "data": {"a": [1, "ü", None]},
        "plain": [{"b": 2}],
    }
    assert ADD(engine, row) == [(row["id"],)]
    (found,) = FIND(engine, {"wanted": row["id"]})
    assert found._asdict() == row | {"later": None, "next": 8}
    with engine.connect() as connection:
        assert tuple(connection.execute(select(things, things.c.number + 1)).one()) == tuple(found)
    assert FIND(engine, {"wanted": new_id()}) == []


def test_it_is_committed_by_itself_also_after_a_transaction(engine: Engine) -> None:
    with pytest.raises(ValueError, match="taken back"), Transactions(engine).begin() as transaction:
        transaction.execute(text("SELECT 1"))
        raise ValueError("taken back")
    ADD(engine, {"id": new_id(), "number": 1, "share": 0.0, "yes": False, "data": {}, "plain": None})
    engine.dispose()
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(things)).scalar_one() == 1


def test_an_error_in_the_values_leaves_the_connection_sound(engine: Engine) -> None:
    (before,) = WAIT(engine, {"s": 0.0})
    row = {"id": new_id(), "number": 2**40, "share": 0.0, "yes": True, "data": {}, "plain": {}}
    with pytest.raises(psycopg.DataError):
        ADD(engine, row)
    (after,) = WAIT(engine, {"s": 0.0})
    assert after.pid == before.pid


def test_a_connection_that_died_is_told_of_and_replaced(engine: Engine) -> None:
    (before,) = WAIT(engine, {"s": 0.0})
    suicide = PreparedSql(select(func.pg_terminate_backend(func.pg_backend_pid())))
    with pytest.raises(ConnectionLost):
        suicide(engine, {})
    (after,) = WAIT(engine, {"s": 0.0})
    assert after.pid != before.pid


class Struck(BaseException):
    """A limit on the whole, which strikes wherever the program is."""


def test_a_connection_that_was_left_waiting_is_not_used_again(engine: Engine) -> None:
    def strike(_number: int, _frame: FrameType | None) -> None:
        raise Struck

    (before,) = WAIT(engine, {"s": 0.0})
    old = signal.signal(signal.SIGALRM, strike)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(Struck):
            WAIT(engine, {"s": 5.0})
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    (after,) = WAIT(engine, {"s": 0.0})
    assert after.pid != before.pid
