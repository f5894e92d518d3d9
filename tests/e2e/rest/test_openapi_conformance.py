"""The main answers of the running service, held to the schemas that describe them, field by field."""

from __future__ import annotations

import uuid

import httpx
import pytest

from partyapp.description import DESCRIPTION
from tests.e2e.conftest import Room, Service
from tests.support.contract import assert_answer
from tests.support.party_client import Guest, Json, eventually

pytestmark = pytest.mark.stack

CODES = {operation.id: operation.codes for operation in DESCRIPTION.operations}


def check(operation_id: str, response: httpx.Response, status: int) -> Json:
    """Fail unless the answer has this status and a body that is described for it."""
    assert response.status_code == status, response.text
    body: Json = response.json()
    assert_answer(operation_id, body, status)
    if status >= 400:
        assert body["code"] in CODES[operation_id]
    return body


def test_signing_in(service: Service, host: Guest) -> None:
    check("signInGuest", service.http.post("/api/auth/guest", json={"display_name": "Ada"}), 201)
    check("showMe", host.get("/api/auth/me"), 200)


def test_videos(host: Guest) -> None:
    body = {"title": "A film", "playback_url": "/media/sample.mp4", "duration_s": 12.5}
    video = check("registerVideo", host.post("/api/videos", body), 201)
    check("showVideo", host.get(f"/api/videos/{video['id']}"), 200)
    page = check("listVideos", host.get("/api/videos", params={"limit": 1}), 200)
    assert page["items"]


def test_a_party_and_who_is_in_it(service: Service, host: Guest, member: Guest, stranger: Guest) -> None:
    body = {"video_id": service.video["id"], "visibility": "public"}
    created = host.post("/api/parties", body)
    party = check("createParty", created, 201)
    path = created.headers["Location"]
    check("joinParty", member.post(f"{path}/join"), 200)
    check("transferParty", host.post(f"{path}/transfer", {"user_id": member.user_id}), 200)
    with_invite = check("showParty", host.get(path), 200)
    without = check("showParty", stranger.get(path), 200)
    assert with_invite.keys() - without.keys() == {"invite_code"}
    listed = check("listParties", host.get("/api/parties", params={"limit": 5}), 200)
    assert party["id"] in {item["id"] for item in listed["items"]}


def test_a_member_who_is_connected_and_in_sync(room: Room) -> None:
    host_socket, _ = room.connect()
    exchange = host_socket.ping(1)
    for number in range(2, 6):
        exchange = host_socket.ping(number, exchange)
    status = {"position_s": 0, "state": "paused", "revision": 2, "sampled_at_ms": exchange["t3"]}
    host_socket.send({"type": "status", **status})

    def known() -> Json:
        party = check("showParty", room.host.get(room.path), 200)
        own = next(found for found in party["members"] if found["user_id"] == room.host.user_id)
        return own if own["sync"] else {}

    assert eventually(known)["online"] is True


def test_playback(room: Room) -> None:
    body = {"action": "play", "position_s": 3, "expected_revision": 2}
    check("controlPlayback", room.host.post(f"{room.path}/playback", body), 200)
    for position_s in (0, 3, 500):
        body = {"position_s": position_s, "state": "playing", "rtt_ms": 1.5}
        check("syncPlayback", room.member.post(f"{room.path}/sync", body), 200)


def test_the_audit_log_of_every_kind_of_event(service: Service, host: Guest, member: Guest) -> None:
    short = host.create_video(duration_s=0.3)
    party = host.create_party(short["id"], control="everyone")
    member.join(party["id"], party["invite_code"])
    for action, fields in (("play", {}), ("pause", {}), ("seek", {"position_s": 0}), ("play", {})):
        host.playback(party["id"], action, **fields)
    path = f"/api/parties/{party['id']}/events"

    def kinds() -> set[str]:
        page = check("listEvents", host.get(path), 200)
        return {event["type"] for event in page["items"]}

    eventually(lambda: "playback_finished" in kinds())
    host.transfer(party["id"], member.user_id)
    host.leave(party["id"])
    member.end(party["id"])
    page = check("listEvents", member.get(path, params={"limit": 3}), 200)
    assert page["next_cursor"] is not None
    after = {"after": page["items"][-1]["revision"]}
    rest = check("listEvents", member.get(path, params=after), 200)["items"]
    assert len({event["type"] for event in [*page["items"], *rest]}) == 9


def test_a_ticket(room: Room) -> None:
    check("issueTicket", room.member.post(f"{room.path}/ticket"), 201)


def test_commands_that_are_answered_later(service: Service, host: Guest, room: Room) -> None:
    later = {"Prefer": "respond-async"}
    asked = {
        "/api/parties": {"video_id": service.video["id"]},
        f"{room.path}/join": {},
        f"{room.path}/transfer": {"user_id": host.user_id},
        f"{room.path}/leave": {},
    }
    for path, body in asked.items():
        accepted = host.post(path, body, headers=later)
        operation_id = "createParty" if path == "/api/parties" else "joinParty"
        check(operation_id, accepted, 202)

        def done(location: str = accepted.headers["Location"]) -> bool:
            return bool(check("showCommand", host.get(location), 200)["state"] == "succeeded")

        eventually(done)
    refused = host.post(f"/api/parties/{uuid.uuid4()}/join", headers=later)

    def failed() -> bool:
        return bool(check("showCommand", host.get(refused.headers["Location"]), 200)["state"] == "failed")

    eventually(failed)


def test_notifications(room: Room) -> None:
    room.host.transfer(room.id, room.member.user_id)

    def told() -> bool:
        page = check("listNotifications", room.member.get("/api/notifications"), 200)
        return bool(page["items"])

    eventually(told)


def test_health(service: Service) -> None:
    check("healthz", service.http.get("/healthz"), 200)
    check("readyz", service.http.get("/readyz"), 200)


def test_refusals(service: Service, room: Room, stranger: Guest) -> None:
    check("showMe", service.http.get("/api/auth/me"), 401)
    check("showParty", stranger.get(room.path), 404)
    check("controlPlayback", room.member.post(f"{room.path}/playback", {"action": "play"}), 403)
    stale = {"action": "play", "expected_revision": 1}
    check("controlPlayback", room.host.post(f"{room.path}/playback", stale), 409)
    wrong = check("createParty", room.host.post("/api/parties", {"surplus": [], "max_members": 0}), 422)
    assert wrong["errors"].keys() >= {"surplus", "max_members", "video_id"}
    check("createParty", room.host.http.post("/api/parties", content=b"x"), 415)
