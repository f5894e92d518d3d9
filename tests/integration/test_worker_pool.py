"""The worker's pool in the two troubles that end Celery's own: a child that dies while Redis is away.

Each runs in a process of its own, since a pool forks. What is done to it is what a consumer does.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.waiting import RECOVERY_S

_SETTING = """
import os, signal, sys
from celery import Celery
from kombu.asynchronous import Hub
from partyapp.shared.ops.worker_pool import ResilientPool

app = Celery(set_as_current=True)
pool = ResilientPool(2, app=app, threads=False, initargs=(app, "worker"))
pool.start()
children = pool._pool._pool
victim = children[0]

def kill():
    os.kill(victim.pid, signal.SIGKILL)
    os.waitid(os.P_PID, victim.pid, os.WEXITED | os.WNOWAIT)
"""
_END = """
assert victim not in pool._pool._pool and len(pool._pool._pool) == 2, pool._pool._pool
pool.terminate()
print("replaced")
"""
_BEFORE_THE_LOOP = """
kill()
pool.flush()
pool.register_with_event_loop(Hub())
pool.maintain_pool()
"""
_SEEN_BUT_NOT_CLEARED_AWAY = """
hub = Hub()
pool.register_with_event_loop(hub)
pool._pool._untrack_child_process(victim, hub)
hub.reset()
pool.register_with_event_loop(hub)
kill()
pool.maintain_pool()
"""


@pytest.mark.parametrize(
    "trouble", [_BEFORE_THE_LOOP, _SEEN_BUT_NOT_CLEARED_AWAY], ids=["before the loop", "not cleared away"]
)
def test_a_child_that_dies_while_redis_is_away_is_replaced(trouble: str) -> None:
    words = [sys.executable, "-c", _SETTING + trouble + _END]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=RECOVERY_S, check=False)
    assert ended.stdout == "replaced\n", ended.stderr
