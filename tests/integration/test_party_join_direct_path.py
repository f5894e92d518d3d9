"""The direct path of a join on a real Postgres: committed with its command's row or not at all, once for a
key, and never on a party that has moved on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select, text, update

from partyapp.commands.store import CommandEntity
from partyapp.party.application.commands import EndPartySessionCommand, LeavePartySessionCommand
from partyapp.party.domain.admission import PartyBan
from partyapp.party.infrastructure import join_direct_path
from partyapp.party.infrastructure.entities import SyncedPartySessionEntity
from partyapp.party.infrastructure.join_statement import JoinFacts, JoinStatement
from partyapp.party.infrastructure.queries import PartyQueries
from partyapp.party.infrastructure.services.admission_service import AdmissionService
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.storage.database import Transactions
from tests.support.fresh_database import emptied, fresh_tables
from tests.support.lifecycle_env import ADA, ENTITIES, GRACE, Workers
from tests.support.party_objects import T0, principal
from tests.support.round_trips import round_trips
from tests.support.waiting import LIMIT_S

CREATED, JOINED = "party_session_created", "member_joined"


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    with fresh_tables(database_url, ENTITIES, pool_size=20) as engine:
        yield engine


@pytest.fixture
def workers(engine: Engine) -> Workers:
    emptied(engine, ENTITIES)
    return Workers(Transactions(engine))


@pytest.fixture
def party_id(workers: Workers) -> UUID:
    command_id, party_id = workers.create()
    assert workers.accepted.run(command_id)
    workers.announced.clear()
    return party_id


@pytest.fixture
def code(workers: Workers, party_id: UUID) -> str:
    return workers.invite_of(party_id)


def rows_of(workers: Workers, person: Principal) -> int:
    with workers.transactions() as session:
        mine = CommandEntity.user_id == person.user_id
        return session.scalar(select(func.count()).where(mine)) or 0


def test_a_join_is_two_round_trips_and_seen_as_it_is_read(
    workers: Workers, party_id: UUID, code: str
) -> None:
    for _ in range(7):
        # A new connection asks for things of its own, and a statement is prepared when it comes often.
        workers.join_directly(party_id, principal(), code)
    with round_trips(workers.engine) as counted:
        for _ in range(6):
            workers.join_directly(party_id, principal(), code)
        before = counted.count
        effect = workers.join_directly(party_id, GRACE, code)
        assert counted.count - before == 2
    assert effect is not None
    assert effect.seen == PartyQueries(workers.transactions).party(party_id, GRACE.user_id)
    assert effect.seen.own.user_id == GRACE.user_id
    assert [one.session.state.revision for one in workers.announced] == list(range(2, 16))


def test_of_a_large_party_nothing_is_seen(
    workers: Workers, party_id: UUID, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(join_direct_path, "LISTED", 2)
    found = [workers.join_directly(party_id, principal(), code) for _ in range(2)]
    assert [effect is not None and effect.seen is not None for effect in found] == [True, False]


def test_what_is_not_plain_is_left_to_a_worker(workers: Workers, party_id: UUID, code: str) -> None:
    banned, keyed = principal("Banned"), Principal(user_id=new_id(), display_name="Bot", key_id=new_id())
    with workers.transactions.begin() as session:
        ban = PartyBan(user_id=banned.user_id, display_name="Banned", banned_by=ADA.user_id, at_ms=T0)
        AdmissionService(session).add_ban(party_id, ban)
    for party, person, invite in (
        (party_id, GRACE, "wrong"),
        (party_id, ADA, code),
        (party_id, banned, code),
        (party_id, keyed, code),
        (new_id(), GRACE, code),
    ):
        assert workers.join_directly(party, person, invite) is None
    assert workers.join_directly(party_id, GRACE, code)
    for command in (
        LeavePartySessionCommand(actor=GRACE, party_id=party_id),
        EndPartySessionCommand(actor=ADA, party_id=party_id),
    ):
        kind = "end" if isinstance(command, EndPartySessionCommand) else "leave"
        assert workers.accepted.run(workers.accept(kind, command))
        assert workers.join_directly(party_id, GRACE, code) is None, "back again, or into an ended party"
    assert workers.events(party_id) == [CREATED, JOINED, "member_left", "party_session_ended"]
    assert [rows_of(workers, person) for person in (banned, keyed, GRACE)] == [0, 0, 2]


class Meanwhile(JoinStatement):
    """Something happens between the reading and the commit, so many times."""

    def __init__(self, engine: Engine, happens: Callable[[], object], times: int) -> None:
        super().__init__(engine)
        self.happens, self.times = happens, times

    def read_for(self, party_id: UUID, user_id: UUID) -> JoinFacts | None:
        reading = super().read_for(party_id, user_id)
        if self.times:
            self.times -= 1
            self.happens()
        return reading


@pytest.mark.parametrize("races", [2, 3])
def test_a_party_that_has_moved_on_is_decided_on_again(
    workers: Workers, party_id: UUID, code: str, races: int
) -> None:
    others = Workers(workers.transactions)
    workers.direct._statement = Meanwhile(
        workers.engine, lambda: others.join_directly(party_id, principal(), code), races
    )
    effect = workers.join_directly(party_id, GRACE, code)
    assert (effect is not None) == (races == 2), "whoever loses again and again is left to a worker"
    assert workers.events(party_id) == [CREATED] + 3 * [JOINED]
    assert len(workers.announced) == rows_of(workers, GRACE) == (races == 2)


def test_a_key_that_is_taken_changes_nothing(workers: Workers, party_id: UUID, code: str) -> None:
    """Whatever it stands for; also where the other request comes in between."""
    leave = LeavePartySessionCommand(actor=GRACE, party_id=party_id)
    workers.accept("leave", leave, key="before")
    assert workers.join_directly(party_id, GRACE, code, key="before") is None
    workers.direct._statement = Meanwhile(
        workers.engine, lambda: workers.accept("leave", leave, key="between"), 1
    )
    assert workers.join_directly(party_id, GRACE, code, key="between") is None
    assert workers.events(party_id) == [CREATED]
    assert rows_of(workers, GRACE) == 2
    # It is a key of Grace's alone.
    assert workers.join_directly(party_id, principal("Another"), code, key="before")


def test_one_key_many_times_at_once_is_one_join(workers: Workers, party_id: UUID, code: str) -> None:
    processes = [Workers(workers.transactions) for _ in range(4)]
    start = threading.Barrier(4)

    def press(process: Workers) -> bool:
        start.wait(LIMIT_S)
        return process.join_directly(party_id, GRACE, code, key="once") is not None

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(press, processes)) == 1
    assert workers.events(party_id) == [CREATED, JOINED]
    assert rows_of(workers, GRACE) == 1


def test_a_crowd_into_one_party_takes_turns_and_keeps_within_the_limit(
    workers: Workers, party_id: UUID, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(join_direct_path, "TURN_S", LIMIT_S)
    with workers.transactions.begin() as session:
        session.execute(update(SyncedPartySessionEntity).values(max_members=30))
    start = threading.Barrier(8)

    def join(number: int) -> bool:
        if number < 8:
            start.wait(LIMIT_S)
        return workers.join_directly(party_id, principal(), code) is not None

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(join, range(40))) == 29, "nobody loses a race within a process"
    assert workers.events(party_id) == [CREATED] + 29 * [JOINED]
    assert workers.direct._turns._turns == {}


def test_who_can_wait_no_longer_is_left_to_a_worker(
    workers: Workers, party_id: UUID, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(join_direct_path, "TURN_S", 0.01)
    with workers.direct._turns.turn(party_id) as has_turn:
        assert has_turn
        assert workers.join_directly(party_id, GRACE, code) is None, "somebody else has the turn"
    with workers.transactions.begin() as session:
        lock = select(SyncedPartySessionEntity.id).where(SyncedPartySessionEntity.id == party_id)
        session.execute(lock.with_for_update())
        workers.direct._statement = Meanwhile(workers.engine, lambda: None, 0)
        assert workers.join_directly(party_id, GRACE, code) is None, "the party's row is locked"
    assert workers.events(party_id) == [CREATED]
    assert workers.join_directly(party_id, GRACE, code)


def test_a_join_that_cannot_be_committed_leaves_nothing(workers: Workers, party_id: UUID, code: str) -> None:
    """Its command's row can't be written: neither is anything else."""
    with workers.engine.begin() as connection:
        connection.execute(text("ALTER TABLE party_commands ADD CONSTRAINT never CHECK (kind <> 'join')"))
    try:
        assert workers.join_directly(party_id, GRACE, code) is None
    finally:
        with workers.engine.begin() as connection:
            connection.execute(text("ALTER TABLE party_commands DROP CONSTRAINT never"))
    assert workers.events(party_id) == [CREATED]
    assert workers.announced == []
    assert workers.join_directly(party_id, GRACE, code)
