"""What every place for waiting messages must do, told to the fake and to the one in Postgres alike."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import Engine

from partyapp.channel.application.ports import Claimed
from partyapp.channel.domain.channel import Failure
from partyapp.channel.domain.quiet_hours import QuietHours
from partyapp.channel.infrastructure.postgres_deliveries import LEASE_MS
from partyapp.shared.kernel.errors import ValidationFailed
from partyapp.shared.kernel.ids import new_id
from tests.support.channel_env import NOW_MS, PER_HOUR, TABLES, Env, MemoryEnv, PostgresEnv
from tests.support.fresh_database import fresh_tables


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    with fresh_tables(database_url, TABLES) as engine:
        yield engine


@pytest.fixture(params=["memory", "postgres"])
def env(request: pytest.FixtureRequest) -> Env:
    return MemoryEnv() if request.param == "memory" else PostgresEnv(request.getfixturevalue("engine"))


@pytest.fixture
def ada() -> UUID:
    return new_id()


def test_a_notification_waits_once_for_each_channel_that_wants_it(env: Env, ada: UUID) -> None:
    one, other = env.active(ada), env.active(ada, "a@b.example")
    env.active(ada, "ntfy://joins", ["member_joined"])
    env.add(ada, "ntfy://unverified")
    for claimed in env.claim():
        env.waiting.delivered(claimed)
    told = env.happen(ada)
    env.queue(told)
    env.happen(new_id())
    found: list[Claimed] = []
    for _ in range(2):
        (claimed,) = env.claim()
        assert env.claim() == [], "one message at a time for each person"
        found.append(claimed)
        env.waiting.delivered(claimed)
    assert {claimed.channel_id for claimed in found} == {one.id, other.id}
    assert {claimed.subject_id for claimed in found} == {told.id}
    assert (env.claim(), env.rows()) == ([], 0)


def test_what_was_not_settled_is_anybodys_once_its_lease_is_over(env: Env, ada: UUID) -> None:
    env.active(ada)
    env.happen(ada)
    (first,) = env.claim()
    env.clock.advance(LEASE_MS - 1)
    assert env.claim() == []
    env.clock.advance(1)
    (second,) = env.claim()
    assert (second.subject_id, second.tries, second.first_try_ms) == (first.subject_id, 2, first.first_try_ms)
    env.waiting.failed(first, env.clock.time_ms, Failure.TIMEOUT)
    env.waiting.given_up(first, Failure.TIMEOUT)
    assert (env.rows(), env.claim()) == (1, []), "who lost the lease doesn't settle what has failed"
    env.waiting.failed(second, env.clock.time_ms + 5000, Failure.TIMEOUT)
    assert env.claim() == []
    env.clock.advance(5000)
    assert len(env.claim()) == 1
    env.waiting.delivered(first)
    assert env.rows() == 0, "what has arrived is not sent again, however long it took"


def test_a_code_that_arrives_late_leaves_the_next_one(env: Env, ada: UUID) -> None:
    channel = env.add(ada)
    (first,) = env.claim()
    env.channels.new_code(ada, channel.id)
    env.waiting.delivered(first)
    (second,) = env.claim()
    assert (first.codes, second.codes) == (1, 2)
    env.waiting.delivered(second)
    assert env.rows() == 0


@pytest.mark.parametrize("fails", [False, True])
def test_another_code_waits_for_the_one_that_is_under_way(env: Env, ada: UUID, fails: bool) -> None:
    channel = env.add(ada)
    (first,) = env.claim()
    env.channels.new_code(ada, channel.id)
    assert env.claim() == [], "one message at a time for each person"
    if fails:
        env.waiting.given_up(first, Failure.INVALID_ADDRESS)
    else:
        env.waiting.dropped(first)
    (second,) = env.claim()
    assert (second.codes, second.tries, env.shown(ada)) == (2, 1, ("unverified", None))
    env.waiting.failed(first, env.clock.time_ms + 99_000, Failure.TIMEOUT)
    env.waiting.failed(second, env.clock.time_ms, Failure.TIMEOUT)
    assert [(one.codes, one.tries) for one in env.claim()] == [(2, 2)]


def test_what_is_under_way_to_a_removed_channel_is_waited_for(env: Env, ada: UUID) -> None:
    for settle in (env.waiting.delivered, env.waiting.dropped):
        channel = env.add(ada)
        (claimed,) = env.claim()
        env.channels.remove(ada, channel.id)
        other = env.add(ada, "ntfy://others")
        assert env.claim() == []
        settle(claimed)
        (code,) = env.claim()
        assert code.channel_id == other.id
        env.waiting.delivered(code)
        env.channels.remove(ada, other.id)
        assert env.rows() == 0
    env.add(ada)
    env.claim()
    assert env.store.remove_all(ada) == 1
    env.clock.advance(LEASE_MS)
    assert (env.claim(), env.rows()) == ([], 0), "whoever had it is gone"


def test_quiet_hours_put_off_all_but_codes(env: Env, ada: UUID) -> None:
    env.active(ada)
    env.channels.set_quiet_hours(ada, QuietHours(zone="Europe/Berlin", begin=0, end=17 * 60))
    env.happen(ada)
    env.happen(ada, "party_starting", starts_at_ms=NOW_MS + 600_000)
    assert env.claim() == []
    env.add(ada, "ntfy://another")
    (code,) = env.claim()
    assert code.kind is None
    env.waiting.delivered(code)
    env.clock.advance(3_600_000)
    (claimed,) = env.claim()
    assert claimed.kind == "party_invitation"
    env.waiting.delivered(claimed)
    assert (env.claim(), env.rows()) == ([], 0), "nobody is told in the morning that a party begins soon"
    env.happen(ada)
    env.channels.set_quiet_hours(ada, QuietHours(zone="Europe/Berlin", begin=0, end=23 * 60 + 59))
    assert env.claim() == []
    env.channels.set_quiet_hours(ada, None)
    assert len(env.claim()) == 1, "their end counts for what waits already"
    for bad in (
        QuietHours(zone="Europe/Atlantis", begin=0, end=1),
        QuietHours(zone="Europe/Berlin", begin=60, end=60),
    ):
        with pytest.raises(ValidationFailed):
            env.channels.set_quiet_hours(ada, bad)


def test_what_is_put_off_or_not_come_to_is_not_given_up_sooner(env: Env, ada: UUID) -> None:
    env.active(ada)
    env.happen(ada)
    (first,) = env.claim()
    env.clock.advance(10_000)
    env.waiting.failed(first, env.clock.time_ms + 20_000, Failure.TIMEOUT)
    env.channels.set_quiet_hours(ada, QuietHours(zone="Europe/Berlin", begin=0, end=17 * 60))
    env.clock.advance(20_000)
    assert env.claim() == []
    env.clock.advance(5 * 3_600_000)
    (second,) = env.claim()
    tried_for_ms = env.clock.time_ms - second.first_try_ms
    assert tried_for_ms == pytest.approx(30_000), "neither the night counts nor that nobody was there"


def test_one_person_is_sent_so_much_an_hour(env: Env, ada: UUID) -> None:
    env.active(ada)
    ben = new_id()
    env.active(ben, "ntfy://bens")

    def sent(user_id: UUID) -> int:
        count = 0
        while claimed := env.claim():
            for one in claimed:
                env.waiting.delivered(one)
                count += one.user_id == user_id
        return count

    for _ in range(3 * PER_HOUR):
        env.happen(ada)
    env.happen(ben)
    assert sent(ada) == PER_HOUR - 1, "its code counts"
    assert sent(ben) == 0, "it went meanwhile"
    env.clock.advance(3_600_000)
    assert sent(ada) == PER_HOUR


def test_a_channel_that_is_set_aside_says_why_and_has_nothing_waiting(env: Env, ada: UUID) -> None:
    channel = env.active(ada)
    env.happen(ada)
    env.happen(ada)
    (claimed,) = env.claim()
    env.waiting.given_up(claimed, Failure.TIMEOUT)
    (shown,) = env.channels.overview(ada)["items"]
    assert (shown["state"], shown["reason"], env.rows()) == ("set_aside", "timeout", 0)
    env.happen(ada)
    assert env.claim() == []
    env.channels.new_code(ada, channel.id)
    assert len(env.claim()) == 1
    env.channels.verify(ada, channel.id, env.vault.code(channel.id, 2))
    env.clock.advance(LEASE_MS)
    env.happen(ada)
    (found,) = env.claim()
    assert found.kind == "party_invitation", "the code that was on its way is not sent again"
