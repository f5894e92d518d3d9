"""Redis or Postgres is gone while commands come in on two web processes: nothing is lost or doubled."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

import httpx
import pytest

from tests.support.contract import assert_refused
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest, Socket
from tests.support.recovery import replace_process, wait_until_ready
from tests.support.server_processes import flush_redis, frozen, redis_pid
from tests.support.waiting import LIMIT_S, RECOVERY_S, eventually
from tests.support.web_workers import on_two_workers, web_workers

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]

#: Between two commands, in s.
EVERY_S = 0.25


@pytest.fixture(scope="module")
def two_webs() -> Iterator[Stack]:
    with own_folder() as folder, Stack(folder / "data", extra={"WEB_CONCURRENCY": "2"}) as running:
        eventually(lambda: len(web_workers(running)) == 2, RECOVERY_S)
        yield running


@dataclass
class WatchedParty:
    """A host and a member on different web processes, and what became of the host's commands."""

    host: Guest
    member: Guest
    party_id: str
    sockets: list[Socket]
    #: The position asked for, by the revision it was acknowledged with.
    acknowledged: dict[int, float] = field(default_factory=dict)
    refused: int = 0

    def seek(self, number: int) -> None:
        """One seek over HTTP, which is done or refused as unavailable, but never left without an answer."""
        response = self.host.http.post(
            f"/api/parties/{self.party_id}/playback",
            json={"action": "seek", "position_s": float(number)},
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
def watched(two_webs: Stack) -> Iterator[WatchedParty]:
    wait_until_ready(two_webs)
    host, member = Guest(two_webs.url, "Ada"), Guest(two_webs.url, "Grace")
    party = host.create_party(visibility="public")
    member.join(party["id"])
    here = host.connect(party["id"])
    here.expect("welcome")
    there = on_two_workers(two_webs, lambda: member.connect(party["id"]), here)
    yield WatchedParty(host, member, party["id"], [here, there])
    for guest in (host, member):
        guest.close()


@contextmanager
def seeking(watched: WatchedParty) -> Iterator[None]:
    """The host seeks all the time in this block."""
    over = threading.Event()

    def seek_on() -> None:
        number = 0
        while not over.wait(EVERY_S):
            number += 1
            watched.seek(number)

    with ThreadPoolExecutor(1) as thread:
        seeks = thread.submit(seek_on)
        try:
            yield
        finally:
            over.set()
            seeks.result(RECOVERY_S)


def flushed(stack: Stack) -> AbstractContextManager[None]:
    flush_redis(stack.redis_url)
    return nullcontext()


def lost(stack: Stack) -> AbstractContextManager[None]:
    replace_process(stack, "valkey")
    return nullcontext()


def silent(stack: Stack) -> AbstractContextManager[None]:
    return frozen(redis_pid(stack.redis_url))


@pytest.mark.parametrize("outage", [flushed, lost, silent])
def test_commands_are_accepted_whatever_befalls_redis(
    two_webs: Stack, watched: WatchedParty, outage: Callable[[Stack], AbstractContextManager[None]]
) -> None:
    with seeking(watched):
        eventually(lambda: len(watched.acknowledged) >= 3, RECOVERY_S)
        with outage(two_webs):
            so_far = len(watched.acknowledged)
            eventually(lambda: len(watched.acknowledged) >= so_far + 10, RECOVERY_S)
            # The two processes can't tell each other anything: the member hears by its own process's tick.
            watched.sockets[1].wait_for_revision(max(watched.acknowledged), RECOVERY_S)
        wait_until_ready(two_webs)
    assert watched.refused == 0
    watched.check()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_acknowledged_falsely_while_postgres_restarts(
    two_webs: Stack, watched: WatchedParty, how: signal.Signals
) -> None:
    with seeking(watched):
        eventually(lambda: len(watched.acknowledged) >= 3, RECOVERY_S)
        replace_process(two_webs, "postgres", how)
        so_far = len(watched.acknowledged)
        eventually(lambda: len(watched.acknowledged) >= so_far + 5, RECOVERY_S)
    assert httpx.get(f"{two_webs.url}/healthz", timeout=LIMIT_S, trust_env=False).status_code == 200
    assert [socket.is_open for socket in watched.sockets] == [True, True]
    watched.check()
