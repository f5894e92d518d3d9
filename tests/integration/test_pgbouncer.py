"""Behind a PgBouncer that shares sessions between transactions: it works, or is refused at a start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, text

from partyapp.party.application.commands import SeekPlaybackCommand
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.ops.migrations import downgrade, upgrade
from partyapp.shared.ops.start_checks import UnfitServer, check_servers
from partyapp.shared.storage.database import Base, create_database, ping, table_of
from tests.support.bare_settings import settings
from tests.support.fresh_database import fresh_database
from tests.support.own_folder import own_folder
from tests.support.party_objects import created, host_of, principal
from tests.support.pgbouncer import CONNECT_QUERY, RIGHT, PgBouncer, needs_pgbouncer
from tests.support.playback_env import ENTITIES, Process

pytestmark = needs_pgbouncer

COMMANDS = 40


@contextmanager
def through_pgbouncer(
    database_url: str, given: Mapping[str, str] = RIGHT, connect_query: str = CONNECT_QUERY
) -> Iterator[str]:
    with (
        fresh_database(database_url) as url,
        own_folder() as folder,
        PgBouncer(url, folder, given, connect_query) as pooler,
    ):
        yield pooler.database_url


def test_commands_go_through_it_as_if_it_were_not_there(database_url: str) -> None:
    with through_pgbouncer(database_url) as url:
        engine = create_database(url, 8)
        Base.metadata.create_all(engine, tables=[table_of(entity) for entity in ENTITIES])
        with ThreadPoolExecutor(8) as threads:
            assert (
                list(threads.map(lambda _: seeks(Process(engine), copied=True), range(4))) == [COMMANDS] * 4
            )
            assert (
                list(threads.map(lambda _: seeks(Process(engine), copied=False), range(4))) == [COMMANDS] * 4
            )
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM pg_prepared_statements")) == 0
        engine.dispose()


def seeks(process: Process, *, copied: bool) -> int:
    """Many commands, each a statement or a transaction that is any session's; the last one's revision."""
    session = created()
    party_id = process.keep(session, [host_of(session)])
    if copied:
        process.read_replica(party_id)
    actor = principal(user_id=session.state.host_id)
    revision = 0
    for position in range(COMMANDS - 1):
        ping(process.engine)
        command = SeekPlaybackCommand(actor=actor, party_id=party_id, position_s=float(position))
        revision = process.control(command, new_id()).revision
    return revision


def test_the_schema_is_made_through_it_and_no_lock_or_limit_is_left(database_url: str) -> None:
    with through_pgbouncer(database_url, RIGHT | {"default_pool_size": "3"}) as url:
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(upgrade, [url, url]))
        engine = create_engine(url)
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")) == 0
            assert connection.scalar(text("SHOW lock_timeout")) == "2s", "as connect_query has set it"
        engine.dispose()
        downgrade(url)


def test_a_session_of_its_own_is_prepared_for(database_url: str) -> None:
    with fresh_database(database_url) as url:
        engine = create_database(url, 1)
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            assert driver.prepare_threshold is not None
        engine.dispose()


@pytest.mark.parametrize(
    ("given", "connect_query", "complaint"),
    [
        ({"pool_mode": "transaction"}, CONNECT_QUERY, "refuses our session's limits.*`options`"),
        (RIGHT, "", r"drops our session's limits \(idle.*, lock_timeout, statement_timeout\)"),
        (RIGHT, "SET lock_timeout = 2000", r"drops our session's limits \(idle.*, statement_timeout\)"),
        (RIGHT | {"pool_mode": "statement"}, CONNECT_QUERY, "allows no transactions"),
    ],
)
def test_one_that_would_break_things_later_is_refused_in_a_line(
    database_url: str, redis_url: str, given: Mapping[str, str], connect_query: str, complaint: str
) -> None:
    with through_pgbouncer(database_url, given, connect_query) as url:
        with pytest.raises(UnfitServer, match=complaint) as refused:
            check_servers(settings(url, redis_url))
        assert "\n" not in str(refused.value)
        assert "docs/operations.md" in str(refused.value)


@pytest.mark.parametrize("mode", ["transaction", "session"])
def test_one_that_is_set_as_it_should_be_is_taken(database_url: str, redis_url: str, mode: str) -> None:
    prefixed = settings("", redis_url, redis_prefix=f"own-{new_id().hex}")
    with through_pgbouncer(database_url, RIGHT | {"pool_mode": mode}) as url:
        assert check_servers(settings(url, redis_url, redis_prefix=prefixed.redis_prefix)) is not None
