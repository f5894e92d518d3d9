"""Signing in over HTTP and the gate, with the real tokens and no server."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from flask import Flask, jsonify
from flask.testing import FlaskClient

from partyapp.auth.application import SignInGuest
from partyapp.auth.controllers import auth_blueprint, install_authentication
from partyapp.auth.infrastructure import PartyTokens
from partyapp.shared.http import current
from partyapp.shared.http.problem_json import install_problem_json
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.kernel.ids import new_id, parse_id
from partyapp.shared.kernel.principal import Principal

ROOM = "/api/parties/0199f000-0000-7000-8000-000000000001/ws"


class NoAnswer:
    """A verifier whose provider is gone."""

    def verify(self, token: str) -> Principal:
        raise Unavailable()


def app_with(verifier: Any, tokens: PartyTokens) -> Flask:
    app = Flask(__name__)
    install_problem_json(app)
    install_authentication(app, verifier)
    app.register_blueprint(auth_blueprint(SignInGuest(tokens=tokens)))
    for address in ("/", "/healthz", "/api/openapi.json", "/api/docs", "/api/docs/page.css", ROOM):
        app.add_url_rule(address, address, lambda: jsonify(open=True))
    app.add_url_rule("/api/closed", "closed", lambda: jsonify(user=str(current.principal().user_id)))
    return app


@pytest.fixture
def tokens() -> PartyTokens:
    return PartyTokens("a secret of the tests, long enough to sign with", 600, FixedClock())


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


@pytest.mark.parametrize("address", ["/", "/healthz", "/api/openapi.json", "/api/docs", "/api/docs/page.css"])
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
