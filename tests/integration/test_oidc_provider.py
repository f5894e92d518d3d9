"""Signing in at a real provider, by the adapter alone: what counts of what it says, and what it can't say."""

from __future__ import annotations

import socket
import ssl
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from partyapp.auth.account_login import Account, LoginRefused, PendingLogin
from partyapp.auth.infrastructure import provider_http, provider_tokens
from partyapp.auth.infrastructure.oidc_metadata import fetch_metadata
from partyapp.auth.infrastructure.oidc_provider import OidcProvider
from partyapp.auth.infrastructure.provider_http import LONGEST_ANSWER, ProviderHttp, ProviderSilentError
from partyapp.shared.kernel.clock import FixedClock, WallClock
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.ops.oidc_settings import OidcSettings
from tests.support.oidc_provider import CLIENT_ID, OidcServer, denied_at, signed_in_at
from tests.support.tls_front import TlsFront, pass_on

BACK = "http://party.test/login"
LOGIN = PendingLogin(state="s" * 32, nonce="n" * 32, verifier="v" * 64, redirect_uri=BACK, begun_at_ms=0.0)


def settings_of(server: OidcServer, **changes: Any) -> OidcSettings:
    found = OidcSettings(issuer=server.issuer, client_id=CLIENT_ID, client_secret=server.secret)
    return replace(found, **changes)


@pytest.fixture(scope="module")
def server() -> Iterator[OidcServer]:
    with OidcServer([BACK]).running() as server:
        yield server


@pytest.fixture
def provider(server: OidcServer) -> OidcProvider:
    return OidcProvider(settings_of(server), WallClock())


def account_of(provider: OidcProvider, login: PendingLogin = LOGIN, name: str = "ada") -> Account:
    return provider.account(signed_in_at(provider.login_url(login), name)["code"], login)


def changed(url: str, **changes: str) -> str:
    """The address with other values in its query."""
    parts = urlsplit(url)
    return parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | changes)).geturl()


def reason_of(provider: OidcProvider, url: str) -> str:
    with pytest.raises(LoginRefused) as refused:
        provider.account(signed_in_at(url)["code"], LOGIN)
    return refused.value.reason


def test_the_account_and_where_its_session_ends(provider: OidcProvider, server: OidcServer) -> None:
    url = provider.login_url(LOGIN)
    assert "code_challenge_method=S256" in url
    assert LOGIN.verifier not in url
    answer = signed_in_at(url)
    assert (answer["state"], answer["iss"]) == (LOGIN.state, server.issuer)
    found = provider.account(answer["code"], LOGIN)
    assert (found.subject, found.claims["name"]) == ("ada", "Ada of the school")
    assert provider.names_itself()
    assert provider.logout_url("http://party.test/") == (
        f"{server.issuer}/session/end?client_id=party&post_logout_redirect_uri=http%3A%2F%2Fparty.test%2F"
    )


def test_a_code_counts_once_and_for_its_own_verifier(provider: OidcProvider) -> None:
    url = provider.login_url(LOGIN)
    code = signed_in_at(url)["code"]
    provider.account(code, LOGIN)
    with pytest.raises(LoginRefused):
        provider.account(code, LOGIN)
    # Whoever has seen a code has no verifier.
    assert reason_of(provider, changed(url, code_challenge="x" * 43)) == "refused"
    # Nor has who was sent another's code a login with its nonce.
    assert reason_of(provider, changed(url, nonce="x" * 32)) == "untrusted"
    assert denied_at(url)["error"] == "access_denied"


def test_a_clock_that_is_off_is_noticed(server: OidcServer, caplog: pytest.LogCaptureFixture) -> None:
    for minutes in (-2, 120):
        clock = FixedClock()
        clock.advance(WallClock().now_ms() - clock.now_ms() + minutes * 60_000)
        with pytest.raises(LoginRefused) as refused:
            account_of(OidcProvider(settings_of(server), clock))
        assert refused.value.reason == "untrusted"
        assert "clock" in caplog.text
        caplog.clear()


def test_a_wrong_secret_is_the_operators_matter(server: OidcServer, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Unavailable):
        account_of(OidcProvider(settings_of(server, client_secret="another"), WallClock()))
    assert "invalid_client" in caplog.text
    assert "another" not in caplog.text


def test_a_public_client_whose_name_is_in_the_userinfo_alone() -> None:
    with OidcServer([BACK], secret=None, conform=True).running() as server:
        found = account_of(OidcProvider(settings_of(server), WallClock()))
        assert found.claims["name"] == "Ada of the school"


def test_keys_are_rolled_over_and_an_outage_is_none_of_who_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_tokens, "UNKNOWN_KEY_PAUSE_S", 0.01)
    server = OidcServer([BACK])
    with server.running("first"):
        provider = OidcProvider(settings_of(server), WallClock())
        assert account_of(provider).subject == "ada"
    # What it said of itself is known; that it has gone shows when its token is needed.
    url = provider.login_url(LOGIN)
    with pytest.raises(Unavailable):
        provider.account("a code", LOGIN)
    with server.running("second"):
        assert provider.account(signed_in_at(url, "eve")["code"], LOGIN).subject == "eve"


