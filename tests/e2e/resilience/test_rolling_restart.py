"""A deploy while 500 sockets watch: one web process after the other, the worker and beat are replaced.

Nobody presses a button in vain, everybody is back within seconds, and hears of every change once.
"""

from __future__ import annotations

import os
import random
import signal
import statistics
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.e2e.resilience.test_faults import insist, is_ready
from tests.support.crowd import Crowd, Viewer
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest, Json
from tests.support.waiting import eventually
from tests.support.web_workers import web_workers

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]

PARTIES, MEMBERS, DEVICES, SEED = 10, 10, 5, 5
#: Between two commands of a party, in s: whoever is away misses fewer than are sent one by one.
EVERY_S = 0.8
RECOVERY_S = 120.0
#: Ten seconds are promised, and printed; the rest is for a machine that does something else.
BACK_S = RECOVERY_S
#: What a process may take from SIGTERM to its end; it is given as much again here.
EXIT_S = 50.0
#: So long an idle connection is kept while nothing ends, gunicorn's `keepalive`.
KEPT_S = 6.0


@pytest.fixture(scope="module")
def deployed() -> Iterator[Stack]:
    with own_folder() as folder, Stack(folder / "data", extra={"WEB_CONCURRENCY": "2"}) as running:
        eventually(lambda: len(web_workers(running)) == 2, RECOVERY_S)
        yield running


@dataclass
class Party:
    """A party whose host presses buttons all the time."""

    id: str
    host: Guest
    presser: Viewer
    pressed: list[str] = field(default_factory=list)


def filled(url: str, crowd: Crowd) -> list[Party]:
    """Parties of ten with five devices each, all connected."""
    with ThreadPoolExecutor(8) as hands:
        guests = list(hands.map(lambda n: Guest(url, f"Guest {n}"), range(PARTIES * MEMBERS)))
        hosts = guests[:PARTIES]
        ids = list(hands.map(lambda host: str(host.create_party(visibility="public")["id"]), hosts))
        list(hands.map(lambda n: guests[n].join(ids[n % PARTIES]), range(PARTIES, len(guests))))
    for _ in range(DEVICES):
        for number, guest in enumerate(guests):
            crowd.add(ids[number % PARTIES], guest.token)
    crowd.wait_until_open(RECOVERY_S)
    return [Party(ids[n], hosts[n], crowd.viewers[n]) for n in range(PARTIES)]


@contextmanager
def pressing(crowd: Crowd, parties: list[Party]) -> Iterator[None]:
    """In this block each host gives one command after the other, the next once the last is answered."""
    over, chance = threading.Event(), random.Random(SEED)

    def press_on() -> None:
        while not over.wait(EVERY_S):
            for party in parties:
                if not party.presser.waits:
                    action = chance.choice(("play", "pause", "seek"))
                    fields = {"position_s": round(chance.uniform(0, 500), 3)} if action == "seek" else {}
                    party.pressed.append(crowd.press(party.presser, action, **fields))

    with ThreadPoolExecutor(1) as hand:
        hands = hand.submit(press_on)
        try:
            yield
        finally:
            over.set()
            hands.result(RECOVERY_S)


def replace(stack: Stack, pid: int) -> None:
    """End one web process as a deploy does, and wait until another serves in its place."""
    os.kill(pid, signal.SIGTERM)
    eventually(lambda: pid not in (now := web_workers(stack)) and len(now) == 2, EXIT_S)
    eventually(lambda: is_ready(stack), RECOVERY_S, every_s=0.25)


def made_by(guest: Guest, video_id: str, title: str) -> str:
    """The id of a new party, whatever ends meanwhile: asked for and asked after until there is an answer."""
    body, key = {"video_id": video_id, "title": title}, {"Idempotency-Key": str(uuid.uuid4())}
    response = insist(lambda: guest.post("/api/parties", body, headers=key))
    if response.status_code != 202:
        return str(response.json()["id"])
    location = httpx.URL(response.headers["Location"]).path

    def decided() -> Json:
        command: Json = insist(lambda: guest.get(location)).json()
        return command if command["state"] != "pending" else {}

    command = eventually(decided, RECOVERY_S, every_s=0.2)
    return str(command["result"]["id"])


