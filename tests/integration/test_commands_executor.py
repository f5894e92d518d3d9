"""Accepted commands on a real Postgres: each run exactly once, its outcome kept, its crashes counted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import Engine, insert

from partyapp.commands.executor import MAX_ATTEMPTS
from partyapp.commands.store import CommandEntity
from partyapp.party.application.commands import (
    CreatePartySessionCommand,
    EndPartySessionCommand,
    LeavePartySessionCommand,
)
from partyapp.shared.kernel.bounds import Quotas
from partyapp.shared.kernel.errors import Forbidden, Unavailable
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import Transactions
from tests.support.fresh_database import emptied, fresh_tables
from tests.support.lifecycle_env import ADA, ENTITIES, FILM, GRACE, Workers
from tests.support.party_objects import principal
from tests.support.round_trips import round_trips


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    with fresh_tables(database_url, ENTITIES, pool_size=20) as engine:
        yield engine


@pytest.fixture
def transactions(engine: Engine) -> Transactions:
    emptied(engine, ENTITIES)
    return Transactions(engine)


@pytest.fixture
def workers(transactions: Transactions) -> Workers:
    return Workers(transactions)


def test_a_command_is_run_and_its_outcome_kept(workers: Workers) -> None:
    command_id, party_id = workers.create()
    outcome = workers.accepted.run(command_id)
    expected = {"party_id": str(party_id), "user_id": str(ADA.user_id), "revision": 1}
    assert outcome == {"result": expected}
    found = workers.commands.get(command_id)
    assert found is not None
    assert (found.state, found.outcome) == ("succeeded", outcome)
    assert workers.events(party_id) == ["party_session_created"]
    (committed,) = workers.announced
    assert committed.command_id == command_id
    assert workers.accepted.run(command_id) == outcome, "again: the first outcome, and nothing else"
    assert len(workers.handled) == len(workers.announced) == 1
    assert workers.accepted.run(new_id()) is None


def test_the_last_party_of_a_host_is_given_away_once(transactions: Transactions) -> None:
    workers = Workers(transactions, quotas=Quotas(parties=3))
    made = [workers.create()[0] for _ in range(12)]
    start = threading.Barrier(len(made))

    def work(command_id: UUID) -> str:
        start.wait(20)
        outcome = workers.accepted.run(command_id)
        assert outcome is not None
        return str(outcome.get("problem", {}).get("code"))

    with ThreadPoolExecutor(len(made)) as threads:
        codes = list(threads.map(work, made))
    assert sorted(codes) == ["None"] * 3 + ["quota_exceeded"] * 9


def test_four_workers_on_the_same_rows_run_each_once(workers: Workers) -> None:
    made = [workers.create() for _ in range(12)]
    start = threading.Barrier(4)

    def work(number: int) -> None:
        start.wait(10)
        for command_id, _ in made if number % 2 else reversed(made):
            workers.accepted.run(command_id)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    for command_id, party_id in made:
        # A row that another worker was just at is left to it, and driven again by the sweep.
        assert workers.accepted.run(command_id) is not None
        assert workers.events(party_id) == ["party_session_created"]
    assert len(workers.handled) == len(workers.announced) == 12


def test_a_refusal_is_an_outcome_and_leaves_nothing(workers: Workers) -> None:
    _, party_id = first = workers.create()
    workers.accepted.run(first[0])
    workers.announced.clear()
    end = workers.accept("end", EndPartySessionCommand(actor=GRACE, party_id=party_id))
    outcome = workers.accepted.run(end)
    assert outcome is not None
    assert outcome["problem"]["code"] == "not_found"
    assert workers.row(end).state == "failed"
    assert workers.events(party_id) == ["party_session_created"]
    assert workers.announced == []
    workers.handled.clear()
    assert workers.accepted.run(end) == outcome
    assert workers.handled == []


def test_a_refusal_after_writing_takes_the_writing_back(workers: Workers) -> None:
    workers.crash = Forbidden("on second thoughts")
    command_id, party_id = workers.create()
    outcome = workers.accepted.run(command_id)
    assert outcome is not None
    assert outcome["problem"]["detail"] == "on second thoughts"
    assert workers.events(party_id) == []
    assert workers.announced == []


@pytest.mark.parametrize("crash", [ValueError("bug"), KeyError("bug"), ZeroDivisionError()])
def test_a_crash_is_counted_and_given_up_in_the_end(workers: Workers, crash: Exception) -> None:
    workers.crash = crash
    command_id, party_id = workers.create()
    for attempt in range(1, MAX_ATTEMPTS):
        assert workers.accepted.run(command_id) is None
        assert (workers.row(command_id).attempts, workers.row(command_id).state) == (attempt, "pending")
    outcome = workers.accepted.run(command_id)
    assert outcome is not None
    assert outcome["problem"]["status"] == 503
    assert "bug" not in str(outcome)
    assert workers.row(command_id).state == "failed"
    workers.crash = None
    assert workers.accepted.run(command_id) == outcome
    assert workers.events(party_id) == []


@pytest.mark.parametrize("crash", [AttributeError("bug"), AssertionError("bug"), RuntimeError("bug")])
def test_any_crash_is_counted(workers: Workers, crash: Exception) -> None:
    """Otherwise the sweep would drive the row again every two seconds, for ever."""
    workers.crash = crash
    command_id, _ = workers.create()
    assert workers.accepted.run(command_id) is None
    assert workers.row(command_id).attempts == 1


def test_a_command_that_can_never_be_stored_is_counted(workers: Workers) -> None:
    """The same party again: Postgres refuses the row, whatever we try."""
    command_id, party_id = workers.create()
    workers.accepted.run(command_id)
    again = CreatePartySessionCommand(actor=ADA, party_id=party_id, video_id=FILM.id)
    second = workers.accept("create", again)
    assert workers.accepted.run(second) is None
    assert workers.row(second).attempts == 1
    assert workers.events(party_id) == ["party_session_created"]


def test_a_leave_waits_for_postgres_as_often_as_its_own_transaction_does(workers: Workers) -> None:
    """Nothing is read before it: a join's fast path costs only joins a round trip."""
    create, party_id = workers.create()
    workers.accepted.run(create)
    code = workers.invite_of(party_id)
    people = [principal() for _ in range(8)]
    for person in people:
        workers.accepted.run(workers.ask_to_join(party_id, person, code))
    leaves = [
        workers.accept("leave", LeavePartySessionCommand(actor=person, party_id=party_id))
        for person in people
    ]
    with round_trips(workers.engine) as counted:
        # A new connection asks for things of its own, and a statement is prepared when it comes often.
        for command_id in leaves[:6]:
            assert workers.accepted.run(command_id, "leave")
        before = counted.count
        assert workers.accepted.run(leaves[6], "leave")
        # BEGIN, the command, SAVEPOINT, the party, the member, the party's update, the event, the membership,
        # RELEASE, the outcome, COMMIT. A successor is looked for when the host leaves.
        assert counted.count - before == 11
        before = counted.count
        assert workers.accepted.run(leaves[7])
        assert counted.count - before == 12, "the row is read for its kind when the task doesn't say it"


