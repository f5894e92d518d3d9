"""The command rows on a real Postgres: accepted once, driven again, and remembered."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask

from partyapp.commands.controllers import IdempotentPost
from partyapp.commands.idempotency import Answer, IdempotentRequests
from partyapp.commands.payloads import to_payload
from partyapp.commands.record import CommandRecord, NewCommand
from partyapp.commands.store import KEPT_MS, CommandEntity, CommandStore
from partyapp.party.application.commands import JoinPartySessionCommand
from partyapp.party.controllers.schemas import JoinPartySchema
from partyapp.shared.http import current
from partyapp.shared.http.problem_json import install_problem_json
from partyapp.shared.http.schemas import load
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.errors import Forbidden, IdempotencyKeyReused, Unavailable, ValidationFailed
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.storage.database import Transactions
from tests.support.party_objects import T0, principal
from tests.support.waiting import LIMIT_S

ENTITIES = (CommandEntity,)
ADA, GRACE = principal("Ada"), principal("Grace")


#: Its threads have a connection each.
POOL_SIZE = 20


@pytest.fixture
def commands(transactions: Transactions) -> CommandStore:
    return CommandStore(transactions)


def accept(commands: CommandStore, **changes: Any) -> CommandRecord:
    given: dict[str, Any] = {
        "id": new_id(),
        "user_id": ADA.user_id,
        "key": None,
        "fingerprint": "m",
        "kind": "create",
        "payload": {"a": 1},
        "now_ms": T0,
    }
    return commands.accept(NewCommand(**{**given, **changes}))


def test_the_same_key_is_the_same_command(commands: CommandStore) -> None:
    first = accept(commands, key="k")
    assert accept(commands, key="k") == first
    assert accept(commands, key="k", user_id=GRACE.user_id).id != first.id
    assert accept(commands, key="other").id != first.id
    assert accept(commands).id != accept(commands).id
    with pytest.raises(IdempotencyKeyReused):
        accept(commands, key="k", fingerprint="another body")


def test_the_same_key_at_the_same_time_is_one_command(commands: CommandStore) -> None:
    start = threading.Barrier(8)

    def send(_: int) -> UUID:
        start.wait(LIMIT_S)
        return accept(commands, key="k").id

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(send, range(8)))) == 1


def test_a_key_is_free_again_after_a_day(commands: CommandStore) -> None:
    first = accept(commands, key="k")
    commands.save_response(first.id, {"status": 200})
    later = T0 + KEPT_MS + 1
    # Nobody forgets a command that has not run yet.
    assert accept(commands, key="k", now_ms=later).id == first.id
    finished = accept(commands, key="done", kind="request")
    commands.save_response(finished.id, {"status": 201})
    assert accept(commands, key="done", fingerprint="another body", now_ms=later).id != finished.id


@pytest.mark.parametrize("hostile", ["a\x00b", "\ud800"])
def test_an_invite_code_that_postgres_cannot_hold_is_refused(commands: CommandStore, hostile: str) -> None:
    """JSONB takes neither NUL nor half a surrogate pair, and that is no error of ours."""
    with pytest.raises(ValidationFailed):
        load(JoinPartySchema(), {"invite_code": hostile})


@pytest.mark.parametrize("code", ["", "x", "ünïcode 🎬", "y" * 200])
def test_any_other_invite_code_is_kept_for_the_worker(commands: CommandStore, code: str) -> None:
    invite_code = load(JoinPartySchema(), {"invite_code": code})["invite_code"]
    command = JoinPartySessionCommand(actor=ADA, party_id=new_id(), invite_code=invite_code)
    found = commands.get(accept(commands, kind="join", payload=to_payload(command)).id)
    assert found is not None
    assert found.payload["invite_code"] == code


def test_an_error_of_the_database_tells_no_values(commands: CommandStore) -> None:
    """What is logged of it must not hold what a person wrote."""
    with pytest.raises(psycopg.DataError) as caught:
        accept(commands, kind="x" * 65, key="the-secret-key")
    assert "the-secret-key" not in str(caught.value)


def test_the_first_answer_is_the_one_that_stays(commands: CommandStore) -> None:
    record = accept(commands, key="k", kind="request")
    assert commands.save_response(record.id, {"status": 201}) == {"status": 201}
    assert commands.save_response(record.id, {"status": 500}) == {"status": 201}
    found = commands.get(record.id)
    assert found is not None
    assert (found.answer, found.state) == ({"status": 201}, "succeeded")
    assert commands.save_response(new_id(), {"status": 200}) == {"status": 200}
    assert commands.get(new_id()) is None


def test_what_nobody_was_woken_for_is_driven_again(commands: CommandStore) -> None:
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


def test_sweeps_at_the_same_time_share_the_work(commands: CommandStore) -> None:
    made = {accept(commands).id for _ in range(40)}
    start = threading.Barrier(4)

    def sweep(_: int) -> list[UUID]:
        start.wait(LIMIT_S)
        return commands.stale(driven_before_ms=T0 + 1, now_ms=T0 + 5000, limit=100)

    with ThreadPoolExecutor(4) as threads:
        found = [one for part in threads.map(sweep, range(4)) for one in part]
    assert sorted(found) == sorted(made)


def test_what_is_old_and_done_is_forgotten(commands: CommandStore) -> None:
    pending = accept(commands)
    done = accept(commands, kind="request")
    commands.save_response(done.id, {})
    lost = accept(commands, kind="request")
    young = accept(commands, kind="request", now_ms=T0 + 10)
    old = commands.old(before_ms=T0 + 1)
    assert [old.delete(1) for _ in range(3)] == [1, 1, 0]
    assert [commands.get(each.id) is not None for each in (pending, done, lost, young)] == [
        True, False, False, True,
    ]  # fmt: skip


class Shop:
    """A Flask application with one POST that does something, behind `IdempotentPost`."""

    def __init__(self, commands: CommandStore) -> None:
        self.effects: list[UUID] = []
        self.error: Exception | None = None
        self.who = ADA
        app = Flask(__name__)
        install_problem_json(app)
        idempotent = IdempotentPost(IdempotentRequests(commands, FixedClock(T0)))

        def make(effect_id: UUID) -> Answer:
            if self.error is not None:
                raise self.error
            self.effects.append(effect_id)
            return 201, {"number": len(self.effects)}, {"Location": "/x"}

        @app.post("/do")
        def do() -> Any:
            current.set_principal(self.who)
            return idempotent.respond(make)

        self.client = app.test_client()

    def post(self, key: str | None = "k", body: str = "{}", who: Principal = ADA) -> Any:
        self.who = who
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.client.post("/do", data=body, headers=headers, content_type="application/json")


@pytest.fixture
def shop(commands: CommandStore) -> Shop:
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


def test_an_effect_whose_answer_was_lost_gets_the_same_id_again(shop: Shop, commands: CommandStore) -> None:
    shop.error = Unavailable()
    shop.post()
    shop.error = None
    shop.post()
    shop.post(key="k3")
    assert len(set(shop.effects)) == 2
    assert commands.get(shop.effects[0]) is not None, "the effect carries the id of the row"
