"""The upgrade: who gets a socket, and the problem for who doesn't, before anything is upgraded."""

from __future__ import annotations

import json
import socket
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import websocket

from partyapp.shared.kernel.errors import PROBLEMS
from tests.e2e.conftest import Room, Service
from tests.support.contract import assert_answer, assert_problem
from tests.support.party_client import Guest, Json, body_of

pytestmark = pytest.mark.stack

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": "party.v1",
}
#: A client's ping of the clock, and its close frame without a code: both masked by zeros.
PING = b'{"type":"ping","n":1,"t1":1.0}'
PING_AND_CLOSE = b"\x81" + bytes([0x80 + len(PING)]) + bytes(4) + PING + b"\x88\x80" + bytes(4)


def assert_no_upgrade(connect: Callable[[], Any], *codes: str) -> Json:
    """Fail unless connecting is refused with the status, type and problem of one of these codes."""
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        connect()
    error = refused.value
    assert (error.resp_headers or {})["content-type"].startswith("application/problem+json")
    problem: Json = json.loads(error.resp_body or b"")
    assert problem["code"] in codes, problem
    assert error.status_code == PROBLEMS[problem["code"]][0]
    found: Json = assert_problem(problem, problem["code"])
    return found


# The usual handshake is answered before Flask is asked, the one with two headers `Connection` by Flask.
@pytest.mark.parametrize("headers", [{}, {"Connection": "keep-alive"}])
def test_members_are_upgraded_to_party_v1(still_room: Room, headers: dict[str, str]) -> None:
    for guest in (still_room.host, still_room.member):
        opened = guest.connect(still_room.id, headers=headers)
        assert opened.raw.getstatus() == 101
        assert opened.raw.getsubprotocol() == "party.v1"


def test_no_compression_is_agreed_on(still_room: Room) -> None:
    # Frames are encoded once for everybody; a compressed stream would have to be made for each.
    headers = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    opened = still_room.host.connect(still_room.id, headers=headers)
    assert "sec-websocket-extensions" not in (opened.raw.getheaders() or {})
    assert opened.expect("welcome")


@pytest.mark.parametrize("authorization", ["", "Bearer garbage", "Basic eDp5"])
def test_without_a_valid_token(still_room: Room, authorization: str) -> None:
    headers = {"Authorization": authorization}
    assert_no_upgrade(lambda: still_room.host.connect(still_room.id, headers=headers), "unauthenticated")


def test_a_refusal_is_a_whole_http_answer(still_room: Room, service: Service) -> None:
    response = service.http.get(f"{still_room.path}/ws", headers=UPGRADE)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert_problem(response.json(), "unauthenticated")


def test_strangers(room: Room, open_room: Room, stranger: Guest) -> None:
    assert_no_upgrade(lambda: stranger.connect(room.id), "not_found")
    assert_no_upgrade(lambda: stranger.connect(open_room.id), "not_a_member")
    assert_no_upgrade(lambda: stranger.connect(str(uuid.uuid4())), "not_found")
    assert_no_upgrade(lambda: stranger.connect("nonsense"), "not_found")


def test_who_left(room: Room) -> None:
    room.member.leave(room.id)
    assert_no_upgrade(lambda: room.member.connect(room.id), "not_found")


def test_an_ended_party(room: Room) -> None:
    room.host.end(room.id)
    assert_no_upgrade(lambda: room.host.connect(room.id), "party_ended")


@pytest.mark.parametrize("query", [{"device_id": "phone"}, {"last_revision": "-1"}, {"last_revision": "new"}])
def test_an_address_that_makes_no_sense(still_room: Room, service: Service, query: Json) -> None:
    headers = {**UPGRADE, "Authorization": f"Bearer {still_room.host.token}"}
    response = service.http.get(f"{still_room.path}/ws", params=query, headers=headers)
    assert response.status_code == 422
    assert list(assert_problem(response.json(), "validation_failed")["errors"]) == list(query)


