"""An answer that the description doesn't have fails the test whose guest got it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from marshmallow import ValidationError

from partyapp.shared.kernel.errors import problem
from tests.support.contract import assert_described

PARTY = "/api/parties/0198b3a0-0000-7000-8000-000000000001"


def answer(path: str, status: int, body: Any, kind: str = "application/json", method: str = "GET") -> Any:
    request = httpx.Request(method, f"http://party.test{path}")
    return httpx.Response(status, json=body, headers={"Content-Type": kind}, request=request)


def refusal(path: str, code: str) -> Any:
    body = problem(code, "")
    return answer(path, body["status"], body, "application/problem+json")


ME = {"id": "0198b3a0-0000-7000-8000-000000000002", "display_name": "Ada"}


def test_what_is_described_passes() -> None:
    assert_described(answer("/api/auth/me", 200, ME))
    assert_described(refusal("/api/auth/me", "unauthenticated"))
    assert_described(refusal(PARTY, "not_found"))
    assert_described(refusal("/api/auth/me", "uri_too_long"))
    assert_described(answer("/p/somewhere", 200, {"anything": 1}))
    assert_described(httpx.Response(304, request=httpx.Request("GET", "http://party.test/api/openapi.json")))


@pytest.mark.parametrize(
    "undescribed",
    [
        answer("/api/auth/me", 201, ME),
        answer("/api/auth/me", 401, problem("unauthenticated", "")),
        refusal("/api/auth/me", "party_full"),
        httpx.Response(304, request=httpx.Request("GET", "http://party.test/api/auth/me")),
    ],
    ids=["another status", "a problem that says it is none", "another code", "304 without an ETag"],
)
def test_what_is_not_fails(undescribed: httpx.Response) -> None:
    with pytest.raises(AssertionError):
        assert_described(undescribed)


@pytest.mark.parametrize("body", [{}, {**ME, "surplus": 1}, {**ME, "id": 7}])
def test_a_body_that_is_not_described_fails(body: Any) -> None:
    with pytest.raises(ValidationError):
        assert_described(answer("/api/auth/me", 200, body))
