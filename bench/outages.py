"""Redis and Postgres are lost, restarted and silent while people press and found parties.

    python -m bench.outages [--silent 15] [--seconds 15]

The real stack with two web processes. A host seeks ten times a second and somebody founds a party each
second, over HTTP. Prints what was accepted and what was refused meanwhile, the longest answer, and how soon
after the server was up again a command was acknowledged; then holds all of it against the audit log. Ends
with 1 when something acknowledged is missing or was done twice, or an answer was none.
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

from tests.e2e.server_processes import flush_redis, frozen, postmaster_pid, redis_pid
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest
from tests.support.waiting import eventually

PRESS_EVERY_S = 0.1
FOUND_EVERY_S = 1.0
RECOVERY_S = 60.0


@dataclass
class Person:
    """Somebody who does the same thing again and again, and what became of it: (asked, answered, answer)."""

    do: Callable[[int], httpx.Response]
    every_s: float
    answers: list[tuple[float, float, int, httpx.Response | None]] = field(default_factory=list)

    def go_on(self, over: threading.Event) -> None:
        """Do it until `over`."""
        number = 0
        while not over.wait(self.every_s):
            number += 1
            asked, response = time.monotonic(), None
            with suppress(httpx.HTTPError):
                response = self.do(number)
            self.answers.append((asked, time.monotonic(), number, response))

    def successes(self) -> list[tuple[float, float, int, httpx.Response]]:
        """What was acknowledged."""
        return [(a, b, n, r) for a, b, n, r in self.answers if r is not None and r.is_success]

    def median_ms(self) -> float:
        """How long an answer took, in ms."""
        return statistics.median((b - a) * 1000 for a, b, *_ in self.answers)

    def statuses(self) -> dict[int, int]:
        """How often which status came; 0 for none."""
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
    """End a server and wait until another is in its place."""
    old = stack.pid_of(name)
    stack.kill(name, sig)
    eventually(lambda: stack.pids().get(name, 0) not in (0, old), RECOVERY_S)


def silence(pid_of: Callable[[Stack], int], stack: Stack, silent_s: float) -> None:
    """Have a server stand still, alive and connected."""
    with frozen(pid_of(stack)):
        time.sleep(silent_s)


OUTAGES: dict[str, tuple[Callable[[Stack, float], Any], Callable[[Stack], bool]]] = {
    "Redis flushed": (lambda stack, _: flush_redis(stack.redis_url), redis_works),
    "Redis killed": (partial(kill, "valkey", signal.SIGKILL), redis_works),
    "Redis silent": (partial(silence, lambda stack: redis_pid(stack.redis_url)), redis_works),
    "Postgres killed": (partial(kill, "postgres", signal.SIGKILL), postgres_works),
    "Postgres restarted": (partial(kill, "postgres", signal.SIGINT), postgres_works),
    "Postgres silent": (partial(silence, lambda stack: postmaster_pid(stack.database_url)), postgres_works),
}


@contextmanager
def busy(people: list[Person]) -> Iterator[None]:
    """They all go on in this block."""
    over = threading.Event()
    with ThreadPoolExecutor(len(people)) as hands:
        doing = [hands.submit(person.go_on, over) for person in people]
        try:
            yield
        finally:
            over.set()
            for done in doing:
                done.result(RECOVERY_S)


def suffer(stack: Stack, name: str, host: Guest, seconds: float, silent_s: float) -> bool:
    """One outage under load; prints a row. True when everything promised was kept."""
    outage, works = OUTAGES[name]
    party = host.create_party()
    video_id, mark = party["video"]["id"], f"{name} {uuid.uuid4()}"
    path = f"/api/parties/{party['id']}/playback"
    presser = Person(
        lambda n: host.http.post(path, json={"action": "seek", "position_s": float(n)}), PRESS_EVERY_S
    )
    founder_http = httpx.Client(base_url=stack.url, headers=host.http.headers, timeout=15, trust_env=False)
    founder = Person(
        lambda n: founder_http.post(
            "/api/parties",
            json={"video_id": video_id, "title": f"{mark} {n}"},
            headers={"Idempotency-Key": str(uuid.uuid4())},
        ),
        FOUND_EVERY_S,
    )
    with busy([presser, founder]):
        eventually(lambda: len(presser.successes()) >= 10, RECOVERY_S)
        outage(stack, silent_s)
        eventually(lambda: works(stack), RECOVERY_S, every_s=0.02)
        up_again = time.monotonic()
        eventually(lambda: time.monotonic() - up_again > seconds, 2 * seconds)
    back_s = min((b for a, b, *_ in presser.successes() if b > up_again), default=float("inf")) - up_again
    ok = kept(host, party["id"], presser) & founded(host, mark, founder)
    slowest = max(b - a for person in (presser, founder) for a, b, *_ in person.answers)
    strange = {s for person in (presser, founder) for s in person.statuses()} - {200, 201, 202, 503}
    ok = ok and not strange
    print(
        f"{name:18s} seeks {presser.statuses()} ({presser.median_ms():.0f} ms)  "
        f"parties {founder.statuses()}  longest answer {slowest:.2f} s  "
        f"first acknowledged {back_s:.2f} s after it was up  "
        f"{'nothing lost, nothing doubled' if ok else f'BROKEN {strange or str()}'}",
        flush=True,
    )
    founder_http.close()
    return ok


def kept(host: Guest, party_id: str, presser: Person) -> bool:
    """Whether the log has every acknowledged seek once, at its revision, and no gap."""
    log = host.events(party_id)
    gapless = [event["revision"] for event in log] == list(range(1, len(log) + 1))
    done = {e["revision"]: e["data"]["position_s"] for e in log if "position_s" in e["data"]}
    acknowledged = {r.json()["revision"]: float(n) for *_, n, r in presser.successes()}
    positions = list(done.values())
    return gapless and acknowledged.items() <= done.items() and len(positions) == len(set(positions))


def founded(host: Guest, mark: str, founder: Person) -> bool:
    """Whether every acknowledged party is there once, those whose answer was 202 too."""
    for *_, response in founder.successes():
        if response.status_code == 202:
            location = httpx.URL(response.headers["Location"]).path
            eventually(
                lambda at=location: host.get(at).json()["state"] == "succeeded", RECOVERY_S, every_s=0.2
            )
    titles, cursor = [], None
    while True:
        params = {"limit": 100, "state": "all"} | ({"cursor": cursor} if cursor else {})
        page = host.get("/api/parties", params=params).json()
        titles += [party["title"] for party in page["items"] if str(party["title"]).startswith(mark)]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    asked = {f"{mark} {n}" for *_, n, _ in founder.successes()}
    return len(titles) == len(set(titles)) and asked <= set(titles)


def main() -> int:
    """Each outage in turn."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--silent", type=float, default=15.0, help="how long a silent server is silent, in s")
    parser.add_argument("--seconds", type=float, default=15.0, help="how long to go on after each, in s")
    chosen = parser.parse_args()
    settings = {"WEB_CONCURRENCY": "2", "RATELIMIT_ENABLED": "0"}
    kept_all = True
    with own_folder() as folder, Stack(folder / "data", extra=settings) as stack:
        host = Guest(stack.url, "Ada")
        for name in OUTAGES:
            kept_all &= suffer(stack, name, host, chosen.seconds, chosen.silent)
        host.close()
    return 0 if kept_all else 1


if __name__ == "__main__":
    sys.exit(main())
