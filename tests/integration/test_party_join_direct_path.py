"""The direct path of a join on a real Postgres: committed with its command's row or not at all, once for a
key, and never on a party that has moved on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select, text, update

from partyapp.commands.store import CommandEntity
from partyapp.party.application.commands import (
    EndPartySessionCommand,
    LeavePartySessionCommand,
)
from partyapp.party.domain.admission import PartyBan
from partyapp.party.infrastructure import join_direct_path
from partyapp.party.infrastructure.direct_join_statement import (
    AskedJoin,
    DirectJoinStatement,
    JoinedParty,
    PartyToJoin,
)
from partyapp.party.infrastructure.entities import SyncedPartySessionEntity
from partyapp.party.infrastructure.join_direct_path import TRIES
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
    return workers.opened()


@pytest.fixture
def code(workers: Workers, party_id: UUID) -> str:
    return workers.invite_of(party_id)


def rows_of(workers: Workers, person: Principal) -> int:
    with workers.transactions() as session:
        return session.scalar(select(func.count()).where(CommandEntity.user_id == person.user_id)) or 0


def test_a_join_is_two_round_trips_and_seen_as_it_is_read(
    workers: Workers, party_id: UUID, code: str
) -> None:
    with round_trips(workers.engine) as counted:
        for _ in range(6):  # A new connection asks for more, and a statement is prepared when it comes often.
            workers.join_directly(party_id, principal(), code)
        before = counted.count
        effect = workers.join_directly(party_id, GRACE, code)
        assert counted.count - before == 2
    assert effect is not None
    assert effect.seen == PartyQueries(workers.transactions).party(party_id, GRACE.user_id)
    assert effect.seen.own.user_id == GRACE.user_id
    assert [one.session.state.revision for one in workers.announced] == list(range(2, 9))


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


class Meanwhile(DirectJoinStatement):
    """Something happens between the reading and the commit, so many times."""

    def __init__(self, engine: Engine, happens: Callable[[], object], times: int) -> None:
        super().__init__(engine)
        self.happens, self.times = happens, times
        self.committed: list[set[UUID]] = []

    def write(self, parties: Collection[JoinedParty]) -> set[UUID]:
        self.committed.append(super().write(parties))
        return self.committed[-1]

    def read(self, asked: Collection[AskedJoin]) -> dict[UUID, PartyToJoin]:
        found = super().read(asked)
        if self.times:
            self.times -= 1
            self.happens()
        return found


@pytest.mark.parametrize(("races", "try_s"), [(2, LIMIT_S), (TRIES, LIMIT_S), (1, 0.0)])
def test_a_party_that_has_moved_on_is_decided_on_again(
    workers: Workers, party_id: UUID, code: str, races: int, try_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever loses again and again, or for too long, is left to a worker."""
    monkeypatch.setattr(join_direct_path, "TRY_S", try_s)
    others, joined = Workers(workers.transactions), races == 2
    workers.direct._statement = Meanwhile(
        workers.engine, lambda: others.join_directly(party_id, principal(), code), races
    )
    assert (workers.join_directly(party_id, GRACE, code) is not None) == joined
    assert workers.events(party_id) == [CREATED] + (races + joined) * [JOINED]
    assert len(workers.announced) == rows_of(workers, GRACE) == joined


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
    # It is a key of Grace's alone, and holds nobody else up.
    crowd = [
        workers.asked_to_join(party_id, code, GRACE, "before"),
        workers.asked_to_join(party_id, code, principal(), "before"),
    ]
    assert [effect is not None for effect in workers.direct.run_all(crowd)] == [False, True]


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


