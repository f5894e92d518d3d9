"""Rate limits and quotas on a service whose limits are near, behind one proxy of its own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import httpx
import pytest
import websocket

from tests.support.contract import assert_refused
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest, eventually

pytestmark = pytest.mark.stack

NEAR = {
    "PARTY_TRUSTED_HOPS": "1",
    "RATELIMIT_SIGN_IN": "20/hour",
    "RATELIMIT_DEVICE_CODE": "5/hour",
    "RATELIMIT_USER": "60/hour",
    "RATELIMIT_LIFECYCLE": "6/hour",
    "RATELIMIT_SOCKET": "8/hour",
    # One at once, and the next after a quarter of an hour.
    "RATELIMIT_COMMANDS": "4/hour",
    "PARTY_MAX_PARTIES": "2",
    "PARTY_MAX_SOCKETS": "3",
    "PARTY_MAX_MEMBERS": "4",
}


@pytest.fixture(scope="module")
def near() -> Iterator[Stack]:
    with own_folder() as folder, Stack(folder / "data", extra=NEAR) as running:
        yield running


@pytest.fixture
def ada(near: Stack) -> Iterator[Guest]:
    guest = Guest(near.url, "Ada")
    yield guest
    guest.close()


def sign_in(stack: Stack, forwarded: str) -> httpx.Response:
    headers = {"X-Forwarded-For": forwarded}
    return httpx.post(
        f"{stack.url}/api/auth/guest", json={"display_name": "A"}, headers=headers, trust_env=False
    )


def test_sign_ins_are_counted_by_the_address_that_our_proxy_saw(near: Stack) -> None:
    statuses = [sign_in(near, f"198.51.100.{n}, 203.0.113.7").status_code for n in range(20)]
    assert statuses == [201] * 20
    refused = sign_in(near, "198.51.100.99, 203.0.113.7")
    problem = assert_refused(refused, "rate_limited")
    assert "203.0.113" not in str(problem)
    assert 1 <= int(refused.headers["Retry-After"]) <= 3600
    assert refused.headers["RateLimit-Policy"] == '"sign_in";q=20;w=3600'
    assert refused.headers["RateLimit"] == f'"sign_in";r=0;t={refused.headers["Retry-After"]}'
    assert sign_in(near, "203.0.113.7, 203.0.113.8").status_code == 201


def test_codes_can_t_be_tried_out(near: Stack) -> None:
    statuses = [
        httpx.post(
            f"{near.url}/api/auth/device",
            json={"code": "BCDF-GHJK"},
            headers={"X-Forwarded-For": "203.0.113.9"},
            trust_env=False,
        ).status_code
        for _ in range(7)
    ]
    assert statuses == [422] * 5 + [429] * 2


def test_requests_are_counted_by_person(near: Stack, ada: Guest) -> None:
    statuses = [ada.get("/api/auth/me").status_code for _ in range(70)]
    assert statuses == [200] * 60 + [429] * 10
    assert_refused(ada.get("/api/parties"), "rate_limited")
    assert httpx.get(f"{near.url}/healthz", trust_env=False).status_code == 200


def test_what_a_worker_has_to_do_is_counted_apart(ada: Guest) -> None:
    for _ in range(6):
        assert ada.post(f"/api/parties/{uuid.uuid4()}/join").status_code == 404
    assert_refused(ada.post(f"/api/parties/{uuid.uuid4()}/join"), "rate_limited")
    assert ada.get("/api/auth/me").status_code == 200


def test_handshakes_are_refused_before_the_upgrade(ada: Guest) -> None:
    party = ada.create_party()
    for _ in range(8):
        ada.connect(party["id"]).expect("welcome")
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        ada.connect(party["id"])
    assert refused.value.status_code == 429
    assert int((refused.value.resp_headers or {})["retry-after"]) >= 1


def test_a_host_has_so_many_parties(ada: Guest) -> None:
    video = ada.create_video()["id"]
    first = ada.create_party(video, max_members=50)
    assert first["max_members"] == 4
    ada.create_party(video)
    refused = ada.post("/api/parties", {"video_id": video})
    assert refused.status_code == 409
    assert refused.json()["code"] == "quota_exceeded"
    ada.end(first["id"])
    ada.create_party(video)


def test_a_person_has_so_many_sockets(ada: Guest) -> None:
    party = ada.create_party()
    devices = [str(uuid.uuid4()) for _ in range(4)]
    sockets = [ada.connect(party["id"], device_id=device) for device in devices[:3]]
    for socket in sockets:
        socket.expect("welcome")
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        ada.connect(party["id"], device_id=devices[3])
    assert refused.value.status_code == 409
    assert b"quota_exceeded" in (refused.value.resp_body or b"")
    ada.connect(party["id"], device_id=devices[0]).expect("welcome")
    sockets[1].close()

    def let_in() -> bool:
        try:
            ada.connect(party["id"], device_id=devices[3]).expect("welcome")
        except websocket.WebSocketBadStatusException:
            return False
        return True

    eventually(let_in)


def test_hand_overs_over_sockets_are_counted_too(ada: Guest) -> None:
    """They can go to and fro for ever. To leave and to end can be done once, and always."""
    party = ada.create_party()
    socket = ada.connect(party["id"])
    socket.expect("welcome")
    answers = [socket.command("transfer_host", user_id=ada.user_id) for _ in range(3)]
    assert [answer["type"] for answer in answers] == ["ack", "error", "error"]
    assert {answer["problem"]["code"] for answer in answers[1:]} == {"rate_limited"}
    assert socket.command("leave")["type"] == "ack"


def test_commands_are_counted_by_person_on_all_their_sockets(near: Stack, ada: Guest) -> None:
    party = ada.create_party()
    sockets = [ada.connect(party["id"], device_id=str(uuid.uuid4())) for _ in range(3)]
    for socket in sockets:
        socket.expect("welcome")
    answers = [sockets[number % 3].command("seek", position_s=float(number)) for number in range(9)]
    assert [answer["type"] for answer in answers] == ["ack"] + ["error"] * 8
    for answer in answers[1:]:
        assert answer["problem"]["code"] == "rate_limited"
        assert 1 <= answer["problem"]["retry_after_s"] <= 900
    refused = ada.post(f"/api/parties/{party['id']}/playback", {"action": "play"})
    assert_refused(refused, "rate_limited")
    assert 1 <= int(refused.headers["Retry-After"]) <= 900
    assert [event["type"] for event in ada.events(party["id"])[1:]] == ["playback_sought"]
    assert all(socket.ping(1) for socket in sockets), "the sockets stay open"
