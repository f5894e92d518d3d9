"""Commands are counted by person and party, on all processes together, and alone while Redis is gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import gevent
import pytest
import redis

from partyapp.party.application.commands import LeavePartySessionCommand, TransferHostCommand
from partyapp.party.live.command_limits import CommandLimits, LimitedLifecycle
from partyapp.shared.kernel.bounds import Rate, Rates
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.errors import RateLimited
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.redis_client import create_redis
from partyapp.shared.storage.redis_names import RedisNames
from tests.support.party_objects import principal

#: So slow that no token comes back during a test: 20 at once for a person, 50 for a party.
RATES = Rates(commands=Rate(amount=7200, per_s=3600), party_commands=Rate(amount=18_000, per_s=3600))


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    found = create_redis(redis_url)
    yield found
    found.close()


def processes(client: redis.Redis, number: int = 2) -> list[CommandLimits]:
    """Web processes of one deployment of its own."""
    names, clock = RedisNames(f"t{new_id().hex[:8]}:"), FixedClock()
    found = [CommandLimits(RATES, client, clock, names) for _ in range(number)]
    for limits in found:
        for buckets in limits._rules.values():
            # Time stands still.
            buckets._now_s = lambda: 0.0
    return found


def committed(limits: CommandLimits, user_id: UUID, party_id: UUID, tries: int = 200) -> int:
    """How many of so many commands are let through."""
    done = 0
    for _ in range(tries):
        try:
            limits.take(user_id, party_id)
        except RateLimited:
            continue
        done += 1
    return done


def second(*limits: CommandLimits) -> None:
    for each in limits:
        each.each_second()
        gevent.sleep(0)
        while each._shared._sharing:
            gevent.sleep(0.001)


def test_one_person_is_held_back_before_the_party_is(client: redis.Redis) -> None:
    (limits,) = processes(client, 1)
    party_id, people = new_id(), [new_id() for _ in range(4)]
    assert [committed(limits, person, party_id) for person in people] == [20, 20, 10, 0]
    assert committed(limits, people[3], new_id()) == 20, "in another party there is room"


def test_who_is_refused_is_told_when_to_come_again(client: redis.Redis) -> None:
    (limits,) = processes(client, 1)
    person, party_id = new_id(), new_id()
    committed(limits, person, party_id)
    with pytest.raises(RateLimited) as refused:
        limits.take(person, party_id)
    problem = refused.value.problem()
    assert (problem["code"], problem["status"], problem["retry_after_s"]) == ("rate_limited", 429, 1)
    assert refused.value.headers["RateLimit-Policy"] == '"commands";q=7200;w=3600'


def test_a_person_on_many_processes_has_one_rate(client: redis.Redis) -> None:
    one, two = processes(client)
    person, party_id = new_id(), new_id()
    assert committed(one, person, party_id, 15) == committed(two, person, party_id, 15) == 15
    second(one, two, one)
    assert committed(one, person, party_id) == committed(two, person, party_id) == 0


def test_what_a_process_has_counted_is_not_taken_from_it_again(client: redis.Redis) -> None:
    one, two = processes(client)
    person, party_id = new_id(), new_id()
    committed(one, person, party_id, 12)
    for _ in range(3):
        second(one, two)
    assert committed(one, person, party_id) == 8
    second(one, two, one)
    committed(two, person, party_id, 11)
    second(two)
    assert committed(two, person, party_id) == 0


def test_without_redis_each_counts_alone(tmp_path: Path) -> None:
    one, two = processes(create_redis(f"unix://{tmp_path}/none.sock"))
    person, party_id = new_id(), new_id()
    for limits in (one, two):
        assert committed(limits, person, party_id, 15) == 15
        second(limits)
        assert committed(limits, person, party_id) == 5


def test_of_a_sockets_lifecycle_commands_hand_overs_count(client: redis.Redis) -> None:
    (limits,) = processes(client, 1)

    class Accepts:
        def accept(self, *_: Any) -> str:
            return "accepted"

        def outcome(self, *_: Any) -> None:
            return None

    ada, party_id = principal("Ada"), new_id()
    lifecycle = LimitedLifecycle(Accepts(), limits)  # type: ignore[arg-type]
    hand_over = TransferHostCommand(actor=ada, party_id=party_id, user_id=new_id())
    for _ in range(20):
        assert lifecycle.accept(hand_over, ada, None, "") == "accepted"
    with pytest.raises(RateLimited):
        lifecycle.accept(hand_over, ada, None, "")
    leave = LeavePartySessionCommand(actor=ada, party_id=party_id)
    assert lifecycle.accept(leave, ada, None, "") == "accepted"
