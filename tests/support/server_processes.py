"""The servers behind a stack as processes of this machine: finding them, and stopping them for a while."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import redis

from tests.support.waiting import LIMIT_S


def redis_pid(redis_url: str) -> int:
    with redis.Redis.from_url(redis_url, socket_timeout=LIMIT_S) as client:
        return int(client.info("server")["process_id"])


def flush_redis(redis_url: str) -> None:
    """Make Redis lose everything it holds."""
    with redis.Redis.from_url(redis_url, socket_timeout=LIMIT_S) as client:
        client.flushall()


def postmaster_pid(database_url: str) -> int:
    """The first process of Postgres, as its own pid file names it."""
    plain = database_url.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(plain, connect_timeout=int(LIMIT_S)) as connection:
        row = connection.execute("SELECT pg_read_file('postmaster.pid')").fetchone()
    assert row is not None
    return int(str(row[0]).splitlines()[0])


def family_of(pid: int) -> list[int]:
    """The process and all its descendants, parents first."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            # A process may end while it is looked at.
            with suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(fields[1])
    family = [pid]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return family


@contextmanager
def frozen(first: int) -> Iterator[None]:
    """The process and its descendants stand still in this block: alive, connected, and silent."""
    family = family_of(first)
    try:
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
