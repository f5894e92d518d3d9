"""What every place for channels must do, told to the fake and to the one in Postgres alike."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import Engine

from partyapp.channel.application.channels import AlreadyThere, NoSuchChannel
from partyapp.channel.domain.channel import CODE_MS, CODES_MS, MOST_CHANNELS, MOST_CODES, Failure
from partyapp.channel.infrastructure.postgres_deliveries import LEASE_MS
from partyapp.shared.kernel.errors import QuotaExceeded, RateLimited, ValidationFailed
from partyapp.shared.kernel.ids import new_id
from tests.support.channel_env import TABLES, Env, MemoryEnv, PostgresEnv
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


def test_a_code_that_never_arrives_says_why_and_sets_its_channel_aside(env: Env, ada: UUID) -> None:
    channel = env.add(ada)
    (claimed,) = env.claim()
    env.waiting.failed(claimed, env.clock.time_ms + 5000, Failure.NOT_ACCEPTED)
    assert env.shown(ada) == ("unverified", "not_accepted")
    env.clock.advance(CODE_MS)
    assert env.claim() == []
    assert (env.shown(ada), env.rows()) == (("set_aside", "not_accepted"), 0)
    env.channels.new_code(ada, channel.id)
    assert env.shown(ada) == ("unverified", None)


@pytest.mark.parametrize("failure", [one for one in Failure if not one.is_of_the_channel])
def test_what_the_deployment_could_not_send_sets_no_channel_aside(
    env: Env, ada: UUID, failure: Failure
) -> None:
    channel = env.add(ada)
    (code,) = env.claim()
    env.waiting.failed(code, env.clock.time_ms + 5000, failure)
    env.clock.advance(CODE_MS)
    assert (env.claim(), env.rows()) == ([], 0)
    assert env.shown(ada) == ("unverified", failure.value)
    env.channels.new_code(ada, channel.id)
    assert len(env.claim()) == 1, "once it is mended"
    env.channels.verify(ada, channel.id, env.vault.code(channel.id, 2))
    assert env.shown(ada) == ("active", None)


def test_who_lost_the_lease_drops_nothing(env: Env) -> None:
    ben = new_id()
    env.active(ben, "ntfy://bens")
    env.happen(ben)
    (claimed,) = env.claim()
    env.clock.advance(LEASE_MS)
    (again,) = env.claim()
    env.waiting.dropped(claimed)
    assert env.rows() == 1
    env.waiting.dropped(again)
    assert (env.shown(ben), env.rows()) == (("active", None), 0)


def test_codes_end_and_nobody_is_bothered_by_them(env: Env, ada: UUID) -> None:
    channel = env.add(ada, "eve@b.example")
    env.clock.advance(CODE_MS)
    with pytest.raises(ValidationFailed):
        env.channels.verify(ada, channel.id, env.vault.code(channel.id, 1))
    assert env.claim() == [], "nor is it sent so late"
    for _ in range(MOST_CODES - 2):
        env.channels.new_code(ada, channel.id)
    env.channels.remove(ada, channel.id)
    other = env.add(new_id(), "EVE@b.example")
    with pytest.raises(RateLimited):
        env.add(new_id(), "eve@b.example")
    with pytest.raises(RateLimited):
        env.channels.new_code(other.user_id, other.id)
    env.clock.advance(CODES_MS)
    env.add(new_id(), "eve@b.example")


def test_codes_of_former_days_do_not_count_for_ever(env: Env, ada: UUID) -> None:
    channel = env.add(ada)
    for _ in range(2 * MOST_CODES):
        env.clock.advance(CODES_MS)
        env.channels.new_code(ada, channel.id)
    for _ in range(MOST_CODES - 1):
        env.channels.new_code(ada, channel.id)
    with pytest.raises(RateLimited):
        env.channels.new_code(ada, channel.id)
    with pytest.raises(RateLimited):
        env.add(new_id(), "ntfy://films?x=1")


def test_a_person_has_a_few_channels_each_once_and_of_others_none(env: Env, ada: UUID) -> None:
    channel = env.add(ada)
    assert env.channels.add(channel.id, ada, "ntfy://films", None) == channel, "the same request again"
    with pytest.raises(AlreadyThere):
        env.add(ada)
    for number in range(MOST_CHANNELS - 1):
        env.add(ada, f"ntfy://films{number}")
    with pytest.raises(QuotaExceeded):
        env.add(ada, "ntfy://onemore")
    eve = new_id()
    for act in (
        lambda: env.channels.remove(eve, channel.id),
        lambda: env.channels.change(eve, channel.id, ["member_joined"]),
        lambda: env.channels.new_code(eve, channel.id),
        lambda: env.channels.verify(eve, channel.id, env.vault.code(channel.id, 1)),
    ):
        with pytest.raises(NoSuchChannel):
            act()
    assert env.channels.change(ada, channel.id, ["member_joined"]).kinds == ("member_joined",)
    assert env.store.remove_all(ada) == MOST_CHANNELS
    assert (env.channels.overview(ada)["items"], env.rows()) == ([], 0)
