"""The command rows on a real Postgres: accepted once, run exactly once, and remembered."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError

from partyapp.party.application.commands import (
    CreatePartySessionCommand,
    EndPartySessionCommand,
    JoinPartySessionCommand,
)
from partyapp.party.application.handlers import switchboard
from partyapp.party.controllers.schemas import JoinPartySchema
from partyapp.party.infrastructure.accepted_commands import MAX_ATTEMPTS, AcceptedCommands
from partyapp.party.infrastructure.entities import (
    PartyEventEntity,
    PartyMemberEntity,
    SyncedPartySessionEntity,
    TickSlotEntity,
)
from partyapp.party.infrastructure.tick_slots import TickSlots
from partyapp.party.infrastructure.unit_of_work import Committed, PartyUnitOfWork, Ports
from partyapp.shared import current
from partyapp.shared.clock import FixedClock
from partyapp.shared.command_log import KEPT_MS, CommandEntity, CommandLog
from partyapp.shared.command_record import CommandRecord
from partyapp.shared.database import Transactions, transactions_of
from partyapp.shared.errors import Forbidden, IdempotencyKeyReused, Unavailable, ValidationFailed
from partyapp.shared.idempotency import Answer, Once
from partyapp.shared.ids import new_id
from partyapp.shared.messages import to_payload
from partyapp.shared.principal import Principal
from partyapp.shared.problem_json import install_problem_json
from partyapp.shared.schemas import load
from tests.support.fakes_party import FixedSchedule, InMemoryPresence, InMemoryVideoCatalogue
from tests.support.fresh_database import emptied, fresh_tables
from tests.support.party_objects import T0, film, principal

ENTITIES = (
    SyncedPartySessionEntity,
    PartyMemberEntity,
    PartyEventEntity,
    TickSlotEntity,
    CommandEntity,
)
ADA, GRACE = principal("Ada"), principal("Grace")
FILM = film()


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    with fresh_tables(database_url, ENTITIES, pool_size=20) as engine:
        yield engine


@pytest.fixture
def transactions(engine: Engine) -> Transactions:
    emptied(engine, ENTITIES)
    return transactions_of(engine)


@pytest.fixture
def commands(transactions: Transactions) -> CommandLog:
    return CommandLog(transactions)


def accept(commands: CommandLog, **changes: Any) -> CommandRecord:
    given: dict[str, Any] = {
        "command_id": new_id(),
        "user_id": ADA.user_id,
        "key": None,
        "mark": "m",
        "kind": "create",
        "payload": {"a": 1},
        "now_ms": T0,
    }
    return commands.accept(**{**given, **changes})


class Workers:
    """AcceptedCommands with the real handlers, and a switch that makes them crash."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions
        self.commands = CommandLog(transactions)
        self.announced: list[Committed] = []
        self.handled: list[object] = []
        self.crash: Exception | None = None
        unit = PartyUnitOfWork(transactions, self.announced.append)
        self.accepted = AcceptedCommands(transactions, unit, self._handle)

    def _handle(self, ports: Ports, command: Any) -> Any:
        self.handled.append(command)
        handlers = switchboard(
            ports.sessions,
            ports.members,
            videos=InMemoryVideoCatalogue({FILM.id: FILM}),
            presence=InMemoryPresence(),
            schedule=FixedSchedule(T0),
            ticks=TickSlots(ports.transaction),
        )
        session = handlers[type(command)](command)
        if self.crash is not None:
            raise self.crash
        return session

    def accept(self, kind: str, command: Any) -> UUID:
        record = accept(self.commands, kind=kind, payload=to_payload(command), user_id=command.actor.user_id)
        return record.id

    def create(self) -> tuple[UUID, UUID]:
        """A create command, accepted; its id and the party's."""
        command = CreatePartySessionCommand(actor=ADA, party_id=new_id(), video_id=FILM.id)
        return self.accept("create", command), command.party_id

    def events(self, party_id: UUID) -> list[str]:
        entity = PartyEventEntity
        statement = select(entity.type).where(entity.party_id == party_id).order_by(entity.revision)
        with self.transactions() as session:
            return list(session.scalars(statement))

    def row(self, command_id: UUID) -> CommandEntity:
        with self.transactions() as session:
            found = session.get(CommandEntity, command_id)
        assert found is not None
        return found


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


