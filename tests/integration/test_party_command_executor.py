"""Accepted commands on a real Postgres: each run exactly once, its outcome kept, its crashes counted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import Engine

from partyapp.party.application.commands import CreatePartySessionCommand, EndPartySessionCommand
from partyapp.party.infrastructure.command_executor import MAX_ATTEMPTS
from partyapp.shared.kernel.bounds import Quotas
from partyapp.shared.kernel.errors import Forbidden, Unavailable
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import Transactions
from tests.support.fresh_database import emptied, fresh_tables
from tests.support.lifecycle_env import ADA, ENTITIES, FILM, GRACE, Workers


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


def test_the_last_party_of_a_host_is_given_away_once(workers: Workers) -> None:
    workers.quotas = Quotas(parties=3)
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
