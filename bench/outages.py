"""Outages of Redis and Postgres under load: flushed, killed, restarted and frozen.

    python -m bench.outages [--silent 15] [--seconds 15]

The real stack with two web processes. Meanwhile one client seeks ten times a second and another creates a
party each second, over HTTP. Prints the answers by status, the longest answer, and how soon after the server
was up again a command was acknowledged; then checks all of it against the audit log. Exits with 1 when
something acknowledged is missing or was committed twice, or when a request got no answer.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
import psycopg
import redis

from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest
from tests.support.server_processes import flush_redis, frozen, postmaster_pid, redis_pid
from tests.support.waiting import eventually

SEEK_EVERY_S = 0.1
CREATE_EVERY_S = 1.0
RECOVERY_S = 60.0


@dataclass
class RepeatedRequest:
    """A request that is sent at a fixed interval, and its answers as (sent, answered, number, answer)."""

    send: Callable[[int], httpx.Response]
    every_s: float
    answers: list[tuple[float, float, int, httpx.Response | None]] = field(default_factory=list)

    def run(self, stop: threading.Event) -> None:
        """Send it until `stop`."""
        number = 0
        while not stop.wait(self.every_s):
            number += 1
            sent, response = time.monotonic(), None
            with suppress(httpx.HTTPError):
                response = self.send(number)
            self.answers.append((sent, time.monotonic(), number, response))

    def successes(self) -> list[tuple[float, float, int, httpx.Response]]:
        """The acknowledged ones."""
        return [(a, b, n, r) for a, b, n, r in self.answers if r is not None and r.is_success]

    def median_ms(self) -> float:
        """The median time of an answer, in ms."""
        return statistics.median((b - a) * 1000 for a, b, *_ in self.answers)

    def statuses(self) -> dict[int, int]:
        """The number of answers by status; 0 stands for none."""
        found: dict[int, int] = {}
        for *_, response in self.answers:
            status = 0 if response is None else response.status_code
            found[status] = found.get(status, 0) + 1
        return found


def redis_works(stack: Stack) -> bool:
    """Whether Redis takes commands."""
    with suppress(redis.RedisError), redis.Redis.from_url(stack.redis_url, socket_timeout=0.5) as client:
        return bool(client.ping())
    return False


def postgres_works(stack: Stack) -> bool:
    """Whether Postgres takes connections."""
    plain = stack.database_url.replace("postgresql+psycopg://", "postgresql://", 1)
    with suppress(psycopg.Error), psycopg.connect(plain, connect_timeout=1) as connection:
        return connection.execute("SELECT 1").fetchone() is not None
    return False


def kill(name: str, sig: signal.Signals, stack: Stack, _silent_s: float) -> None:
    """End a server and wait until it was restarted."""
    old = stack.pid_of(name)
    stack.kill(name, sig)
    eventually(lambda: stack.pids().get(name, 0) not in (0, old), RECOVERY_S)


def freeze(pid_of: Callable[[Stack], int], stack: Stack, silent_s: float) -> None:
    """Stop a server for a while, alive and connected."""
    with frozen(pid_of(stack)):
        time.sleep(silent_s)


OUTAGES: dict[str, tuple[Callable[[Stack, float], Any], Callable[[Stack], bool]]] = {
    "Redis flushed": (lambda stack, _: flush_redis(stack.redis_url), redis_works),
    "Redis killed": (partial(kill, "valkey", signal.SIGKILL), redis_works),
    "Redis silent": (partial(freeze, lambda stack: redis_pid(stack.redis_url)), redis_works),
    "Postgres killed": (partial(kill, "postgres", signal.SIGKILL), postgres_works),
    "Postgres restarted": (partial(kill, "postgres", signal.SIGINT), postgres_works),
    "Postgres silent": (partial(freeze, lambda stack: postmaster_pid(stack.database_url)), postgres_works),
}


@contextmanager
def busy(requests: list[RepeatedRequest]) -> Iterator[None]:
    """Send all requests in this block."""
    stop = threading.Event()
    with ThreadPoolExecutor(len(requests)) as threads:
        running = [threads.submit(request.run, stop) for request in requests]
        try:
            yield
        finally:
            stop.set()
            for done in running:
                done.result(RECOVERY_S)


def run_outage(stack: Stack, name: str, host: Guest, seconds: float, silent_s: float) -> bool:
    """One outage under load; prints a row. True when nothing acknowledged was lost or committed twice."""
    outage, works = OUTAGES[name]
    party = host.create_party()
    video_id, title = party["video"]["id"], f"{name} {uuid.uuid4()}"
    path = f"/api/parties/{party['id']}/playback"
    seeks = RepeatedRequest(
        lambda n: host.http.post(path, json={"action": "seek", "position_s": float(n)}), SEEK_EVERY_S
    )
    create_http = httpx.Client(base_url=stack.url, headers=host.http.headers, timeout=15, trust_env=False)
    creations = RepeatedRequest(
        lambda n: create_http.post(
            "/api/parties",
            json={"video_id": video_id, "title": f"{title} {n}"},
            headers={"Idempotency-Key": str(uuid.uuid4())},
        ),
        CREATE_EVERY_S,
    )
    with busy([seeks, creations]):
        eventually(lambda: len(seeks.successes()) >= 10, RECOVERY_S)
        outage(stack, silent_s)
        eventually(lambda: works(stack), RECOVERY_S, every_s=0.02)
        up_s = time.monotonic()
        eventually(lambda: time.monotonic() - up_s > seconds, 2 * seconds)
    back_s = min((b for a, b, *_ in seeks.successes() if b > up_s), default=float("inf")) - up_s
    ok = all_committed(host, party["id"], seeks) & all_created(host, title, creations)
    slowest = max(b - a for request in (seeks, creations) for a, b, *_ in request.answers)
    unexpected = {s for request in (seeks, creations) for s in request.statuses()} - {200, 201, 202, 503}
    ok = ok and not unexpected
    print(
        f"{name:18s} seeks {seeks.statuses()} ({seeks.median_ms():.0f} ms)  "
        f"parties {creations.statuses()}  longest answer {slowest:.2f} s  "
        f"first acknowledged {back_s:.2f} s after it was up  "
        f"{'nothing lost, nothing doubled' if ok else f'VIOLATED {unexpected or str()}'}",
        flush=True,
    )
    create_http.close()
    return ok


def all_committed(host: Guest, party_id: str, seeks: RepeatedRequest) -> bool:
    """Whether the log has every acknowledged seek once, at its revision, and no gap."""
    log = host.events(party_id)
    gapless = [event["revision"] for event in log] == list(range(1, len(log) + 1))
    committed = {e["revision"]: e["data"]["position_s"] for e in log if "position_s" in e["data"]}
    acknowledged = {r.json()["revision"]: float(n) for *_, n, r in seeks.successes()}
    positions = list(committed.values())
    return gapless and acknowledged.items() <= committed.items() and len(positions) == len(set(positions))


def has_succeeded(host: Guest, location: str) -> bool:
    """Whether the command at this address was executed."""
    return bool(host.get(location).json()["state"] == "succeeded")


def all_created(host: Guest, title: str, creations: RepeatedRequest) -> bool:
    """Whether every acknowledged party is there once, those whose answer was 202 too."""
    for *_, response in creations.successes():
        if response.status_code == 202:
            location = httpx.URL(response.headers["Location"]).path
            eventually(partial(has_succeeded, host, location), RECOVERY_S, every_s=0.2)
    titles, cursor = [], None
    while True:
        params = {"limit": 100, "state": "all"} | ({"cursor": cursor} if cursor else {})
        page = host.get("/api/parties", params=params).json()
        titles += [party["title"] for party in page["items"] if str(party["title"]).startswith(title)]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    acknowledged = {f"{title} {n}" for *_, n, _ in creations.successes()}
    return len(titles) == len(set(titles)) and acknowledged <= set(titles)


def main() -> int:
    """Each outage in turn."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--silent", type=float, default=15.0, help="how long a server is frozen, in s")
    parser.add_argument("--seconds", type=float, default=15.0, help="how long to go on after each, in s")
    chosen = parser.parse_args()
    settings = {"WEB_CONCURRENCY": "2", "RATELIMIT_ENABLED": "0"}
    all_ok = True
    with own_folder() as folder, Stack(folder / "data", extra=settings) as stack:
        host = Guest(stack.url, "Ada")
        for name in OUTAGES:
            all_ok &= run_outage(stack, name, host, chosen.seconds, chosen.silent)
        host.close()
    return 0 if all_ok else 1


if __name__ == "__main__":
    sys.exit(main())