def test_the_same_key_is_the_same_command(commands: CommandLog) -> None:
    first = accept(commands, key="k")
    assert accept(commands, key="k") == first
    assert accept(commands, key="k", user_id=GRACE.user_id).id != first.id
    assert accept(commands, key="other").id != first.id
    assert accept(commands).id != accept(commands).id
    with pytest.raises(IdempotencyKeyReused):
        accept(commands, key="k", mark="another body")


def test_the_same_key_at_the_same_time_is_one_command(commands: CommandLog) -> None:
    start = threading.Barrier(8)

    def send(_: int) -> UUID:
        start.wait(10)
        return accept(commands, key="k").id

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(send, range(8)))) == 1


def test_a_key_is_free_again_after_a_day(commands: CommandLog) -> None:
    first = accept(commands, key="k")
    commands.remember(first.id, {"status": 200})
    later = T0 + KEPT_MS + 1
    # Nobody forgets a command that has not run yet.
    assert accept(commands, key="k", now_ms=later).id == first.id
    finished = accept(commands, key="done", kind="request")
    commands.remember(finished.id, {"status": 201})
    assert accept(commands, key="done", mark="another body", now_ms=later).id != finished.id


@pytest.mark.parametrize("hostile", ["a\x00b", "\ud800"])
def test_an_invite_code_that_postgres_cannot_hold_is_refused(commands: CommandLog, hostile: str) -> None:
    """JSONB takes neither NUL nor half a surrogate pair, and that is no error of ours."""
    with pytest.raises(ValidationFailed):
        load(JoinPartySchema(), {"invite_code": hostile})


@pytest.mark.parametrize("code", ["", "x", "ünïcode 🎬", "y" * 200])
def test_any_other_invite_code_is_kept_for_the_worker(commands: CommandLog, code: str) -> None:
    invite_code = load(JoinPartySchema(), {"invite_code": code})["invite_code"]
    command = JoinPartySessionCommand(actor=ADA, party_id=new_id(), invite_code=invite_code)
    found = commands.get(accept(commands, kind="join", payload=to_payload(command)).id)
    assert found is not None
    assert found.payload["invite_code"] == code


def test_an_error_of_the_database_tells_no_values(commands: CommandLog) -> None:
    """What is logged of it must not hold what a person wrote."""
    with pytest.raises(DBAPIError) as caught:
        accept(commands, kind="x" * 65, key="the-secret-key")
    assert "the-secret-key" not in str(caught.value)


def test_the_first_answer_is_the_one_that_stays(commands: CommandLog) -> None:
    record = accept(commands, key="k", kind="request")
    assert commands.remember(record.id, {"status": 201}) == {"status": 201}
    assert commands.remember(record.id, {"status": 500}) == {"status": 201}
    found = commands.get(record.id)
    assert found is not None
    assert (found.answer, found.state) == ({"status": 201}, "succeeded")
    assert commands.remember(new_id(), {"status": 200}) == {"status": 200}
    assert commands.get(new_id()) is None


def test_what_nobody_was_woken_for_is_driven_again(commands: CommandLog) -> None:
    old, young = accept(commands), accept(commands, now_ms=T0 + 5000)
    accept(commands, kind="request")

    def stale(before_ms: float, now_ms: float, limit: int = 10) -> list[UUID]:
        return commands.stale(driven_before_ms=before_ms, now_ms=now_ms, limit=limit)

    assert stale(T0, T0 + 1) == []
    assert stale(T0 + 1000, T0 + 6000) == [old.id]
    assert stale(T0 + 5500, T0 + 6000) == [young.id], "the old one was driven just now"
    assert len(stale(T0 + 9000, T0 + 9001, limit=1)) == 1
    found = commands.get(old.id)
    assert found is not None
    assert found.state == "pending"


