"""Channels and what waits for them, on a real Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text

from partyapp.channel.application.channels import AlreadyThere, Channels, NoSuchChannel
from partyapp.channel.application.ports import Claimed
from partyapp.channel.domain.channel import CODE_MS, CODES_MS, MOST_CHANNELS, MOST_CODES, Channel, Failure
from partyapp.channel.domain.quiet_hours import QuietHours
from partyapp.channel.infrastructure.entities import CHANNEL_ENTITIES, NotifyDeliveryEntity
from partyapp.channel.infrastructure.postgres_channels import PostgresChannels
from partyapp.channel.infrastructure.postgres_deliveries import (
    LEASE_MS,
    PostgresDeliveries,
    queue_deliveries,
)
from partyapp.channel.infrastructure.vault import SealedAddresses
from partyapp.notification.domain import Notification
from partyapp.notification.infrastructure.notifications import NotificationEntity, store
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.errors import QuotaExceeded, RateLimited, ValidationFailed
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import Transactions
from tests.support.fresh_database import emptied, fresh_tables
from tests.support.waiting import eventually

ENTITIES = (NotificationEntity, *CHANNEL_ENTITIES)
#: 16:33 in Berlin.
NOW_MS = 1_795_361_600_000.0
PER_HOUR = 10


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    with fresh_tables(database_url, ENTITIES) as engine:
        yield engine


class Env:
    """All of it, on a clock that is moved."""

    def __init__(self, engine: Engine) -> None:
        emptied(engine, ENTITIES)
        self.transactions = Transactions(engine)
        self.clock = FixedClock(NOW_MS)
        self.vault = SealedAddresses("s" * 40)
        self.store = PostgresChannels(self.transactions, PER_HOUR)
        self.waiting = PostgresDeliveries(self.transactions, PER_HOUR)
        self.channels = Channels(
            channels=self.store,
            vault=self.vault,
            clock=self.clock,
            schemes={"ntfy", "mailto"},
        )

    def add(self, user_id: UUID, address: str = "ntfy://films", kinds: list[str] | None = None) -> Channel:
        return self.channels.add(new_id(), user_id, address, kinds)

    def active(self, user_id: UUID, address: str = "ntfy://films", kinds: list[str] | None = None) -> Channel:
        channel = self.add(user_id, address, kinds)
        for claimed in self.claim():
            self.waiting.delivered(claimed)
        return self.channels.verify(user_id, channel.id, self.vault.code(channel.id, 1))

    def happen(self, user_id: UUID, kind: str = "party_invitation", **data: object) -> Notification:
        event_id = new_id()
        made = Notification(
            id=new_id(),
            user_id=user_id,
            event_id=event_id,
            party_id=new_id(),
            type=kind,
            data={"party_title": "Film night", **data},
            created_at_ms=int(self.clock.time_ms),
        )
        with self.transactions.begin() as session:
            store(session, [made], queue_deliveries)
        return made

    def claim(self, limit: int = 100) -> list[Claimed]:
        return self.waiting.claim(self.clock.time_ms, limit)

    def rows(self) -> int:
        with self.transactions() as session:
            return len(session.scalars(select(NotifyDeliveryEntity)).all())


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


def test_a_code_that_never_arrives_says_why_and_sets_its_channel_aside(env: Env, ada: UUID) -> None:
    channel = env.add(ada)

    def shown() -> tuple[str, str | None]:
        (found,) = env.channels.overview(ada)["items"]
        return found["state"], found["reason"]

    (claimed,) = env.claim()
    env.waiting.failed(claimed, env.clock.time_ms + 5000, Failure.NOT_ACCEPTED)
    assert shown() == ("unverified", "not_accepted")
    env.clock.advance(CODE_MS)
    assert env.claim() == []
    assert (shown(), env.rows()) == (("set_aside", "not_accepted"), 0)
    env.clock.advance(CODES_MS + 1)
    assert env.store.old(env.clock.time_ms).count() == 1, "as it was never verified"
    env.channels.new_code(ada, channel.id)
    assert shown() == ("unverified", None)


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
    assert env.store.old(env.clock.time_ms).count() == 0
    assert env.store.old(env.clock.time_ms + 1).count() == 2, "one removed, one never verified"
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


def test_addresses_are_read_by_the_deployment_alone(env: Env, ada: UUID) -> None:
    env.add(ada, "ntfy://my-secret-topic")
    with env.transactions() as session:
        row = session.connection().exec_driver_sql("SELECT * FROM notify_channels").one()
    assert "my-secret" not in str(row)
    renewed = SealedAddresses("n" * 40, previous="s" * 40)
    assert env.store.reseal(renewed.again) == 1
    (claimed,) = env.claim()
    assert SealedAddresses("n" * 40).opened(claimed.sealed) == "ntfy://my-secret-topic"
    assert env.vault.opened(claimed.sealed) is None
