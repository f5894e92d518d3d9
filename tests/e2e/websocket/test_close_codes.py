"""How a socket ends: each close code for its reason, and nobody else's socket with it."""

from __future__ import annotations

import time
import uuid
from contextlib import suppress

import jwt
import pytest
import websocket

from tests.e2e.conftest import Room, Service
from tests.support.party_client import Guest, Json, Unexpected, eventually

pytestmark = pytest.mark.stack


def short_lived(guest: Guest, secret_key: str, lives_s: int) -> str:
    """The guest's token, made anew to expire in so many seconds."""
    payload = jwt.decode(guest.token, options={"verify_signature": False})
    header = jwt.get_unverified_header(guest.token)
    return jwt.encode({**payload, "exp": int(time.time()) + lives_s}, secret_key, headers=header)


def test_4401_the_token_expired(room: Room, service: Service) -> None:
    staying = room.host.connect(room.id)
    room.member.use_token(short_lived(room.member, service.secret_key, 3))
    socket = room.member.connect(room.id)
    assert socket.expect("welcome")
    assert socket.wait_closed() == 4401
    assert staying.ping(1)


def test_4403_the_member_left_by_http(room: Room) -> None:
    host, member = room.connect()
    other_device = room.member.connect(room.id, device_id=str(uuid.uuid4()))
    room.member.leave(room.id)
    assert member.wait_closed() == other_device.wait_closed() == 4403
    assert host.expect("event")["event"]["type"] == "member_left"
    assert host.ping(1)


@pytest.mark.parametrize("banned", [False, True])
def test_4403_the_member_was_removed(room: Room, banned: bool) -> None:
    host, member = room.connect()
    other_device = room.member.connect(room.id, device_id=str(uuid.uuid4()))
    other_device.expect("welcome")
    asked = {"ban": "true"} if banned else {}
    response = room.host.delete(f"{room.path}/members/{room.member.user_id}", params=asked)
    assert (response.status_code, response.content) == (204, b"")
    for socket in (member, other_device):
        assert socket.expect("removed") == {"type": "removed", "banned": banned}
        assert socket.wait_closed() == 4403
    event = host.expect("event")["event"]
    assert (event["type"], event["actor_id"]) == ("member_removed", room.host.user_id)
    assert event["data"] == {
        "user_id": room.member.user_id,
        "display_name": room.member.display_name,
        "banned": banned,
    }
    assert host.ping(1)
    with pytest.raises(websocket.WebSocketBadStatusException):
        room.member.connect(room.id)


def test_4408_no_sign_of_life(service: Service) -> None:
    service.long_waits.wait_for_age(30)
    assert service.long_waits.close_code_of_the_silent() == 4408


@pytest.mark.parametrize("device", [{}, {"device_id": str(uuid.UUID(int=1))}])
def test_4409_the_same_device_anew(room: Room, device: Json) -> None:
    old = room.member.connect(room.id, **device)
    old.expect("welcome")
    new = room.member.connect(room.id, **device)
    assert old.wait_closed() == 4409
    assert new.ping(1)
    assert room.host.party(room.id)["members"][1]["online"] is True


def test_several_devices_stay_side_by_side(room: Room) -> None:
    devices = [room.member.connect(room.id, device_id=str(uuid.uuid4())) for _ in range(3)]
    devices.append(room.member.connect(room.id))
    room.host.playback(room.id, "play")
    for device in devices:
        assert device.expect("playback")["revision"] == 3
        assert device.ping(1)


def test_a_device_of_that_name_is_each_members_own(room: Room) -> None:
    device = str(uuid.uuid4())
    sockets = [guest.connect(room.id, device_id=device) for guest in (room.host, room.member)]
    assert [socket.ping(1)["n"] for socket in sockets] == [1, 1]


def test_4410_the_party_ended_by_http(room: Room) -> None:
    sockets = room.connect()
    room.host.end(room.id)
    for socket in sockets:
        assert socket.expect("ended")["revision"] == 3
        assert socket.wait_closed() == 4410
        assert socket.messages[-1]["type"] == "ended"


def test_4429_too_many_messages(room: Room) -> None:
    host, member = room.connect()
    with suppress(websocket.WebSocketException, OSError):
        for n in range(5000):
            host.send({"type": "ping", "n": n, "t1": 1.0})
    assert host.wait_closed() == 4429
    assert member.ping(1)
    # Who was cut off may come back.
    eventually(lambda: returns(room.host, room.id), every_s=0.5)


def returns(guest: Guest, party_id: str) -> bool:
    with suppress(websocket.WebSocketException, Unexpected):
        return bool(guest.connect(party_id).ping(1))
    return False


def test_a_close_frame_is_answered(room: Room) -> None:
    socket = room.member.connect(room.id)
    socket.expect("welcome")
    socket.raw.send_close(1000)
    assert socket.wait_closed() == 1000