@pytest.mark.parametrize(
    "changes",
    [
        {"Upgrade": ""},
        {"Connection": "keep-alive"},
        {"Sec-WebSocket-Key": ""},
        {"Sec-WebSocket-Version": "8"},
        {"Sec-WebSocket-Key": "c2hvcnQ="},
        {"Sec-WebSocket-Key": "\xff"},
        {"Sec-WebSocket-Protocol": "party.v1, \xff"},
        {"Connection": "Upgrade, \xff"},
        {"Host": "h" * 100},
    ],
)
def test_what_is_no_websocket_handshake(still_room: Room, changes: dict[str, str]) -> None:
    headers = {name: value.encode() for name, value in {**UPGRADE, **changes}.items() if value}
    response = still_room.host.get(f"{still_room.path}/ws", headers=headers)
    assert response.status_code in (400, 426)
    assert response.headers["Content-Type"].startswith("application/problem+json")
    assert response.json()["status"] == response.status_code


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "{own}.evil.example", "http://127.0.0.1:1"]
)
def test_a_page_of_another_origin(still_room: Room, service: Service, origin: str) -> None:
    headers = {"Origin": origin.format(own=service.url)}
    assert_no_upgrade(lambda: still_room.host.connect(still_room.id, headers=headers), "forbidden")


def test_the_services_own_page(still_room: Room, service: Service) -> None:
    assert still_room.host.connect(still_room.id, headers={"Origin": service.url}).expect("welcome")


@pytest.mark.parametrize("cut", [None, 30])
def test_a_usual_handshake_is_read_before_gunicorn_does(still_room: Room, cut: int | None) -> None:
    """What follows it at once is seen, though RFC 6455 has clients wait; what gunicorn reads, it keeps.

    A handshake in two pieces is gunicorn's.
    """
    fields = {**UPGRADE, "Host": "party.test", "Authorization": f"Bearer {still_room.host.token}"}
    lines = [f"GET {still_room.path}/ws HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    head = ("\r\n".join(lines) + "\r\n\r\n").encode()
    address = urlsplit(still_room.host.base_url)
    with socket.create_connection((address.hostname, address.port), 20) as raw:
        if cut:
            raw.sendall(head[:cut])
            # Whoever is served in between has the server look at the first piece alone.
            assert still_room.host.get(still_room.path).status_code == 200
            raw.sendall(head[cut:])
            answer = raw.recv(12)
        else:
            raw.sendall(head + PING_AND_CLOSE)
            answer = raw.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 101")
    assert cut or b'"type":"pong"' in answer


def test_a_ticket_is_answered_with_its_life(still_room: Room) -> None:
    answer = body_of(still_room.host.post(f"{still_room.path}/ticket"), 201)
    assert_answer("issueTicket", answer)
    assert answer["expires_in"] == 30
    assert len(answer["ticket"]) >= 22


def test_a_ticket_opens_one_socket(room: Room) -> None:
    ticket = room.member.ticket(room.id)
    assert room.member.connect(room.id, ticket=ticket).expect("welcome")["user_id"] == room.member.user_id
    assert_no_upgrade(lambda: room.member.connect(room.id, ticket=ticket), "unauthenticated")


@pytest.mark.parametrize("ticket", ["", "x" * 43, "é", "\x00"])
def test_a_ticket_that_is_none(still_room: Room, ticket: str) -> None:
    assert_no_upgrade(lambda: still_room.host.connect(still_room.id, ticket=ticket), "unauthenticated")


def test_a_ticket_is_for_its_own_party(room: Room, open_room: Room) -> None:
    ticket = room.host.ticket(room.id)
    assert_no_upgrade(lambda: room.host.connect(open_room.id, ticket=ticket), "unauthenticated", "not_found")


def test_a_ticket_is_no_longer_good_for_who_left(room: Room) -> None:
    ticket = room.member.ticket(room.id)
    room.member.leave(room.id)
    assert_no_upgrade(lambda: room.member.connect(room.id, ticket=ticket), "not_found", "unauthenticated")


def test_a_ticket_is_old_after_half_a_minute(service: Service) -> None:
    service.long_waits.wait_for_age(31)
    party_id = service.long_waits.party["id"]
    assert_no_upgrade(
        lambda: service.long_waits.owner.connect(party_id, ticket=service.long_waits.ticket),
        "unauthenticated",
    )
