"""Idempotency-Key: the same key is the same deed, done once and answered alike each time."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from partyapp.channel.infrastructure.vault import SealedAddresses
from partyapp.description import DESCRIPTION
from tests.e2e.conftest import Room, Service
from tests.support.contract import assert_refused
from tests.support.party_client import Guest, Json, body_of, eventually

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


def test_a_sign_in_repeated_is_the_same_guest(service: Service) -> None:
    key, body = new_key(), {"display_name": "Ada"}
    answers = [service.http.post("/api/auth/guest", json=body, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    other = service.http.post("/api/auth/guest", json={"display_name": "Grace"}, headers=key)
    assert_refused(other, "idempotency_key_reused")


def test_a_key_of_another_program_is_another_key(service: Service) -> None:
    key, body = new_key(), {"display_name": "Ada"}
    first = service.http.post("/api/auth/guest", json=body, headers=key)
    other = service.http.post("/api/auth/guest", json=body, headers={**key, "User-Agent": "another"})
    assert first.json()["user"]["id"] != other.json()["user"]["id"]


def test_many_sign_ins_at_once_with_one_key_are_one_guest(service: Service) -> None:
    key, body = new_key(), {"display_name": "Ada"}
    with ThreadPoolExecutor(5) as crowd:
        answers = list(
            crowd.map(lambda _: service.http.post("/api/auth/guest", json=body, headers=key), range(5))
        )
    assert len({answer.text for answer in answers}) == 1


#: What each POST of the contract is asked for here. `{party}`, `{member}` and so on are filled in.
POSTS: dict[str, Json] = {
    "/api/auth/guest": {"display_name": "Ada"},
    "/api/auth/renew": {},
    "/api/auth/device-code": {},
    "/api/auth/device": {"code": "{code}"},
    "/api/videos": {"title": "A", "playback_url": "https://media.example/a.mp4", "duration_s": 5},
    "/api/videos/{video_id}/prepare": {},
    "/api/parties": {"video_id": "{video}"},
    "/api/parties/{party_id}/join": {},
    "/api/parties/{party_id}/leave": {},
    "/api/parties/{party_id}/transfer": {"user_id": "{member}"},
    "/api/parties/{party_id}/playback": {"action": "play"},
    "/api/parties/{party_id}/video": {"video_id": "{video}"},
    "/api/parties/{party_id}/sync": {"position_s": 1, "state": "paused"},
    "/api/parties/{party_id}/ticket": {},
    "/api/parties/{party_id}/invites": {"max_uses": 1},
    "/api/parties/{party_id}/invite_code": {},
    "/api/parties/{party_id}/chat": {"text": "Hello"},
    "/api/parties/{party_id}/next": {},
    "/api/parties/{party_id}/queue": {"video_id": "{video}"},
    "/api/parties/{party_id}/queue/{item_id}/move": {"before": None},
    "/api/notifications/{notification_id}/read": {},
    "/api/notifications/read-all": {},
    "/api/me/channels": {"address": "ntfys://ntfy.sh/{member}"},
    "/api/me/channels/{channel_id}/code": {},
    "/api/me/channels/{channel_id}/verify": {"code": "{channel_code}"},
}


def described_posts() -> list[str]:
    # With a proxy that says who somebody is, and with a provider, the tests of these logins do.
    elsewhere = ("signInProxied", "beginAccountLogin", "signInAccount")
    posts = (op for op in DESCRIPTION.operations if op.method == "post" and op.id not in elsewhere)
    # A form is sent twice by test_subtitles.py.
    return [operation.path for operation in posts if not operation.resumable and operation.form is None]


@pytest.mark.parametrize("path", described_posts())
def test_every_post_gives_its_first_answer_again(path: str, room: Room, service: Service) -> None:
    """Each is asked twice with one key. That it has its effect once is tested for each of them elsewhere."""
    facts = {
        "video": service.video["id"],
        "video_id": body_of(room.host.post("/api/videos", POSTS["/api/videos"]), 201)["id"],
        "member": room.member.user_id,
        "code": room.host.post("/api/auth/device-code").json()["code"],
    }
    if path.endswith(("/next", "/move")):
        queued = room.host.post(f"{room.path}/queue", {"video_id": facts["video"]})
        facts["item_id"] = body_of(queued, 201)["id"]
    if "notification" in path:
        eventually(lambda: room.host.get("/api/notifications").json()["items"])
        facts["notification_id"] = room.host.get("/api/notifications").json()["items"][0]["id"]
    if "{channel_id}" in path:
        added = room.host.post("/api/me/channels", {"address": f"ntfys://ntfy.sh/{uuid.uuid4()}"})
        facts["channel_id"] = body_of(added, 201)["id"]
        facts["channel_code"] = SealedAddresses(service.secret_key).code(UUID(facts["channel_id"]), 1)
    address = path.format(party_id=room.id, **facts)
    body = {
        name: value.format(**facts) if isinstance(value, str) else value
        for name, value in POSTS[path].items()
    }
    key = new_key()
    first, again = (room.host.post(address, body, headers=key) for _ in range(2))
    assert first.status_code < 300, first.text
    assert (again.status_code, again.content) == (first.status_code, first.content)
