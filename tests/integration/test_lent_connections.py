"""Connections that hot statements keep lent: the same is used again, and what isn't sound is never kept."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Engine, Float, bindparam, func, select, text

from partyapp.shared.storage import lent_connections
from partyapp.shared.storage.database import create_database
from partyapp.shared.storage.lent_connections import ConnectionLost, keep_connections_lent, lent_cursor
from partyapp.shared.storage.prepared_sql import PreparedSql
from tests.support.fresh_database import fresh_database
from tests.support.waiting import eventually

#: Connections in the pool; one of them is kept.
POOL = 2
WHO = PreparedSql(select(func.pg_backend_pid().label("pid")))
DIVIDED = PreparedSql(select((1.0 / bindparam("by", type_=Float)).label("share")))
SUICIDE = PreparedSql(select(func.pg_terminate_backend(func.pg_backend_pid())))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    with fresh_database(database_url) as url:
        found = create_database(url, POOL)
        kept = keep_connections_lent(found, 1)
        yield found
        kept.give_back()
        found.dispose()


def pid_of(engine: Engine) -> int:
    ((pid,),) = WHO(engine, {})
    return int(pid)


def lent(engine: Engine) -> int:
    return int(engine.pool.checkedout())  # type: ignore[attr-defined]


def test_one_connection_stays_lent_and_is_used_again(engine: Engine) -> None:
    first = pid_of(engine)
    assert lent(engine) == 1
    assert [pid_of(engine) for _ in range(3)] == [first] * 3
    with engine.connect() as other:
        assert other.execute(text("SELECT pg_backend_pid()")).scalar_one() != first


def test_no_more_than_asked_for_stay_lent(engine: Engine) -> None:
    with lent_cursor(engine) as one, lent_cursor(engine) as two:
        one.execute("SELECT 1")
        two.execute("SELECT 2")
        assert lent(engine) == 2
    assert lent(engine) == 1


def test_nothing_stays_lent_where_nobody_has_asked_for_it(database_url: str) -> None:
    with fresh_database(database_url) as url:
        plain = create_database(url, POOL)
        pid_of(plain)
        assert lent(plain) == 0
        plain.dispose()


def test_after_an_error_in_the_values_the_next_statement_finds_a_sound_one(engine: Engine) -> None:
    pid_of(engine)
    with pytest.raises(psycopg.DataError):
        DIVIDED(engine, {"by": 0.0})
    assert DIVIDED(engine, {"by": 2.0})[0].share == 0.5
    assert lent(engine) == 1


def test_one_that_died_in_a_statement_is_told_of_and_replaced(engine: Engine) -> None:
    before = pid_of(engine)
    with pytest.raises(ConnectionLost):
        SUICIDE(engine, {})
    assert lent(engine) == 0
    assert pid_of(engine) != before


def test_one_that_was_ended_while_it_was_kept_is_not_used(engine: Engine) -> None:
    before = pid_of(engine)
    with engine.connect() as other:
        other.execute(text(f"SELECT pg_terminate_backend({before})"))
        still_there = text(f"SELECT count(*) FROM pg_stat_activity WHERE pid = {before}")
        eventually(lambda: other.execute(still_there).scalar_one() == 0)
    assert pid_of(engine) != before
    assert lent(engine) == 1


def test_one_that_was_kept_long_goes_back_to_the_pool(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid_of(engine)
    monkeypatch.setattr(lent_connections, "KEPT_S", -1.0)
    before = engine.pool.checkedin()  # type: ignore[attr-defined]
    kept = keep_connections_lent(engine, 1)
    assert kept.take() is None
    assert engine.pool.checkedin() == before + 1  # type: ignore[attr-defined]


def test_one_whose_server_says_that_it_takes_no_changes_is_not_used(engine: Engine) -> None:
    before = pid_of(engine)
    with lent_cursor(engine) as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    assert pid_of(engine) != before


def test_after_a_refused_change_all_that_were_kept_go_back(engine: Engine) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), lent_cursor(engine) as refused:
        with lent_cursor(engine) as other:
            other.execute("SELECT 1")
        assert lent(engine) == 2
        refused.execute("BEGIN READ ONLY; CREATE SCHEMA refused")
    assert lent(engine) == 0
