"""Redis or Postgres is gone while people press on two web processes: nothing is lost or doubled."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

import httpx
import pytest

from tests.e2e.resilience.test_faults import ANSWER_WITHIN_S, RECOVERY_S, is_ready
from tests.support.contract import assert_refused
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest, Socket
from tests.support.server_processes import flush_redis, frozen, redis_pid
from tests.support.waiting import eventually
from tests.support.web_workers import on_two_workers, web_workers

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]

#: Between two commands, in s.
EVERY_S = 0.25


@pytest.fixture(scope="module")
def two_webs() -> Iterator[Stack]:
    with own_folder() as folder, Stack(folder / "data", extra={"WEB_CONCURRENCY": "2"}) as running:
        eventually(lambda: len(web_workers(running)) == 2, RECOVERY_S)
        yield running


@dataclass
class Evening:
    """A host and a member on different web processes, and what became of the host's commands."""

    host: Guest
    member: Guest
    party_id: str
    sockets: list[Socket]
    #: The position asked for, by the revision it was acknowledged with.
    acknowledged: dict[int, float] = field(default_factory=dict)
    refused: int = 0

    def press(self, number: int) -> None:
        """One seek over HTTP, which is done or refused as unavailable before anybody loses patience."""
        response = self.host.http.post(
            f"/api/parties/{self.party_id}/playback",
            json={"action": "seek", "position_s": float(number)},
            timeout=ANSWER_WITHIN_S,
        )
        if response.is_success:
            self.acknowledged[response.json()["revision"]] = float(number)
        else:
            assert_refused(response, "unavailable")
            self.refused += 1

    def check(self) -> None:
        """What was acknowledged is in the log, as it was asked for, and everybody has heard all of it."""
        log = self.host.events(self.party_id)
        assert [event["revision"] for event in log] == list(range(1, len(log) + 1))
        done = {
            event["revision"]: event["data"]["position_s"] for event in log if "position_s" in event["data"]
        }
        assert self.acknowledged.items() <= done.items()
        assert len(done) <= len(self.acknowledged) + self.refused, "nothing was done twice"
        for socket in self.sockets:
            socket.wait_for_revision(len(log), RECOVERY_S)
            socket.check_no_gap()


@pytest.fixture
def evening(two_webs: Stack) -> Iterator[Evening]:
    eventually(lambda: is_ready(two_webs), RECOVERY_S, every_s=0.25)
    host, member = Guest(two_webs.url, "Ada"), Guest(two_webs.url, "Grace")
    party = host.create_party(visibility="public")
    member.join(party["id"])
    here = host.connect(party["id"])
    here.expect("welcome")
    there = on_two_workers(two_webs, lambda: member.connect(party["id"]), here)
    yield Evening(host, member, party["id"], [here, there])
    for guest in (host, member):
        guest.close()


@contextmanager
def pressing(evening: Evening) -> Iterator[None]:
    """The host seeks all the time in this block."""
    over = threading.Event()

    def press_on() -> None:
        number = 0
        while not over.wait(EVERY_S):
            number += 1
            evening.press(number)

    with ThreadPoolExecutor(1) as hand:
        pressed = hand.submit(press_on)
        try:
            yield
        finally:
            over.set()
            pressed.result(RECOVERY_S)


def killed(stack: Stack, name: str, sig: signal.Signals = signal.SIGKILL) -> None:
    """End a server, and wait until another is in its place."""
    old = stack.pid_of(name)
    stack.kill(name, sig)
    eventually(lambda: stack.pids().get(name, 0) not in (0, old), RECOVERY_S)


def flushed(stack: Stack) -> AbstractContextManager[None]:
    flush_redis(stack.redis_url)
    return nullcontext()


def lost(stack: Stack) -> AbstractContextManager[None]:
    killed(stack, "valkey")
    return nullcontext()


def silent(stack: Stack) -> AbstractContextManager[None]:
    return frozen(redis_pid(stack.redis_url))


@pytest.mark.parametrize("outage", [flushed, lost, silent])
def test_commands_are_accepted_whatever_befalls_redis(
    two_webs: Stack, evening: Evening, outage: Callable[[Stack], AbstractContextManager[None]]
) -> None:
    with pressing(evening):
        eventually(lambda: len(evening.acknowledged) >= 3, RECOVERY_S)
        with outage(two_webs):
            so_far = len(evening.acknowledged)
            eventually(lambda: len(evening.acknowledged) >= so_far + 10, RECOVERY_S)
            # The two processes can't tell each other anything: the member hears by its own process's tick.
            evening.sockets[1].wait_for_revision(max(evening.acknowledged), RECOVERY_S)
        eventually(lambda: is_ready(two_webs), RECOVERY_S, every_s=0.25)
    assert evening.refused == 0
    evening.check()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_acknowledged_falsely_while_postgres_restarts(
    two_webs: Stack, evening: Evening, how: signal.Signals
) -> None:
    with pressing(evening):
        eventually(lambda: len(evening.acknowledged) >= 3, RECOVERY_S)
        killed(two_webs, "postgres", how)
        so_far = len(evening.acknowledged)
        eventually(lambda: len(evening.acknowledged) >= so_far + 5, RECOVERY_S)
    assert httpx.get(f"{two_webs.url}/healthz", timeout=5, trust_env=False).status_code == 200
    assert [socket.is_open for socket in evening.sockets] == [True, True]
    evening.check()
