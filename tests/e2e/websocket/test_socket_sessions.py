"""A socket and the session that it was opened with: a fresh token keeps it, a sign-out ends it."""

from __future__ import annotations

import time

import jwt
import pytest
import websocket

from tests.e2e.conftest import Room, Service, SignIn
from tests.e2e.websocket.test_close_codes import short_lived
from tests.support.party_client import Guest, body_of

pytestmark = pytest.mark.stack


def fresh_token(guest: Guest) -> str:
    return str(body_of(guest.http.post("/api/auth/renew"), 200)["access_token"])


def test_a_socket_outlives_its_token_with_a_fresh_one(room: Room, service: Service) -> None:
    lasting = fresh_token(room.member)
    ends_s = int(time.time()) + 3
    room.member.use_token(short_lived(room.member, service.secret_key, 3))
    kept, left = room.member.connect(room.id), room.member.connect(room.id, device_id=room.id)
    for socket in (kept, left):
        socket.expect("welcome")
    kept.send({"type": "renew", "access_token": lasting})
    answer = kept.expect("renewed")
    claims = jwt.decode(lasting, options={"verify_signature": False})
    assert answer["expires_at_ms"] == claims["exp"] * 1000
    assert left.wait_closed() == 4401
    assert time.time() >= ends_s
    assert kept.ping(1)


def test_what_is_no_token_of_the_same_person_changes_nothing(room: Room) -> None:
    host, _ = room.connect()
    for token, code in (("garbage", "unauthenticated"), (room.member.token, "forbidden")):
        host.send({"type": "renew", "access_token": token})
        assert host.expect("error")["problem"]["code"] == code
    assert host.ping(1)


def test_a_sign_out_closes_the_sockets_of_its_session_alone(
    room: Room, sign_in: SignIn, service: Service
) -> None:
    code = body_of(room.member.post("/api/auth/device-code"), 201)["code"]
    token = body_of(service.http.post("/api/auth/device", json={"code": code}), 201)["access_token"]
    other = sign_in(token=token)
    staying, going = room.member.connect(room.id), other.connect(room.id, device_id=room.id)
    for socket in (staying, going):
        socket.expect("welcome")
    ticket = other.ticket(room.id)
    body_of(other.http.delete("/api/auth/session"), 204)
    assert going.wait_closed() == 4401
    assert staying.ping(1)
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        other.connect(room.id, ticket=ticket)
    assert refused.value.status_code == 401


def test_a_ticket_ends_with_its_token(room: Room, service: Service) -> None:
    room.member.use_token(short_lived(room.member, service.secret_key, 2))
    answer = body_of(room.member.post(f"/api/parties/{room.id}/ticket"), 201)
    assert 1 <= answer["expires_in"] <= 2
    staying = room.host.connect(room.id)
    staying.expect("welcome")
    # The token ends, as a socket that was opened with it shows.
    watching = room.member.connect(room.id)
    assert watching.wait_closed() == 4401
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        room.member.connect(room.id, ticket=answer["ticket"])
    assert refused.value.status_code == 401
    assert staying.ping(1)
