"""A deploy while 500 sockets watch: one web process after the other, the worker and beat are replaced.

No command is lost, every member reconnects, and hears of every change once.
"""

from __future__ import annotations

import os
import random
import signal
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.local_stack import Stack
from tests.support.member_pool import MemberPool, PoolMember
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest, Json
from tests.support.recovery import insist, insist_on, replace_process, wait_until_ready
from tests.support.waiting import RECOVERY_S, eventually
from tests.support.web_workers import web_workers

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]

PARTIES, MEMBERS, DEVICES, SEED = 10, 10, 5, 5
#: Between two commands of a party, in s: whoever is away misses fewer than are sent one by one.
EVERY_S = 0.8
#: So long an idle connection is kept while nothing ends, gunicorn's `keepalive`.
KEPT_S = 6.0


@pytest.fixture(scope="module")
def deployed() -> Iterator[Stack]:
    with own_folder() as folder, Stack(folder / "data", extra={"WEB_CONCURRENCY": "2"}) as running:
        eventually(lambda: len(web_workers(running)) == 2, RECOVERY_S)
        yield running


@dataclass
class Party:
    """A party whose host gives commands all the time."""

    id: str
    host: Guest
    commander: PoolMember
    command_ids: list[str] = field(default_factory=list)


def filled(url: str, pool: MemberPool) -> list[Party]:
    """Parties of ten with five devices each, all connected."""
    with ThreadPoolExecutor(8) as threads:
        guests = list(threads.map(lambda n: Guest(url, f"Guest {n}"), range(PARTIES * MEMBERS)))
        hosts = guests[:PARTIES]
        ids = list(threads.map(lambda host: str(host.create_party(visibility="public")["id"]), hosts))
        list(threads.map(lambda n: guests[n].join(ids[n % PARTIES]), range(PARTIES, len(guests))))
    for _ in range(DEVICES):
        for number, guest in enumerate(guests):
            pool.add(ids[number % PARTIES], guest.token)
    pool.wait_until_open(RECOVERY_S)
    return [Party(ids[n], hosts[n], pool.members[n]) for n in range(PARTIES)]


@contextmanager
def commanding(pool: MemberPool, parties: list[Party]) -> Iterator[None]:
    """In this block each host gives one command after the other, the next once the last is answered."""
    over, chance = threading.Event(), random.Random(SEED)

    def command_on() -> None:
        while not over.wait(EVERY_S):
            for party in parties:
                if not party.commander.waits:
                    action = chance.choice(("play", "pause", "seek"))
                    fields = {"position_s": round(chance.uniform(0, 500), 3)} if action == "seek" else {}
                    party.command_ids.append(pool.send_command(party.commander, action, **fields))

    with ThreadPoolExecutor(1) as thread:
        commands = thread.submit(command_on)
        try:
            yield
        finally:
            over.set()
            commands.result(RECOVERY_S)


def replace(stack: Stack, pid: int) -> None:
    """End one web process as a deploy does, and wait until another serves in its place."""
    os.kill(pid, signal.SIGTERM)
    eventually(lambda: pid not in (now := web_workers(stack)) and len(now) == 2, RECOVERY_S)
    wait_until_ready(stack)


def create(guest: Guest, video_id: str, title: str) -> str:
    """The id of a new party, whatever ends meanwhile."""
    return str(insist_on(guest, "/api/parties", {"video_id": video_id, "title": title})["id"])


def refusals(parties: list[Party]) -> list[str]:
    """The commands that were answered with an error, and with which."""
    given = [(party, number, answer) for party in parties for number, answer in enumerate(answers_of(party))]
    return [
        f"command {number} of party {party.id}: {answer['problem']}"
        for party, number, answer in given
        if answer["type"] != "ack"
    ]


def answers_of(party: Party) -> list[Json]:
    return [party.commander.answers[command_id] for command_id in party.command_ids]


def troubles(stack: Stack) -> list[str]:
    """What its web processes have warned of last."""
    lines = stack.log("web").splitlines()
    return [line[:300] for line in lines if "[warning" in line or "[error" in line][-12:]


