"""What everything that knows which ticks have happened must do, the fake and the table in Postgres alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import pytest
from sqlalchemy import Engine

from partyapp.party.application.ports import TickPort
from partyapp.party.infrastructure.entities import TickSlotEntity
from partyapp.party.infrastructure.tick_slots import TickSlots
from partyapp.shared.storage.database import Transactions
from tests.support.fakes_party import InMemoryTicks
from tests.support.fresh_database import emptied, fresh_tables

#: Opens a transaction with its port.
OpenPort = Callable[[], AbstractContextManager[TickPort]]


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    with fresh_tables(database_url, [TickSlotEntity]) as engine:
        yield engine


@pytest.fixture(params=["memory", "postgres"])
def open_port(request: pytest.FixtureRequest) -> OpenPort:
    if request.param == "memory":
        fake = InMemoryTicks()
        return lambda: nullcontext(fake)
    engine: Engine = request.getfixturevalue("engine")
    emptied(engine, [TickSlotEntity])

    @contextmanager
    def transaction() -> Iterator[TickPort]:
        with Transactions(engine).begin() as session:
            yield TickSlots(session)

    return transaction


def test_the_first_who_asks_for_a_slot_has_it(open_port: OpenPort) -> None:
    claimed = []
    for slot in (41, 41, 42, 41, 42):
        with open_port() as ticks:
            claimed.append(ticks.claim(slot))
    assert claimed == [True, False, True, False, False]


def test_who_asks_again_in_the_same_transaction_has_it_no_more(open_port: OpenPort) -> None:
    with open_port() as ticks:
        assert [ticks.claim(41), ticks.claim(41)] == [True, False]


def test_slots_that_a_wrong_clock_claimed_ahead_hold_ticks_up_for_a_moment_only(open_port: OpenPort) -> None:
    with open_port() as ticks:
        for ahead in range(100):
            ticks.claim(1000 + ahead)
    claimed = []
    for slot in range(1000, 1010):
        with open_port() as ticks:
            claimed.append(ticks.claim(slot))
    assert claimed == [False, False, *[True] * 8]
