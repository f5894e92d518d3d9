"""Lifecycle commands answered later: 202 at once, the outcome at `/api/commands/{id}`."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import Room, Service
from tests.support.contract import assert_answer, assert_party, assert_problem, assert_refused
from tests.support.party_client import Guest, Json, body_of, eventually

pytestmark = pytest.mark.stack

LATER = {"Prefer": "respond-async"}


def accepted(response: httpx.Response) -> str:
    """The path of the command that was accepted with 202."""
    assert response.status_code == 202, response.text
    location = httpx.URL(response.headers["Location"]).path
    assert location.startswith("/api/commands/")
    command_id = location.rpartition("/")[2]
    assert str(uuid.UUID(command_id)) == command_id
    assert_answer("createParty", response.json(), 202)
    return location


def outcome(guest: Guest, location: str) -> Json:
    """The command once it is decided."""

    def decided() -> Json:
        command: Json = body_of(guest.get(location), 200)
        assert_answer("showCommand", command)
        return command if command["state"] != "pending" else {}

    return eventually(decided)


def test_a_party_created_later(host: Guest, service: Service) -> None:
    response = host.post("/api/parties", {"video_id": service.video["id"]}, headers=LATER)
    location = accepted(response)
    command = outcome(host, location)
    assert command["id"] == location.rpartition("/")[2]
    assert command["state"] == "succeeded"
    assert_party(command["result"])
    assert host.party(command["result"]["id"])["host_id"] == host.user_id


@pytest.mark.parametrize("deed", ["join", "leave", "transfer", "end"])
def test_every_lifecycle_command_can_be_answered_later(room: Room, stranger: Guest, deed: str) -> None:
    requests: dict[str, tuple[Guest, str, str, Json | None]] = {
        "join": (stranger, "POST", "/join", {"invite_code": room.party["invite_code"]}),
        "leave": (room.member, "POST", "/leave", {}),
        "transfer": (room.host, "POST", "/transfer", {"user_id": room.member.user_id}),
        "end": (room.host, "DELETE", "", None),
    }
    guest, method, path, body = requests[deed]
    response = guest.http.request(method, room.path + path, json=body, headers=LATER)
    assert outcome(guest, accepted(response))["state"] == "succeeded"
    assert room.host.party(room.id)["revision"] == 3


def test_a_command_that_fails_tells_its_problem(room: Room) -> None:
    body = {"user_id": room.host.user_id}
    response = room.member.post(f"{room.path}/transfer", body, headers=LATER)
    if response.status_code != 202:
        # To refuse at once what can't succeed is as good an answer.
        assert_refused(response, "forbidden")
        return
    command = outcome(room.member, accepted(response))
    assert command["state"] == "failed"
    assert_problem(command["problem"], "forbidden")


def test_playback_is_answered_at_once_all_the_same(room: Room) -> None:
    response = room.host.post(f"{room.path}/playback", {"action": "play"}, headers=LATER)
    assert body_of(response, 200)["revision"] == 3


def test_a_command_is_its_owners_alone(host: Guest, stranger: Guest, service: Service) -> None:
    location = accepted(host.post("/api/parties", {"video_id": service.video["id"]}, headers=LATER))
    outcome(host, location)
    assert_refused(stranger.get(location), "not_found")
    assert_refused(host.get(f"/api/commands/{uuid.uuid4()}"), "not_found")
    assert_refused(host.get("/api/commands/nonsense"), "not_found")


def test_a_join_answered_later_is_answered_alike_after_the_member_has_left(
    room: Room, stranger: Guest
) -> None:
    headers = {**LATER, "Idempotency-Key": str(uuid.uuid4())}
    body = {"invite_code": room.party["invite_code"]}
    first = accepted(stranger.post(f"{room.path}/join", body, headers=headers))
    joined = outcome(stranger, first)["result"]

    def repeated() -> Any:
        return stranger.http.post(f"{room.path}/join", json=body, headers=headers)

    eventually(lambda: repeated().status_code == 200)
    stranger.leave(room.id)
    again = body_of(repeated(), 200)
    assert again["member"]["user_id"] == joined["member"]["user_id"] == stranger.user_id
    assert again["party"]["revision"] == joined["party"]["revision"] == 3
    assert len(room.host.party(room.id)["members"]) == 2


def test_a_key_repeated_later_is_the_same_command(host: Guest, service: Service) -> None:
    headers = {**LATER, "Idempotency-Key": str(uuid.uuid4())}
    body: Any = {"video_id": service.video["id"]}
    first = accepted(host.post("/api/parties", body, headers=headers))
    created = outcome(host, first)["result"]
    again = host.post("/api/parties", body, headers=headers)
    if again.status_code == 202:
        assert accepted(again) == first
    else:
        assert body_of(again, 201) == created