def check_party(party: Party, viewers: list[Viewer]) -> None:
    """Every command had its effect once, and every device heard of every change once and in order."""
    answers = [party.presser.answers[command_id] for command_id in party.pressed]
    assert {answer["type"] for answer in answers} == {"ack"}, answers
    log = party.host.events(party.id)
    assert [event["revision"] for event in log] == list(range(1, len(log) + 1))
    acknowledged = [answer["revision"] for answer in answers]
    assert [event["revision"] for event in log if event["type"].startswith("playback_")] == acknowledged
    for viewer in viewers:
        assert viewer.first is not None
        eventually(lambda v=viewer: v.revisions[-1:] == [len(log)], 20)  # type: ignore[misc]
        assert viewer.revisions == list(range(viewer.first + 1, len(log) + 1))


def test_500_sockets_through_a_rolling_restart(deployed: Stack) -> None:
    old = web_workers(deployed)
    with Crowd(deployed.url, SEED) as crowd:
        parties = filled(deployed.url, crowd)
        maker = Guest(deployed.url, "Maker")
        video_id = maker.create_video()["id"]
        with pressing(crowd, parties), ThreadPoolExecutor(1) as hand:
            making = hand.submit(lambda: [made_by(maker, video_id, f"{n}") for n in range(20)])
            for pid in old:
                replace(deployed, pid)
            for name in ("worker", "beat"):
                before = deployed.pid_of(name)
                deployed.kill(name, signal.SIGTERM)
                eventually(lambda n=name, b=before: deployed.pids().get(n, 0) not in (0, b), EXIT_S)  # type: ignore[misc]
            made = making.result(RECOVERY_S)
            crowd.wait_until_open(RECOVERY_S)
        eventually(lambda: not any(party.presser.waits for party in parties), RECOVERY_S)
        for number, party in enumerate(parties):
            check_party(party, crowd.viewers[number::PARTIES])
        hosted = insist(lambda: maker.get("/api/parties", params={"limit": 100})).json()["items"]
        assert sorted(party["id"] for party in hosted if party["host_id"] == maker.user_id) == sorted(made)
        codes = {code for viewer in crowd.viewers for code in viewer.ended_with}
        away = sorted(gone for viewer in crowd.viewers for gone in viewer.absences_s)
        for party in parties:
            party.host.close()
        maker.close()
    assert set(web_workers(deployed)).isdisjoint(old)
    assert codes == {1012}, "each heard why"
    assert len(away) >= 500
    print(
        f"\n{len(away)} absences of {len(crowd.viewers)} sockets: median {statistics.median(away):.1f} s, "
        f"longest {away[-1]:.1f} s; {sum(len(party.pressed) for party in parties)} commands, none lost"
    )
    assert away[-1] < BACK_S


def test_who_comes_while_all_processes_end_hears_why(deployed: Stack) -> None:
    old = web_workers(deployed)
    host = Guest(deployed.url, "Ada")
    party_id = made_by(host, host.create_video()["id"], "A crowd")
    with Crowd(deployed.url, SEED) as crowd:
        for _ in range(200):
            crowd.add(party_id, host.token)
        eventually(lambda: sum(viewer.is_open for viewer in crowd.viewers) >= 60)
        # gunicorn starts new processes, and has the old ones end, which still take sockets in for a moment.
        deployed.kill("web", signal.SIGHUP)
        eventually(lambda: len(now := web_workers(deployed)) == 2 and set(old).isdisjoint(now), EXIT_S)
        crowd.wait_until_open(RECOVERY_S)
        host.playback(party_id, "play")
        eventually(lambda: all(viewer.revisions == [2] for viewer in crowd.viewers), RECOVERY_S)
        ends = [code for viewer in crowd.viewers for code in viewer.ended_with]
    host.close()
    assert len(ends) >= 60
    assert set(ends) == {1012}


def test_idle_connections_don_t_hold_a_process(deployed: Stack) -> None:
    guests = [Guest(deployed.url, "Ada") for _ in range(20)]
    # Each waits for its next request, and would be waited for in turn for as long as connections are kept.
    for pid in web_workers(deployed):
        began_s = time.monotonic()
        os.kill(pid, signal.SIGTERM)
        eventually(lambda gone=pid: not Path(f"/proc/{gone}").exists(), EXIT_S)  # type: ignore[misc]
        assert time.monotonic() - began_s < KEPT_S
    for guest in guests:
        guest.close()
