"""The usual handshake is answered before Flask is asked; whatever is refused, or unusual, is Flask's."""

from __future__ import annotations

import json
import socket
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from uuid import UUID

import pytest
from flask import Flask, g

from partyapp.party.controllers.party_websocket import install_party_websocket
from partyapp.party.controllers.socket_admission import WebSocketGate
from partyapp.party.controllers.socket_front import Entrance, install_front_refusals, install_socket_front
from partyapp.party.domain.errors import NotAMember
from partyapp.party.infrastructure.queries import PartyReading
from partyapp.realtime.websocket.connection_limit import ConnectionLimit
from partyapp.shared.http.early_handshakes import EARLY
from partyapp.shared.http.problem_json import MAX_ADDRESS_BYTES, install_problem_json
from partyapp.shared.http.request_ids import install_request_ids
from partyapp.shared.kernel import tracing
from partyapp.shared.kernel.errors import Unauthenticated
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.kernel.request_id import current_request_id
from tests.support.party_objects import created, host_of

MOST = 2


class FrontEnv:
    """The front, Flask behind it, and one party with its host. What was counted, and who reached Flask."""

    def __init__(self) -> None:
        self.session = created()
        self.person = Principal(
            user_id=self.session.state.host_id, display_name="Host", expires_at_ms=0.0, issued_at_ms=0.0
        )
        self.counted: list[tuple[str, str]] = []
        self.seen_by_flask = 0
        self.opened: list[Any] = []
        self.names: list[str] = []
        self.fails: Exception | None = None
        self.limit = ConnectionLimit(MOST)
        self.app = Flask(__name__)
        install_request_ids(self.app, trusted_hops=1)
        install_problem_json(self.app)
        install_front_refusals(self.app)
        self.app.before_request(self._authenticated_by_flask)
        nothing: Any = self
        gate = WebSocketGate(
            reader=nothing,
            tickets=nothing,
            people=nothing,
            opener=nothing,
            origins=frozenset(),
            limits=nothing,
            connections=self.limit,
        )
        install_party_websocket(self.app, gate)
        install_socket_front(self.app, Entrance(nothing, self._bearer), gate, trusted_hops=1)

    def _authenticated_by_flask(self) -> None:
        self.seen_by_flask += 1
        g.principal = self.person

    def _bearer(self, authorization: str, path: str) -> Principal:
        if authorization != "Bearer good":
            raise Unauthenticated()
        return self.person

    def hit(self, rule: str, who: str) -> None:
        self.counted.append((rule, who))

    def party(self, party_id: UUID, reader_id: UUID) -> PartyReading:
        if party_id != self.session.state.id:
            raise NotAMember()
        return PartyReading(state=self.session.state, members=[host_of(self.session)], reader_id=reader_id)

    def redeem(self, ticket: str, party_id: UUID) -> Principal:
        if ticket != "once":
            raise Unauthenticated()
        return self.person

    def current(self, principal: Principal) -> Principal:
        return principal

    def open_socket(self, upgraded: Any, admission: Any, answer: bytes) -> None:
        self.names.append(current_request_id())
        if self.fails is not None:
            raise self.fails
        upgraded.sendall(answer)
        self.opened.append(admission)

    def ask(self, **changes: Any) -> tuple[int, Any]:
        """A handshake's status and problem; 101 and the answer's head of a socket; 0 where it is left."""
        ours, theirs = socket.socketpair()
        environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": f"/api/parties/{self.session.state.id}/ws",
            "QUERY_STRING": "",
            "RAW_URI": "/",
            "REMOTE_ADDR": "192.0.2.1",
            "SERVER_NAME": "party.test",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "party.test",
            "HTTP_CONNECTION": "keep-alive, Upgrade",
            "HTTP_UPGRADE": "websocket",
            "HTTP_SEC_WEBSOCKET_VERSION": "13",
            "HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ==",
            "HTTP_AUTHORIZATION": "Bearer good",
            "HTTP_X_REQUEST_ID": "named-by-a-proxy",
            "wsgi.url_scheme": "http",
            "gunicorn.socket": ours,
            **changes,
        }
        environ = {name: value for name, value in environ.items() if value is not None}
        told: list[Any] = []
        note: Any = lambda *what: told.append(what)  # noqa: E731
        with ours, theirs:
            try:
                body = b"".join(self.app.wsgi_app(environ, note))
            except StopIteration:
                head = theirs.recv(1000).split(b"\r\n")
                assert head[0] == b"HTTP/1.1 101 Switching Protocols"
                return 101, head
        if not told:
            return 0, None
        status, headers = told[0]
        assert dict(headers)["X-Request-Id"] == "named-by-a-proxy"
        return int(status[:3]), json.loads(body)


@pytest.fixture
def env() -> FrontEnv:
    return FrontEnv()


@pytest.mark.parametrize("connection", ["Upgrade", "upgrade", "keep-alive, Upgrade"])
def test_a_usual_handshake_is_no_work_for_flask(env: FrontEnv, connection: str) -> None:
    status, head = env.ask(HTTP_CONNECTION=connection)
    assert status == 101
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
    assert not env.seen_by_flask
    assert env.names == ["named-by-a-proxy"]
    who = str(env.person.user_id)
    assert env.counted == [
        ("address", "192.0.2.1"), ("handshake", "192.0.2.1"), ("user", who), ("socket", who)
    ]  # fmt: skip


