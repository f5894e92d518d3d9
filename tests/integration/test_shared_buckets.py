"""A person on many processes has one rate: what each has counted is taken out of the others' buckets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
import redis

from partyapp.chat.live.chat_limits import ChatLimit
from partyapp.shared.kernel.bounds import Rate
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.errors import RateLimited
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.ops.shared_buckets import SharedBuckets
from partyapp.shared.ops.token_buckets import TokenBuckets
from partyapp.shared.storage.redis_client import create_redis
from partyapp.shared.storage.redis_names import RedisNames


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    found = create_redis(redis_url)
    yield found
    found.close()


class Processes:
    """Web processes of one deployment of its own, each with the chat's limit, on a clock of the test's."""

    def __init__(self, client: redis.Redis, rule: str = "chat", rate: Rate | None = None) -> None:
        names, self.at_s, self.ada = RedisNames("t:"), 0.0, new_id()
        self.limits = [
            ChatLimit(
                rule,
                rate or Rate(amount=1, per_s=1),
                enabled=True,
                client=client,
                clock=FixedClock(),
                names=names,
            )
            for _ in range(2)
        ]
        for limit in self.limits:
            limit._buckets._now_s = lambda: self.at_s

    def said(self, process: int, tries: int) -> int:
        """How many of so many messages of Ada's one process takes."""
        taken = 0
        for _ in range(tries):
            try:
                self.limits[process](self.ada)
            except RateLimited:
                continue
            taken += 1
        return taken

    def second(self) -> None:
        """A second goes by on all of them."""
        self.at_s += 1.0
        for limit in self.limits:
            exchange(limit, limit._shared)


def exchange(limit: ChatLimit, shared: SharedBuckets) -> None:
    limit.each_second()
    gevent.sleep(0)
    while shared._sharing:
        gevent.sleep(0.001)


def test_a_burst_on_two_processes_is_one_burst_afterwards(client: redis.Redis) -> None:
    processes = Processes(client)
    assert [processes.said(number, 20) for number in (0, 1)] == [8, 8]
    processes.second()
    processes.second()
    # Sixteen were said, and two tokens have come in.
    assert [processes.said(number, 20) for number in (0, 1)] == [0, 0]
    later = 0
    for _ in range(20):
        processes.second()
        later += processes.said(0, 5) + processes.said(1, 5)
    assert 8 <= later <= 20, "one a second on all of them together, after what they said too much"


def test_who_writes_at_the_rate_on_each_process_is_held_to_it_on_all(client: redis.Redis) -> None:
    """Neither bucket would ever be low by what is said there."""
    processes = Processes(client)
    taken = 0
    for _ in range(40):
        taken += processes.said(0, 1) + processes.said(1, 1)
        processes.second()
    assert taken <= 40 + 2 * 8


def test_who_writes_on_one_process_alone_is_taken_nothing_for_it(client: redis.Redis) -> None:
    processes = Processes(client)
    for _ in range(30):
        assert processes.said(0, 1) == 1
        processes.second()
    assert processes.said(0, 20) == 8


def test_reactions_have_a_rate_of_their_own(client: redis.Redis) -> None:
    processes = Processes(client, "reactions", Rate(amount=4, per_s=1))
    assert [processes.said(number, 50) for number in (0, 1)] == [32, 32]
    processes.second()
    processes.second()
    assert [processes.said(number, 50) for number in (0, 1)] == [0, 0]


def test_without_redis_each_counts_alone(tmp_path: Path) -> None:
    processes = Processes(create_redis(f"unix://{tmp_path}/none.sock"))
    assert [processes.said(number, 20) for number in (0, 1)] == [8, 8]
    processes.second()
    assert [processes.said(number, 20) for number in (0, 1)] == [1, 1]


def test_who_uses_little_costs_redis_nothing() -> None:
    unused: redis.Redis = None  # type: ignore[assignment]
    buckets = TokenBuckets(Rate(amount=5, per_s=1), lambda: 0.0)
    shared = SharedBuckets({"rule": buckets}, "test", unused, FixedClock(), RedisNames("t:"))
    for _ in range(2):
        shared.take("rule", "Ada")
    shared.each_second()
    assert not shared._sharing