def test_sweeps_at_the_same_time_share_the_work(commands: CommandLog) -> None:
    made = {accept(commands).id for _ in range(40)}
    start = threading.Barrier(4)

    def sweep(_: int) -> list[UUID]:
        start.wait(10)
        return commands.stale(driven_before_ms=T0 + 1, now_ms=T0 + 5000, limit=100)

    with ThreadPoolExecutor(4) as threads:
        found = [one for part in threads.map(sweep, range(4)) for one in part]
    assert sorted(found) == sorted(made)


def test_what_is_old_and_done_is_forgotten(commands: CommandLog) -> None:
    pending = accept(commands)
    done = accept(commands, kind="request")
    commands.remember(done.id, {})
    lost = accept(commands, kind="request")
    young = accept(commands, kind="request", now_ms=T0 + 10)
    assert commands.forget(before_ms=T0 + 1, limit=1) == 1
    assert commands.forget(before_ms=T0 + 1) == 1
    assert [commands.get(each.id) is not None for each in (pending, done, lost, young)] == [
        True, False, False, True,
    ]  # fmt: skip


class Shop:
    """A Flask application with one POST that does something, behind `Once`."""

    def __init__(self, commands: CommandLog) -> None:
        self.effects: list[UUID] = []
        self.error: Exception | None = None
        self.who = ADA
        app = Flask(__name__)
        install_problem_json(app)
        once = Once(commands, FixedClock(T0))

        def make(effect_id: UUID) -> Answer:
            if self.error is not None:
                raise self.error
            self.effects.append(effect_id)
            return 201, {"number": len(self.effects)}, {"Location": "/x"}

        @app.post("/do")
        def do() -> Any:
            current.set_principal(self.who)
            return once(make)

        self.client = app.test_client()

    def post(self, key: str | None = "k", body: str = "{}", who: Principal = ADA) -> Any:
        self.who = who
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.client.post("/do", data=body, headers=headers, content_type="application/json")


@pytest.fixture
def shop(commands: CommandLog) -> Shop:
    return Shop(commands)


def test_once_gives_the_first_answer_again(shop: Shop) -> None:
    first, again = shop.post(), shop.post()
    assert (first.status_code, first.get_json(), first.headers["Location"]) == (201, {"number": 1}, "/x")
    assert (again.status_code, again.get_json(), again.headers["Location"]) == (201, {"number": 1}, "/x")
    assert len(shop.effects) == 1
    assert shop.post(who=GRACE).get_json() == {"number": 2}
    assert shop.post(key="k2").get_json() == {"number": 3}
    assert shop.post(key=None).get_json() == {"number": 4}
    reused = shop.post(body='{"other": 1}')
    assert (reused.status_code, reused.get_json()["code"]) == (409, "idempotency_key_reused")


def test_once_remembers_a_refusal_and_not_an_outage(shop: Shop) -> None:
    shop.error = Unavailable()
    assert shop.post().status_code == 503
    shop.error = Forbidden("no")
    assert shop.post().status_code == 403
    shop.error = None
    again = shop.post()
    assert (again.status_code, again.get_json()["detail"]) == (403, "no")
    assert shop.effects == []


def test_an_effect_whose_answer_was_lost_gets_the_same_id_again(shop: Shop, commands: CommandLog) -> None:
    shop.error = Unavailable()
    shop.post()
    shop.error = None
    shop.post()
    shop.post(key="k3")
    assert len(set(shop.effects)) == 2
    assert commands.get(shop.effects[0]) is not None, "the effect carries the id of the row"
