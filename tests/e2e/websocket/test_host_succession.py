"""The host is succeeded and the party ended when a web process dies with the sockets it held."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import psycopg
import pytest

from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest, Json, Socket
from tests.support.waiting import RECOVERY_S, eventually
from tests.support.web_workers import on_two_workers, web_workers, worker_of

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]

#: In s, and far shorter than a deployment has them, since the tests wait for their end.
SHORT_INTERVALS = {
    "WEB_CONCURRENCY": "2",
    "PARTY_HOST_GRACE_S": "6",
    "PARTY_ABANDONED_S": "8",
    "PARTY_TICK_INTERVAL_S": "2",
}


@pytest.fixture(scope="module")
def short_intervals() -> Iterator[Stack]:
    with own_folder() as folder, Stack(folder / "data", extra=SHORT_INTERVALS) as running:
        eventually(lambda: len(web_workers(running)) == 2, RECOVERY_S)
        yield running


@pytest.fixture
def guests(short_intervals: Stack) -> Iterator[list[Guest]]:
    found = [Guest(short_intervals.url, name) for name in ("Ada", "Grace", "Edsger", "Barbara")]
    yield found
    for guest in found:
        guest.close()


def party_of(guests: list[Guest]) -> Json:
    party = guests[0].create_party(visibility="public")
    for guest in guests[1:]:
        guest.join(party["id"])
    return party


def past_its_first_minute(stack: Stack, party_id: str) -> None:
    """Have the upkeep look at the party from now on; it leaves a new one alone for a minute."""
    url = stack.database_url.replace("postgresql+psycopg:", "postgresql:", 1)
    with psycopg.connect(url, connect_timeout=30) as database:
        database.execute("UPDATE synced_party_sessions SET attended_until_ms = 0 WHERE id = %s", (party_id,))


def log_of(guest: Guest, party_id: str, kind: str) -> list[Json]:
    return [event for event in guest.events(party_id) if event["type"] == kind]


def killed(stack: Stack, socket: Socket) -> None:
    """Kill the web process that holds this socket as hard as can be, and nothing else."""
    os.kill(worker_of(stack, socket), signal.SIGKILL)
    socket.wait_closed(RECOVERY_S)
    eventually(lambda: len(web_workers(stack)) == 2, RECOVERY_S)


def test_a_host_who_died_with_their_process_is_succeeded(short_intervals: Stack, guests: list[Guest]) -> None:
    host, absent, longest, latest = guests
    party = party_of(guests)
    lost = host.connect(party["id"])
    lost.expect("welcome")
    watching = [on_two_workers(short_intervals, lambda: latest.connect(party["id"]), lost)]
    watching.append(on_two_workers(short_intervals, lambda: longest.connect(party["id"]), lost))
    past_its_first_minute(short_intervals, party["id"])
    killed(short_intervals, lost)
    for socket in watching:
        told = socket.expect("event", RECOVERY_S, lambda m: m["event"]["type"] == "host_transferred")
        assert told["host_id"] == longest.user_id, "the one who is longest here, of those who are connected"
        socket.check_no_gap()
    online = {member["user_id"]: member["online"] for member in latest.party(party["id"])["members"]}
    assert online == {
        host.user_id: False, absent.user_id: False, longest.user_id: True, latest.user_id: True,
    }  # fmt: skip
    assert longest.playback(party["id"], "play")["playback"]["state"] == "playing"
    assert len(log_of(host, party["id"], "host_transferred")) == 1


def test_a_host_who_comes_back_in_time_stays_host(short_intervals: Stack, guests: list[Guest]) -> None:
    host, member = guests[:2]
    party = party_of(guests[:2])
    lost = host.connect(party["id"])
    lost.expect("welcome")
    watching = on_two_workers(short_intervals, lambda: member.connect(party["id"]), lost)
    past_its_first_minute(short_intervals, party["id"])
    killed(short_intervals, lost)
    back = host.connect(party["id"], last_revision=2)
    back.expect("welcome")
    # Longer than the grace: the upkeep has looked, and found the host here.
    watching.expect("tick", RECOVERY_S)
    for _ in range(4):
        watching.expect("tick", RECOVERY_S)
    assert log_of(host, party["id"], "host_transferred") == []
    assert back.ping(1)


def test_a_party_whose_viewers_died_with_the_web_ends(short_intervals: Stack, guests: list[Guest]) -> None:
    party = party_of(guests[:2])
    sockets = [guest.connect(party["id"]) for guest in guests[:2]]
    for socket in sockets:
        socket.expect("welcome")
    past_its_first_minute(short_intervals, party["id"])
    old = web_workers(short_intervals)
    for pid in old:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: len(now := web_workers(short_intervals)) == 2 and set(old).isdisjoint(now), RECOVERY_S)
    ended = eventually(lambda: log_of(guests[0], party["id"], "party_session_ended"), RECOVERY_S, every_s=0.5)
    assert ended[0]["data"]["reason"] == "abandoned"
    assert ended[0]["actor_id"] is None
    assert guests[1].party(party["id"])["state"] == "ended"
