"""Signing in over HTTP and the gate, with the real tokens and no server."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from flask import Flask, jsonify
from flask.testing import FlaskClient

from partyapp.auth.controllers import auth_blueprint, install_authentication
from partyapp.auth.infrastructure import AnyToken, PartyTokens
from partyapp.auth.infrastructure.session_watcher import PresentTokens
from partyapp.shared.http import current
from partyapp.shared.http.problem_json import install_problem_json
from partyapp.shared.http.proxy_login import ProxyLogin
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.kernel.ids import new_id, parse_id
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.ops.login_proxies import LoginProxies
from tests.support.fakes_auth import GRACE_S, IdentityEnv

ROOM = "/api/parties/0199f000-0000-7000-8000-000000000001/ws"


TTL_S = 600


class NoAnswer:
    """A verifier whose provider is gone."""

    def verify(self, token: str) -> Principal:
        raise Unavailable()


def app_with(verifier: Any, tokens: PartyTokens) -> Flask:
    app = Flask(__name__)
    install_problem_json(app)
    env = IdentityEnv(tokens)
    if verifier is tokens:
        verifier = PresentTokens(tokens, env.watcher)
    install_authentication(app, verifier, AnyToken(tokens), GRACE_S)
    nobodys = ProxyLogin(LoginProxies((), 0))
    app.register_blueprint(auth_blueprint(env.identity, env.idempotent, lambda: "http://party.test", nobodys))
    for address in (
        "/",
        "/healthz",
        "/api/openapi.json",
        "/api/asyncapi.json",
        "/api/docs",
        "/api/docs/page.css",
        ROOM,
    ):
        app.add_url_rule(address, address, lambda: jsonify(open=True))
    app.add_url_rule("/api/closed", "closed", lambda: jsonify(user=str(current.principal().user_id)))
    return app


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def tokens(clock: FixedClock) -> PartyTokens:
    return PartyTokens("a secret of the tests, long enough to sign with", TTL_S, clock)


@pytest.fixture
def client(tokens: PartyTokens) -> FlaskClient:
    return app_with(tokens, tokens).test_client()


def test_a_guest_signs_in_and_is_known_afterwards(client: FlaskClient) -> None:
    answer = client.post("/api/auth/guest", json={"display_name": "  Ada "})
    assert answer.status_code == 201
    body = answer.get_json()
    assert body.keys() == {"access_token", "token_type", "expires_in", "user"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 600)
    assert answer.headers["Cache-Control"] == "no-store"
    user_id = parse_id(body["user"]["id"])
    assert user_id is not None
    assert user_id.version == 7
    me = client.get("/api/auth/me", headers={"Authorization": f"Bearer {body['access_token']}"})
    assert me.get_json() == body["user"] == {"id": str(user_id), "display_name": "Ada"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"display_name": ""},
        {"display_name": "x" * 65},
        {"display_name": "a\x00b"},
        {"display_name": "\u200b\u3164\u2800"},
        {"display_name": "Ada\u202e"},
        {"display_name": "a\ud800b"},
        {"display_name": None},
        {"display_name": 7},
        {"display_name": "Ada", "id": str(new_id())},
    ],
)
def test_sign_ins_refused(client: FlaskClient, body: dict[str, Any]) -> None:
    answer = client.post("/api/auth/guest", json=body)
    assert answer.status_code == 422
    assert answer.get_json()["code"] == "validation_failed"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer garbage",
        "Bearer ä",
        "{token}",
        "Basic {token}",
        "Bearer {token} more",
        "Bearer {token}, Bearer {token}",
        "Bearer {token},",
    ],
)
def test_nobody_unknown_comes_in(client: FlaskClient, tokens: PartyTokens, header: str | None) -> None:
    token = tokens.issue(Principal(user_id=new_id(), display_name="Ada"))
    headers = {} if header is None else {"Authorization": header.replace("{token}", token)}
    for address in ("/api/closed", "/api/auth/me", "/api/no-such-thing", "/api/docsx", "/api"):
        answer = client.get(address, headers=headers)
        assert answer.status_code == 401
        assert answer.mimetype == "application/problem+json"
        assert answer.get_json()["code"] == "unauthenticated"
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_gate_leaves_who_asks(client: FlaskClient, tokens: PartyTokens, scheme: str) -> None:
    ada = Principal(user_id=new_id(), display_name="Ada")
    answer = client.get("/api/closed", headers={"Authorization": f"{scheme} {tokens.issue(ada)}"})
    assert answer.get_json() == {"user": str(ada.user_id)}


@pytest.mark.parametrize(
    "address", ["/", "/healthz", "/api/openapi.json", "/api/asyncapi.json", "/api/docs", "/api/docs/page.css"]
)
def test_the_public_addresses_are_open(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    ("address", "upgrade", "status"),
    [
        (f"{ROOM}?ticket=t", "websocket", 200),
        (f"{ROOM}?ticket=t", "WebSocket", 200),
        (f"{ROOM}?ticket=", "websocket", 401),
        (ROOM, "websocket", 401),
        (f"{ROOM}?ticket=t", "", 401),
        ("/api/closed?ticket=t", "websocket", 401),
    ],
)
def test_only_a_socket_may_bring_a_ticket_instead(
    client: FlaskClient, address: str, upgrade: str, status: int
) -> None:
    assert client.get(address, headers={"Upgrade": upgrade}).status_code == status


def test_a_provider_that_is_gone_is_503_and_not_401(tokens: PartyTokens) -> None:
    client = app_with(NoAnswer(), tokens).test_client()
    answer = client.get("/api/closed", headers={"Authorization": "Bearer something"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"].isdigit()


def test_no_token_gets_into_the_log(
    client: FlaskClient, tokens: PartyTokens, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = tokens.issue(Principal(user_id=new_id(), display_name="Ada"))
    for sent in (token, token[:-4] + "AAAA"):
        client.get("/api/closed", headers={"Authorization": f"Bearer {sent}"})
    assert token[:-4] not in caplog.text


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def sign_in(client: FlaskClient, name: str = "Ada") -> dict[str, Any]:
    found: dict[str, Any] = client.post("/api/auth/guest", json={"display_name": name}).get_json()
    return found


def test_a_token_that_has_ended_is_renewed_for_the_same_person(
    client: FlaskClient, clock: FixedClock
) -> None:
    ada = sign_in(client)
    clock.advance((TTL_S + 3600) * 1000)
    assert client.get("/api/closed", headers=bearer(ada["access_token"])).status_code == 401
    renewed = client.post("/api/auth/renew", headers=bearer(ada["access_token"]))
    assert renewed.status_code == 200
    assert renewed.headers["Cache-Control"] == "no-store"
    assert renewed.get_json()["user"] == ada["user"]
    fresh = renewed.get_json()["access_token"]
    assert client.get("/api/closed", headers=bearer(fresh)).get_json() == {"user": ada["user"]["id"]}


def test_a_token_is_not_renewed_after_its_grace(client: FlaskClient, clock: FixedClock) -> None:
    token = sign_in(client)["access_token"]
    clock.advance((TTL_S + GRACE_S + 11) * 1000)
    assert client.post("/api/auth/renew", headers=bearer(token)).status_code == 401


@pytest.mark.parametrize("address", ["/api/auth/renew", "/api/auth/me"])
def test_only_a_post_is_a_renewal(client: FlaskClient, clock: FixedClock, address: str) -> None:
    token = sign_in(client)["access_token"]
    clock.advance((TTL_S + 3600) * 1000)
    assert client.get(address, headers=bearer(token)).status_code == 401


def test_who_signs_out_is_out_at_once_and_for_good(client: FlaskClient) -> None:
    token = sign_in(client)["access_token"]
    fresh = client.post("/api/auth/renew", headers=bearer(token)).get_json()["access_token"]
    assert client.delete("/api/auth/session", headers=bearer(token)).status_code == 204
    for each in (token, fresh):
        assert client.get("/api/closed", headers=bearer(each)).status_code == 401
        assert client.post("/api/auth/renew", headers=bearer(each)).status_code == 401


def test_a_name_changes_in_every_token_of_the_person(client: FlaskClient) -> None:
    ada = sign_in(client)
    other = client.post("/api/auth/device", json={"code": device_code(client, ada)}).get_json()
    answer = client.patch(
        "/api/auth/me", json={"display_name": "Ada L."}, headers=bearer(ada["access_token"])
    )
    assert answer.status_code == 200
    assert answer.get_json()["display_name"] == "Ada L."
    for token in (ada["access_token"], other["access_token"], answer.get_json()["access_token"]):
        me = client.get("/api/auth/me", headers=bearer(token)).get_json()
        assert me == {"id": ada["user"]["id"], "display_name": "Ada L."}
        renewed = client.post("/api/auth/renew", headers=bearer(token)).get_json()
        assert renewed["user"]["display_name"] == "Ada L."


def device_code(client: FlaskClient, who: dict[str, Any]) -> str:
    answer = client.post("/api/auth/device-code", headers=bearer(who["access_token"]))
    assert answer.status_code == 201
    body = answer.get_json()
    assert body["url"] == f"http://party.test/#device={body['code']}"
    assert body["expires_in"] == 300
    return str(body["code"])


def test_a_code_signs_the_same_person_in_once(client: FlaskClient) -> None:
    ada = sign_in(client)
    code = device_code(client, ada)
    assert client.post("/api/auth/device", json={"code": "BBBB-BBBB"}).status_code == 422
    first = client.post("/api/auth/device", json={"code": f" {code.lower().replace('-', ' ')} "})
    assert first.status_code == 201
    assert first.get_json()["user"] == ada["user"]
    again = client.post("/api/auth/device", json={"code": code})
    assert (again.status_code, again.get_json()["errors"].keys()) == (422, {"code"})


def test_a_code_ends_after_five_minutes_and_with_the_next(client: FlaskClient, clock: FixedClock) -> None:
    ada = sign_in(client)
    first, second = device_code(client, ada), device_code(client, ada)
    assert client.post("/api/auth/device", json={"code": first}).status_code == 422
    clock.advance(300_000)
    assert client.post("/api/auth/device", json={"code": second}).status_code == 422


@pytest.mark.parametrize(("query", "status"), [("", 200), ("?everywhere=true", 401)])
def test_signing_out_ends_the_other_devices_only_if_asked(
    client: FlaskClient, query: str, status: int
) -> None:
    ada = sign_in(client)
    other = client.post("/api/auth/device", json={"code": device_code(client, ada)}).get_json()
    unused = device_code(client, ada)
    assert client.delete(f"/api/auth/session{query}", headers=bearer(ada["access_token"])).status_code == 204
    assert client.get("/api/closed", headers=bearer(other["access_token"])).status_code == status
    # A code opens nothing once who gave it is signed out.
    assert client.post("/api/auth/device", json={"code": unused}).status_code == 422


def test_a_token_of_the_release_before_is_renewed_and_revoked_too(
    client: FlaskClient, tokens: PartyTokens
) -> None:
    ada = Principal(user_id=new_id(), display_name="Ada")
    old, other = tokens.issue(ada), tokens.issue(ada)
    assert client.delete("/api/auth/session", headers=bearer(old)).status_code == 204
    assert client.post("/api/auth/renew", headers=bearer(old)).status_code == 401
    renewed = client.post("/api/auth/renew", headers=bearer(other))
    assert renewed.get_json()["user"]["id"] == str(ada.user_id)