def check_party(party: Party, members: list[PoolMember]) -> None:
    """Every command had its effect once, and every device heard of every change once and in order."""
    answers = answers_of(party)
    log = party.host.events(party.id)
    assert [event["revision"] for event in log] == list(range(1, len(log) + 1))
    acknowledged = [answer["revision"] for answer in answers]
    assert [event["revision"] for event in log if event["type"].startswith("playback_")] == acknowledged
    eventually(lambda: all(member.revisions[-1:] == [len(log)] for member in members))
    for member in members:
        assert member.first is not None
        assert member.revisions == list(range(member.first + 1, len(log) + 1))


def test_500_sockets_through_a_rolling_restart(deployed: Stack) -> None:
    old = web_workers(deployed)
    with MemberPool(deployed.url, SEED) as pool:
        parties = filled(deployed.url, pool)
        maker = Guest(deployed.url, "Maker")
        video_id = maker.create_video()["id"]
        with commanding(pool, parties), ThreadPoolExecutor(1) as thread:
            making = thread.submit(lambda: [create(maker, video_id, f"{n}") for n in range(20)])
            for pid in old:
                replace(deployed, pid)
            for name in ("worker", "beat"):
                replace_process(deployed, name, signal.SIGTERM)
            made = making.result(RECOVERY_S)
            pool.wait_until_open(RECOVERY_S)
        eventually(lambda: not any(party.commander.waits for party in parties), RECOVERY_S)
        refused = refusals(parties)
        assert not refused, (refused, troubles(deployed))
        for number, party in enumerate(parties):
            check_party(party, pool.members[number::PARTIES])
        hosted = insist(lambda: maker.get("/api/parties", params={"limit": 100})).json()["items"]
        assert sorted(party["id"] for party in hosted if party["host_id"] == maker.user_id) == sorted(made)
        codes = {code for member in pool.members for code in member.ended_with}
        away = sorted(gone for member in pool.members for gone in member.absences_s)
        for party in parties:
            party.host.close()
        maker.close()
    assert set(web_workers(deployed)).isdisjoint(old)
    assert codes == {1012}, "each heard why"
    assert len(away) >= 500
    print(
        f"\n{len(away)} absences of {len(pool.members)} sockets: median {statistics.median(away):.1f} s, "
        f"longest {away[-1]:.1f} s; {sum(len(party.command_ids) for party in parties)} commands, none lost"
    )


def test_who_comes_while_all_processes_end_hears_why(deployed: Stack) -> None:
    old = web_workers(deployed)
    host = Guest(deployed.url, "Ada")
    party_id = create(host, host.create_video()["id"], "A handshake each")
    with MemberPool(deployed.url, SEED) as pool:
        for _ in range(200):
            pool.add(party_id, host.token)
        eventually(lambda: sum(member.is_open for member in pool.members) >= 60)
        # gunicorn starts new processes, and has the old ones end, which still take sockets in for a moment.
        deployed.kill("web", signal.SIGHUP)
        eventually(lambda: len(now := web_workers(deployed)) == 2 and set(old).isdisjoint(now), RECOVERY_S)
        pool.wait_until_open(RECOVERY_S)
        host.playback(party_id, "play")
        eventually(lambda: all(member.revisions == [2] for member in pool.members), RECOVERY_S)
        ends = [code for member in pool.members for code in member.ended_with]
    host.close()
    assert len(ends) >= 60
    assert set(ends) == {1012}


def seconds_to_exit(pid: int) -> float:
    """How long a process takes from SIGTERM to its end."""
    began_s = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    eventually(lambda: not Path(f"/proc/{pid}").exists(), RECOVERY_S)
    return time.monotonic() - began_s


def test_idle_connections_don_t_hold_a_process(deployed: Stack) -> None:
    guests = [Guest(deployed.url, "Ada") for _ in range(20)]
    # Each waits for its next request, and would be waited for in turn for as long as connections are kept.
    held_s = [seconds_to_exit(pid) for pid in web_workers(deployed)]
    for guest in guests:
        guest.close()
    wait_until_ready(deployed)
    assert max(held_s) < seconds_to_exit(web_workers(deployed)[0]) + KEPT_S
