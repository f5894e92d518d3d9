"""What waits for channels, on a real Postgres."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from partyapp.channel.application.ports import Claimed
from partyapp.channel.domain.channel import Failure
from partyapp.channel.domain.quiet_hours import QuietHours
from partyapp.channel.infrastructure.postgres_deliveries import (
    LEASE_MS,
    queue_deliveries,
)
from partyapp.notification.domain import Notification
from partyapp.notification.infrastructure.notifications import store
from partyapp.shared.kernel.errors import ValidationFailed
from partyapp.shared.kernel.ids import new_id
from tests.support.channel_env import NOW_MS, PER_HOUR, TABLES, Env
from tests.support.waiting import eventually

ENTITIES = TABLES


@pytest.fixture
def env(engine: Engine) -> Env:
    return Env(engine)


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
    with env.transactions.begin() as session:
        store(session, [told], queue_deliveries)
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


def test_a_rollback_leaves_nothing_to_send(env: Env, ada: UUID) -> None:
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


def test_two_workers_never_have_the_same(env: Env) -> None:
    people = [new_id() for _ in range(20)]
    for number, person in enumerate(people):
        env.active(person, f"ntfy://films{number}")
        env.happen(person)
    with ThreadPoolExecutor(4) as threads:
        found = [one for some in threads.map(lambda _: env.claim(6), range(4)) for one in some]
    assert len({one.channel_id for one in found}) == len(found)


def test_who_sets_quiet_hours_and_who_claims_never_wait_for_each_other(env: Env, ada: UUID) -> None:
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
