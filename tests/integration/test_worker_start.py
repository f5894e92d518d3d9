"""A worker as a real process, and what may happen to it before it has reached Redis."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
import redis

from partyapp.shared.ops.worker_registry import WORKERS_KEY
from partyapp.shared.storage.deployment_mark import MARK_KEY
from tests.support.bare_program import SETTINGS, surroundings
from tests.support.tcp_proxy import TcpProxy
from tests.support.waiting import LIMIT_S, RECOVERY_S, eventually

CHILDREN = 2
#: A database of Redis that no other test looks at.
DATABASE = 9


@pytest.fixture
def path(redis_url: str) -> str:
    """Where Redis listens."""
    return redis_url.removeprefix("unix://").partition("?")[0]


@pytest.fixture
def client(path: str) -> Iterator[redis.Redis]:
    with redis.Redis(unix_socket_path=path, db=DATABASE, socket_timeout=LIMIT_S) as client:
        client.flushdb()
        yield client
        client.flushdb()


@contextmanager
def worker(redis_port: int, folder: Path, **settings: str) -> Iterator[psutil.Popen]:
    """A worker of two children that knows Redis at this port, until the end of the block."""
    words = ["--app", "workers.celery_app", "worker", "--concurrency", str(CHILDREN)]
    quiet = ["--without-gossip", "--without-mingle", "--queues", "party.lifecycle"]
    given = SETTINGS | {"REDIS_URL": f"redis://127.0.0.1:{redis_port}/{DATABASE}"} | settings
    with (folder / "worker.log").open("wb") as log:
        process = psutil.Popen(
            [str(Path(sys.executable).parent / "celery"), *words, *quiet],
            env=surroundings(given),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(LIMIT_S)


def living_children(process: psutil.Popen) -> set[int]:
    return {child.pid for child in process.children() if child.status() != psutil.STATUS_ZOMBIE}


def test_a_deployment_that_comes_later_to_the_same_redis_is_told_of(
    path: str, client: redis.Redis, database_url: str, tmp_path: Path
) -> None:
    """It may have been let in while Redis was gone, or have begun with a version that leaves no mark."""
    log = tmp_path / "worker.log"
    with TcpProxy(path) as proxy, worker(proxy.port, tmp_path, DATABASE_URL=database_url) as process:
        eventually(lambda: client.zcard(WORKERS_KEY) == 1 or process.poll() is not None, RECOVERY_S)
        assert process.poll() is None, log.read_text(encoding="utf-8")
        client.set(MARK_KEY, "another")
        told = "another deployment uses this Redis under the same prefix"
        eventually(lambda: told in log.read_text(encoding="utf-8"), RECOVERY_S)
        assert client.get(MARK_KEY) == b"another", "who is there isn't driven out"


def test_a_child_that_dies_before_redis_is_reached_is_replaced(
    path: str, client: redis.Redis, tmp_path: Path
) -> None:
    with TcpProxy(path) as proxy:
        proxy.refuse()
        with worker(proxy.port, tmp_path) as process:
            eventually(lambda: len(living_children(process)) == CHILDREN, RECOVERY_S)
            victim = min(living_children(process))
            os.kill(victim, signal.SIGKILL)
            eventually(lambda: victim not in living_children(process))
            proxy.resume()
            eventually(lambda: client.zcard(WORKERS_KEY) == 1 or process.poll() is not None, RECOVERY_S)
            eventually(lambda: len(living_children(process)) == CHILDREN or process.poll() is not None)
            assert process.poll() is None, (tmp_path / "worker.log").read_text(encoding="utf-8")
            assert victim not in living_children(process)
