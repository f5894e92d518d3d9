"""The Idempotency-Key as it is read, and an answer as it is kept; the rows are in tests/integration."""

from __future__ import annotations

import json
from typing import Any, cast
from uuid import UUID

import pytest
from flask import Flask

from partyapp.commands.controllers import IdempotentPost, idempotency_key, request_fingerprint, response_of
from partyapp.commands.idempotency import Answer, IdempotentRequests
from partyapp.commands.record import REQUEST, CommandRecord, NewCommand, fingerprint
from partyapp.commands.store import CommandStore
from partyapp.party.domain.errors import PartyFull
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.errors import RateLimited, Refusal, StoredProblem, Unavailable, ValidationFailed
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.sealing import Sealer

app = Flask(__name__)


@pytest.mark.parametrize("key", ["a", "x" * 255, "8e03978e-40d5-43dd-bc93-6894a57f9324", '"quoted" ~'])
def test_a_good_key(key: str) -> None:
    with app.test_request_context(headers={"Idempotency-Key": key}):
        assert idempotency_key() == key


def test_no_key() -> None:
    with app.test_request_context():
        assert idempotency_key() is None


@pytest.mark.parametrize("key", ["", "x" * 256, "ä", "a\tb", "a\x7f"])
def test_a_bad_key(key: str) -> None:
    with app.test_request_context(headers={"Idempotency-Key": key}), pytest.raises(ValidationFailed):
        idempotency_key()


def mark(method: str = "POST", path: str = "/a", body: bytes = b"{}") -> str:
    with app.test_request_context(path, method=method, data=body):
        return request_fingerprint()


def test_a_key_stands_for_method_address_and_body() -> None:
    assert mark() == mark()
    assert len({mark(), mark(method="PUT"), mark(path="/b"), mark(body=b"{ }"), mark(body=b"\xff")}) == 5


def test_parts_of_a_fingerprint_dont_run_together() -> None:
    parts: list[tuple[object, ...]] = [("ab", "c"), ("a", "bc"), ("abc",), (["ab", "c"],)]
    assert len({fingerprint(*each) for each in parts}) == 4


class OneRow:
    """A `CommandStore` with one row, which forgets nothing and keeps the first answer, by way of JSON."""

    def __init__(self, answer: dict[str, Any] | None = None) -> None:
        self.answer = answer

    def save_response(self, command_id: UUID, answer: dict[str, Any]) -> dict[str, Any]:
        """The first answer."""
        self.answer = self.answer or json.loads(json.dumps(answer))
        return self.answer


def requests_of(row: OneRow) -> tuple[IdempotentRequests, CommandRecord]:
    """The requests, and the one that is accepted."""
    record = CommandRecord(
        id=new_id(), user_id=new_id(), kind=REQUEST, payload={}, state="pending", outcome=None,
        answer=row.answer,
    )  # fmt: skip
    return IdempotentRequests(cast(CommandStore, row), FixedClock()), record


@pytest.mark.parametrize(
    "answer", [(201, {"id": "ä"}, {"Location": "/x"}), (204, None, {}), (200, [1, None], {"ETag": '"7"'})]
)
def test_an_answer_is_given_back_as_it_was(answer: Answer) -> None:
    row = OneRow()
    requests, record = requests_of(row)
    assert requests.answer(record, lambda _: answer) == answer
    requests, repeat = requests_of(row)
    found = requests.stored(repeat)
    assert found == answer
    with app.app_context():
        response = response_of(found)
    status, body, headers = answer
    assert response.status_code == status
    assert headers.items() <= dict(response.headers).items()
    if status == 204:
        assert response.data == b""
        assert "Content-Type" not in response.headers
    else:
        assert response.get_json() == body


def test_a_refusal_is_given_back_as_it_was() -> None:
    problem = PartyFull().problem()
    row = OneRow()
    requests, record = requests_of(row)
    with pytest.raises(PartyFull):
        requests.answer(record, refuse)
    requests, repeat = requests_of(row)
    with pytest.raises(StoredProblem) as caught:
        requests.answer(repeat, lambda _: (200, None, {}))
    assert caught.value.problem() == problem


def refuse(_: UUID) -> Answer:
    raise PartyFull()


@pytest.mark.parametrize("refusal", [RateLimited(retry_after_s=2), Unavailable()])
def test_what_is_to_be_sent_again_later_is_done_then(refusal: Refusal) -> None:
    def refuse_now(_: UUID) -> Answer:
        raise refusal

    row = OneRow()
    requests, record = requests_of(row)
    with pytest.raises(type(refusal)):
        requests.answer(record, refuse_now)
    requests, repeat = requests_of(row)
    assert requests.answer(repeat, lambda _: (201, None, {})) == (201, None, {})


def test_two_at_once_are_answered_with_what_was_stored_first() -> None:
    row = OneRow()
    requests, record = requests_of(row)
    requests.save(record, (201, {"number": 1}, {}))
    assert requests.answer(record, lambda _: (201, {"number": 2}, {})) == (201, {"number": 1}, {})


class Rows(OneRow):
    """It notes besides what rows were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[dict[str, Any]] = []

    def accept(self, new: NewCommand) -> CommandRecord:
        """The one row."""
        self.asked.append({name: value for name, value in vars(new).items() if name not in ("id", "now_ms")})
        return CommandRecord(
            id=new.id, user_id=new.user_id, kind=REQUEST, payload={}, state="pending", outcome=None,
            answer=self.answer,
        )  # fmt: skip


def test_of_a_request_with_a_secret_no_row_tells_anything() -> None:
    """Neither what was answered, nor what was asked: a code is short enough to be tried out by its hash."""
    rows, answered = Rows(), {"access_token": "of-a-canary"}
    post = IdempotentPost(
        IdempotentRequests(cast(CommandStore, rows), FixedClock(), Sealer("a secret of these tests"))
    )
    path, body = "/api/auth/device", b'{"code":"BCDF-GHJK"}'
    guessable = mark(path=path, body=body)
    for agent in ("one", "one", "another"):
        headers = {"Idempotency-Key": "k", "User-Agent": agent}
        with app.test_request_context(path, method="POST", data=body, headers=headers):
            response = post.respond(lambda _: (201, answered, {}), secret=True, anybody=True)
        assert response.get_json() == answered
    assert "canary" not in json.dumps(rows.answer)
    first, again, other = rows.asked
    assert first == again, "a repeat finds the first"
    assert first["user_id"] != other["user_id"], "a key is that of a client at its address"
    assert first["fingerprint"] != guessable
    assert len(first["fingerprint"]) == len(guessable)
