"""Idempotency-Key: the same key is the same deed, done once and answered alike each time."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.conftest import Room, Service
from tests.support.contract import assert_refused
from tests.support.party_client import Guest, Json

pytestmark = pytest.mark.stack


def new_key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4())}


def listed(guest: Guest) -> list[Json]:
    items = guest.get("/api/parties", params={"limit": 100}).json()["items"]
    return [item for item in items if item["host_id"] == guest.user_id]


def test_a_party_is_created_once(host: Guest, service: Service) -> None:
    key, body = new_key(), {"video_id": service.video["id"]}
    first = host.post("/api/parties", body, headers=key)
    second = host.post("/api/parties", body, headers=key)
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert first.headers["Location"] == second.headers["Location"]
    assert len(listed(host)) == 1


def test_the_first_answer_comes_again_even_when_the_party_has_moved_on(host: Guest, service: Service) -> None:
    key, body = new_key(), {"video_id": service.video["id"]}
    first = host.post("/api/parties", body, headers=key)
    host.playback(first.json()["id"], "play")
    assert host.post("/api/parties", body, headers=key).json() == first.json()


def test_the_same_key_with_another_body_is_refused(host: Guest, service: Service) -> None:
    key, body = new_key(), {"video_id": service.video["id"]}
    host.post("/api/parties", body, headers=key)
    assert_refused(
        host.post("/api/parties", {**body, "title": "Another"}, headers=key), "idempotency_key_reused"
    )
    assert len(listed(host)) == 1


def test_the_same_key_for_another_route_is_refused(room: Room) -> None:
    key = new_key()
    assert room.host.post(f"{room.path}/join", headers=key).status_code == 200
    assert_refused(room.host.post(f"{room.path}/ticket", headers=key), "idempotency_key_reused")


def test_a_key_belongs_to_one_user(host: Guest, member: Guest, service: Service) -> None:
    key, body = new_key(), {"video_id": service.video["id"]}
    ids = {guest.post("/api/parties", body, headers=key).json()["id"] for guest in (host, member)}
    assert len(ids) == 2


def test_one_key_sent_many_times_at_once(host: Guest, service: Service) -> None:
    key, body = new_key(), {"video_id": service.video["id"]}
    with ThreadPoolExecutor(5) as crowd:
        answers = list(crowd.map(lambda _: host.post("/api/parties", body, headers=key), range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(listed(host)) == 1


def test_a_playback_repeated_is_one_event(room: Room) -> None:
    key, body = new_key(), {"action": "play"}
    first = room.host.post(f"{room.path}/playback", body, headers=key)
    room.host.playback(room.id, "pause")
    second = room.host.post(f"{room.path}/playback", body, headers=key)
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert room.host.party(room.id)["revision"] == 4
    assert_refused(
        room.host.post(f"{room.path}/playback", {"action": "pause"}, headers=key), "idempotency_key_reused"
    )


def test_leaving_repeated_is_answered_alike(room: Room) -> None:
    key = new_key()
    for _ in range(2):
        assert room.member.post(f"{room.path}/leave", headers=key).status_code == 204
    assert room.host.party(room.id)["revision"] == 3


def test_joining_repeated_does_not_bring_back_who_left(room: Room, stranger: Guest) -> None:
    key, body = new_key(), {"invite_code": room.party["invite_code"]}
    first = stranger.post(f"{room.path}/join", body, headers=key)
    stranger.leave(room.id)
    assert stranger.post(f"{room.path}/join", body, headers=key).json() == first.json()
    assert len(room.host.party(room.id)["members"]) == 2


def test_a_hand_over_repeated_is_one_event(room: Room) -> None:
    key, body = new_key(), {"user_id": room.member.user_id}
    first = room.host.post(f"{room.path}/transfer", body, headers=key)
    second = room.host.post(f"{room.path}/transfer", body, headers=key)
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert room.host.party(room.id)["revision"] == 3


def test_a_video_is_added_once(host: Guest) -> None:
    key = new_key()
    body = {"title": "IdempotentPost", "playback_url": "https://media.example/once.mp4", "duration_s": 5}
    answers = [host.post("/api/videos", body, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


def test_a_refusal_repeated_is_refused_alike(room: Room) -> None:
    key, body = new_key(), {"user_id": room.host.user_id}
    for _ in range(2):
        assert_refused(room.member.post(f"{room.path}/transfer", body, headers=key), "forbidden")


def test_a_key_of_a_thousand_characters_is_none(host: Guest, service: Service) -> None:
    headers = {"Idempotency-Key": "x" * 1000}
    response = host.post("/api/parties", {"video_id": service.video["id"]}, headers=headers)
    assert response.status_code in (400, 422)
    assert_refused(response, response.json()["code"])
