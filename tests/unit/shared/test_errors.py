"""Every refusal is a problem (RFC 9457), and no error leaves the application in any other form."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

import pytest
from flask import Flask
from werkzeug.exceptions import (
    ImATeapot,
    InternalServerError,
    RequestEntityTooLarge,
    RequestURITooLarge,
)

from partyapp.party.domain import errors as party_errors
from partyapp.shared.http.problem_json import install_problem_json
from partyapp.shared.kernel import errors
from partyapp.shared.kernel.errors import (
    PROBLEMS,
    RateLimited,
    Refusal,
    StoredProblem,
    Unavailable,
    ValidationFailed,
)

#: PROTOCOL's codes.
CODES = {
    "unauthenticated": 401, "forbidden": 403, "not_found": 404, "validation_failed": 422,
    "malformed_json": 400, "unsupported_media_type": 415, "payload_too_large": 413, "stale_revision": 409,
    "party_ended": 409, "party_full": 409, "not_a_member": 403, "invalid_invite": 403, "video_not_ready": 409,
    "idempotency_key_reused": 409, "rate_limited": 429, "unavailable": 503,
}  # fmt: skip
SECRET = "postgres://user:hunter2@db"


def refusals() -> list[type[Refusal]]:
    return [
        kind
        for module in (errors, party_errors)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Refusal) and kind not in (Refusal, StoredProblem)
    ]


def test_the_codes_of_the_contract_have_their_status() -> None:
    assert {code: PROBLEMS[code][0] for code in CODES} == CODES
    for code, (status, title) in PROBLEMS.items():
        assert code == "checksum_mismatch" or HTTPStatus(status) >= 400, "only tus has a status of its own"
        assert title


@pytest.mark.parametrize("kind", refusals())
def test_every_refusal_is_a_whole_problem(kind: type[Refusal]) -> None:
    problem = kind().problem()
    more = {"retry_after_s"} if kind is RateLimited else set()
    assert set(problem) == {"type", "title", "status", "detail", "code"} | more
    assert problem["code"] == kind.code
    assert problem["detail"]
    assert problem["type"].startswith("urn:")
    assert json.loads(json.dumps(problem)) == problem


def test_details_and_fields() -> None:
    problem = ValidationFailed("Two are wrong.", errors={"title": ["Too long."]}).problem()
    assert (problem["detail"], problem["errors"]) == ("Two are wrong.", {"title": ["Too long."]})
    assert Unavailable(retry_after_s=9).retry_after_s == 9


def test_a_stored_problem_is_given_back_as_it_was() -> None:
    first = party_errors.StaleRevision("The party is at revision 7.").problem()
    assert StoredProblem(first).problem() == first
    assert StoredProblem(Unavailable().problem()).retry_after_s


@pytest.fixture(scope="module")
def app() -> Flask:
    app = Flask(__name__)
    install_problem_json(app)
    raised: dict[str, Exception] = {
        "refused": party_errors.PartyFull(),
        "unavailable": Unavailable(),
        "limited": RateLimited(retry_after_s=7),
        "crash": RuntimeError(SECRET),
        "teapot": ImATeapot(SECRET),
        "large": RequestEntityTooLarge(),
        "uri": RequestURITooLarge(),
        "internal": InternalServerError(SECRET),
        "unauthenticated": errors.Unauthenticated(),
    }

    @app.get("/<name>")
    def fail(name: str) -> str:
        raise raised[name]

    @app.get("/go/<path:name>")
    def go(name: str) -> str:
        return name

    return app


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/refused", 409, "party_full"),
        ("GET", "/unavailable", 503, "unavailable"),
        ("GET", "/limited", 429, "rate_limited"),
        ("GET", "/crash", 500, "internal"),
        ("GET", "/teapot", 400, "bad_request"),
        ("GET", "/large", 413, "payload_too_large"),
        ("GET", "/uri", 414, "uri_too_long"),
        ("GET", "/internal", 500, "internal"),
        ("GET", "/unauthenticated", 401, "unauthenticated"),
        ("GET", "/nowhere/at/all", 404, "not_found"),
        ("POST", "/refused", 405, "method_not_allowed"),
    ],
)
def test_every_error_leaves_as_a_problem(app: Flask, method: str, path: str, status: int, code: str) -> None:
    answer: Any = app.test_client().open(path, method=method)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    body = answer.get_json()
    assert (body["code"], body["status"]) == (code, status)
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    assert ("Retry-After" in answer.headers) is (status in (429, 503))
    assert ("WWW-Authenticate" in answer.headers) is (status == 401)
    assert answer.headers["Cache-Control"] == "no-store"
    if status == 405:
        assert "GET" in answer.headers["Allow"]
    if code == "rate_limited":
        assert answer.headers["Retry-After"] == "7"
