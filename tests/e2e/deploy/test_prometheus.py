"""A real Prometheus, the alerts and the dashboard's queries, while faults are injected into a real stack."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import psycopg
import pytest
from sqlalchemy import make_url

from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest
from tests.support.prometheus import PROGRAM, Prometheus, panel
from tests.support.server_processes import frozen, redis_pid
from tests.support.streaming_member import StreamingMember
from tests.support.tcp_proxy import TcpProxy
from tests.support.waiting import RECOVERY_S, eventually

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(PROGRAM is None, reason="prometheus is not installed: no alert was seen to fire"),
]

TOKEN = "w4x9Qm-k7Zt2vB8hJ5rN"
#: What takes minutes to come, as it is told within seconds; and a crowd of two.
CHANGES = {
    "party:members_in_sync:ratio < 0.99 and sum(party_members) >= 20": (
        "party:members_in_sync:ratio < 0.99 and sum(party_members) >= 2"
    ),
    "max(party_commands_age_seconds) > 30": "max(party_commands_age_seconds) > 3",
    # The disk of this test takes a tenth of a second longer, not ten times that.
    'party_command_seconds_bucket{outcome!="failed",le="1.0"}': (
        'party_command_seconds_bucket{outcome!="failed",le="0.1"}'
    ),
}


@pytest.fixture(scope="module")
def watched() -> Iterator[tuple[Stack, Prometheus]]:
    with own_folder() as folder:
        rules = folder / "prometheus"
        rules.mkdir()
        extra = {"PARTY_METRICS_TOKEN": TOKEN}
        with (
            Stack(folder / "data", extra=extra) as stack,
            Prometheus(rules, f"127.0.0.1:{stack.port}", TOKEN, CHANGES) as prometheus,
        ):
            # A worker and a beat that have just come say so within seconds.
            (processes,) = panel("Workers and beat that are there")
            both = f"({processes}) == 1 and on(kind) party_background_processes{{kind=~'worker|beat'}}"
            eventually(lambda: prometheus.value(f"count({both})") == 2, RECOVERY_S)
            yield stack, prometheus


def _of(kind: str) -> str:
    return f'party_background_processes{{kind="{kind}"}}'


@contextmanager
def seeking(guest: Guest, party_id: str) -> Iterator[None]:
    """Somebody seeks all the time in this block, and is answered."""
    over = Event()

    def seek_on() -> None:
        while not over.wait(0.05):
            body = {"action": "seek", "position_s": 5.0}
            guest.http.post(f"/api/parties/{party_id}/playback", json=body).raise_for_status()

    with ThreadPoolExecutor(1) as thread:
        seeks = thread.submit(seek_on)
        try:
            yield
        finally:
            over.set()
            seeks.result(RECOVERY_S)


@contextmanager
def slow_disk(stack: Stack) -> Iterator[None]:
    """Every commit waits for a tenth of a second, as for a disk that is slow to take it."""

    def set_delay(statement: str) -> None:
        plain = make_url(stack.database_url).set(drivername="postgresql")
        with psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute(statement)
            connection.execute("SELECT pg_reload_conf()")

    # The tests' servers wait for no disk, and then for no delay either.
    set_delay("ALTER SYSTEM SET fsync = on")
    set_delay("ALTER SYSTEM SET commit_siblings = 0")
    set_delay("ALTER SYSTEM SET commit_delay = 100000")
    try:
        yield
    finally:
        set_delay("ALTER SYSTEM RESET ALL")


def test_a_worker_that_stands_still_is_seen_and_told_of(watched: tuple[Stack, Prometheus]) -> None:
    stack, prometheus = watched
    host = Guest(stack.url, "Ada")
    video = host.create_video()
    (processes,) = panel("Workers and beat that are there")
    waiting, _ = panel("Accepted and waiting for a worker")
    busy = panel("Busy")[0]
    eventually(lambda: (prometheus.value(busy) or 0) > 0)
    assert not prometheus.firing() & {"PartyWorkerDown", "PartyNoWorker", "PartyBeatDown"}
    stack.kill("worker", signal.SIGSTOP)
    try:
        body = {"video_id": video["id"]}
        answer = host.http.post("/api/parties", json=body, headers={"Prefer": "respond-async"})
        assert answer.status_code == 202
        eventually(lambda: {"PartyWorkerDown", "PartyNoWorker"} <= prometheus.firing(), RECOVERY_S)
        assert "PartyBeatDown" not in prometheus.firing()
        assert prometheus.value(f"({processes}) and on(kind) {_of('worker')}") == 0
        assert (prometheus.value(waiting) or 0) >= 1
    finally:
        stack.kill("worker", signal.SIGCONT)
    eventually(lambda: not {"PartyWorkerDown", "PartyNoWorker"} & prometheus.firing(), RECOVERY_S)
    host.close()


def test_a_redis_that_is_frozen_is_told_of_and_no_worker_is_blamed(watched: tuple[Stack, Prometheus]) -> None:
    stack, prometheus = watched
    (servers,) = panel("Servers")
    up = f'({servers}) and on(server) party_server_up{{server="redis"}}'
    assert eventually(lambda: prometheus.value(up)) == 1
    with frozen(redis_pid(stack.redis_url)):
        eventually(lambda: "PartyServerDown" in prometheus.firing(), RECOVERY_S)
        assert prometheus.value(up) == 0
        assert "PartyWorkerDown" not in prometheus.firing()
    eventually(lambda: "PartyServerDown" not in prometheus.firing(), RECOVERY_S)


def test_a_member_whose_network_loses_a_tenth_is_seen_and_told_of(watched: tuple[Stack, Prometheus]) -> None:
    stack, prometheus = watched
    host = Guest(stack.url, "Ada")
    party = host.create_party()
    host.playback(party["id"], "play", position_s=0)
    (ratio,) = panel("In sync (objective 99 %)")
    (verdicts,) = panel("Members by verdict")
    (_, drift) = panel("How far off members are")

    def members(verdict: str) -> float:
        counted = f'({verdicts}) and on(verdict) party_members{{verdict="{verdict}"}}'
        return prometheus.value(counted) or 0

    target = ("127.0.0.1", stack.port)
    with (
        TcpProxy(target, delay_ms=20, jitter_ms=5, seed=1) as good,
        TcpProxy(target, delay_ms=20, jitter_ms=5, seed=2) as bad,
        StreamingMember(f"http://127.0.0.1:{good.port}", party["id"], party["invite_code"]),
        StreamingMember(f"http://127.0.0.1:{bad.port}", party["id"], party["invite_code"]),
    ):
        # As long as neither loses anything both are where the party is.
        eventually(lambda: members("in_sync") == 2, RECOVERY_S)
        eventually(lambda: "PartyMembersOutOfSync" not in prometheus.firing(), RECOVERY_S)
        # A p99 of nobody is no number, and no number is less than another.
        eventually(lambda: (prometheus.value(drift) or 0.0) < 500, RECOVERY_S)
        bad.loss = 0.1
        eventually(lambda: "PartyMembersOutOfSync" in prometheus.firing(), RECOVERY_S)
        # The film of the one comes too slowly, so its player loads; the other notices nothing.
        eventually(lambda: (members("out_of_sync"), members("in_sync")) == (1, 1), RECOVERY_S)
        eventually(lambda: prometheus.value(ratio) == 0.5, RECOVERY_S)
        eventually(lambda: (prometheus.value(drift) or 0.0) > 500, RECOVERY_S)
        bad.loss = 0.0
        eventually(lambda: "PartyMembersOutOfSync" not in prometheus.firing(), RECOVERY_S)
        eventually(lambda: members("in_sync") == 2, RECOVERY_S)
    host.end(party["id"])
    host.close()


def test_a_slow_disk_and_a_beat_that_stands_still_are_told_apart(watched: tuple[Stack, Prometheus]) -> None:
    stack, prometheus = watched
    host = Guest(stack.url, "Ada")
    party = host.create_party()
    half, _ = panel("Until committed and told")
    (ages,) = panel("Since a task was run")
    relayed = f'({ages}) and on(task) party_task_age_seconds{{task="party.relay"}}'
    with seeking(host, party["id"]):
        eventually(lambda: prometheus.value(half))
        assert not prometheus.firing() & {"PartyBeatDown", "PartyCommandsSlow"}
        stack.kill("beat", signal.SIGSTOP)
        with slow_disk(stack):
            eventually(lambda: (prometheus.value(half) or 0) > 0.1)
            wanted = {"PartyBeatDown", "PartyCommandsSlow"}
            eventually(lambda: wanted <= prometheus.firing(), RECOVERY_S)
        assert (prometheus.value(relayed) or 0) > 5
        assert "PartyWorkerDown" not in prometheus.firing()
        stack.kill("beat", signal.SIGCONT)
        eventually(lambda: "PartyBeatDown" not in prometheus.firing(), RECOVERY_S)
    host.close()
