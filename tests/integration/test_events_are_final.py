"""The audit log on a migrated database: it grows, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from partyapp.party.infrastructure.outbox import Outbox
from partyapp.party.infrastructure.services.party_session_service import PartySessionService
from partyapp.shared.kernel.clock import FixedClock, WallClock
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.ops.migrations import upgrade
from partyapp.shared.storage.database import Transactions, create_database
from tests.support.fresh_database import fresh_database
from tests.support.party_objects import T0, created


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    with fresh_database(database_url) as url:
        upgrade(url)
        engine = create_database(url, 5)
        yield engine
        engine.dispose()


@pytest.fixture
def party_id(engine: Engine) -> UUID:
    session = created()
    with Transactions(engine).begin() as transaction:
        PartySessionService(transaction).add(session)
    return session.state.id


def log_of(engine: Engine, party_id: UUID) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT revision, id, type, at_ms, actor_id, data, relayed FROM party_events"
                 " WHERE party_id = :party ORDER BY revision"),
            {"party": party_id},
        )  # fmt: skip
        return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE party_events SET type = 'party_session_ended' WHERE party_id = :party",
        "UPDATE party_events SET actor_id = :other WHERE party_id = :party",
        "UPDATE party_events SET actor_id = NULL WHERE party_id = :party",
        "UPDATE party_events SET at_ms = at_ms + 1 WHERE party_id = :party",
        "UPDATE party_events SET revision = 7 WHERE party_id = :party",
        "UPDATE party_events SET data = '{}', relayed = true WHERE party_id = :party",
        "UPDATE party_events SET command_id = :other WHERE party_id = :party",
        "DELETE FROM party_events WHERE party_id = :party",
        "DELETE FROM party_events WHERE :other <> party_id",
        "TRUNCATE party_events",
        "TRUNCATE synced_party_sessions CASCADE",
        "DELETE FROM synced_party_sessions WHERE id = :party",
    ],
)
def test_no_event_is_rewritten_or_taken_away(engine: Engine, party_id: UUID, statement: str) -> None:
    before = log_of(engine, party_id)
    assert len(before) == 1
    with pytest.raises(DBAPIError, match=r"final|violates foreign key"), engine.begin() as connection:
        connection.execute(text(statement), {"party": party_id, "other": new_id()})
    assert log_of(engine, party_id) == before


def test_an_event_is_marked_as_relayed_once(engine: Engine, party_id: UUID) -> None:
    outbox = Outbox(Transactions(engine), FixedClock(), consumers=())
    while outbox.relay():
        continue
    assert log_of(engine, party_id)[0][-1] is True
    with pytest.raises(DBAPIError, match="final"), engine.begin() as connection:
        connection.execute(text("UPDATE party_events SET relayed = false"))


def test_the_log_goes_on(engine: Engine, party_id: UUID) -> None:
    with Transactions(engine).begin() as transaction:
        sessions = PartySessionService(transaction)
        session = sessions.get(party_id)
        session.abandon(T0 + 1)
        sessions.save(session)
    assert [row[0] for row in log_of(engine, party_id)] == [1, 2]


@pytest.mark.parametrize(
    ("ended_days", "event_days", "is_let_go"),
    [(2, 2, True), (0.5, 2, False), (2, 0.5, False), (None, 2, False)],
)
def test_only_what_a_party_has_left_behind_for_a_day_is_let_go(
    engine: Engine, ended_days: float | None, event_days: float, is_let_go: bool
) -> None:
    now_ms, day_ms = WallClock().now_ms(), 86_400_000.0
    session = created(created_at_ms=now_ms - event_days * day_ms)
    with Transactions(engine).begin() as transaction:
        PartySessionService(transaction).add(session)
    given = {"party": session.state.id, "at": now_ms - (ended_days or 0) * day_ms}
    if ended_days is not None:
        with engine.begin() as connection:
            ended = "UPDATE synced_party_sessions SET status = 'ended', ended_at_ms = :at WHERE id = :party"
            connection.execute(text(ended), given)
    for statement, wanted in (
        ("UPDATE party_events SET data = '{}' WHERE party_id = :party", False),
        ("DELETE FROM party_events WHERE party_id = :party", is_let_go),
    ):
        with (
            nullcontext() if wanted else pytest.raises(DBAPIError, match="final"),
            engine.begin() as connection,
        ):
            connection.execute(text(statement), given)
    assert (log_of(engine, session.state.id) == []) is is_let_go
