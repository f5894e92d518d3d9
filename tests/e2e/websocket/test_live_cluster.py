"""Two web processes whose live channels are on a Cluster: what one commits reaches the other's members."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import httpx
import pytest

from partyapp.realtime.pubsub.redis_pubsub import room_channel
from tests.support.contract import assert_answer
from tests.support.live_cluster import LiveCluster
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest
from tests.support.waiting import LIMIT_S
from tests.support.web_workers import on_two_workers

pytestmark = pytest.mark.stack

PARTIES = 6


@pytest.fixture(scope="module")
def cluster() -> Iterator[LiveCluster]:
    with own_folder() as folder, LiveCluster(folder / "cluster") as running:
        yield running


@pytest.fixture(scope="module")
def on_the_cluster(cluster: LiveCluster) -> Iterator[Stack]:
    # No tick makes up for what the bus has lost.
    extra = {"WEB_CONCURRENCY": "2", "LIVE_REDIS_URL": cluster.url, "PARTY_TICK_INTERVAL_S": "300"}
    with own_folder() as folder, Stack(folder / "data", extra=extra) as running:
        yield running


def test_a_command_on_one_process_reaches_a_member_on_the_other(
    cluster: LiveCluster, on_the_cluster: Stack
) -> None:
    host, member = (Guest(on_the_cluster.url, name) for name in ("Host", "Member"))
    parties = [str(host.create_party(visibility="public")["id"]) for _ in range(PARTIES)]
    for party in parties:
        member.join(party)
        mine = host.connect(party)
        mine.expect("welcome")
        theirs = on_two_workers(on_the_cluster, partial(member.connect, party), mine)
        done = mine.command("play")
        theirs.wait_for_revision(done["revision"])
        theirs.check_no_gap()
    carried = {channel for node in cluster.nodes for channel in node.shard_channels()}
    assert carried >= {room_channel(party) for party in parties}, "the rooms are sharded channels"
    for guest in (host, member):
        guest.close()


def test_what_a_worker_commits_is_told(on_the_cluster: Stack) -> None:
    host, member = (Guest(on_the_cluster.url, name) for name in ("Host", "Member"))
    party = str(host.create_party(visibility="public")["id"])
    socket = host.connect(party)
    socket.expect("welcome")
    member.join(party)
    socket.wait_for_revision(host.party(party)["revision"])
    assert socket.of_type("event"), "it came over the bus, not by a welcome"
    for guest in (host, member):
        guest.close()


def test_readiness_asks_the_cluster_too(on_the_cluster: Stack) -> None:
    answer = httpx.get(f"{on_the_cluster.url}/readyz", timeout=LIMIT_S).json()
    assert assert_answer("readyz", answer)["checks"]["live_redis"] == "ok"
