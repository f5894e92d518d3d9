"""A connection that the server has ended costs nobody an answer, and nobody a round trip to notice."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, Engine, create_engine, text

from partyapp.party.application.commands import SeekPlaybackCommand
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import ping
from tests.support.fresh_database import emptied, fresh_tables
from tests.support.party_objects import created, host_of, principal
from tests.support.playback_env import ENTITIES, Process
from tests.support.waiting import eventually

_OURS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    with fresh_tables(database_url, ENTITIES, pool_size=4) as engine:
        yield engine


@pytest.fixture
def operator(engine: Engine) -> Iterator[Connection]:
    """Somebody beside the pool."""
    emptied(engine, ENTITIES)
    beside = create_engine(engine.url, isolation_level="AUTOCOMMIT")
    with beside.connect() as connection:
        yield connection
    beside.dispose()


def end_all(operator: Connection) -> int:
    """Have the server end every other connection, and wait until they are gone."""
    ended = len(operator.execute(text(f"SELECT pg_terminate_backend(pid) {_OURS}")).all())
    eventually(lambda: operator.execute(text(f"SELECT count(*) {_OURS}")).scalar() == 0)
    return ended


def seek(process: Process, *, copied: bool) -> SeekPlaybackCommand:
    session = created()
    party_id = process.keep(session, [host_of(session)])
    if copied:
        process.read_replica(party_id)
    return SeekPlaybackCommand(
        actor=principal(user_id=session.state.host_id), party_id=party_id, position_s=3.0
    )


@pytest.mark.parametrize("copied", [True, False])
def test_a_command_after_the_server_ended_the_connections(
    engine: Engine, operator: Connection, copied: bool
) -> None:
    process = Process(engine)
    command = seek(process, copied=copied)
    for revision in (2, 3, 4):
        assert end_all(operator) >= 1
        assert process.control(command, new_id()).revision == revision


def test_every_connection_of_the_pool_may_be_dead(engine: Engine, operator: Connection) -> None:
    with ThreadPoolExecutor(4) as threads:
        held = [engine.connect() for _ in range(4)]
        for connection in held:
            connection.close()
        assert end_all(operator) == 4
        assert list(threads.map(lambda _: ping(engine), range(4))) == [None] * 4


def test_a_connection_that_dies_under_a_command_is_replaced(engine: Engine, operator: Connection) -> None:
    process = Process(engine)
    command = seek(process, copied=True)
    waiting = f"SELECT pid {_OURS} AND wait_event_type = 'Lock'"
    with ThreadPoolExecutor(1) as threads:
        with create_engine(engine.url).begin() as holder:
            holder.execute(text("SELECT 1 FROM synced_party_sessions FOR UPDATE"))
            running = threads.submit(process.control, command, new_id())
            (pid,) = eventually(lambda: operator.execute(text(waiting)).scalars().all())
            operator.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            # The second try waits for the row as the first one did.
            eventually(lambda: operator.execute(text(waiting)).scalars().all() not in ([], [pid]))
        assert running.result(10).revision == 2
    assert [event["revision"] for event in process.rows(command.party_id)[1]] == [1, 2]
