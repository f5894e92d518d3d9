"""What keeps failing is moved back, further each time, until it works."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import Transactions
from partyapp.shared.storage.failing_work import (
    LONGEST_WAIT_MS,
    OVER_MS,
    TOLD_AFTER,
    FailingWork,
    FailingWorkEntity,
    failing_counts,
    finished_work,
)
from tests.support.fresh_database import fresh_tables
from tests.support.party_objects import T0

FAULT = RuntimeError("it can't be done")


@pytest.fixture
def transactions(database_url: str) -> Iterator[Transactions]:
    with fresh_tables(database_url, [FailingWorkEntity]) as engine:
        yield Transactions(engine)


def test_a_failure_moves_its_subject_back_and_no_other(transactions: Transactions) -> None:
    upkeep, relay = FailingWork(transactions, "upkeep"), FailingWork(transactions, "relay")
    ours, other = new_id(), new_id()
    upkeep.failed(ours, FAULT, T0)
    relay.failed(other, FAULT, T0)
    assert upkeep.known() == {ours: T0 + 1000}
    upkeep.worked(ours)
    assert upkeep.known() == {}
    assert relay.known() == {other: T0 + 1000}


def test_the_wait_doubles_up_to_the_longest(transactions: Transactions) -> None:
    upkeep, subject = FailingWork(transactions, "upkeep"), new_id()
    waits: list[float] = []
    for _ in range(12):
        upkeep.failed(subject, FAULT, T0)
        with transactions() as session:
            row = session.get(FailingWorkEntity, ("upkeep", subject))
            assert row is not None
            assert row.error == "RuntimeError"
            waits.append(row.not_before_ms - T0)
    assert waits[:4] == [1000, 2000, 4000, 8000]
    assert waits[-1] == LONGEST_WAIT_MS


def test_an_operator_is_told_of_what_fails_again_and_again(transactions: Transactions) -> None:
    upkeep, subject = FailingWork(transactions, "upkeep"), new_id()
    for _ in range(TOLD_AFTER - 1):
        upkeep.failed(subject, FAULT, T0)
    assert failing_counts(transactions, T0) == {}
    upkeep.failed(subject, FAULT, T0)
    assert failing_counts(transactions, T0) == {"upkeep": 1}
    finished_work(transactions, T0 + OVER_MS).delete(100)
    assert failing_counts(transactions, T0 + OVER_MS) == {"upkeep": 1}


def test_what_is_not_tried_any_more_is_forgotten(transactions: Transactions) -> None:
    upkeep, subject = FailingWork(transactions, "upkeep"), new_id()
    for _ in range(TOLD_AFTER):
        upkeep.failed(subject, FAULT, T0)
    over_ms = T0 + 2.0**TOLD_AFTER * 1000 + OVER_MS
    assert failing_counts(transactions, over_ms) == {}
    finished_work(transactions, over_ms).delete(100)
    assert upkeep.known() == {}
