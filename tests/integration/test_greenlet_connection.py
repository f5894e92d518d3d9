"""How greenlets wait for Postgres: others run meanwhile, limits strike, answers of any size arrive whole."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from subprocess import run

import gevent
import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import make_url

from partyapp.shared.storage.greenlet_connection import GreenletConnection

BYTES = 8_000_000


@pytest.fixture
def connection(database_url: str) -> Iterator[GreenletConnection]:
    url = make_url(database_url)
    info = make_conninfo(host=str(url.query["host"]), user=url.username, dbname=url.database)
    with GreenletConnection.connect(info, autocommit=True) as found:
        yield found


def test_others_run_while_one_waits(connection: GreenletConnection) -> None:
    waiting = gevent.spawn(lambda: connection.execute("SELECT pg_sleep(0.3), 7").fetchone())
    turns = 0
    while not waiting.ready():
        gevent.sleep(0.01)
        turns += 1
    assert turns > 1
    assert waiting.get()[1] == 7


def test_what_takes_many_reads_and_writes_arrives_whole(connection: GreenletConnection) -> None:
    # More than the kernel takes at once, both ways.
    sent = "x" * BYTES
    row = connection.execute("SELECT %s::text, repeat('y', %s)", [sent, BYTES]).fetchone()
    assert row == (sent, "y" * BYTES)


def test_prepared_statements_pipelines_and_errors_are_psycopgs(connection: GreenletConnection) -> None:
    for number in range(10):
        assert connection.execute("SELECT %s::int", [number], prepare=True).fetchone() == (number,)
    with connection.pipeline():
        cursors = [connection.execute("SELECT %s::int", [number]) for number in range(3)]
    assert [cursor.fetchone() for cursor in cursors] == [(0,), (1,), (2,)]
    with pytest.raises(psycopg.errors.DivisionByZero):
        connection.execute("SELECT 1 / 0")
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_limit_ends_the_wait(connection: GreenletConnection) -> None:
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.05):
        connection.execute("SELECT pg_sleep(60)")
    connection.close()


def test_the_servers_end_ends_the_wait(connection: GreenletConnection, database_url: str) -> None:
    pid = connection.info.backend_pid
    waiting = gevent.spawn(connection.execute, "SELECT pg_sleep(60)")
    gevent.sleep(0)
    with psycopg.connect(connection.info.dsn) as operator:
        operator.execute("SELECT pg_terminate_backend(%s)", [pid])
    with pytest.raises(psycopg.OperationalError):
        waiting.get()
    assert connection.closed


@pytest.mark.parametrize("patched", [True, False])
def test_only_a_process_of_greenlets_waits_so(database_url: str, patched: bool) -> None:
    program = f"""
if {patched}:
    from gevent import monkey
    monkey.patch_all()
import sys
from partyapp.shared.storage.database import create_database
engine = create_database({database_url!r}, 1)
with engine.connect() as connection:
    print(type(connection.connection.driver_connection).__name__, "gevent" in sys.modules)
"""
    done = run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == (["GreenletConnection", "True"] if patched else ["Connection", "False"])