def test_who_brings_a_ticket_needs_no_token(env: FrontEnv) -> None:
    status, _ = env.ask(QUERY_STRING="ticket=once&last_revision=3", HTTP_AUTHORIZATION=None)
    assert status == 101
    assert env.opened[0].last_revision == 3
    assert [rule for rule, _ in env.counted] == ["address", "handshake", "socket"]
    for changes in (
        {"QUERY_STRING": "ticket=another", "HTTP_AUTHORIZATION": None},
        {"QUERY_STRING": "ticket=once"},
    ):
        # A ticket that is none; and one beside a token, which tells not who is meant.
        status, problem = env.ask(**changes)
        assert (status, problem["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"HTTP_AUTHORIZATION": "Bearer bad"}, "unauthenticated"),
        ({"HTTP_SEC_WEBSOCKET_VERSION": "8"}, "upgrade_required"),
        ({"HTTP_SEC_WEBSOCKET_KEY": "short"}, "bad_request"),
        ({"HTTP_SEC_WEBSOCKET_KEY": "\xe9"}, "bad_request"),
        ({"HTTP_ORIGIN": "http://elsewhere.test"}, "forbidden"),
        ({"HTTP_ORIGIN": "http://[party.test"}, "forbidden"),
        ({"QUERY_STRING": "device_id=phone"}, "validation_failed"),
        ({"PATH_INFO": "/api/parties/0199f000-0000-7000-8000-000000000001/ws"}, "not_a_member"),
    ],
)
def test_flask_tells_who_is_refused(env: FrontEnv, changes: dict[str, str], code: str) -> None:
    _, problem = env.ask(**changes)
    assert problem["code"] == code
    # Once, though both have looked at it.
    assert len(env.counted) == len(set(env.counted))
    assert not env.seen_by_flask
    assert not env.opened
    assert not env.limit


def test_a_slot_is_given_back_where_no_socket_was_opened(env: FrontEnv) -> None:
    env.fails = ValueError()
    status, problem = env.ask()
    assert (status, problem["code"]) == (500, "internal")
    assert not env.limit
    env.fails = None
    for _ in range(MOST):
        assert env.ask()[0] == 101


@pytest.mark.parametrize(
    "changes",
    [
        {"HTTP_CONNECTION": "keep-alive, other, Upgrade"},
        {"REQUEST_METHOD": "POST"},
        {"PATH_INFO": "/api/parties/nonsense/ws"},
        {"HTTP_UPGRADE": "h2c"},
        {"RAW_URI": "/" * (MAX_ADDRESS_BYTES + 1)},
    ],
)
def test_what_is_unusual_is_flasks(env: FrontEnv, changes: dict[str, str]) -> None:
    status, _ = env.ask(**changes)
    assert status in (101, 400, 404, 405, 414, 426)
    assert not env.counted or env.counted == [("socket", str(env.person.user_id))]


def test_before_gunicorn_has_read_it_a_handshake_becomes_a_socket_or_is_left(env: FrontEnv) -> None:
    early = Unread()
    assert env.ask(**{EARLY: early})[0] == 101
    assert early.taken
    early = Unread()
    assert env.ask(**{EARLY: early, "HTTP_UPGRADE": "h2c"}) == (0, None)
    assert env.ask(**{EARLY: early, "HTTP_AUTHORIZATION": "Bearer bad"}) == (0, None)
    assert not early.taken
    assert not env.seen_by_flask


def test_who_was_refused_so_is_told_why_and_not_asked_again(env: FrontEnv) -> None:
    assert env.ask(**{EARLY: Unread(), "HTTP_ORIGIN": "http://elsewhere.test"}) == (0, None)
    counted = list(env.counted)
    assert ("handshake", "192.0.2.1") in counted
    status, problem = env.ask(HTTP_ORIGIN="http://elsewhere.test")
    assert (status, problem["code"]) == (403, "forbidden")
    assert env.counted == counted
    # What comes next on the same connection is looked at.
    assert env.ask()[0] == 101
    assert env.counted == [*counted, *counted[:3], ("socket", str(env.person.user_id))]


def test_a_bug_once_the_handshake_was_taken_is_the_servers(env: FrontEnv) -> None:
    env.fails = KeyError()
    with pytest.raises(KeyError):
        env.ask(**{EARLY: Unread()})
    assert not env.limit


class Unread:
    """A handshake that gunicorn hasn't read yet."""

    def __init__(self) -> None:
        self.taken = False

    def take(self) -> None:
        self.taken = True


class Tracer:
    """Traces nothing, but is one."""

    def current(self) -> str:
        return ""

    def span(self, name: str, parent: str) -> AbstractContextManager[object]:
        return nullcontext()


def test_flask_sees_all_that_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "_tracers", [Tracer()])
    env = FrontEnv()
    assert env.ask()[0] == 101
    assert env.seen_by_flask == 1
