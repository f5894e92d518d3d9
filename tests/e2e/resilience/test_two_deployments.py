"""Two deployments on one Redis, each with a database of its own: neither hears the other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from redis.client import PubSub

from tests.support.full_scenario import run
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest
from tests.support.waiting import eventually

# Two whole stacks take their time on a busy machine.
pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]

PREFIX = "second"


@pytest.fixture(scope="module")
def second(own_stack: Stack) -> Iterator[Stack]:
    """On the Redis of the first, by a prefix of its own."""
    extra = {"REDIS_URL": own_stack.redis_url, "PARTY_REDIS_PREFIX": PREFIX}
    with own_folder() as folder, Stack(folder / "data", extra=extra) as running:
        yield running


@pytest.fixture(scope="module")
def client(own_stack: Stack) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(own_stack.redis_url, decode_responses=True, socket_timeout=5) as client:
        yield client


def test_both_work_and_their_names_are_apart(own_stack: Stack, second: Stack, client: redis.Redis) -> None:
    for stack in (own_stack, second):
        run(stack.url, lambda line: None)
    # At one instant: queues make keys and take them away again.
    found = set(client.scan_iter("*"))
    own = {key for key in found if key.startswith(f"{PREFIX}:")}
    kinds = {key.split(":")[1] for key in own}
    assert kinds >= {"clock", "workers", "deployment", "rate", "presence", "_kombu.binding.party.tick"}
    others = found - own
    assert not [key for key in others if not key.startswith(("party:", "party.", "_kombu.", "unacked"))]


def test_neither_hears_the_other(own_stack: Stack, second: Stack, client: redis.Redis) -> None:
    with PubSub(client.connection_pool, ignore_subscribe_messages=True) as everything:
        everything.psubscribe("*")
        everything.get_message(timeout=5)
        ada = Guest(second.url, "Ada")
        party = ada.create_party()
        line = ada.connect(party["id"])
        line.expect("welcome")
        room = f"{PREFIX}:room:{party['id']}"
        assert client.pubsub_numsub(room) == [(room, 1)]
        assert client.pubsub_numsub(f"party:room:{party['id']}") == [(f"party:room:{party['id']}", 0)]
        ada.end(party["id"])
        line.expect("ended")
        heard: list[tuple[str, str]] = []

        def told() -> bool:
            while message := everything.get_message(timeout=0.1):
                heard.append((message["channel"], message["data"]))
            ended = any(channel == room and "party_session_ended" in data for channel, data in heard)
            # Both deployments speak on their own, so silence of the first about the party means something.
            return ended and {channel.split(":")[0] for channel, _ in heard} >= {"party", PREFIX}

        eventually(told)
        told_of_it = {channel for channel, data in heard if party["id"] in channel + data}
        assert all(channel.startswith(f"{PREFIX}:") for channel in told_of_it), told_of_it
        ada.close()
