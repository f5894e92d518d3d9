"""The host is succeeded and the party ended when processes die or people go, and not before."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.support.contract import assert_message
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


def sql(stack: Stack, statement: str, party_id: str) -> Any:
    """One statement about a party; its one value, if it has one."""
    url = stack.database_url.replace("postgresql+psycopg:", "postgresql:", 1)
    with psycopg.connect(url, connect_timeout=30) as database:
        cursor = database.execute(statement.encode(), (party_id,))
        return (cursor.fetchone() or [None])[0] if cursor.description else None


def past_its_first_minute(stack: Stack, party_id: str) -> None:
    """Have the upkeep look at the party from now on; it leaves a new one alone for a minute."""
    sql(stack, "UPDATE synced_party_sessions SET attended_until_ms = 0 WHERE id = %s", party_id)


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
    visited = "SELECT visited FROM synced_party_sessions WHERE id = %s"
    eventually(lambda: sql(short_intervals, visited, party["id"]), RECOVERY_S)
    past_its_first_minute(short_intervals, party["id"])
    old = web_workers(short_intervals)
    for pid in old:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: len(now := web_workers(short_intervals)) == 2 and set(old).isdisjoint(now), RECOVERY_S)
    ended = eventually(lambda: log_of(guests[0], party["id"], "party_session_ended"), RECOVERY_S, every_s=0.5)
    assert ended[0]["data"]["reason"] == "abandoned"
    assert ended[0]["actor_id"] is None
    assert guests[1].party(party["id"])["state"] == "ended"


def test_a_films_end_does_not_cut_the_hosts_grace_short(short_intervals: Stack, guests: list[Guest]) -> None:
    host, member = guests[:2]
    party = host.create_party(host.create_video(duration_s=1.5)["id"], visibility="public")
    member.join(party["id"])
    watching, lost = member.connect(party["id"]), host.connect(party["id"])
    for socket in (watching, lost):
        socket.expect("welcome")
    lost.command("play")
    gone_ms = lost.ping(1)["t2"]
    lost.close()
    watching.expect("event", RECOVERY_S, lambda m: m["event"]["type"] == "playback_finished")
    watching.expect("event", RECOVERY_S, lambda m: m["event"]["type"] == "host_transferred")
    (handed_over,) = log_of(member, party["id"], "host_transferred")
    assert handed_over["at_ms"] - gone_ms >= 1000 * float(SHORT_INTERVALS["PARTY_HOST_GRACE_S"])


def test_a_host_who_comes_back_is_offered_the_role(short_intervals: Stack, guests: list[Guest]) -> None:
    host, member, third = guests[:3]
    party = party_of(guests[:3])
    lost = host.connect(party["id"])
    watching = member.connect(party["id"])
    for socket in (lost, watching):
        socket.expect("welcome")
    lost.close()
    watching.expect("event", RECOVERY_S, lambda m: m["event"]["type"] == "host_transferred")
    other = third.connect(party["id"])
    back = on_two_workers(short_intervals, lambda: host.connect(party["id"]), watching)
    offer = assert_message(watching.expect("host_returned", RECOVERY_S))
    (handed_over,) = log_of(member, party["id"], "host_transferred")
    assert (offer["user_id"], offer["display_name"]) == (host.user_id, "Ada")
    assert offer["until_ms"] == handed_over["at_ms"] + 600_000
    watching.command("transfer_host", user_id=offer["user_id"])
    assert member.party(party["id"])["host_id"] == host.user_id
    back.expect("event", RECOVERY_S, lambda m: m["event"]["type"] == "host_transferred")
    assert back.of_type("host_returned") == other.of_type("host_returned") == []


def test_who_follows_by_requests_alone_is_there(short_intervals: Stack, guests: list[Guest]) -> None:
    host, member = guests[:2]
    party = party_of(guests[:2])
    past_its_first_minute(short_intervals, party["id"])

    def followed() -> float:
        return float(host.sync(party["id"], 0.0, "paused", rtt_ms=10.0)["server_time_ms"])

    def followed_for(ms: float) -> Any:
        return eventually(lambda: followed() > began_ms + ms, RECOVERY_S, every_s=1.0)

    began_ms = followed()
    # As long as an empty party may be, and a tick more.
    followed_for(12_000)
    assert member.party(party["id"])["state"] == "active"
    watching = member.connect(party["id"])
    watching.expect("welcome")
    # As long as a host may be away, and two ticks more.
    followed_for(24_000)
    assert log_of(member, party["id"], "host_transferred") == []
    (shown,) = [each for each in member.party(party["id"])["members"] if each["user_id"] == host.user_id]
    assert shown["online"]
    assert shown["sync"]["rtt_ms"] == 10.0


def test_a_party_that_nobody_entered_waits_for_days(short_intervals: Stack, guests: list[Guest]) -> None:
    party = party_of(guests[:1])
    past_its_first_minute(short_intervals, party["id"])
    statement = (
        "SELECT attended_until_ms > created_at_ms + 6 * 86400000 FROM synced_party_sessions WHERE id = %s"
    )
    eventually(lambda: sql(short_intervals, statement, party["id"]), RECOVERY_S, every_s=0.5)
    assert guests[0].party(party["id"])["state"] == "active"
    guests[0].connect(party["id"]).expect("welcome")
    eventually(lambda: not sql(short_intervals, statement, party["id"]), RECOVERY_S, every_s=0.5)
