"""Presence on a real Valkey: what each process wrote, what a dead one left, and what is lost."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import redis

from partyapp.party.application.views import LISTED
from partyapp.party.infrastructure.playback.lead_needs import ONE_PERSON_MS, LeadNeeds
from partyapp.party.infrastructure.playback.lead_time import MARGIN_MS
from partyapp.party.live.presence import PAUSE_S, REFRESH_MS, STALE_MS, RedisPresence, Share
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


def needs(host_ms: float | None) -> LeadNeeds:
    """The needs of a process to which the host is connected, with that delay."""
    return LeadNeeds(host_ms=host_ms, persons=1)


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    found = create_redis(redis_url)
    yield found
    found.close()


def test_everybody_who_is_anywhere_is_known(client: redis.Redis) -> None:
    presence, party = RedisPresence(client, FixedClock(T0)), new_id()
    assert presence.connected(party) == frozenset()
    presence.write(
        "one", {party: Share({ADA: NEAR}, needs(60.0)), new_id(): Share({BOB: None}, needs(670.0))}
    )
    presence.write("two", {party: Share({ADA: FAR, BOB: None}, needs(290.0))})
    assert presence.connected(party) == frozenset({ADA, BOB})
    assert presence.online(party).listed == {
        ADA: {"online": True, "sync": FAR},
        BOB: {"online": True, "sync": None},
    }
    assert presence.lead_ms(party) == 320.0
    presence.write("two", {party: Share({}, needs(None))})
    assert presence.connected(party) == frozenset({ADA})
    assert presence.lead_ms(party) == 90.0


def test_no_process_is_a_way_round_the_weight_of_one_person(client: redis.Redis) -> None:
    """Who alone on a process says that they are slow is one person of the party all the same."""
    presence, party = RedisPresence(client, FixedClock(T0)), new_id()
    presence.write("one", {party: Share({ADA: None, new_id(): None}, LeadNeeds(host_ms=50.0, persons=2))})
    presence.write("two", {party: Share({BOB: None}, LeadNeeds(members_ms={BOB: 1000.0}, persons=1))})
    assert presence.lead_ms(party) == 50.0 + ONE_PERSON_MS / 3 + MARGIN_MS


def test_a_process_of_an_older_version_is_believed_in_full(client: redis.Redis) -> None:
    presence, party = RedisPresence(client, FixedClock(T0)), new_id()
    presence.write("one", {party: Share({ADA: None}, needs(50.0))})
    older = {"at_ms": T0, "lead_ms": 410.0, "members": {str(BOB): None}}
    client.hset(f"party:presence:{party}", "older", json.dumps(older))
    assert presence.lead_ms(party) == 410.0
    told: Any = client.hget(f"party:presence:{party}", "one")
    assert json.loads(told)["lead_ms"] == 80.0, "and is told as much"


def test_what_a_dead_process_left_grows_old(client: redis.Redis) -> None:
    clock, party = FixedClock(T0), new_id()
    presence = RedisPresence(client, clock)
    presence.write("dead", {party: Share({ADA: None}, needs(60.0))})
    clock.advance(STALE_MS - 1)
    assert presence.connected(party) == frozenset({ADA})
    clock.advance(2)
    presence.write("alive", {party: Share({BOB: None}, needs(None))})
    assert presence.connected(party) == frozenset({BOB})
    assert presence.lead_ms(party) is None


def test_it_goes_away_by_itself(client: redis.Redis) -> None:
    party = new_id()
    RedisPresence(client, FixedClock(T0)).write("one", {party: Share({ADA: None}, needs(None))})
    assert 0 < int(str(client.ttl(f"party:presence:{party}"))) <= 120


def crowd(numbers: Collection[int]) -> Share:
    """A large share of these members, the first hundred of whom are listed."""
    users = [UUID(int=number) for number in sorted(numbers)]
    first = {user: float(user.int) for user in users[:LISTED]}
    syncs = {user: NEAR if user in first else None for user in users}
    return Share(syncs, needs(60.0), first, "i" * len(users))


def ids(numbers: Collection[int]) -> frozenset[UUID]:
    return frozenset(UUID(int=number) for number in numbers)


def test_of_a_large_share_only_who_came_and_went_is_written(client: redis.Redis) -> None:
    presence, party = RedisPresence(client, FixedClock(T0)), new_id()
    many = set(range(1, 3000))
    presence.write("one", {party: crowd(many)})
    RedisPresence(client, FixedClock(T0)).write("two", {party: Share({BOB: FAR}, needs(290.0))})
    assert presence.connected(party) == ids(many) | {BOB}
    assert presence.online(party).total == 3000
    before = bytes_written(client)
    presence.write("one", {party: crowd(many - {2999} | {5000})})
    moved = bytes_written(client) - before
    assert presence.connected(party) == ids(many - {2999} | {5000}) | {BOB}
    assert moved < 3000 * len(str(BOB)) / 2
    before = bytes_written(client)
    presence.write("one", {party: crowd(many - {2999} | {5000})})
    assert bytes_written(client) - before < 1000, "nobody came or went"


def bytes_written(client: redis.Redis) -> int:
    told: Any = client.info("stats")
    return int(told["total_net_input_bytes"])


def test_a_large_share_is_written_again_before_it_is_old(client: redis.Redis) -> None:
    clock, party = FixedClock(T0), new_id()
    presence = RedisPresence(client, clock)
    for _ in range(30):
        presence.write("one", {party: crowd(range(1, 300))})
        clock.advance(STALE_MS / 10)
    assert presence.connected(party) == ids(range(1, 300))
    clock.advance(STALE_MS)
    assert presence.connected(party) == frozenset()


def test_news_of_a_large_share_writes_it_no_more_often_than_its_refresh(client: redis.Redis) -> None:
    clock, party = FixedClock(T0), new_id()
    presence = RedisPresence(client, clock)
    written = []
    for _ in range(60):
        before = bytes_written(client)
        presence.write("one", {party: crowd(range(1, 300))})
        if bytes_written(client) - before > 1000:
            written.append(clock.now_ms())
        clock.advance(1000)
    pauses = [later - earlier for earlier, later in pairwise(written)]
    assert len(pauses) == 3
    assert all(0.9 * REFRESH_MS <= pause <= REFRESH_MS for pause in pauses)


@pytest.mark.parametrize("lost", ["all", "some", "the server's memory"])
def test_what_redis_has_lost_of_a_large_share_is_written_again(client: redis.Redis, lost: str) -> None:
    presence, party = RedisPresence(client, FixedClock(T0)), new_id()
    many = set(range(1, 1500))
    presence.write("one", {party: crowd(many)})
    (key,) = client.keys(f"party:presence:{party}:*")
    if lost == "all":
        client.delete(key)
    elif lost == "some":
        client.srem(key, str(UUID(int=700)))
    else:
        client.delete(key, f"party:presence:{party}", f"party:crowd:{party}")
    for number in (2000, 2001):
        many.add(number)
        presence.write("one", {party: crowd(many)})
    assert presence.connected(party) == ids(many)


def test_a_share_that_becomes_small_leaves_nothing_behind(client: redis.Redis) -> None:
    presence, party = RedisPresence(client, FixedClock(T0)), new_id()
    for share, connected in ((crowd(range(1, 300)), ids(range(1, 300))), (Share({ADA: None}), {ADA})):
        presence.write("one", {party: share})
        assert presence.connected(party) == connected
    assert client.keys(f"party:presence:{party}:*") == []
    presence.write("one", {party: crowd(range(1, 300))})
    presence.write("one", {party: Share({})})
    assert presence.connected(party) == frozenset()
    assert client.keys(f"party:presence:{party}:*") == []


def test_a_write_that_failed_is_made_good_by_the_next(client: redis.Redis, tmp_path: Path) -> None:
    presence, party = RedisPresence(client, FixedClock(T0)), new_id()
    presence.write("one", {party: crowd(range(1, 300))})
    presence._client = create_redis(f"unix://{tmp_path}/none.sock")
    presence.write("one", {party: crowd(range(1, 400))})
    presence._client = client
    presence.write("one", {party: crowd(range(1, 401))})
    assert presence.connected(party) == ids(range(1, 401))


def test_without_redis_nobody_can_say(tmp_path: Path) -> None:
    presence = RedisPresence(create_redis(f"unix://{tmp_path}/none.sock"), FixedClock(T0))
    presence.write("one", {new_id(): Share({ADA: None}, needs(None))})
    assert presence.connected(new_id()) is None
    assert presence.online(new_id()).listed == {}
    assert presence.lead_ms(new_id()) is None


def test_of_a_silent_redis_one_waits_and_the_others_do_not(redis_url: str) -> None:
    presence, party = RedisPresence(create_redis(redis_url, timeout_s=0.3), FixedClock(T0)), new_id()
    presence.write("one", {party: Share({ADA: None}, needs(60.0))})
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
