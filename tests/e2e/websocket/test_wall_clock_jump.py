"""The wall clock of one web process jumps by an hour; party time, and with it every party, stays."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from tests.support.local_member import LocalMember, true_offset_ms
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest, eventually
from tests.support.waiting import LIMIT_S, RECOVERY_S
from tests.support.web_workers import on_two_workers, web_workers, worker_of

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]

HOUR_S = 3600
EPSILON_MS = 0.05

#: Python runs this module at its start. In a web process the wall clock is an hour ahead from the moment on
#: at which a file of its pid is there.
SITECUSTOMIZE = """
import os, sys, time

if any("gunicorn" in word for word in sys.orig_argv):
    real, real_ns = time.time, time.time_ns

    def ahead():
        return %d if os.path.exists(os.path.join(os.path.dirname(__file__), f"jump-{os.getpid()}")) else 0

    time.time = lambda: real() + ahead()
    time.time_ns = lambda: real_ns() + ahead() * 10**9
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with own_folder() as found:
        yield found


@pytest.fixture
def stack(folder: Path) -> Iterator[Stack]:
    """Two web processes whose wall clocks can be made to jump, each for itself."""
    code = folder / "code"
    code.mkdir()
    (code / "sitecustomize.py").write_text(SITECUSTOMIZE % HOUR_S)
    extra = {"WEB_CONCURRENCY": "2", "PYTHONPATH": str(code)}
    with Stack(folder / "data", extra=extra) as running:
        yield running


def wall_clocks_ahead_s(stack: Stack) -> set[int]:
    """How far ahead, in hours rounded, the web processes say that they are in their `Date` headers."""
    seen = set()
    for _ in range(20):
        # A new connection each, so that either process may take it.
        date = httpx.get(f"{stack.url}/healthz", trust_env=False, timeout=LIMIT_S).headers["Date"]
        seen.add(round((parsedate_to_datetime(date).timestamp() - time.time()) / HOUR_S))
    return seen


def test_the_jump_of_one_process_moves_no_party(stack: Stack, folder: Path) -> None:
    host = Guest(stack.url, "Ada")
    party_id = host.create_party()["id"]
    steady_socket = host.connect(party_id)
    epoch = steady_socket.expect("welcome")["clock_epoch"]
    jumping_socket = on_two_workers(stack, lambda: host.connect(party_id, device_id=party_id), steady_socket)
    members = [LocalMember(steady_socket), LocalMember(jumping_socket)]
    playback = host.playback(party_id, "play")["playback"]
    for member in members:
        for _ in range(8):
            member.exchange()

    jumped = worker_of(stack, jumping_socket)
    assert jumped in web_workers(stack)
    (folder / "code" / f"jump-{jumped}").touch()
    assert eventually(lambda: 1 in wall_clocks_ahead_s(stack)), "the jump took effect"

    # Long enough for several exchanges of the process with the reference.
    ticks = len(jumping_socket.of_type("tick"))
    eventually(lambda: len(jumping_socket.of_type("tick")) > ticks + 1, RECOVERY_S)
    for member in members:
        for _ in range(5):
            found = member.exchange()
            assert found.early <= found.root_bound + EPSILON_MS, found
            assert found.late <= found.root_bound + EPSILON_MS, found
            assert found.bound_holds, found
            # A bound that is always right because it is wider than the jump would prove nothing.
            assert found.root_bound < HOUR_S * 1000 / 100
        assert member.estimator.estimate(time.monotonic() * 1000).steps == 0, "no member saw a step"
        assert {pong["clock_epoch"] for pong in member.socket.of_type("pong")} == {epoch}
    for tick in jumping_socket.of_type("tick"):
        assert tick["clock_epoch"] == epoch
        assert tick["server_time_ms"] < time.monotonic() * 1000 + true_offset_ms() + 1000.0
    assert jumping_socket.of_type("tick")[-1]["playback"] == playback, "the party is where it was"
    host.close()