def test_a_crowd_is_committed_at_once_and_within_the_limit(
    workers: Workers, party_id: UUID, code: str
) -> None:
    """Into two parties, one with little room; somebody with a wrong code and somebody twice among it."""
    with workers.transactions.begin() as session:
        session.execute(update(SyncedPartySessionEntity).values(max_members=4))
    other_id = workers.opened()
    other_code = workers.invite_of(other_id)
    crowd = [
        *(workers.asked_to_join(party_id, code, principal()) for _ in range(5)),
        workers.asked_to_join(other_id, other_code, GRACE),
        workers.asked_to_join(other_id, "wrong", principal()),
        workers.asked_to_join(other_id, other_code, GRACE),
        workers.asked_to_join(other_id, other_code, principal()),
    ]
    with round_trips(workers.engine) as counted:
        workers.direct.run_all([workers.asked_to_join(new_id(), code, GRACE)])
        before = counted.count
        effects = workers.direct.run_all(crowd)
        assert counted.count - before == 2
    done = [effect is not None for effect in effects]
    assert done == [True, True, True, False, False, True, False, False, True]
    for party, joined in ((party_id, 3), (other_id, 2)):
        assert workers.events(party) == [CREATED] + joined * [JOINED]
        mine = [one for one in workers.announced if one.session.state.id == party]
        assert [event.revision for one in mine for event in one.events] == list(range(2, 2 + joined))
    for (command, new), effect in zip(crowd, effects, strict=True):
        if effect is None:
            continue
        row = workers.row(new.id)
        assert (row.state, row.outcome) == ("succeeded", effect.outcome)
        queries = PartyQueries(workers.transactions)
        assert effect.seen == queries.party(command.party_id, command.actor.user_id)


def test_what_is_lost_of_one_party_is_committed_of_the_others(
    workers: Workers, party_id: UUID, code: str
) -> None:
    """The row of one is locked, as by a long transaction: nobody waits for it, and a worker will."""
    other_id = workers.opened()
    crowd = [
        workers.asked_to_join(party_id, code, principal()),
        workers.asked_to_join(other_id, workers.invite_of(other_id), principal()),
    ]
    with workers.transactions.begin() as session:
        lock = select(SyncedPartySessionEntity.id).where(SyncedPartySessionEntity.id == party_id)
        session.execute(lock.with_for_update())
        assert [effect is not None for effect in workers.direct.run_all(crowd)] == [False, True]
    assert workers.events(party_id) == [CREATED]
    assert workers.events(other_id) == [CREATED, JOINED]
    assert rows_of(workers, crowd[0][0].actor) == 0


def test_what_has_moved_on_is_decided_on_again_by_itself(workers: Workers, party_id: UUID, code: str) -> None:
    other_id = workers.opened()
    others = Workers(workers.transactions)
    statement = Meanwhile(workers.engine, lambda: others.join_directly(party_id, principal(), code), 1)
    workers.direct._statement = statement
    crowd = [
        workers.asked_to_join(party_id, code, principal()),
        workers.asked_to_join(other_id, workers.invite_of(other_id), principal()),
    ]
    assert all(workers.direct.run_all(crowd))
    assert statement.committed == [{other_id}, {party_id}]
    assert [workers.events(party)[1:] for party in (party_id, other_id)] == [2 * [JOINED], [JOINED]]


def test_one_key_for_two_parties_at_once_undoes_nobody_elses_join(
    workers: Workers, party_id: UUID, code: str
) -> None:
    other_id = workers.opened()
    crowd = [
        workers.asked_to_join(party_id, code, GRACE, "k"),
        workers.asked_to_join(other_id, workers.invite_of(other_id), GRACE, "k"),
        workers.asked_to_join(party_id, code, principal()),
    ]
    assert [effect is not None for effect in workers.direct.run_all(crowd)] == [True, False, True]
    assert rows_of(workers, GRACE) == 1


def test_processes_that_join_the_same_party_leave_no_gap(workers: Workers, party_id: UUID, code: str) -> None:
    processes = [Workers(workers.transactions) for _ in range(3)]
    start = threading.Barrier(3)

    def join(process: Workers) -> int:
        start.wait(LIMIT_S)
        crowds = [[process.asked_to_join(party_id, code, principal()) for _ in range(3)] for _ in range(5)]
        return sum(effect is not None for crowd in crowds for effect in process.direct.run_all(crowd))

    with ThreadPoolExecutor(3) as threads:
        joined = sum(threads.map(join, processes))
    assert joined > 0
    assert workers.events(party_id) == [CREATED] + joined * [JOINED]


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