def test_one_that_is_not_there_is_left_alone_for_a_while(server: OidcServer) -> None:
    asked: list[str] = []

    class Counted(ProviderHttp):
        def ask(self, method: str, url: str, **more: Any) -> Any:
            asked.append(url)
            return super().ask(method, url, **more)

    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        issuer = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        provider = OidcProvider(settings_of(server, issuer=issuer), WallClock(), Counted())
        for _ in range(3):
            with pytest.raises(Unavailable):
                provider.login_url(LOGIN)
    assert len(asked) == 1


def test_one_that_calls_itself_otherwise_is_another(server: OidcServer) -> None:
    with pytest.raises(ProviderSilentError, match="calls itself"):
        fetch_metadata(server.issuer.replace("127.0.0.1", "localhost"), ProviderHttp())


class Odd(BaseHTTPRequestHandler):
    """Answers each path in a way of its own."""

    def do_GET(self) -> None:
        self.send_response(302 if "away" in self.path else 200)
        self.send_header("Location", "/long")
        self.end_headers()
        try:
            if "long" in self.path:
                self.wfile.write(b" " * (LONGEST_ANSWER + 1))
            while "slow" in self.path:
                self.wfile.write(b" ")
                self.server.drop.wait(0.05)  # type: ignore[attr-defined]
            self.wfile.write(b"[1]")
        except OSError:
            pass

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def odd_url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Odd) as odd:
        odd.daemon_threads = True
        odd.drop = Event()  # type: ignore[attr-defined]
        Thread(target=odd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{odd.server_port}"
        odd.shutdown()


@pytest.mark.parametrize(
    ("path", "why"),
    [("slow", "too long"), ("long", "too much"), ("away", "status 302"), ("list", "JSON object")],
)
def test_answers_have_bounds(path: str, why: str, odd_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_http, "TOTAL_S", 0.3)
    if path == "long":
        monkeypatch.setattr(provider_http, "TOTAL_S", 60.0)
    with pytest.raises(ProviderSilentError, match=why):
        ProviderHttp().ask("GET", f"{odd_url}/{path}").object()


def test_an_authority_of_ones_own_is_named_by_ssl_cert_file(
    odd_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = urlsplit(odd_url).port
    assert port is not None
    with TlsFront(tmp_path, port, postgres=False, name="localhost") as front:
        url = f"https://localhost:{front.port}/list"
        with pytest.raises(ProviderSilentError, match=r"certificate is not trusted .*SSL_CERT_FILE"):
            ProviderHttp().ask("GET", url)
        monkeypatch.setenv("SSL_CERT_FILE", str(front.authority))
        assert ProviderHttp().ask("GET", url).json() == [1]


class Tunnels(BaseHTTPRequestHandler):
    """A proxy that lets in one person, and opens tunnels for them (RFC 9110 §9.3.6)."""

    def do_CONNECT(self) -> None:
        kind, _, pair = self.headers.get("Proxy-Authorization", "").partition(" ")
        if (kind, b64decode(pair)) != ("Basic", "ada:p@ss:ü".encode()):
            self.send_error(407)
            return
        self.server.opened.append(self.path)  # type: ignore[attr-defined]
        with socket.create_connection(("127.0.0.1", int(self.path.rpartition(":")[2]))) as behind:
            self.send_response(200)
            self.end_headers()
            Thread(target=pass_on, args=(behind, self.connection), daemon=True).start()
            pass_on(self.connection, behind)
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def tunnels() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Tunnels) as server:
        server.daemon_threads = True
        server.opened = []  # type: ignore[attr-defined]
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_proxy_that_asks_who_one_is_and_what_is_not_asked_by_it(
    odd_url: str, tunnels: ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, proxy = urlsplit(odd_url).port, f"127.0.0.1:{tunnels.server_port}"
    made: list[ssl.SSLContext] = []
    make = ssl.create_default_context

    def counted() -> ssl.SSLContext:
        made.append(make())
        return made[-1]

    monkeypatch.setattr(ssl, "create_default_context", counted)
    for name in ("NO_PROXY", "no_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert port is not None
    with TlsFront(tmp_path, port, postgres=False, name="localhost") as front:
        url, http = f"https://localhost:{front.port}/list", ProviderHttp()
        monkeypatch.setenv("SSL_CERT_FILE", str(front.authority))
        monkeypatch.setenv("HTTPS_PROXY", f"http://ada:another@{proxy}")
        with pytest.raises(ProviderSilentError) as refused:
            http.ask("GET", url)
        assert "another" not in str(refused.value)
        monkeypatch.setenv("HTTPS_PROXY", f"http://ada:p%40ss%3A%C3%BC@{proxy}")
        made.clear()
        for _ in range(3):
            assert http.ask("GET", url).json() == [1]
        assert set(tunnels.opened) == {f"localhost:{front.port}"}  # type: ignore[attr-defined]
        assert len(made) == 1, "the system's certificates are read once"
        tunnels.opened.clear()  # type: ignore[attr-defined]
        monkeypatch.setenv("NO_PROXY", "localhost")
        assert http.ask("GET", url).json() == [1]
        assert tunnels.opened == []  # type: ignore[attr-defined]
