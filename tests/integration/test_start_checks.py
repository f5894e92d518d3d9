"""Two deployments on one Redis: the second is refused at its start, unless it has a prefix of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from sqlalchemy import create_engine, make_url, text

from partyapp.shared.kernel.ids import new_id
from partyapp.shared.ops.start_checks import UnfitServer, check_servers
from partyapp.shared.storage.deployment_mark import HELD_S, MARK_KEY, DeploymentMark
from partyapp.shared.storage.redis_names import RedisNames
from tests.support.bare_program import SETTINGS, surroundings
from tests.support.bare_settings import settings
from tests.support.fresh_database import fresh_database
from tests.support.local_stack import free_port
from tests.support.waiting import RECOVERY_S

PROGRAMS = {
    "web": ["gunicorn", "--config", "python:partyapp.gunicorn_conf", "partyapp.wsgi:app"],
    "worker": ["celery", "--app", "workers.celery_app", "worker"],
}


@pytest.fixture
def prefix() -> str:
    return f"own-{new_id().hex}"


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url, socket_timeout=5) as client:
        yield client


@pytest.fixture(scope="module")
def other_url(database_url: str) -> Iterator[str]:
    with fresh_database(database_url) as url:
        yield url


def test_all_processes_of_a_deployment_hold_the_same_mark(
    database_url: str, redis_url: str, prefix: str, client: redis.Redis
) -> None:
    marks = [check_servers(settings(database_url, redis_url, redis_prefix=prefix)) for _ in range(3)]
    assert all(mark is not None and mark.hold() for mark in marks)
    assert 0 < int(str(client.ttl(RedisNames(prefix)(MARK_KEY)))) <= HELD_S


def test_a_deployment_on_another_database_is_told_apart(
    database_url: str, other_url: str, redis_url: str, prefix: str, client: redis.Redis
) -> None:
    first = check_servers(settings(database_url, redis_url, redis_prefix=prefix))
    assert first is not None
    second = settings(other_url, redis_url, redis_prefix=prefix)
    with pytest.raises(UnfitServer, match="PARTY_REDIS_PREFIX") as refused:
        check_servers(second)
    assert "\n" not in str(refused.value)
    assert check_servers(settings(other_url, redis_url, redis_prefix=f"{prefix}2")) is not None
    assert first.hold()
    # The first is gone, and its mark with it.
    client.delete(RedisNames(prefix)(MARK_KEY))
    assert check_servers(second) is not None
    assert not first.hold(), "and would hear of the second, if it were still there"


def test_servers_that_are_gone_hold_no_start_up(database_url: str, redis_url: str) -> None:
    nowhere = f"postgresql://127.0.0.1:{free_port()}/none"
    assert check_servers(settings(nowhere, redis_url)) is None
    mark = check_servers(settings(database_url, f"redis://127.0.0.1:{free_port()}"))
    assert mark is not None
    assert mark.hold(), "nobody can say otherwise"


def test_a_role_without_rights_says_the_same(database_url: str, redis_url: str, prefix: str) -> None:
    """The database's identity is no secret of a superuser's."""
    role = f"role_{new_id().hex}"
    url = make_url(database_url)
    operator = create_engine(url, isolation_level="AUTOCOMMIT")
    with operator.connect() as connection:
        connection.execute(text(f'CREATE ROLE "{role}" LOGIN'))
        try:
            as_role = url.set(username=role).render_as_string()
            assert check_servers(settings(database_url, redis_url, redis_prefix=prefix)) is not None
            assert check_servers(settings(as_role, redis_url, redis_prefix=prefix)) is not None
        finally:
            connection.execute(text(f'DROP ROLE "{role}"'))
    operator.dispose()


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_of_the_second_deployment_ends_with_one_line(
    database_url: str, redis_url: str, prefix: str, client: redis.Redis, program: str, tmp_path: Path
) -> None:
    assert DeploymentMark(client, RedisNames(prefix), "another").hold()
    # However slowly the program starts, the first deployment is still there.
    client.persist(RedisNames(prefix)(MARK_KEY))
    given = SETTINGS | {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "PARTY_REDIS_PREFIX": prefix}
    words = PROGRAMS[program]
    ended = subprocess.run(
        [str(Path(sys.executable).parent / words[0]), *words[1:]],
        env=surroundings(given | {"PORT": str(free_port()), "HOST": "127.0.0.1"}),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=RECOVERY_S,
        check=False,
    )
    assert ended.returncode == 1
    (line,) = [line for line in ended.stderr.splitlines() if line.startswith("party: ")]
    assert "PARTY_REDIS_PREFIX" in line
    assert "Traceback" not in ended.stderr + ended.stdout