@pytest.mark.parametrize("named", [True, False])
def test_a_join_waits_for_postgres_as_often_as_its_fast_path(workers: Workers, named: bool) -> None:
    create, party_id = workers.create()
    workers.accepted.run(create)
    code = workers.invite_of(party_id)
    asked = [workers.ask_to_join(party_id, principal(), code) for _ in range(7)]
    kind = "join" if named else None
    with round_trips(workers.engine) as counted:
        for command_id in asked[:6]:
            assert workers.accepted.run(command_id, kind)
        before = counted.count
        assert workers.accepted.run(asked[6], kind)
        assert counted.count - before == (2 if named else 3)


@pytest.mark.parametrize("wrong", ["leave", "join"])
def test_a_task_that_names_the_wrong_kind_does_no_harm(workers: Workers, wrong: str) -> None:
    create, party_id = workers.create()
    assert workers.accepted.run(create, wrong)
    joins = workers.ask_to_join(party_id, GRACE, workers.invite_of(party_id))
    assert workers.accepted.run(joins, "leave")
    assert workers.events(party_id) == ["party_session_created", "member_joined"]


def test_rows_of_the_version_before_are_run(workers: Workers) -> None:
    """What was accepted before a deploy, as it stands in the rows, one of each kind."""
    party, ada, grace = "01920000-0000-7000-8000-0000000000aa", str(ADA.user_id), str(GRACE.user_id)
    ada_is, grace_is = ({"user_id": ada, "display_name": "Ada"}, {"user_id": grace, "display_name": "Grace"})
    rows: list[tuple[str, str, dict[str, object]]] = [
        ("create", ada, {"actor": ada_is, "party_id": party, "video_id": str(FILM.id), "title": None,
                         "visibility": "public", "control": "everyone", "max_members": 7}),
        ("join", grace, {"actor": grace_is, "party_id": party, "invite_code": None}),
        ("transfer", ada, {"actor": ada_is, "party_id": party, "user_id": grace}),
        ("leave", ada, {"actor": ada_is, "party_id": party}),
        ("end", grace, {"actor": grace_is, "party_id": party}),
    ]  # fmt: skip
    for revision, (kind, user, payload) in enumerate(rows, 1):
        command_id = new_id()
        row = {"id": command_id, "user_id": UUID(user), "kind": kind, "payload": payload, "state": "pending",
               "fingerprint": "m", "attempts": 0, "created_at_ms": 1, "driven_at_ms": 1}  # fmt: skip
        with workers.transactions.begin() as session:
            session.execute(insert(CommandEntity).values(**row))
        outcome = {"result": {"party_id": party, "user_id": user, "revision": revision}}
        assert workers.accepted.run(command_id) == outcome
    assert workers.events(UUID(party)) == [
        "party_session_created", "member_joined", "host_transferred", "member_left", "party_session_ended",
    ]  # fmt: skip


def test_a_row_of_an_unknown_kind_is_counted(workers: Workers) -> None:
    """A newer program's row, after a step back to this one."""
    end = EndPartySessionCommand(actor=ADA, party_id=new_id())
    command_id = workers.accept("dance", end)
    assert workers.accepted.run(command_id) is None
    assert (workers.row(command_id).state, workers.row(command_id).attempts) == ("pending", 1)


def test_a_crash_then_recovery(workers: Workers) -> None:
    workers.crash = ValueError("bad luck")
    command_id, party_id = workers.create()
    assert workers.accepted.run(command_id) is None
    workers.crash = None
    assert workers.accepted.run(command_id) is not None
    assert workers.events(party_id) == ["party_session_created"]


def test_without_postgres_the_row_stays_pending(workers: Workers) -> None:
    workers.crash = Unavailable()
    command_id, _ = workers.create()
    with pytest.raises(Unavailable):
        workers.accepted.run(command_id)
    assert (workers.row(command_id).state, workers.row(command_id).attempts) == ("pending", 0)
