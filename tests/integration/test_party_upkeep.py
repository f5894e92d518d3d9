"""A worker's tick on real servers: one party that can't be looked after stops no other, and is told of."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import event, select, text

from partyapp.bootstrap import BackgroundJobs, Resources, build_resources
from partyapp.measurements import measured_exposition
from partyapp.party.infrastructure.entities import SyncedPartySessionEntity, TickSlotEntity
from partyapp.party.infrastructure.services.party_member_service import PartyMemberService
from partyapp.party.infrastructure.services.party_session_service import PartySessionService
from partyapp.readiness import readiness_checks
from partyapp.shared.http.health import Degraded
from partyapp.shared.kernel.clock import WallClock, monotonic_ms
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.ops.migrations import upgrade
from partyapp.shared.ops.settings import Settings, sqlalchemy_url
from partyapp.shared.storage.failing_work import LONGEST_WAIT_MS, FailingWorkEntity
from tests.support.fresh_database import fresh_database
from tests.support.party_objects import T0, created, host_of


def _wait_for_locks_without_end(connection: psycopg.Connection, _: object) -> None:
    connection.execute("SET lock_timeout = 0")
    connection.commit()


#: Parties of ages ago, which are due to be ended as abandoned.
LONG_AGO = T0 - 1e9


class Worker:
    """A worker's jobs on a database of its own."""

    def __init__(self, database_url: str, redis_url: str) -> None:
        settings = Settings(
            database_url=sqlalchemy_url(database_url),
            redis_url=redis_url,
            secret_key="x" * 40,
            environment="test",
            redis_prefix=f"t{new_id().hex[:8]}:",
        )
        self.resources: Resources = build_resources(settings, 4)
        self.jobs = BackgroundJobs(self.resources)
        self.slot = 0

    def party(self) -> UUID:
        """A party that is due."""
        session = created(created_at_ms=LONG_AGO)
        with self.resources.transactions.begin() as transaction:
            sessions = PartySessionService(transaction)
            sessions.add(session)
            PartyMemberService(transaction).add(host_of(session))
            sessions.schedule_upkeep(session.state.id, LONG_AGO, LONG_AGO, visited=True)
        return session.state.id

    def tick(self) -> None:
        self.slot += 1
        self.jobs.tick_slot(self.slot)

    def status(self, party_id: UUID) -> str:
        with self.resources.transactions() as session:
            found = session.get(SyncedPartySessionEntity, party_id)
        assert found is not None
        return found.status

    def failures(self) -> dict[UUID, tuple[int, str]]:
        with self.resources.transactions() as session:
            rows = session.scalars(select(FailingWorkEntity))
            return {row.subject_id: (row.failures, row.error) for row in rows}

    def wait_is_over(self) -> None:
        """As if the parties that were moved back had waited."""
        with self.resources.transactions.begin() as session:
            session.execute(
                text("UPDATE failing_work SET not_before_ms = not_before_ms - :wait"),
                {"wait": LONGEST_WAIT_MS},
            )


@pytest.fixture
def worker(database_url: str, redis_url: str) -> Iterator[Worker]:
    with fresh_database(database_url) as url:
        upgrade(url)
        worker = Worker(url, redis_url)
        yield worker
        worker.resources.engine.dispose()


def test_a_party_that_a_console_has_locked_stops_no_other(worker: Worker) -> None:
    locked, other = worker.party(), worker.party()
    with worker.resources.transactions.begin() as console:
        console.execute(
            select(SyncedPartySessionEntity).where(SyncedPartySessionEntity.id == locked).with_for_update()
        )
        worker.tick()
        assert worker.status(other) == "ended"
        assert worker.failures() == {locked: (1, "LockNotAvailable")}
        worker.tick()
        assert worker.failures() == {locked: (1, "LockNotAvailable")}, "it is moved back"
    worker.wait_is_over()
    worker.tick()
    assert worker.status(locked) == "ended"
    assert worker.failures() == {}


def test_a_locked_party_is_not_waited_for(worker: Worker) -> None:
    """Where nothing but our own asking limits the wait, another error than the lock's would end it."""
    engine = worker.resources.engine
    engine.dispose()
    event.listen(engine, "connect", _wait_for_locks_without_end)
    locked = worker.party()
    with worker.resources.transactions.begin() as console:
        console.execute(
            select(SyncedPartySessionEntity).where(SyncedPartySessionEntity.id == locked).with_for_update()
        )
        worker.tick()
        assert worker.failures() == {locked: (1, "LockNotAvailable")}


def test_a_party_whose_event_cant_be_written_stops_no_other(worker: Worker) -> None:
    broken, other = worker.party(), worker.party()
    with worker.resources.transactions.begin() as session:
        # The event that the upkeep is to write is there already.
        session.execute(
            text(
                "INSERT INTO party_events (party_id, revision, id, type, at_ms, data, relayed) "
                "VALUES (:party, 2, :id, 'playback_paused', 0, '{}', true)"
            ),
            {"party": broken, "id": new_id()},
        )
    checks = readiness_checks(worker.resources)
    checks["background_work"]()
    for _ in range(3):
        worker.tick()
        worker.wait_is_over()
    assert worker.status(other) == "ended"
    assert worker.failures() == {broken: (3, "UniqueViolation")}
    with pytest.raises(Degraded, match="upkeep: 1"):
        checks["background_work"]()
    exposed, _ = measured_exposition(worker.resources)
    assert b'party_failing_work{task="upkeep"} 1.0' in exposed
    with worker.resources.transactions.begin() as session:
        session.execute(
            text("UPDATE synced_party_sessions SET revision = 2 WHERE id = :party"), {"party": broken}
        )
    worker.wait_is_over()
    worker.tick()
    assert worker.status(broken) == "ended"
    checks["background_work"]()
    exposed, _ = measured_exposition(worker.resources)
    assert b'party_failing_work{task="upkeep"} 0.0' in exposed


def test_so_many_that_fail_leave_room_for_the_rest(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("partyapp.party.application.upkeep_handlers.LIMIT", 2)
    locked = [worker.party() for _ in range(2)]
    with worker.resources.transactions.begin() as session:
        session.execute(text("UPDATE synced_party_sessions SET attended_until_ms = attended_until_ms - 9"))
    other = worker.party()
    with worker.resources.transactions.begin() as console:
        entity = SyncedPartySessionEntity
        console.execute(select(entity).where(entity.id.in_(locked)).with_for_update())
        worker.tick()
        assert set(worker.failures()) == set(locked)
        worker.tick()
        assert worker.status(other) == "ended"


def test_a_ticks_slot_is_cut_from_party_time(worker: Worker) -> None:
    """Whatever the machine's own clock says."""
    hour_ms, mono_ms = 3_600_000.0, monotonic_ms()
    clock = worker.resources.clock
    clock.anchor(mono_ms, WallClock().now_ms() + hour_ms, mono_ms + 1)
    worker.jobs.tick()
    with worker.resources.transactions() as session:
        (slot,) = session.scalars(select(TickSlotEntity.slot))
    assert abs(slot * 1000 * worker.resources.settings.tick_interval_s - clock.now_ms()) < hour_ms / 2
