"""The bus between two processes on a real Valkey, also when it cuts and forgets their connections."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import redis

from partyapp.realtime.pubsub.redis_pubsub import TICK_CHANNEL, room_channel
from partyapp.shared.kernel.ids import new_id
from tests.support.bus_handle import BusProcess, on_the_bus
from tests.support.tcp_proxy import TcpProxy
from tests.support.waiting import LIMIT_S, RECOVERY_S, eventually


@pytest.fixture
def one(redis_url: str) -> Iterator[BusProcess]:
    with on_the_bus(redis_url) as process:
        yield process


@pytest.fixture
def other(redis_url: str) -> Iterator[BusProcess]:
    with on_the_bus(redis_url) as process:
        yield process


@pytest.fixture
def server(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url, socket_timeout=LIMIT_S) as client:
        yield client


def test_who_subscribed_hears_in_order_and_who_left_does_not(
    one: BusProcess, other: BusProcess, server: redis.Redis
) -> None:
    room = room_channel(new_id())
    other.send("subscribe", room)
    other.wait_for(room)
    one.send("flood", room, "500")
    eventually(lambda: len(other.received(room)) == 500)
    assert other.received(room) == [str(number) for number in range(500)]
    assert one.received(room) == [], "who did not ask receives nothing"
    other.send("unsubscribe", room)
    eventually(lambda: server.pubsub_numsub(room) == [(room.encode(), 0)])
    one.send("publish", room, "unreceived")
    one.send("publish", TICK_CHANNEL, "tick-of-this-test")
    eventually(lambda: "tick-of-this-test" in other.received(TICK_CHANNEL))
    other.send("subscribe", room)
    other.wait_for(room, 2)
    one.send("publish", room, "again")
    eventually(lambda: "again" in other.received(room))
    assert "unreceived" not in other.received(room)


def test_rooms_of_one_moment_are_asked_for_together(other: BusProcess, server: redis.Redis) -> None:
    def asked() -> int:
        found = server.info("commandstats")
        return sum(
            found.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in ("subscribe", "unsubscribe")
        )

    before, room = asked(), room_channel(new_id())
    names = [f"{room}:{number}" for number in range(200)]
    other.send("crowd", room, str(len(names)))
    wanted = {name for number, name in enumerate(names) if number % 2 or number % 4 == 0}
    for name in wanted:
        other.wait_for(name)
    assert dict(server.pubsub_numsub(*names)) == {name.encode(): int(name in wanted) for name in names}
    assert asked() - before < len(names) / 10


def test_each_process_has_a_channel_of_its_own(one: BusProcess, other: BusProcess) -> None:
    own = f"party:process:{other.id}"
    one.send("publish", own, '{"outcome": 1}')
    eventually(lambda: other.received(own))
    assert other.received(own) == ['{"outcome": 1}'], "its own heartbeat is not passed on"
    assert one.received(own) == []


def test_a_cut_connection_is_made_anew_and_reported(
    one: BusProcess, other: BusProcess, server: redis.Redis
) -> None:
    rooms = [room_channel(new_id()) for _ in range(3)]
    for room in rooms:
        other.send("subscribe", room)
    for room in rooms:
        other.wait_for(room)
    server.client_kill_filter(_type="pubsub")
    for room in rooms:
        # Every confirmed subscription is reported anew, so that its room is compared with Postgres.
        other.wait_for(room, 2)
        one.send("publish", room, "after")
        eventually(partial(other.received, room), RECOVERY_S)
        assert other.received(room) == ["after"]


def test_rooms_that_come_and_go_while_connections_are_cut_are_received(
    redis_url: str, one: BusProcess
) -> None:
    """Whoever asks for a channel comes upon the broken connection too; nobody is to use it after that."""
    path = redis_url.removeprefix("unix://").partition("?")[0]
    with TcpProxy(path, delay_ms=25) as proxy, on_the_bus(f"redis://127.0.0.1:{proxy.port}") as cut_off:
        for _ in range(4):
            accepted = proxy.accepted
            proxy.cut()
            while proxy.accepted < accepted + 2:
                cut_off.send("subscribe", room_channel(new_id()))
                cut_off.send("publish", TICK_CHANNEL, "tick")
        room = room_channel(new_id())
        eventually(lambda: is_connected(cut_off), RECOVERY_S)
        cut_off.send("subscribe", room)
        cut_off.wait_for(room)
        one.send("publish", room, "after")
        eventually(lambda: cut_off.received(room) == ["after"], RECOVERY_S)
        assert cut_off.stop() == 0
    assert not [line for line in cut_off.complaints if "failed" in line], "a greenlet of the bus is gone"


def test_a_cut_sender_sends_all_the_same(one: BusProcess, other: BusProcess, server: redis.Redis) -> None:
    room = room_channel(new_id())
    other.send("subscribe", room)
    other.wait_for(room)
    for number in range(10):
        server.client_kill_filter(_type="normal", skipme=True)
        one.send("publish", room, str(number))
    eventually(lambda: len(set(other.received(room))) == 10, RECOVERY_S)
    # Twice is harmless, since every message carries its revision; out of order would not be.
    firsts = list(dict.fromkeys(other.received(room)))
    assert firsts == [str(number) for number in range(10)]


def test_a_channel_asked_for_while_connecting_is_received(redis_url: str, one: BusProcess) -> None:
    room = room_channel(new_id())
    process = BusProcess(redis_url, delay_s=0.5)
    try:
        eventually(lambda: process.said)
        process.send("subscribe", room)
        process.wait_for(room)
        one.send("publish", room, "hello")
        eventually(lambda: process.received(room))
    finally:
        assert process.stop() == 0


def test_a_connection_that_carries_nothing_is_noticed_and_made_anew(redis_url: str, one: BusProcess) -> None:
    """A half-open one: neither side receives anything any more, and nobody says so."""
    room = room_channel(new_id())
    path = redis_url.removeprefix("unix://").partition("?")[0]
    with TcpProxy(path) as proxy, on_the_bus(f"redis://127.0.0.1:{proxy.port}") as cut_off:
        cut_off.send("subscribe", room)
        cut_off.wait_for(room)
        proxy.black_hole("down")
        # Its own heartbeat doesn't come back, so it lets the connection go and tries another.
        eventually(lambda: not is_connected(cut_off), RECOVERY_S, every_s=0.5)
        one.send("publish", room, "unreceived")
        proxy.resume()
        cut_off.wait_for(room, 2)
        one.send("publish", room, "after")
        eventually(lambda: "after" in cut_off.received(room), RECOVERY_S)
        assert "unreceived" not in cut_off.received(room), "what was missed is read from Postgres"
        eventually(lambda: is_connected(cut_off), RECOVERY_S)


def is_connected(process: BusProcess) -> bool:
    """What the process says when it is asked now."""

    def answers() -> list[bool]:
        return [line["yes"] for line in list(process.said) if line["what"] == "connected"]

    asked = len(answers())
    process.send("connected", "-")
    return eventually(lambda: answers()[asked:])[0]


def test_without_redis_nothing_is_raised_and_it_ends(tmp_path: Path) -> None:
    process = BusProcess(f"unix://{tmp_path}/nobody.sock")
    process.send("subscribe", "party:room:x")
    process.send("flood", "party:room:x", "20000")
    process.send("connected", "-")
    eventually(lambda: any(line["what"] == "connected" for line in process.said), RECOVERY_S)
    assert [line["yes"] for line in process.said if line["what"] == "connected"] == [False]
    assert process.stop() == 0
