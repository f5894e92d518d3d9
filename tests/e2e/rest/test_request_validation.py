"""Requests that are no good whatever they ask for: broken JSON, wrong types, too large, no such route."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Room, Service
from tests.support.contract import assert_refused
from tests.support.party_client import Guest

pytestmark = pytest.mark.stack

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b'{"display_name": "Ada"',
        b"display_name=Ada",
        b'{"display_name": NaN}',
        b'{"display_name": Infinity}',
        b'{"display_name": "\xff\xfe"}',
        b"[" * 10_000,
        b'{"a":' * 2_000,
    ],
    ids=[
        "truncated",
        "unclosed",
        "form",
        "NaN",
        "Infinity",
        "not UTF-8",
        "nested lists",
        "nested objects",
    ],
)
def test_broken_json(service: Service, content: bytes) -> None:
    assert_refused(service.http.post("/api/auth/guest", content=content, headers=JSON), "malformed_json")


@pytest.mark.parametrize("content", [b"null", b"[]", b'"Ada"', b"7", b"true"])
def test_json_that_is_no_object(service: Service, content: bytes) -> None:
    response = service.http.post("/api/auth/guest", content=content, headers=JSON)
    assert_refused(response, "malformed_json" if response.status_code == 400 else "validation_failed")


def test_a_number_too_large_for_a_float(room: Room) -> None:
    response = room.host.http.post(
        f"{room.path}/playback", content=b'{"action":"seek","position_s":1e999}', headers=JSON
    )
    assert response.status_code in (400, 422)
    assert_refused(response, "malformed_json" if response.status_code == 400 else "validation_failed")


def test_a_hundred_thousand_brackets_harm_nobody(service: Service) -> None:
    response = service.http.post("/api/auth/guest", content=b"[" * 100_000, headers=JSON)
    assert response.status_code in (400, 413)
    assert_refused(response, "malformed_json" if response.status_code == 400 else "payload_too_large")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", None])
def test_other_media_types(service: Service, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    response = service.http.post("/api/auth/guest", content=b'{"display_name":"Ada"}', headers=headers)
    assert_refused(response, "unsupported_media_type")


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "APPLICATION/JSON"])
def test_json_by_another_spelling(service: Service, kind: str) -> None:
    headers = {"Content-Type": kind}
    response = service.http.post("/api/auth/guest", content=b'{"display_name":"Ada"}', headers=headers)
    assert response.status_code == 201


def test_a_body_too_large(service: Service) -> None:
    response = service.http.post("/api/auth/guest", json={"display_name": "x" * 2_000_000})
    assert_refused(response, "payload_too_large")


def test_unknown_fields(service: Service) -> None:
    response = service.http.post("/api/auth/guest", json={"display_name": "Ada", "admin": True})
    assert list(assert_refused(response, "validation_failed")["errors"]) == ["admin"]


def test_unknown_fields_where_nothing_is_asked_for(room: Room) -> None:
    for deed in ("leave", "ticket", "join"):
        assert_refused(room.host.post(f"{room.path}/{deed}", {"surprise": 1}), "validation_failed")


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/nothing", "/api/videos/x/y"])
def test_no_such_route(host: Guest, path: str) -> None:
    assert_refused(host.get(path), "not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/api/videos"),
        ("PUT", "/api/parties"),
        ("GET", "/api/auth/guest"),
        ("PUT", "/api/auth/me"),
    ],
)
def test_a_method_that_the_route_has_not(host: Guest, method: str, path: str) -> None:
    response = host.http.request(method, path)
    assert response.status_code == 405
    assert response.headers["Content-Type"].partition(";")[0] == "application/problem+json"
    assert response.headers["Allow"]
    problem = response.json()
    assert problem["status"] == 405
    assert all(isinstance(problem[name], str) for name in ("type", "title", "detail", "code"))
