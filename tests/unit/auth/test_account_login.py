"""The rules of a login at a provider, and its addresses, without a provider."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from partyapp.auth.account_login import (
    LOGIN_TTL_S,
    Account,
    AccountLogin,
    AccountRules,
    LoginAnswer,
    LoginRefused,
    PendingLogin,
)
from partyapp.auth.controllers.account_login import account_login_blueprint
from partyapp.auth.domain import provider_user_id
from partyapp.auth.infrastructure import PartyTokens
from partyapp.shared.http.problem_json import install_problem_json
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.errors import Forbidden
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.kernel.sealing import Sealer
from tests.support.fakes_auth import IdentityEnv

ISSUER = "https://login.example"
PAGE = "https://party.example/below"


@dataclass
class Provider:
    """Vouches for one account by one code, as often as it is asked."""

    issuer: str = ISSUER
    claims: dict[str, Any] = field(default_factory=lambda: {"name": "Ada"})
    is_named: bool = True
    asked: list[PendingLogin] = field(default_factory=list)

    def login_url(self, login: PendingLogin) -> str:
        return f"{ISSUER}/auth?state={login.state}"

    def names_itself(self) -> bool:
        return self.is_named

    def account(self, code: str, login: PendingLogin) -> Account:
        self.asked.append(login)
        if code != "good":
            raise LoginRefused("refused")
        return Account(subject="ada", claims=self.claims)

    def logout_url(self, back_to: str) -> str | None:
        return f"{ISSUER}/end?{back_to}"


class Env:
    def __init__(self) -> None:
        self.clock, self.provider = FixedClock(), Provider()
        tokens = PartyTokens("a secret of the tests, long enough to sign with", 600, self.clock)
        self.identity = IdentityEnv(tokens)
        self.login = self.ruled()

    def ruled(self, **rules: Any) -> AccountLogin:
        return AccountLogin(
            provider=self.provider,
            identity=self.identity.identity,
            rules=AccountRules(**rules),
            clock=self.clock,
        )

    def begun(self) -> PendingLogin:
        return self.login.begin(f"{PAGE}/login")[0]


@pytest.fixture
def env() -> Env:
    return Env()


def answer_to(login: PendingLogin, **changes: Any) -> LoginAnswer:
    return replace(LoginAnswer(state=login.state, code="good", issuer=ISSUER), **changes)


def reason_of(env: Env, login: PendingLogin | None, answer: LoginAnswer) -> str:
    with pytest.raises(LoginRefused) as refused:
        env.login.finish(login, answer)
    assert refused.value.problem()["login"] == refused.value.reason
    return refused.value.reason


def test_the_account_is_the_person_that_the_providers_tokens_name(env: Env) -> None:
    one, other = env.begun(), env.begun()
    assert len({one.state, one.nonce, one.verifier, other.state, other.nonce, other.verifier}) == 6
    assert min(map(len, (one.state, one.nonce))) >= 32
    assert len(one.verifier) >= 43
    ada = env.login.finish(one, answer_to(one)).principal
    assert (ada.user_id, ada.display_name) == (provider_user_id(ISSUER, "ada"), "Ada")
    again = env.login.finish(other, answer_to(other)).principal
    assert again.user_id == ada.user_id
    assert again.session_id != ada.session_id


def signed_in(env: Env, way: str, name: str) -> Principal:
    """Ada, on one more device, as whoever vouches for her calls her."""
    if way == "proxy":
        return env.identity.identity.sign_in_proxied("ada", name, new_id()).principal
    env.provider.claims, login = {"name": name}, env.begun()
    return env.login.finish(login, answer_to(login)).principal


@pytest.mark.parametrize("way", ["provider", "proxy"])
def test_a_chosen_name_counts_on_all_devices_until_another_is_vouched_for(way: str, env: Env) -> None:
    identity, present = env.identity.identity, env.identity.watcher.current
    laptop = signed_in(env, way, "Ada")
    laptop = identity.rename(laptop, "Countess").principal
    env.clock.advance(1000)
    phone = signed_in(env, way, "Ada")
    assert phone.display_name == "Countess"
    assert [one.display_name for one in env.identity.people.renames] == ["Countess"]
    identity.sign_out(phone, everywhere=True)
    env.clock.advance(1000)
    laptop, phone = signed_in(env, way, "Ada"), signed_in(env, way, "Ada B.")
    env.clock.advance(1000)
    tablet = signed_in(env, way, "Ada B.")
    assert laptop.display_name == "Countess"
    assert [present(one).display_name for one in (laptop, phone, tablet)] == ["Ada B."] * 3
    assert identity.renew(laptop).principal.display_name == "Ada B."
    assert [one.display_name for one in env.identity.people.renames] == ["Countess", "Ada B."]


def test_a_login_is_good_once_though_the_provider_would_take_its_code_again(env: Env) -> None:
    login = env.begun()
    signed_in = env.login.finish(login, answer_to(login))
    assert reason_of(env, login, answer_to(login)) == "used"
    env.identity.identity.sign_out(signed_in.principal, everywhere=False)
    assert reason_of(env, login, answer_to(login)) == "used"


def test_what_is_refused_before_the_provider_is_asked(env: Env) -> None:
    login, other = env.begun(), env.begun()
    assert reason_of(env, None, answer_to(login)) == "unknown"
    assert reason_of(env, login, answer_to(other)) == "unknown"
    assert reason_of(env, login, answer_to(login, issuer="https://evil.example")) == "untrusted"
    assert reason_of(env, login, answer_to(login, issuer=None)) == "untrusted"
    env.clock.advance(LOGIN_TTL_S * 1000)
    assert reason_of(env, login, answer_to(login)) == "expired"
    assert env.provider.asked == []


def test_a_provider_that_never_names_itself_needs_not(env: Env) -> None:
    env.provider.is_named = False
    login = env.begun()
    assert env.login.finish(login, answer_to(login, issuer=None)).principal.display_name == "Ada"


def test_a_code_that_is_refused_signs_nobody_in(env: Env) -> None:
    login = env.begun()
    assert reason_of(env, login, answer_to(login, code="bad")) == "refused"
    assert env.identity.sessions.names == {}


@pytest.mark.parametrize(
    ("claims", "lets_in"),
    [
        ({"groups": ["everybody", "school"], "verified": True}, True),
        ({"groups": "school", "verified": "true"}, True),
        ({"groups": ["everybody"], "verified": True}, False),
        ({"groups": ["school"], "verified": False}, False),
        ({"groups": ["school"]}, False),
        ({"groups": None, "verified": True}, False),
        ({"groups": {"school": 1}, "verified": True}, False),
        ({}, False),
    ],
)
def test_an_account_has_to_have_all_that_is_required(claims: dict[str, Any], lets_in: bool, env: Env) -> None:
    rules = {"groups": frozenset({"school", "staff"}), "verified": frozenset({"true"})}
    env.provider.claims = {"name": "Ada", **claims}
    env.login, login = env.ruled(required=rules), env.begun()
    if lets_in:
        env.login.finish(login, answer_to(login))
        return
    with pytest.raises(Forbidden):
        env.login.finish(login, answer_to(login))
    assert env.identity.sessions.names == {}


def test_the_first_claim_with_a_name_is_the_name() -> None:
    rules = AccountRules(name_claims=("nickname", "name"))
    assert rules.name_in({"nickname": "\u200b", "name": " Ada "}) == "Ada"
    assert rules.name_in({"nickname": "Countess", "name": "Ada"}) == "Countess"
    assert rules.name_in({"nickname": 7}) == "Guest"


def client_of(env: Env, login: AccountLogin | None) -> FlaskClient:
    app = Flask(__name__)
    install_problem_json(app)
    sealer = Sealer("a secret of the tests, long enough to sign with")
    app.register_blueprint(account_login_blueprint(login, env.identity.idempotent, sealer, lambda: PAGE))
    return app.test_client()


def test_the_two_ends_meet_in_a_cookie_that_no_script_reads(env: Env) -> None:
    client = client_of(env, env.login)
    begun = client.post("/api/auth/oidc/begin", json={})
    assert (begun.status_code, begun.get_json()["expires_in"]) == (201, 600)
    cookie = begun.headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=Lax", "Secure", "Path=/api/auth/oidc", "Max-Age=600"):
        assert part in cookie
    state = dict(parse_qsl(urlsplit(begun.get_json()["url"]).query))["state"]
    assert state not in cookie
    body = {"state": state, "code": "good", "iss": ISSUER}
    stranger = client_of(env, env.login).post("/api/auth/oidc", json=body)
    assert (stranger.status_code, stranger.get_json()["login"]) == (401, "unknown")
    answer = client.post("/api/auth/oidc", json=body)
    assert (answer.status_code, answer.get_json()["user"]["display_name"]) == (201, "Ada")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert env.provider.asked[0].redirect_uri == f"{PAGE}/login"
    assert client.get("/api/auth/oidc/logout").get_json() == {"url": f"{ISSUER}/end?{PAGE}/"}


def test_a_forged_cookie_is_none(env: Env) -> None:
    client = client_of(env, env.login)
    body = {"state": "x" * 32, "code": "good", "iss": ISSUER}
    for number in range(4):
        client.set_cookie(f"party_login_{number}", "gAAAAforged", path="/api/auth/oidc")
    for place in ("", "0.", "3."):
        forged = {**body, "state": place + body["state"]}
        assert client.post("/api/auth/oidc", json=forged).get_json()["login"] == "unknown"
    assert begun_at(client).startswith("0."), "a forged one keeps no place"


def begun_at(client: FlaskClient) -> str:
    """The state of a login that begins now."""
    url = client.post("/api/auth/oidc/begin", json={}).get_json()["url"]
    return str(dict(parse_qsl(urlsplit(url).query))["state"])


def finished(client: FlaskClient, state: str) -> int:
    body = {"state": state, "code": "good", "iss": ISSUER}
    return client.post("/api/auth/oidc", json=body).status_code


def test_four_logins_of_one_browser_are_under_way_at_once_and_a_fifth_takes_the_oldests_place(
    env: Env,
) -> None:
    client = client_of(env, env.login)
    states = []
    for _ in range(4):
        states.append(begun_at(client))
        env.clock.advance(1000)
    assert [state[:2] for state in states] == ["0.", "1.", "2.", "3."]
    # One that has ended leaves its place free.
    assert finished(client, states[2]) == 201
    states[2] = begun_at(client)
    assert states[2].startswith("2.")
    env.clock.advance(1000)
    fifth = begun_at(client)
    assert [finished(client, state) for state in (*states, fifth)] == [401, 201, 201, 201, 201]


@pytest.mark.parametrize("state", ["4.aaaa", "-1.aaaa", "2", ".aaaa", "02.aaaa", "\u0662.aaaa"])
def test_a_state_that_names_no_place_is_unknown(state: str, env: Env) -> None:
    assert finished(client_of(env, env.login), state) == 401


@pytest.mark.parametrize(
    "body", [{}, {"code": "a"}, {"state": "a"}, {"code": "", "state": "a"}, {"code": 1, "state": "a"}]
)
def test_an_answer_that_is_none(body: dict[str, Any], env: Env) -> None:
    assert client_of(env, env.login).post("/api/auth/oidc", json=body).status_code == 422


def test_without_a_provider_the_addresses_are_closed(env: Env) -> None:
    client = client_of(env, None)
    for method, path in (("POST", "/begin"), ("POST", ""), ("GET", "/logout")):
        body = {"state": "a", "code": "a"} if path == "" else {}
        answer = client.open(f"/api/auth/oidc{path}", method=method, json=None if method == "GET" else body)
        assert (answer.status_code, answer.get_json()["code"]) == (403, "forbidden")
