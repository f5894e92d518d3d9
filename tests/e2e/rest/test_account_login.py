"""Signing in at a real provider, over HTTP: what the page does, and what others try."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from tests.support.contract import assert_answer, assert_refused
from tests.support.local_stack import Stack, free_port
from tests.support.oidc_provider import CLIENT_SECRET, OidcServer, denied_at, signed_in_at
from tests.support.party_client import REQUEST_TIMEOUT_S, Guest, body_of
from tests.support.proxies import another_web

pytestmark = pytest.mark.stack

Json = dict[str, Any]


@dataclass(frozen=True)
class Front:
    """A web process whose people sign in at `server`, and nowhere else."""

    url: str
    server: OidcServer
    public: str
    provider: ExitStack

    def browser(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=REQUEST_TIMEOUT_S, trust_env=False)


@pytest.fixture(scope="module")
def front(stack: Stack) -> Iterator[Front]:
    # Below a path, at an address that differs from the one that requests come to.
    public = f"http://127.0.0.1:{free_port()}/party"
    server = OidcServer([f"{public}/login"])
    told = {
        **server.settings,
        "PARTY_GUESTS": "0",
        "PARTY_PUBLIC_URL": public,
        "PARTY_OIDC_LABEL": 'Sign in with "the school"',
        "PARTY_OIDC_REQUIRE": "groups=school",
    }
    with ExitStack() as running:
        provider = running.enter_context(ExitStack())
        provider.enter_context(server.running())
        port = running.enter_context(another_web(stack, told))
        yield Front(f"http://127.0.0.1:{port}", server, public, provider)


def begun(browser: httpx.Client) -> str:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    answer = browser.post("/api/auth/oidc/begin", json={}, headers=key)
    again = browser.post("/api/auth/oidc/begin", json={}, headers=key)
    url = str(assert_answer("beginAccountLogin", body_of(answer, 201))["url"])
    assert again.json()["url"] == url
    # The cookie is for the address that others know; here requests come past what is in front.
    assert "HttpOnly; Path=/party/api/auth/oidc; SameSite=Lax" in answer.headers["Set-Cookie"]
    for cookie in list(browser.cookies.jar):
        cookie.path = "/api/auth/oidc"
        browser.cookies.jar.set_cookie(cookie)
    return url


def finished(browser: httpx.Client, answer: dict[str, str], **headers: str) -> httpx.Response:
    body = {name: answer[name] for name in ("code", "state", "iss")}
    return browser.post("/api/auth/oidc", json=body, headers=headers)


def test_who_signs_in_at_the_provider_is_somebody_here(front: Front, stack: Stack) -> None:
    with front.browser() as browser:
        url = begun(browser)
        assert dict(parse_qsl(urlsplit(url).query))["redirect_uri"] == f"{front.public}/login"
        answer = signed_in_at(url)
        key = {"Idempotency-Key": str(uuid.uuid4())}
        ada = body_of(finished(browser, answer, **key), 201)
        assert ada["user"]["display_name"] == "Ada of the school"
        # A repeat of the page's own is answered as before; anybody else's is none.
        assert finished(browser, answer, **key).json()["user"] == ada["user"]
        assert_refused(finished(browser, answer), "unauthenticated")
    with front.browser() as other:
        again = body_of(finished(other, signed_in_at(begun(other))), 201)
        assert again["user"]["id"] == ada["user"]["id"]
        logout = other.get("/api/auth/oidc/logout")
        assert assert_answer("showProviderLogout", body_of(logout, 200))["url"] == (
            f"{front.server.issuer}/session/end?"
            + urlencode({"client_id": "party", "post_logout_redirect_uri": f"{front.public}/"})
        )
    # It is a session of ours: it is renewed, counts everywhere, and is signed out alone.
    guest = Guest(stack.url, token=ada["access_token"])
    assert guest.create_party()["host_id"] == ada["user"]["id"]
    guest.use_token(body_of(guest.post("/api/auth/renew"), 200)["access_token"])
    body_of(guest.delete("/api/auth/session"), 204)
    assert_refused(guest.get("/api/auth/me"), "unauthenticated")
    assert_refused(browser_guest(front), "forbidden")
    guest.close()


def browser_guest(front: Front) -> httpx.Response:
    with front.browser() as browser:
        return browser.post("/api/auth/guest", json={"display_name": "Ada"})


def test_what_others_try(front: Front) -> None:
    with front.browser() as ada, front.browser() as eve:
        mine, hers = signed_in_at(begun(ada)), signed_in_at(begun(eve))
        # Somebody is led to the answer of another's login, or brings another provider's.
        for browser, answer, reason in (
            (ada, hers, "unknown"),
            (ada, {**mine, "code": hers["code"]}, "refused"),
            (ada, {**mine, "iss": "https://evil.example"}, "untrusted"),
            (ada, {**mine, "state": "ä" * 20}, "unknown"),
        ):
            refused = finished(browser, answer)
            assert assert_refused(refused, "unauthenticated")["login"] == reason
        assert denied_at(begun(ada))["error"] == "access_denied"
        # An account in none of the groups.
        assert_refused(finished(eve, signed_in_at(begun(eve), "eve")), "forbidden")


def test_the_page_is_told_and_keeps_no_answer(front: Front, stack: Stack) -> None:
    with front.browser() as browser:
        page = browser.get("/login?code=secret&state=a", headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert '<meta name="party-account" content="Sign in with &#34;the school&#34;">' in page.text
        assert '<meta name="party-guests" content="off">' in page.text
        assert "secret" not in page.text
    without = httpx.get(f"{stack.url}/", trust_env=False).text
    assert "party-account" not in without
    assert "party-guests" not in without


def test_a_provider_that_is_gone_is_said_so_and_keeps_nobody_else_waiting(front: Front, stack: Stack) -> None:
    """The last one: the provider ends here."""
    with front.browser() as browser:
        answer = signed_in_at(begun(browser))
        front.provider.close()
        problem = assert_refused(finished(browser, answer), "unavailable")
        assert "provider" in problem["detail"]
        assert browser.get("/readyz").status_code == 200
        late = answered_late(front, lambda: finished(browser, answer))
        assert assert_refused(late, "unauthenticated")["login"] == "refused"
    port = urlsplit(front.url).port
    log = (stack.data_dir / "logs" / f"web-{port}.log").read_text()
    assert "the login provider can't be reached" in log
    assert CLIENT_SECRET not in log
    assert answer["code"] not in log


def answered_late(front: Front, ask: Callable[[], httpx.Response]) -> httpx.Response:
    """What is answered where the provider says no, once the same web process has answered somebody else."""
    said = b'{"error":"invalid_grant"}'
    head = b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n" % len(said)
    with socket.create_server(("127.0.0.1", front.server.port)) as slow, ThreadPoolExecutor(1) as other:
        slow.settimeout(REQUEST_TIMEOUT_S)
        late = other.submit(ask)
        connection, _ = slow.accept()
        with connection, front.browser() as somebody:
            connection.recv(65536)
            assert somebody.get("/healthz").status_code == 200
            connection.sendall(head + said)
            return late.result()
