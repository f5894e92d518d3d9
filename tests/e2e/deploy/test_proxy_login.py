"""Who somebody is by the word of the real nginx in front, of `deploy`, and not by what a client sends."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.support.contract import assert_refused
from tests.support.local_stack import Stack, free_port
from tests.support.own_folder import own_folder
from tests.support.party_client import REQUEST_TIMEOUT_S, Guest, body_of
from tests.support.proxies import PROGRAMS, Proxy, another_web

pytestmark = pytest.mark.stack

#: Whom nginx takes somebody for, by the cookie that its login gave them.
LOGIN = 'map $cookie_login $party_user { default ""; a1b2 ada; c3d4 zoe; }\n'


class LoginProxy(Proxy):
    """The nginx of `deploy`, with the two lines for a login that its file names."""

    def _login(self, web_ports: Sequence[int], films: Path) -> list[str]:
        words = self._nginx(web_ports, films)
        path = Path(words[-1])
        text, found = re.subn(r'Remote-User "";', "Remote-User $party_user;", path.read_text())
        text, named = re.subn(r'Remote-Name "";', 'Remote-Name "Zoë of $party_user";', text)
        assert found == named == 1
        path.write_text(text.replace("http {", "http { " + LOGIN, 1))
        return words


@dataclass(frozen=True)
class Front:
    proxy: LoginProxy
    web_url: str

    def sign_in(self, cookie: str | None, **headers: str) -> httpx.Response:
        """Through nginx."""
        given = headers | ({} if cookie is None else {"Cookie": f"login={cookie}"})
        return self.proxy.client.post(f"{self.proxy.url}/api/auth/proxy", json={}, headers=given)

    def straight(self, url: str, **headers: str) -> httpx.Response:
        """Past nginx."""
        sent = {name.encode(): value.encode() for name, value in headers.items()}
        with httpx.Client(base_url=url, timeout=REQUEST_TIMEOUT_S, trust_env=False) as client:
            return client.post("/api/auth/proxy", json={}, headers=sent)


@pytest.fixture(scope="module")
def front(stack: Stack) -> Iterator[Front]:
    if PROGRAMS["nginx"] is None:
        pytest.skip("nginx is not installed: a login in front was not tried")
    told = {"PARTY_TRUSTED_HOPS": "1", "PARTY_LOGIN_PROXIES": "127.0.0.1", "PARTY_GUESTS": "0"}
    with ExitStack() as running:
        web_port = running.enter_context(another_web(stack, told))
        proxy = LoginProxy(running.enter_context(own_folder()), free_port())
        running.enter_context(proxy.running("login", [web_port], stack.data_dir / "films"))
        yield Front(proxy, f"http://127.0.0.1:{web_port}")


def test_whom_nginx_names_is_signed_in(front: Front) -> None:
    ada = body_of(front.sign_in("a1b2"), 201)
    assert ada["user"]["display_name"] == "Zoë of ada"
    again, zoe = (body_of(front.sign_in(cookie), 201) for cookie in ("a1b2", "c3d4"))
    assert again["user"]["id"] == ada["user"]["id"] != zoe["user"]["id"]
    guest = Guest(front.proxy.url, token=ada["access_token"], tls=front.proxy.tls)
    party = guest.create_party()
    assert party["host_id"] == ada["user"]["id"]
    # The session is one of ours: it is renewed, and signed out alone.
    guest.use_token(body_of(guest.post("/api/auth/renew"), 200)["access_token"])
    body_of(guest.delete("/api/auth/session"), 204)
    assert_refused(guest.get("/api/auth/me"), "unauthenticated")
    other = Guest(front.proxy.url, token=again["access_token"], tls=front.proxy.tls)
    assert other.user_id == ada["user"]["id"]
    page = front.proxy.client.get(f"{front.proxy.url}/").text
    assert '<meta name="party-login" content="proxy">' in page
    for one in (guest, other):
        one.close()


def test_what_a_client_says_of_itself_does_not_count(front: Front, stack: Stack) -> None:
    forged = {"Remote-User": "ada", "Remote-Name": "Ada"}
    assert_refused(front.sign_in(None, **forged), "unauthenticated")
    assert_refused(front.sign_in(None, **{"Remote_User": "ada"}), "unauthenticated")
    zoe, ada = body_of(front.sign_in("c3d4", **forged), 201), body_of(front.sign_in("a1b2"), 201)
    assert zoe["user"]["id"] != ada["user"]["id"]
    # Past nginx nobody has written down who asks; two values are two senders'.
    assert_refused(front.straight(front.web_url, **forged), "forbidden")
    through = {"X-Forwarded-For": "203.0.113.7"}
    assert_refused(front.straight(front.web_url, **through, **{"Remote-User": "zoe,ada"}), "unauthenticated")
    # Whoever calls themselves almost as somebody else is not them.
    almost = body_of(front.straight(front.web_url, **through, **{"Remote-User": "ada\u00a0"}), 201)
    assert almost["user"]["id"] != ada["user"]["id"]
    # Where nothing is set nobody is signed in so.
    assert_refused(front.straight(stack.url, **through, **forged), "forbidden")
    assert "party-login" not in httpx.get(f"{stack.url}/", trust_env=False).text
