"""A wait for Postgres on gevent's loop lets others run, and ends as psycopg's own would."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import closing

import gevent
import psycopg
import pytest
from psycopg import waiting

from bench.faults.database import libpq_url
from partyapp.shared.storage.loop_wait import wait_for_postgres_on_loop, wait_on_loop

LIMIT_S = 30.0


@pytest.fixture
def connection(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    monkeypatch.setattr(waiting, "wait", waiting.wait)
    wait_for_postgres_on_loop()
    assert waiting.wait is wait_on_loop
    connection = psycopg.connect(libpq_url(database_url), autocommit=True)
    with gevent.Timeout(LIMIT_S), closing(connection):
        yield connection


def test_others_run_while_a_statement_is_waited_for(connection: psycopg.Connection) -> None:
    ran: list[str] = []
    gevent.spawn(ran.append, "another")
    assert connection.execute("SELECT 1 FROM pg_sleep(0.05)").fetchall() == [(1,)]
    assert ran == ["another"]


def test_what_fits_into_no_buffer_goes_out_and_comes_in(connection: psycopg.Connection) -> None:
    much = "x" * 30_000_000
    assert connection.execute("SELECT %s::text", (much,)).fetchone() == (much,)


def test_a_limit_of_gevents_ends_the_wait(connection: psycopg.Connection) -> None:
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.05):
        connection.execute("SELECT pg_sleep(30)")


def test_what_the_server_says_is_raised(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        connection.execute("SELECT 1 / 0")
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def test_psycopgs_own_limit_holds(connection: psycopg.Connection) -> None:
    assert list(connection.notifies(timeout=0.05)) == []


def test_a_socket_that_is_closed_here_is_not_waited_for(connection: psycopg.Connection) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    os.close(writing)

    def reads() -> Generator[int, int, None]:
        yield 1

    with pytest.raises((OSError, psycopg.OperationalError)):
        wait_on_loop(reads(), reading)
