"""Processes die and servers fall silent: what was accepted is done once, and all comes back by itself."""

from __future__ import annotations

import signal
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import httpx
import pytest
import websocket

from tests.support.accepted_commands import followed
from tests.support.contract import assert_refused
from tests.support.local_stack import Stack
from tests.support.party_client import Guest, Json, Socket, Unexpected, body_of, eventually
from tests.support.recovery import insist_on, replace_process, wait_until_ready
from tests.support.server_processes import flush_redis, frozen, postmaster_pid, redis_pid
from tests.support.waiting import LIMIT_S, RECOVERY_S

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]

LATER = {"Prefer": "respond-async"}


@pytest.fixture
def ready(own_stack: Stack) -> Stack:
    """The stack, recovered from whatever the test before did to it."""
    wait_until_ready(own_stack)
    return own_stack


@pytest.fixture
def host(ready: Stack) -> Iterator[Guest]:
    guest = Guest(ready.url, "Ada")
    yield guest
    guest.close()


@pytest.fixture
def member(ready: Stack) -> Iterator[Guest]:
    guest = Guest(ready.url, "Grace")
    yield guest
    guest.close()


@contextmanager
def killing(stack: Stack, name: str, done: list[Any], total: int, times: int = 4) -> Iterator[None]:
    """Kill this process as hard as can be while the block runs: each time `done` has grown by a part more.

    What is done shows that the process was at work, so that each kill falls into the midst of it.
    """
    over = threading.Event()

    def is_due(part: int) -> bool:
        return over.is_set() or len(done) >= part * total // (times + 1)

    def kill() -> None:
        for part in range(1, times + 1):
            eventually(partial(is_due, part), RECOVERY_S)
            if not over.is_set():
                stack.kill(name, signal.SIGKILL)

    with ThreadPoolExecutor(1) as thread:
        kills = thread.submit(kill)
        try:
            yield
        finally:
            over.set()
            kills.result(timeout=RECOVERY_S)


def restart(stack: Stack, name: str, sig: signal.Signals) -> None:
    """End a process with this signal, and wait until another is in its place and all is ready."""
    replace_process(stack, name, sig)
    wait_until_ready(stack)


def hosted_by(guest: Guest) -> list[Json]:
    page = body_of(guest.get("/api/parties", params={"limit": 100, "state": "all"}), 200)
    return [party for party in page["items"] if party["host_id"] == guest.user_id]


def test_parties_created_while_workers_die_exist_once(ready: Stack, host: Guest) -> None:
    video_id = host.create_video()["id"]
    titles = [f"Party {number}" for number in range(40)]
    made: list[Json] = []

    def create(title: str) -> None:
        made.append(insist_on(host, "/api/parties", {"video_id": video_id, "title": title}))

    with killing(ready, "worker", made, len(titles)), ThreadPoolExecutor(4) as threads:
        list(threads.map(create, titles))
    assert sorted(party["title"] for party in made) == sorted(titles)
    assert sorted(party["id"] for party in hosted_by(host)) == sorted(party["id"] for party in made)
    assert all([event["revision"] for event in host.events(party["id"])] == [1] for party in made)


def test_members_who_join_while_workers_die_join_once(ready: Stack, host: Guest) -> None:
    party = host.create_party(visibility="public")
    guests = [Guest(ready.url, f"Guest {number}") for number in range(12)]
    done: list[Json] = []

    def join_and_leave_and_join(guest: Guest) -> None:
        for deed in ("join", "leave", "join"):
            done.append(insist_on(guest, f"/api/parties/{party['id']}/{deed}"))

    with killing(ready, "worker", done, 3 * len(guests)), ThreadPoolExecutor(6) as threads:
        list(threads.map(join_and_leave_and_join, guests))
    log = host.events(party["id"])
    assert [event["revision"] for event in log] == list(range(1, 1 + 1 + 3 * len(guests)))
    for guest in guests:
        deeds = [event["type"] for event in log if event["actor_id"] == guest.user_id]
        assert deeds == ["member_joined", "member_left", "member_joined"]
        guest.close()
    assert len(host.party(party["id"])["members"]) == 1 + len(guests)


def test_what_waits_survives_redis_losing_everything(ready: Stack, host: Guest) -> None:
    video_id = host.create_video()["id"]
    with frozen(ready.pid_of("worker")):
        body = {"video_id": video_id}
        waiting = [host.post("/api/parties", body, headers=LATER) for _ in range(8)]
        assert [response.status_code for response in waiting] == [202] * 8
        flush_redis(ready.redis_url)
    ids = {followed(host.http, response).json()["id"] for response in waiting}
    assert ids == {party["id"] for party in hosted_by(host)}
    assert len(ids) == 8


def test_playback_and_joins_go_on_while_a_hand_over_waits_for_a_worker(
    ready: Stack, host: Guest, member: Guest
) -> None:
    party = host.create_party(visibility="public", control="everyone")
    member.join(party["id"])
    socket, hand_over = host.connect(party["id"]), str(uuid.uuid4())
    socket.expect("welcome")
    with frozen(ready.pid_of("worker")):
        wish = {"action": "transfer_host", "user_id": member.user_id}
        socket.send({"type": "command", "id": hand_over, **wish})
        assert socket.command("play")["type"] == "ack"
        assert socket.command("pause")["type"] == "ack"
        assert not any(message.get("id") == hand_over for message in socket.messages)
        # Nor does who joins wait for one.
        late = Guest(ready.url, "Late")
        assert [one["display_name"] for one in late.join(party["id"])["party"]["members"]][-1] == "Late"
        socket.expect("event", where=lambda message: message["event"]["actor_id"] == late.user_id)
        late.close()
    assert socket.answer(hand_over, RECOVERY_S)["type"] == "ack"
    assert host.party(party["id"])["host_id"] == member.user_id


