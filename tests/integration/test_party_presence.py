"""Presence on a real Valkey: what each process wrote, what a dead one left, and what is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from partyapp.party.live.presence import PAUSE_S, STALE_MS, RedisPresence, Share
from partyapp.shared.kernel.clock import FixedClock, PartyClock
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.redis_client import create_redis
from partyapp.shared.storage.reference_clock import EPOCH_KEY, ReferenceClock
from tests.support.party_objects import T0
from tests.support.server_processes import frozen, redis_pid
from tests.support.waiting import eventually

ADA, BOB = new_id(), new_id()
HOUR_MS = 3_600_000.0
NEAR, FAR = {"drift_ms": 5.0, "verdict": "in_sync"}, {"drift_ms": -200.0, "verdict": "out_of_sync"}


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    found = create_redis(redis_url)
    yield found
    found.close()


def test_everybody_who_is_anywhere_is_known(client: redis.Redis) -> None:
    presence, party = RedisPresence(client, FixedClock(T0)), new_id()
    assert presence.connected(party) == frozenset()
    presence.write("one", {party: Share({ADA: NEAR}, 90.0), new_id(): Share({BOB: None}, 700.0)})
    presence.write("two", {party: Share({ADA: FAR, BOB: None}, 320.0)})
    assert presence.connected(party) == frozenset({ADA, BOB})
    assert presence.online(party).listed == {
        ADA: {"online": True, "sync": FAR},
        BOB: {"online": True, "sync": None},
    }
    assert presence.lead_ms(party) == 320.0
    presence.write("two", {party: Share({}, None)})
    assert presence.connected(party) == frozenset({ADA})
    assert presence.lead_ms(party) == 90.0


def test_what_a_dead_process_left_grows_old(client: redis.Redis) -> None:
    clock, party = FixedClock(T0), new_id()
    presence = RedisPresence(client, clock)
    presence.write("dead", {party: Share({ADA: None}, 90.0)})
    clock.advance(STALE_MS - 1)
    assert presence.connected(party) == frozenset({ADA})
    clock.advance(2)
    presence.write("alive", {party: Share({BOB: None}, None)})
    assert presence.connected(party) == frozenset({BOB})
    assert presence.lead_ms(party) is None


def test_it_goes_away_by_itself(client: redis.Redis) -> None:
    party = new_id()
    RedisPresence(client, FixedClock(T0)).write("one", {party: Share({ADA: None}, None)})
    assert 0 < int(str(client.ttl(f"party:presence:{party}"))) <= 120


def test_without_redis_nobody_can_say(tmp_path: Path) -> None:
    presence = RedisPresence(create_redis(f"unix://{tmp_path}/none.sock"), FixedClock(T0))
    presence.write("one", {new_id(): Share({ADA: None}, None)})
    assert presence.connected(new_id()) is None
    assert presence.online(new_id()).listed == {}
    assert presence.lead_ms(new_id()) is None


def test_of_a_silent_redis_one_waits_and_the_others_do_not(redis_url: str) -> None:
    presence, party = RedisPresence(create_redis(redis_url, timeout_s=0.3), FixedClock(T0)), new_id()
    presence.write("one", {party: Share({ADA: None}, 90.0)})
    with frozen(redis_pid(redis_url)):
        begun = time.perf_counter()
        assert presence.lead_ms(party) is None
        first_s = time.perf_counter() - begun
        assert first_s >= 0.3
        assert [presence.connected(party) for _ in range(20)] == [None] * 20
        assert time.perf_counter() - begun < 2 * first_s, "a second one waited too"
    eventually(lambda: presence.connected(party) == frozenset({ADA}), 2 * PAUSE_S + 5)


def test_two_processes_have_the_same_time_and_epoch(client: redis.Redis) -> None:
    """Their wall clocks differ by an hour; the reference is the same."""
    early, late = PartyClock(wall_ms=T0), PartyClock(wall_ms=T0 + HOUR_MS)
    for clock in (early, late):
        reference = ReferenceClock(client, clock)
        for _ in range(5):
            assert reference.exchange()
    bound = early.root_bound_ms + late.root_bound_ms
    before_ms, late_ms, after_ms = early.now_ms(), late.now_ms(), early.now_ms()
    assert before_ms - bound <= late_ms <= after_ms + bound
    assert bound < HOUR_MS / 100, "a bound as wide as the clocks are apart would prove nothing"
    assert early.epoch == late.epoch != "local"
    client.delete(EPOCH_KEY)
    for clock in (early, late):
        assert ReferenceClock(client, clock).exchange()
    assert early.epoch == late.epoch, "whoever comes first writes the same name back"


def test_a_reference_that_is_gone_only_lets_the_bound_grow(tmp_path: Path) -> None:
    clock = PartyClock(wall_ms=T0)
    assert not ReferenceClock(create_redis(f"unix://{tmp_path}/none.sock"), clock).exchange()
    assert clock.root_bound_ms >= 1000.0
