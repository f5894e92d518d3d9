"""What the tests' client makes of a command that was accepted with 202."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.support.accepted_commands import followed, outcome_of
from tests.support.waiting import Unexpected

COMMAND = "/api/commands/7"
PENDING: dict[str, Any] = {"id": "7", "state": "pending"}
PROBLEM = {"status": 409, "code": "party_full", "title": "Full"}

Answer = Callable[[httpx.Request], httpx.Response]


def client(*answers: httpx.Response | httpx.TransportError) -> tuple[httpx.Client, list[httpx.Request]]:
    """A client of a service that gives these answers in turn, and the requests that it got."""
    requests: list[httpx.Request] = []
    left = list(answers)

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        answer = left.pop(0)
        if isinstance(answer, httpx.TransportError):
            raise answer
        return answer

    return httpx.Client(base_url="http://party.test", transport=httpx.MockTransport(handle)), requests


def accepted() -> httpx.Response:
    return httpx.Response(202, json=PENDING, headers={"Location": COMMAND, "Retry-After": "1", "X-Own": "1"})


def state(name: str, **fields: Any) -> httpx.Response:
    return httpx.Response(200, json={**PENDING, "state": name, **fields})


def test_it_is_asked_for_until_it_is_decided_whatever_is_unavailable_meanwhile() -> None:
    http, requests = client(
        accepted(), state("pending"), httpx.Response(503), httpx.ConnectError("gone"), state("succeeded")
    )
    assert outcome_of(http, http.post("/api/parties/1/leave"))["state"] == "succeeded"
    assert [request.url.path for request in requests[1:]] == [COMMAND] * 4


def test_one_that_stays_pending_or_is_not_found_is_a_failure() -> None:
    http, _ = client(accepted(), state("pending"))
    with pytest.raises(Unexpected, match="after 0 s"):
        outcome_of(http, http.post("/api/parties"), limit_s=0)
    http, _ = client(accepted(), httpx.Response(404))
    with pytest.raises(Unexpected, match="gave 404"):
        outcome_of(http, http.post("/api/parties"))


@pytest.mark.parametrize(
    ("path", "outcome", "status", "body"),
    [
        ("/api/parties", state("succeeded", result={"id": "9"}), 201, {"id": "9"}),
        ("/api/parties/9/join", state("succeeded", result={"party": {}}), 200, {"party": {}}),
        ("/api/parties/9/leave", state("succeeded", result=None), 204, None),
        ("/api/parties/9/join", state("failed", problem=PROBLEM), 409, PROBLEM),
    ],
)
def test_the_answer_is_put_together_from_the_outcome(
    path: str, outcome: httpx.Response, status: int, body: Any
) -> None:
    http, _ = client(accepted(), outcome)
    answer = followed(http, http.post(path))
    assert answer.status_code == status
    assert (answer.json() if answer.content else None) == body
    assert answer.headers.get("Location") == ("/api/parties/9" if status == 201 else None)
    assert answer.headers["X-Own"] == "1"
    assert "Retry-After" not in answer.headers
    if status == 409:
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_request_with_a_key_is_sent_again() -> None:
    first = httpx.Response(201, json={"id": "9"})
    http, requests = client(accepted(), state("succeeded", result={"id": "9"}), first)
    key = {"Idempotency-Key": "k"}
    assert followed(http, http.post("/api/parties", json={"title": "Film"}, headers=key)) is first
    assert (requests[2].method, requests[2].content) == ("POST", requests[0].content)
    assert requests[2].headers["Idempotency-Key"] == "k"
