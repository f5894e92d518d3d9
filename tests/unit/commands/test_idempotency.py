"""The Idempotency-Key as it is read, and an answer as it is kept; the rows are in tests/integration."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask

from partyapp.commands.idempotency import Answer, idempotency_key, request_mark, respond, restored, stored
from partyapp.commands.record import fingerprint
from partyapp.party.domain.errors import PartyFull
from partyapp.shared.kernel.errors import StoredProblem, ValidationFailed

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
        return request_mark()


def test_a_key_stands_for_method_address_and_body() -> None:
    assert mark() == mark()
    assert len({mark(), mark(method="PUT"), mark(path="/b"), mark(body=b"{ }"), mark(body=b"\xff")}) == 5


def test_parts_of_a_fingerprint_dont_run_together() -> None:
    parts: list[tuple[object, ...]] = [("ab", "c"), ("a", "bc"), ("abc",), (["ab", "c"],)]
    assert len({fingerprint(*each) for each in parts}) == 4


@pytest.mark.parametrize(
    "answer", [(201, {"id": "ä"}, {"Location": "/x"}), (204, None, {}), (200, [1, None], {"ETag": '"7"'})]
)
def test_an_answer_is_given_back_as_it_was(answer: Answer) -> None:
    row: dict[str, Any] = json.loads(json.dumps(stored(answer)))
    assert restored(row) == answer
    with app.app_context():
        response = respond(restored(row))
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
    with pytest.raises(StoredProblem) as caught:
        restored({"problem": problem})
    assert caught.value.problem() == problem
