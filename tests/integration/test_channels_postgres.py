"""Channels and what waits for them, where it takes a real Postgres to tell."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from partyapp.channel.domain.channel import CODE_MS, CODES_MS, Failure
from partyapp.channel.infrastructure.postgres_deliveries import queue_deliveries
from partyapp.channel.infrastructure.vault import SealedAddresses
from partyapp.notification.domain import Notification
from partyapp.notification.infrastructure.notifications import store
from partyapp.shared.kernel.ids import new_id
from tests.support.channel_env import TABLES, PostgresEnv
from tests.support.waiting import eventually

ENTITIES = TABLES


@pytest.fixture
def env(engine: Engine) -> PostgresEnv:
    return PostgresEnv(engine)


@pytest.fixture
def ada() -> UUID:
    return new_id()


def test_a_rollback_leaves_nothing_to_send(env: PostgresEnv, ada: UUID) -> None:
    env.active(ada)

    def dies() -> None:
        with env.transactions.begin() as session:
            made = env.happen(new_id())
            told = Notification(**{**vars(made), "id": new_id(), "user_id": ada})
            store(session, [told], queue_deliveries)
            raise RuntimeError("died")

    with pytest.raises(RuntimeError, match="died"):
        dies()
    assert env.claim() == []


def test_two_workers_never_have_the_same(env: PostgresEnv) -> None:
    people = [new_id() for _ in range(20)]
    for number, person in enumerate(people):
        env.active(person, f"ntfy://films{number}")
        env.happen(person)
    with ThreadPoolExecutor(4) as threads:
        found = [one for some in threads.map(lambda _: env.claim(6), range(4)) for one in some]
    assert len({one.channel_id for one in found}) == len(found)


def test_who_sets_quiet_hours_and_who_claims_never_wait_for_each_other(env: PostgresEnv, ada: UUID) -> None:
    waiting = text(
        "SELECT 1 FROM pg_locks JOIN pg_stat_activity a USING (pid) "
        "WHERE NOT granted AND a.datname = current_database()"
    )

    def waits() -> bool:
        with env.transactions() as looking:
            return looking.scalar(waiting) is not None

    channel = env.active(ada)
    env.happen(ada)
    with ThreadPoolExecutor(1) as threads, env.transactions.begin() as session:
        session.execute(text("SELECT 1 FROM notify_people FOR UPDATE"))
        claimed = threads.submit(env.claim)
        eventually(waits)
        session.execute(text("UPDATE notify_channels SET kinds = kinds"))
        session.execute(text("UPDATE notify_deliveries SET due_at_ms = due_at_ms"))
        session.commit()
        assert [one.channel_id for one in claimed.result()] == [channel.id]


def test_addresses_are_read_by_the_deployment_alone(env: PostgresEnv, ada: UUID) -> None:
    env.add(ada, "ntfy://my-secret-topic")
    with env.transactions() as session:
        row = session.connection().exec_driver_sql("SELECT * FROM notify_channels").one()
    assert "my-secret" not in str(row)
    renewed = SealedAddresses("n" * 40, previous="s" * 40)
    assert env.store.reseal(renewed.again) == 1
    (claimed,) = env.claim()
    assert SealedAddresses("n" * 40).opened(claimed.sealed) == "ntfy://my-secret-topic"
    assert env.vault.opened(claimed.sealed) is None


def test_what_was_removed_or_never_verified_is_old_when_its_codes_dont_count_any_more(
    env: PostgresEnv, ada: UUID
) -> None:
    channel = env.add(ada)
    (claimed,) = env.claim()
    env.waiting.failed(claimed, env.clock.time_ms + 5000, Failure.NOT_ACCEPTED)
    env.channels.remove(ada, env.add(ada, "ntfy://another").id)
    env.clock.advance(CODE_MS)
    assert env.claim() == []
    assert env.shown(ada) == ("set_aside", "not_accepted")
    env.clock.advance(CODES_MS - CODE_MS)
    assert env.store.old(env.clock.time_ms).count() == 0
    assert env.store.old(env.clock.time_ms + 1).count() == 2
    env.channels.new_code(ada, channel.id)
    assert env.store.old(env.clock.time_ms + 1).count() == 1
