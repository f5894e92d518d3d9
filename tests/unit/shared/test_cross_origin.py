"""What the browser of a page of another origin is told, by the application as it is put together."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from partyapp.app import create_app
from partyapp.shared.http.cross_origin import ANSWERED_HEADERS, SENT_HEADERS
from partyapp.shared.ops.settings import Settings

FILMS = "https://films.example"
EVIL = "https://evil.example"
DOCUMENT = json.loads((Path(__file__).parents[3] / "docs" / "openapi.json").read_text())
#: What a browser sets itself in a handshake, and no page.
_OF_SOCKETS = {"Connection", "Upgrade", "Sec-WebSocket-Accept", "Sec-WebSocket-Protocol"}


@cache
def application(*origins: str) -> Flask:
    return create_app(
        Settings(
            database_url="postgresql+psycopg://x/x",
            redis_url="redis://localhost:1",
            secret_key="x" * 40,
            environment="test",
            allowed_origins=frozenset(origins),
        )
    )


def client(*origins: str) -> FlaskClient:
    return application(*origins).test_client()


@pytest.fixture(scope="module")
def opened() -> FlaskClient:
    return client(FILMS)


def whole(parameter: dict[str, Any]) -> dict[str, Any]:
    """The parameter itself, where the operation only refers to it."""
    if "$ref" not in parameter:
        return parameter
    found: dict[str, Any] = DOCUMENT["components"]["parameters"][parameter["$ref"].rsplit("/", 1)[-1]]
    return found


def preflight(origin: str, method: str = "POST") -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
    }


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/api/auth/guest", "POST"),
        ("/api/parties/0198b3a0-0000-7000-8000-000000000001", "PATCH"),
        ("/api/uploads", "POST"),
        ("/api/uploads/0198b3a0-0000-7000-8000-000000000001", "PATCH"),
        ("/api/openapi.json", "GET"),
        ("/media/grant/0198b3a0-0000-7000-8000-000000000001/1/film.mp4", "GET"),
    ],
)
def test_a_browser_that_asks_for_leave_gets_it_without_a_token(
    opened: FlaskClient, path: str, method: str
) -> None:
    answer = opened.options(path, headers=preflight(FILMS, method))
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == FILMS
    assert method in answer.headers["Access-Control-Allow-Methods"].split(", ")
    allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
    assert allowed == list(SENT_HEADERS)
    assert int(answer.headers["Access-Control-Max-Age"]) > 0
    assert "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_the_headers_are_those_of_the_contract() -> None:
    sent: set[str] = set()
    answered: set[str] = set()
    for operations in DOCUMENT["paths"].values():
        for operation in operations.values():
            given = [whole(one) for one in operation.get("parameters", [])]
            sent |= {one["name"] for one in given if one["in"] == "header"}
            for response in operation["responses"].values():
                answered |= set(response.get("headers", {}))
    assert {"Idempotency-Key", "Upload-Offset", "Prefer"} <= sent <= set(SENT_HEADERS)
    assert {"Retry-After", "Location", "ETag"} <= answered - _OF_SOCKETS <= set(ANSWERED_HEADERS)


@pytest.mark.parametrize(
    "origin", [EVIL, "null", f"{FILMS}.evil.example", "http://films.example", f"{FILMS}:8443"]
)
@pytest.mark.parametrize("origins", [(), (FILMS,)])
def test_others_are_refused_by_name(origins: tuple[str, ...], origin: str) -> None:
    answer = client(*origins).options("/api/parties", headers=preflight(origin))
    assert answer.status_code == 403
    problem = json.loads(answer.data)
    assert origin in problem["detail"]
    assert "PARTY_ALLOWED_ORIGINS" in problem["detail"]
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_a_refusal_can_be_read_too(opened: FlaskClient) -> None:
    answer = opened.get("/api/parties", headers={"Origin": FILMS})
    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == FILMS
    assert {"Retry-After", "WWW-Authenticate"} <= set(
        answer.headers["Access-Control-Expose-Headers"].split(", ")
    )
    other = opened.get("/api/parties", headers={"Origin": EVIL})
    assert "Access-Control-Allow-Origin" not in other.headers


@pytest.mark.parametrize("path", ["/api/openapi.json", "/static/party-client/index.js", "/media/sample.mp4"])
@pytest.mark.parametrize("origin", [None, EVIL, FILMS])
def test_a_cache_keeps_the_answers_apart(opened: FlaskClient, path: str, origin: str | None) -> None:
    answer = opened.get(path, headers={} if origin is None else {"Origin": origin})
    assert answer.status_code == 200
    assert "Origin" in answer.vary
    assert answer.headers.get("Access-Control-Allow-Origin") == (FILMS if origin == FILMS else None)
    answer.close()


def test_a_part_of_a_film_can_be_read(opened: FlaskClient) -> None:
    headers = {"Origin": FILMS, "Range": "bytes=0-9"}
    answer = opened.get("/media/sample.mp4", headers=headers)
    assert (answer.status_code, len(answer.data)) == (206, 10)
    assert "Content-Range" in answer.headers["Access-Control-Expose-Headers"]
    # An element asks without an Origin, and its browser heeds this instead.
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_a_party_can_be_framed_by_allowed_sites_and_nothing_else(opened: FlaskClient) -> None:
    party = "0198b3a0-0000-7000-8000-000000000001"
    embedded = opened.get(f"/embed/{party}")
    assert f"frame-ancestors 'self' {FILMS};" in embedded.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in embedded.headers
    assert f'<meta name="party-embed-origins" content="{FILMS}">' in embedded.text
    assert "frame-ancestors 'self';" in client().get(f"/embed/{party}").headers["Content-Security-Policy"]
    for path in ("/", f"/p/{party}", f"/embed/{party}/x"):
        other = opened.get(path)
        assert "party-embed-origins" not in other.text
        assert FILMS not in other.headers["Content-Security-Policy"] or other.status_code == 404


@pytest.mark.parametrize("path", ["/", "/static/page/main.js", "/healthz"])
def test_nothing_else_is_opened(opened: FlaskClient, path: str) -> None:
    answer = opened.get(path, headers={"Origin": FILMS})
    assert "Access-Control-Allow-Origin" not in answer.headers
    answer.close()


def test_without_the_setting_nothing_is_said() -> None:
    answer = client().get("/api/openapi.json", headers={"Origin": FILMS})
    assert "Origin" not in answer.vary
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
