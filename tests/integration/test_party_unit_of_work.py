"""One command, one transaction, on a real Postgres: races, repeats, and what is told afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import Engine

from partyapp.party.application.ports import ConcurrentChange, ProcessPorts
from partyapp.party.domain.errors import NotAMember, PartyEnded
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.playback import PlaybackAction
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.state import Control, Visibility
from partyapp.party.infrastructure.entities import (
    PartyEventEntity,
    PartyMemberEntity,
    SyncedPartySessionEntity,
)
from partyapp.party.infrastructure.queries import ASKED_AT_ONCE, PartyQueries
from partyapp.party.infrastructure.services.party_session_service import Lock
from partyapp.party.infrastructure.unit_of_work import PartyUnitOfWork, TransactionPorts, Work
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import Transactions, create_database
from tests.support.fakes_party import FixedSchedule, RecordedCommits
from tests.support.fresh_database import emptied, fresh_tables
from tests.support.party_objects import T0, created, host_of, joined
from tests.support.waiting import LIMIT_S

ENTITIES = (SyncedPartySessionEntity, PartyMemberEntity, PartyEventEntity)
PORTS = ProcessPorts(schedule=FixedSchedule(T0))


class Env:
    """A unit of work on Postgres, one public party in it, and what was announced."""

    def __init__(self, engine: Engine) -> None:
        self.transactions = Transactions(engine)
        self.announced = RecordedCommits()
        self.unit = PartyUnitOfWork(self.transactions, self.announced, PORTS)
        self.queries = PartyQueries(self.transactions)
        session = created(control=Control.EVERYONE, visibility=Visibility.PUBLIC, max_members=500)
        self.id, self.host = session.state.id, host_of(session)

        def add(ports: TransactionPorts) -> None:
            ports.sessions.add(session)
            ports.members.add(self.host)

        self.unit.run(add)

    def log(self) -> list[tuple[int, str]]:
        return [(event.revision, event.type) for event in self.queries.events(self.id, 0, 1000)]

    def party(self) -> SyncedPartySession:
        found = self.queries.whole(self.id)
        assert found is not None
        return SyncedPartySession.reconstitute(found.state)

    def play(self, position_s: float = 1.0, wait: Callable[[], object] = lambda: None) -> Work:
        """Work that plays from there; `wait` runs between loading and deciding."""

        def work(ports: TransactionPorts) -> SyncedPartySession:
            session = ports.sessions.get(self.id)
            wait()
            session.control(
                PlaybackAction.PLAY,
                self.host,
                at_ms=T0,
                lead_ms=0.0,
                position_s=position_s,
                rate=None,
                expected_revision=None,
            )
            ports.sessions.save(session)
            return session

        return work

    def once(self, command_id: UUID, work: Work, actor: UUID | None = None) -> int:
        event = self.unit.run_once(
            work, party_id=self.id, actor_id=actor or self.host.user_id, command_id=command_id
        )
        return event.revision


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    with fresh_tables(database_url, ENTITIES, pool_size=20) as engine:
        yield engine


@pytest.fixture
def env(engine: Engine) -> Env:
    emptied(engine, ENTITIES)
    return Env(engine)


def test_a_commit_is_announced_once_with_its_events(env: Env) -> None:
    command = new_id()
    env.announced.clear()
    env.unit.run(env.play(), command_id=command)
    (committed,) = env.announced
    assert [event.type for event in committed.events] == ["playback_started"]
    assert (committed.command_id, committed.session.state.revision) == (command, 2)
    assert committed.events[0] == env.queries.events(env.id, 1, 10)[0], "what is told is what is stored"


def test_what_was_refused_leaves_nothing_and_announces_nothing(env: Env) -> None:
    env.announced.clear()

    def refuse(ports: TransactionPorts) -> None:
        session = ports.sessions.get(env.id)
        ports.members.add(joined(session))
        ports.sessions.save(session)
        raise NotAMember()

    with pytest.raises(NotAMember):
        env.unit.run(refuse)
    assert env.log() == [(1, "party_session_created")]
    found = env.queries.whole(env.id)
    assert found is not None
    assert len(found.members) == 1
    assert env.announced == []


@pytest.mark.parametrize("together", [2, 8])
def test_a_race_loses_nothing(env: Env, together: int) -> None:
    """All load the same revision; every effect is there afterwards, one revision each."""
    loaded = threading.Barrier(together)

    def meet_once() -> Callable[[], None]:
        met: list[bool] = []

        def wait() -> None:
            # Only the first try waits for the others; a second one holds the row's lock.
            if not met:
                met.append(True)
                loaded.wait(LIMIT_S)

        return wait

    works = [env.play(float(number), meet_once()) for number in range(together)]
    with ThreadPoolExecutor(together) as threads:
        done = list(threads.map(env.unit.run, works))
    assert sorted(session.state.revision for session in done) == list(range(2, together + 2))
    assert [revision for revision, _ in env.log()] == list(range(1, together + 2))
    positions = {event.data["position_s"] for event in env.queries.events(env.id, 1, 100)}
    assert positions == {float(number) for number in range(together)}
    assert sorted(c.session.state.revision for c in env.announced[1:]) == list(range(2, together + 2))
    assert env.party().state.revision == together + 1


def test_joins_at_the_same_time_respect_the_places(env: Env, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE synced_party_sessions SET max_members = 4")
    start = threading.Barrier(8)

    def join(number: int) -> bool:
        start.wait(LIMIT_S)

        def work(ports: TransactionPorts) -> PartyMember:
            session = ports.sessions.get(env.id)
            member = session.join(UUID(int=number + 1), "X", None, None, T0)
            ports.sessions.save(session)
            ports.members.add(member)
            return member

        try:
            env.unit.run(work)
        except Exception as error:
            assert type(error).__name__ == "PartyFull", error
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(join, range(8))) == 3
    state = env.party().state
    assert (state.member_count, state.revision) == (4, 4)


def test_who_loses_under_the_lock_is_a_bug_and_not_hidden(env: Env) -> None:
    def lose(ports: TransactionPorts) -> None:
        raise ConcurrentChange

    with pytest.raises(ConcurrentChange):
        env.unit.run(lose)


def test_the_lock_makes_others_wait(env: Env) -> None:
    with env.transactions.begin() as transaction:
        transaction.connection().exec_driver_sql("SET LOCAL lock_timeout = '100ms'")
        inside = threading.Event()
        over = threading.Event()

        def hold(ports: TransactionPorts) -> None:
            ports.sessions.get(env.id)
            inside.set()
            assert over.wait(LIMIT_S)

        with ThreadPoolExecutor(1) as threads:
            holding = threads.submit(env.unit.run, hold, lock=Lock.WAIT)
            assert inside.wait(LIMIT_S)
            with pytest.raises(Exception, match="lock timeout"):
                transaction.connection().exec_driver_sql("SELECT 1 FROM synced_party_sessions FOR UPDATE")
            over.set()
            holding.result(10)


def test_a_repeated_command_finds_its_first_effect(env: Env) -> None:
    command = new_id()
    assert env.once(command, env.play(5.0)) == 2
    env.unit.run(env.play(6.0))
    assert env.once(command, env.play(7.0)) == 2
    assert [revision for revision, _ in env.log()] == [1, 2, 3]
    assert env.party().state.playback.position_s == 6.0


def test_a_repeat_finds_it_even_when_the_rules_say_no_by_now(env: Env) -> None:
    command = new_id()
    assert env.once(command, env.play()) == 2

    def end(ports: TransactionPorts) -> None:
        session = ports.sessions.get(env.id)
        session.end(env.host, env.host.user_id, T0)
        ports.sessions.save(session)

    env.unit.run(end)
    assert env.once(command, env.play()) == 2
    with pytest.raises(PartyEnded):
        env.once(new_id(), env.play())


def test_the_same_id_of_somebody_else_is_another_command(env: Env) -> None:
    command, grace = new_id(), new_id()

    def join_and_play(ports: TransactionPorts) -> SyncedPartySession:
        session = ports.sessions.get(env.id)
        member = session.join(grace, "Grace", None, None, T0)
        ports.members.add(member)
        session.control(
            PlaybackAction.PAUSE,
            member,
            at_ms=T0,
            lead_ms=0.0,
            position_s=None,
            rate=None,
            expected_revision=None,
        )
        ports.sessions.save(session)
        return session

    assert env.once(command, env.play()) == 2
    assert env.once(command, join_and_play, grace) == 4
    assert env.unit.first_effect(env.id, grace, command) is not None
    assert env.unit.first_effect(new_id(), grace, command) is None


def test_repeats_at_the_same_time_have_one_effect(env: Env) -> None:
    command, start = new_id(), threading.Barrier(6)

    def send(number: int) -> int:
        start.wait(LIMIT_S)
        return env.once(command, env.play(float(number)))

    with ThreadPoolExecutor(6) as threads:
        assert set(threads.map(send, range(6))) == {2}
    assert [revision for revision, _ in env.log()] == [1, 2]
    assert len(env.announced) == 2


def test_without_postgres_it_is_unavailable_and_nothing_was_announced(env: Env) -> None:
    engine = create_database("postgresql+psycopg://nobody@127.0.0.1:1/none", 1)
    announced = RecordedCommits()
    unit = PartyUnitOfWork(Transactions(engine), announced, PORTS)
    with pytest.raises(Unavailable):
        unit.run(env.play())
    assert announced == []
    engine.dispose()


def test_the_queries_answer_for_unknown_and_many_parties(env: Env) -> None:
    other = new_id()
    env.unit.run(env.play(), command_id=other)
    found = env.queries.events_with_commands(env.id, 0, 10)
    assert {event.revision: command for event, command in found if command} == {2: other}
    assert env.queries.revisions([env.id, new_id()]) == {env.id: 2}
    many = [*(new_id() for _ in range(ASKED_AT_ONCE)), env.id]
    assert env.queries.revisions(many) == {env.id: 2}
    assert env.queries.whole(new_id()) is None
    env.queries.renew_host_lease([env.id], T0 + 1e9)
    with env.transactions() as transaction:
        row = transaction.get(SyncedPartySessionEntity, env.id)
        assert row is not None
        assert (row.attended_until_ms, row.empty_since_ms) == (T0 + 1e9, None)