def test_a_socket_and_what_is_said_on_it_survive_a_flush(ready: Stack, host: Guest, member: Guest) -> None:
    party, sockets = watched(host, member)
    flush_redis(ready.redis_url)
    host.playback(party["id"], "play")
    for socket in sockets:
        socket.wait_for_revision(3)
    host.transfer(party["id"], member.user_id)
    for socket in sockets:
        socket.wait_for_revision(4)
        socket.check_no_gap()


def watched(host: Guest, member: Guest) -> tuple[Json, list[Socket]]:
    """A party of these two, both connected."""
    party = host.create_party()
    member.join(party["id"], party["invite_code"])
    sockets = [guest.connect(party["id"]) for guest in (host, member)]
    for socket in sockets:
        socket.expect("welcome")
    return party, sockets


def test_while_redis_is_silent(ready: Stack, host: Guest, member: Guest) -> None:
    party, sockets = watched(host, member)
    body = {"video_id": party["video"]["id"], "title": "Made in silence"}
    with frozen(redis_pid(ready.redis_url)):
        assert host.playback(party["id"], "play")["revision"] == 3
        for socket in sockets:
            assert socket.expect("playback")["revision"] == 3
        assert sockets[0].command("pause")["revision"] == 4
        assert sockets[1].expect("playback")["revision"] == 4
        late = host.http.post("/api/parties", json=body)
        assert late.status_code == 202
        degraded = httpx.get(f"{ready.url}/readyz", timeout=LIMIT_S, trust_env=False)
        assert (degraded.status_code, degraded.json()["status"]) == (200, "degraded")
        assert degraded.json()["checks"]["redis"] == "missing"
        not_whole = httpx.get(f"{ready.url}/readyz?strict=1", timeout=LIMIT_S, trust_env=False)
        assert_refused(not_whole, "unavailable")
        assert all(socket.ping(1) for socket in sockets)
    assert followed(host.http, late).json()["title"] == "Made in silence"
    wait_until_ready(ready)
    host.transfer(party["id"], member.user_id)
    for socket in sockets:
        socket.wait_for_revision(5)
        assert socket.expect("tick", where=lambda tick: tick["revision"] == 5)
        socket.check_no_gap()


def test_while_postgres_is_silent(ready: Stack, host: Guest, member: Guest) -> None:
    party, sockets = watched(host, member)
    path = f"/api/parties/{party['id']}"
    requests: list[tuple[str, str, Any]] = [
        ("GET", path, None),
        ("POST", f"{path}/playback", {"action": "play"}),
        ("POST", "/api/parties", {"video_id": party["video"]["id"]}),
    ]
    with frozen(postmaster_pid(ready.database_url)):
        for method, address, body in requests:
            # A request that waited for Postgres would wait for as long as this block lasts.
            response = host.http.request(method, address, json=body)
            assert_refused(response, "unavailable")
        assert httpx.get(f"{ready.url}/healthz", timeout=LIMIT_S, trust_env=False).status_code == 200
        assert_refused(httpx.get(f"{ready.url}/readyz", timeout=LIMIT_S, trust_env=False), "unavailable")
        assert all(socket.ping(1) for socket in sockets)
    wait_until_ready(ready)
    revision = host.playback(party["id"], "seek", position_s=77)["revision"]
    for socket in sockets:
        socket.wait_for_revision(revision)
    # The play that was refused may have been done or not, but the log has no gap either way.
    log = host.events(party["id"])
    assert [event["revision"] for event in log] == list(range(1, revision + 1))


def test_a_restart_of_the_web_is_announced_and_resumed_from(ready: Stack, host: Guest, member: Guest) -> None:
    party, sockets = watched(host, member)
    host.playback(party["id"], "play")
    for socket in sockets:
        socket.wait_for_revision(3)
    restart(ready, "web", signal.SIGTERM)
    assert [socket.wait_closed() for socket in sockets] == [1012, 1012]
    host.playback(party["id"], "pause")
    resumed = member.connect(party["id"], last_revision=3)
    assert resumed.expect("event")["event"]["revision"] == 4


def test_what_was_acknowledged_outlives_the_web(ready: Stack, host: Guest, member: Guest) -> None:
    party, sockets = watched(host, member)
    acked = [sockets[0].command("seek", position_s=float(number))["revision"] for number in range(10)]
    restart(ready, "web", signal.SIGKILL)
    # The process that dies has children, which see it a moment later and close their sockets if they can.
    assert all(socket.wait_closed() in (None, 1012) for socket in sockets)
    log = eventually(lambda: log_of(host, party["id"]), RECOVERY_S, every_s=0.25)
    assert [event["revision"] for event in log][2:] == acked
    welcome = eventually(lambda: welcomed(member, party["id"]), RECOVERY_S, every_s=0.25)
    assert welcome["party"]["revision"] == acked[-1]


def log_of(guest: Guest, party_id: str) -> list[Json]:
    with suppress(httpx.HTTPError):
        return guest.events(party_id)
    return []


def welcomed(guest: Guest, party_id: str) -> Json:
    with suppress(websocket.WebSocketException, Unexpected, OSError):
        return guest.connect(party_id).expect("welcome")
    return {}


def test_ticks_go_on_after_beat_died(ready: Stack, host: Guest, member: Guest) -> None:
    _, sockets = watched(host, member)
    restart(ready, "beat", signal.SIGKILL)
    for _ in range(2):
        sockets[1].expect("tick", RECOVERY_S)
