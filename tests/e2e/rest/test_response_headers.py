"""What every answer tells a browser, and that the pages keep to their own policy."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.e2e.conftest import Room, Service

pytestmark = pytest.mark.stack

PAGES = ["/", "/p/7bd3fde8-e611-4513-9e0f-221346e2fd29?invite=abc", "/api/docs"]


def policy_of(response: httpx.Response) -> dict[str, list[str]]:
    parts = [part.split() for part in response.headers["Content-Security-Policy"].split(";")]
    return {part[0]: part[1:] for part in parts}


def assert_guarded(response: httpx.Response) -> None:
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in response.headers["Permissions-Policy"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_our_own_scripts_and_nothing_inline(service: Service, path: str) -> None:
    response = service.http.get(path)
    assert_guarded(response)
    policy = policy_of(response)
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == ["'self'"]
    assert policy["frame-ancestors"] == ["'self'"]
    assert policy["base-uri"] == ["'none'"]
    assert "'unsafe" not in response.headers["Content-Security-Policy"]
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_keep_to_it(service: Service, path: str) -> None:
    html = service.http.get(path).text
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html)
    addresses = re.findall(r"(?:src|href)=\"([^\"]*)\"", html)
    assert addresses
    assert [address for address in addresses if address.startswith(("http:", "https:", "//", "data:"))] == []


def test_what_is_personal_is_kept_nowhere(room: Room, service: Service) -> None:
    answers = [
        room.host.get("/api/auth/me"),
        room.host.get(room.path),
        room.host.get("/api/parties"),
        room.host.get(f"{room.path}/events"),
        room.host.post(f"{room.path}/ticket"),
        room.host.get("/api/nothing"),
        service.http.get("/api/parties"),
        service.http.post("/api/auth/guest", json={"display_name": "Ada"}),
        service.http.post("/api/auth/guest", json={}),
    ]
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store", answer.url
        assert_guarded(answer)
        assert policy_of(answer)["default-src"] == policy_of(answer)["frame-ancestors"] == ["'none'"]
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("path", ["/static/page/main.js", "/media/sample.mp4", "/healthz", "/favicon.ico"])
def test_everything_else_is_guarded_too(service: Service, path: str) -> None:
    assert_guarded(service.http.get(path))


def test_no_server_tells_its_version(service: Service) -> None:
    assert not re.search(r"[0-9]", service.http.get("/").headers.get("Server", ""))


@pytest.mark.parametrize(
    ("host", "scheme", "policy"),
    [
        ("192.168.1.20:8000", "http", None),
        ("[fd00::20]:8000", "http", None),
        ("party.local", "http", None),
        ("party.example", "https", "same-origin"),
        ("[::1]:8000", "http", "same-origin"),
        ("localhost", "http", "same-origin"),
    ],
)
def test_an_opener_policy_is_sent_where_browsers_heed_it(
    service: Service, host: str, scheme: str, policy: str | None
) -> None:
    response = service.http.get("/", headers={"Host": host, "X-Forwarded-Proto": scheme})
    assert response.headers.get("Cross-Origin-Opener-Policy") == policy
