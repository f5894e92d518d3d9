"""The bus between two processes on a real Cluster of three nodes, also while slots move and nodes die."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from partyapp.realtime.pubsub.redis_pubsub import SILENCE_S, TICK_CHANNEL, process_channel, room_channel
from partyapp.shared.kernel.ids import new_id
from tests.support.bus_handle import BusProcess, on_the_bus
from tests.support.live_cluster import LiveCluster, Node
from tests.support.waiting import RECOVERY_S, eventually


@pytest.fixture(scope="module")
def shared_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCluster]:
    with LiveCluster(tmp_path_factory.mktemp("redis") / "cluster") as running:
        yield running


@pytest.fixture
def cluster(shared_cluster: LiveCluster) -> LiveCluster:
    """The Cluster, recovered from whatever the test before did to it."""
    eventually(shared_cluster.is_ok, RECOVERY_S)
    return shared_cluster


@pytest.fixture
def one(cluster: LiveCluster) -> Iterator[BusProcess]:
    with on_the_bus(cluster.url) as process:
        yield process


@pytest.fixture
def other(cluster: LiveCluster) -> Iterator[BusProcess]:
    with on_the_bus(cluster.url) as process:
        yield process


def some_rooms(listener: BusProcess, count: int) -> list[str]:
    """Rooms whose subscription was reported."""
    rooms = [room_channel(new_id()) for _ in range(count)]
    for room in rooms:
        listener.send("subscribe", room)
    for room in rooms:
        listener.wait_for(room)
    return rooms


def soon_received(listener: BusProcess, room: str, text: str) -> None:
    eventually(lambda: text in listener.received(room), RECOVERY_S)


def rooms_on(cluster: LiveCluster, node: Node, rooms: list[str]) -> list[str]:
    return [room for room in rooms if cluster.owner(room) is node]


def test_rooms_on_all_nodes_are_received_in_order(
    cluster: LiveCluster, one: BusProcess, other: BusProcess
) -> None:
    rooms = some_rooms(other, 40)
    assert all(rooms_on(cluster, node, rooms) for node in cluster.nodes), "no node is without rooms"
    for node in cluster.nodes:
        there = set(node.shard_channels()) & set(rooms)
        assert there == set(rooms_on(cluster, node, rooms)), "each node carries its own rooms alone"
    for room in rooms:
        one.send("flood", room, "50")
    for room in rooms:
        soon_received(other, room, "49")
        assert other.received(room) == [str(number) for number in range(50)]
        assert one.received(room) == [], "who did not ask receives nothing"


def test_the_process_and_the_tick_have_their_channels_too(one: BusProcess, other: BusProcess) -> None:
    own = process_channel(other.id)
    one.send("publish", own, '{"outcome": 1}')
    one.send("publish", TICK_CHANNEL, "tick")
    eventually(lambda: other.received(own) and other.received(TICK_CHANNEL) and one.received(TICK_CHANNEL))
    assert other.received(own) == ['{"outcome": 1}']
    assert one.received(own) == []
    other.send("connected", "-")
    eventually(lambda: any(line["what"] == "connected" for line in other.said))
    assert [line["yes"] for line in other.said if line["what"] == "connected"] == [True]


def test_who_left_is_unsubscribed(cluster: LiveCluster, other: BusProcess) -> None:
    (room,) = some_rooms(other, 1)
    node = cluster.owner(room)
    assert dict(node.client.pubsub_shardnumsub(room)) == {room.encode(): 1}
    other.send("unsubscribe", room)
    eventually(lambda: dict(node.client.pubsub_shardnumsub(room)) == {room.encode(): 0})


def test_a_slot_that_moves_takes_its_room_along(
    cluster: LiveCluster, one: BusProcess, other: BusProcess
) -> None:
    room, *rest = some_rooms(other, 12)
    one.send("publish", room, "before")
    eventually(lambda: other.received(room))
    source = cluster.owner(room)
    for target in (node for node in cluster.nodes if node is not source):
        reported = other.subscriptions(room)
        cluster.move_slot(room, target)
        other.wait_for(room, reported + 1)
        assert dict(target.client.pubsub_shardnumsub(room)) == {room.encode(): 1}
        one.send("publish", room, f"after-{target.port}")
        soon_received(other, room, f"after-{target.port}")
    assert [other.subscriptions(channel) for channel in rest] == [1] * len(rest), "the others were left alone"


def test_a_cut_node_connection_is_made_anew_and_reported(
    cluster: LiveCluster, one: BusProcess, other: BusProcess
) -> None:
    rooms = some_rooms(other, 12)
    node = cluster.owner(rooms[0])
    node.client.client_kill_filter(_type="pubsub")
    for room in rooms_on(cluster, node, rooms):
        other.wait_for(room, 2)
    for room in rooms:
        one.send("publish", room, "after")
        soon_received(other, room, "after")
        assert other.received(room) == ["after"]


def test_a_node_that_dies_and_comes_back(cluster: LiveCluster, one: BusProcess, other: BusProcess) -> None:
    rooms = some_rooms(other, 24)
    node = cluster.owner(rooms[0])
    there = rooms_on(cluster, node, rooms)
    node.kill()
    for room in rooms:
        one.send("publish", room, "meanwhile")
    node.start()
    for room in there:
        other.wait_for(room, 2, RECOVERY_S)
    for room in rooms:
        one.send("publish", room, "after")
        soon_received(other, room, "after")


def test_a_silent_connection_is_not_trusted(cluster: LiveCluster, other: BusProcess) -> None:
    # Nothing is cut and no slot moves, so nothing but the unanswered heartbeat tells.
    (room,) = some_rooms(other, 1)
    node = cluster.owner(room)
    node.freeze()
    threading.Event().wait(SILENCE_S + 3)
    node.thaw()
    other.wait_for(room, 2, RECOVERY_S)


def test_a_frozen_node_is_failed_over(tmp_path: Path) -> None:
    with (
        LiveCluster(tmp_path / "cluster") as cluster,
        on_the_bus(cluster.url) as one,
        on_the_bus(cluster.url) as other,
    ):
        rooms = some_rooms(other, 24)
        node = cluster.owner(rooms[0])
        there = rooms_on(cluster, node, rooms)
        replica = cluster.add_replica(node)
        node.freeze()
        for room in there:
            other.wait_for(room, 2, RECOVERY_S)
            assert dict(replica.client.pubsub_shardnumsub(room)) == {room.encode(): 1}
        elsewhere = [room for room in rooms if room not in there]
        assert {other.subscriptions(room) for room in elsewhere} == {1}, (
            "quiet connections are not taken for dead"
        )
        for room in rooms:
            one.send("publish", room, "after")
            soon_received(other, room, "after")


def test_it_may_start_before_the_cluster(cluster: LiveCluster) -> None:
    for node in cluster.nodes:
        node.kill()
    process = BusProcess(cluster.url)
    try:
        room = room_channel(new_id())
        process.send("subscribe", room)
        process.send("flood", room, "20000")
        process.send("connected", "-")
        eventually(lambda: any(line["what"] == "connected" for line in process.said), RECOVERY_S)
        assert [line["yes"] for line in process.said if line["what"] == "connected"] == [False]
        for node in cluster.nodes:
            node.start()
        eventually(lambda: process.subscriptions(room), RECOVERY_S)
        eventually(lambda: process.subscriptions(TICK_CHANNEL), RECOVERY_S)
        process.send("publish", room, "hello")
        eventually(lambda: "hello" in process.received(room), RECOVERY_S)
    finally:
        assert process.stop() == 0
