"""What comes in is bounded: depth, sizes, the time it may take, and how a socket is agreed on."""

from __future__ import annotations

import json
import secrets

import pytest

from tests.e2e.conftest import Room, Service
from tests.support.clients.raw import exchange
from tests.support.contract import assert_problem, assert_refused
from tests.support.party_client import Guest
from tests.support.waiting import RECOVERY_S

pytestmark = pytest.mark.stack

JSON = {"Content-Type": "application/json"}


def nested(levels: int) -> str:
    return '{"a":' * levels + "1" + "}" * levels


@pytest.mark.parametrize("levels", [17, 100, 900])
def test_deep_json_is_refused(service: Service, room: Room, levels: int) -> None:
    response = service.http.post("/api/auth/guest", content=nested(levels), headers=JSON)
    assert_refused(response, "malformed_json")
    line = room.host.connect(room.id)
    line.expect("welcome")
    line.raw.send(nested(levels))
    assert line.expect("error")["problem"]["code"] == "malformed_json"
    assert line.ping(1), "the socket stays open"


def test_brackets_in_a_text_are_no_depth(service: Service) -> None:
    body = json.dumps({"display_name": "[{" * 30})
    assert service.http.post("/api/auth/guest", content=body, headers=JSON).status_code == 201


CLOSE = b"Host: x\r\nConnection: close\r\n"


HEALTH = b"GET /healthz HTTP/1.1\r\n" + CLOSE

CHUNKED = (
    b"POST /api/auth/guest HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
    + CLOSE
)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


LAST = b"0\r\n\r\n"
NAMED = b'{"display_name": "Ada"}'


@pytest.mark.parametrize(
    ("request_bytes", "code"),
    [
        (b"GET /healthz?" + b"a" * 5000 + b" HTTP/1.1\r\n" + CLOSE + b"\r\n", "uri_too_long"),
        # So long that the end of it is still on its way when it is refused.
        (b"GET /healthz?" + b"a" * 60000 + b" HTTP/1.1\r\n" + CLOSE + b"\r\n", "uri_too_long"),
        (HEALTH + b"A: " + b"a" * 9000 + b"\r\n\r\n", "headers_too_large"),
        (HEALTH + b"".join(b"A%d: a\r\n" % n for n in range(60)) + b"\r\n", "headers_too_large"),
        (b"Hello?\r\n\r\n", "bad_request"),
        (HEALTH + b"Transfer-Encoding: strange\r\n\r\n", "bad_request"),
        (CHUNKED + b"\r\nxyz\r\n", "bad_request"),
        (CHUNKED + b"\r\n" + chunk(NAMED)[:-2] + b"no end", "bad_request"),
        (CHUNKED + b"\r\n" + chunk(NAMED) + b"0\r\nno field\r\n\r\n", "bad_request"),
        (CHUNKED + b"\r\n" + chunk(NAMED + b" " * 17_000) + LAST, "payload_too_large"),
    ],
    ids=[
        "a long line",
        "a very long line",
        "a long header",
        "many headers",
        "no HTTP",
        "a strange body",
        "no chunk",
        "a chunk without an end",
        "a strange trailer",
        "a long body in chunks",
    ],
)
def test_what_is_no_request_is_refused_with_a_problem(
    service: Service, request_bytes: bytes, code: str
) -> None:
    head, _, body = exchange(service.url, request_bytes).partition(b"\r\n\r\n")
    problem = assert_problem(json.loads(body), code)
    assert head.startswith(b"HTTP/1.1 %d " % problem["status"])
    assert b"application/problem+json" in head
    assert b"a" * 50 not in body, "what was sent is not said back"
    assert exchange(service.url, HEALTH + b"\r\n").startswith(b"HTTP/1.1 200")


def test_a_body_in_chunks_may_be_as_long_as_any_other(service: Service) -> None:
    body = NAMED.ljust(16 * 1024)
    assert exchange(service.url, CHUNKED + b"\r\n" + chunk(body) + LAST).startswith(b"HTTP/1.1 201 ")


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET /api/par",
        b"GET /api/parties/x/ws HTTP/1.1\r\nUpgrade: websocket\r\n",
        b"POST /api/auth/guest HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b'Content-Length: 100\r\n\r\n{"display_name',
    ],
    ids=["nothing", "half a line", "half a handshake", "half a body"],
)
def test_a_silent_client_is_disconnected(service: Service, begun: bytes) -> None:
    # A server that went on waiting would be a timeout here.
    answer = exchange(service.url, begun, limit_s=RECOVERY_S)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5"))
    assert b"Traceback" not in answer


def test_an_invite_holds_192_bits_and_each_is_its_own(host: Guest) -> None:
    video = host.create_video()["id"]
    codes = {host.create_party(video)["invite_code"] for _ in range(5)}
    assert len(codes) == 5
    assert {len(code) for code in codes} == {len(secrets.token_urlsafe(24))}


@pytest.mark.parametrize(
    "change", [lambda code: code[:-1], lambda code: code + "a", lambda code: "", str.swapcase]
)
def test_an_invite_that_is_nearly_right_is_wrong(room: Room, stranger: Guest, change: object) -> None:
    assert callable(change)
    body = {"invite_code": change(room.party["invite_code"])}
    assert stranger.post(f"{room.path}/join", body).status_code in (404, 422)
    assert stranger.get(room.path).status_code == 404


def test_no_extension_is_agreed_on_however_it_is_asked_for(room: Room) -> None:
    for asked in (
        "permessage-deflate",
        "permessage-deflate; server_no_context_takeover",
        "x-webkit-deflate-frame",
    ):
        line = room.host.connect(room.id, headers={"Sec-WebSocket-Extensions": asked})
        assert "sec-websocket-extensions" not in (line.raw.getheaders() or {})
        line.expect("welcome")
