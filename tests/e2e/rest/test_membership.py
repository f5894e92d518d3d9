"""Joining, leaving, handing over and ending: who may, who becomes host, what is left behind."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.e2e.conftest import Room, Service, SignIn
from tests.support.contract import assert_answer, assert_party, assert_refused
from tests.support.party_client import Guest, body_of, eventually

pytestmark = pytest.mark.stack


def types_in(guest: Guest, party_id: str) -> list[str]:
    return [event["type"] for event in guest.events(party_id)]


def test_joining_answers_with_member_and_party(host: Guest, member: Guest, service: Service) -> None:
    party = host.create_party(service.video["id"])
    answer = member.join(party["id"], party["invite_code"])
    assert answer.keys() == {"member", "party"}
    assert_answer("joinParty", answer)
    assert_party(answer["party"])
    assert answer["member"]["user_id"] == member.user_id
    assert answer["member"]["role"] == "member"
    assert answer["party"]["revision"] == 2


def test_joining_again_is_the_same_answer_and_no_event(room: Room) -> None:
    again = room.member.join(room.id, room.party["invite_code"])
    assert again["party"] == room.party
    assert again["member"] == room.party["members"][1]
    assert room.member.join(room.id)["party"]["revision"] == 2


def test_a_public_party_needs_no_invite(open_room: Room, stranger: Guest) -> None:
    assert stranger.join(open_room.id)["party"]["revision"] == 3


@pytest.mark.parametrize("body", [{}, {"invite_code": "x" * 22}, {"invite_code": "é"}])
def test_a_private_party_is_hidden_without_its_invite(still_room: Room, stranger: Guest, body: Any) -> None:
    assert_refused(stranger.post(f"{still_room.path}/join", body), "not_found")


def test_another_partys_invite_opens_nothing(room: Room, open_room: Room, stranger: Guest) -> None:
    body = {"invite_code": open_room.party["invite_code"]}
    assert_refused(stranger.post(f"{room.path}/join", body), "not_found")


def test_a_wrong_invite_to_a_public_party_is_told(open_room: Room, stranger: Guest) -> None:
    assert_refused(stranger.post(f"{open_room.path}/join", {"invite_code": "x" * 22}), "invalid_invite")


def test_a_full_party_takes_nobody_more(host: Guest, member: Guest, stranger: Guest) -> None:
    party = host.create_party(max_members=2)
    member.join(party["id"], party["invite_code"])
    body = {"invite_code": party["invite_code"]}
    assert_refused(stranger.post(f"/api/parties/{party['id']}/join", body), "party_full")
    assert member.join(party["id"])["party"]["revision"] == 2
    member.leave(party["id"])
    assert stranger.join(party["id"], party["invite_code"])["party"]["revision"] == 4


def test_an_ended_party_takes_nobody(room: Room, stranger: Guest) -> None:
    room.host.end(room.id)
    body = {"invite_code": room.party["invite_code"]}
    assert_refused(stranger.post(f"{room.path}/join", body), "party_ended")


def test_who_left_is_gone_and_may_come_back(room: Room) -> None:
    room.member.leave(room.id)
    assert [member["user_id"] for member in room.host.party(room.id)["members"]] == [room.host.user_id]
    assert_refused(room.member.get(room.path), "not_found")
    assert room.member.join(room.id, room.party["invite_code"])["party"]["revision"] == 4
    joined = ["party_session_created", "member_joined", "member_left", "member_joined"]
    assert types_in(room.host, room.id) == joined


def test_leaving_twice_is_one_event(room: Room) -> None:
    room.member.leave(room.id)
    assert room.member.post(f"{room.path}/leave").status_code in (204, 403, 404)
    assert room.host.party(room.id)["revision"] == 3


def test_a_leaving_host_hands_over_to_the_member_present_longest(room: Room, stranger: Guest) -> None:
    stranger.join(room.id, room.party["invite_code"])
    room.host.leave(room.id)
    party = room.member.party(room.id)
    assert party["host_id"] == room.member.user_id
    assert {member["user_id"]: member["role"] for member in party["members"]} == {
        room.member.user_id: "host",
        stranger.user_id: "member",
    }
    assert sorted(types_in(stranger, room.id)[-2:]) == ["host_transferred", "member_left"]


def test_a_leaving_host_hands_over_to_a_connected_member_first(room: Room, stranger: Guest) -> None:
    stranger.join(room.id, room.party["invite_code"])
    socket = stranger.connect(room.id)
    connected_ms = socket.expect("welcome")["server_time_ms"]
    assert room.host.party(room.id)["members"][2]["online"]
    # Presence may take a second to be known everywhere.
    eventually(lambda: socket.ping(1)["t3"] > connected_ms + 1000)
    room.host.leave(room.id)
    assert stranger.party(room.id)["host_id"] == stranger.user_id


def test_the_last_one_to_leave_ends_the_party(room: Room) -> None:
    room.member.connect(room.id).expect("welcome")
    room.host.leave(room.id)
    socket = room.member.sockets[0]
    room.member.leave(room.id)
    assert socket.wait_closed() in (4403, 4410)
    assert_refused(
        room.member.post(f"{room.path}/join", {"invite_code": room.party["invite_code"]}), "party_ended"
    )


def test_the_host_hands_over(room: Room) -> None:
    party = room.host.transfer(room.id, room.member.user_id)
    assert_party(party)
    assert party["host_id"] == room.member.user_id
    assert [member["role"] for member in party["members"]] == ["member", "host"]
    assert_refused(room.host.post(f"{room.path}/playback", {"action": "play"}), "forbidden")
    assert room.member.playback(room.id, "play")["revision"] == 4


def test_only_the_host_hands_over(room: Room) -> None:
    body = {"user_id": room.member.user_id}
    assert_refused(room.member.post(f"{room.path}/transfer", body), "forbidden")
    assert room.host.party(room.id)["host_id"] == room.host.user_id


def test_a_party_is_not_handed_to_who_is_not_in_it(room: Room, stranger: Guest) -> None:
    for user_id in (stranger.user_id, str(uuid.uuid4())):
        response = room.host.post(f"{room.path}/transfer", {"user_id": user_id})
        assert response.status_code in (403, 404, 422)
        assert_refused(response, response.json()["code"])
    assert room.host.party(room.id)["revision"] == 2


@pytest.mark.parametrize("body", [{}, {"user_id": "nobody"}, {"user_id": None}])
def test_a_hand_over_names_a_user(still_room: Room, body: Any) -> None:
    problem = assert_refused(still_room.host.post(f"{still_room.path}/transfer", body), "validation_failed")
    assert list(problem["errors"]) == ["user_id"]


def test_the_host_ends_the_party_once(room: Room) -> None:
    for _ in range(2):
        response = room.host.delete(room.path)
        assert response.status_code == 204
        assert response.content == b""
    party = room.member.party(room.id)
    assert_party(party)
    assert party["state"] == "ended"
    assert party["ended_at_ms"] >= party["created_at_ms"]
    assert party["revision"] == 3
    assert types_in(room.member, room.id)[-1] == "party_session_ended"


def test_only_the_host_ends_the_party(room: Room) -> None:
    assert_refused(room.member.delete(room.path), "forbidden")
    assert room.host.party(room.id)["state"] == "active"


def test_an_ended_party_changes_no_more(room: Room) -> None:
    room.host.end(room.id)
    assert_refused(room.host.post(f"{room.path}/playback", {"action": "play"}), "party_ended")
    body = {"user_id": room.member.user_id}
    assert_refused(room.host.post(f"{room.path}/transfer", body), "party_ended")
    assert room.host.party(room.id)["revision"] == 3


def test_a_party_that_is_over_can_be_left(open_room: Room) -> None:
    room = open_room
    room.host.end(room.id)
    for _ in range(2):
        room.member.leave(room.id)
    assert_refused(room.member.get(f"{room.path}/events"), "not_a_member")
    assert room.host.party(room.id)["revision"] == 3, "the log of a party that is over is final"
    for state in ("all", "ended"):
        for guest, listed in ((room.host, True), (room.member, False)):
            items = body_of(guest.get("/api/parties", params={"state": state, "limit": 100}), 200)["items"]
            assert any(item["id"] == room.id for item in items) is listed


def test_an_ended_party_is_read_only_by_its_members(room: Room, stranger: Guest) -> None:
    room.host.end(room.id)
    assert len(room.member.events(room.id)) == 3
    assert_refused(stranger.get(room.path), "not_found")


@pytest.mark.parametrize("deed", ["join", "leave", "transfer", "playback", "sync", "ticket"])
def test_a_party_that_never_was_is_not_found(host: Guest, deed: str) -> None:
    bodies: dict[str, Any] = {
        "transfer": {"user_id": host.user_id},
        "playback": {"action": "play"},
        "sync": {"position_s": 0, "state": "paused"},
    }
    assert_refused(host.post(f"/api/parties/{uuid.uuid4()}/{deed}", bodies.get(deed, {})), "not_found")


def test_many_join_at_once_and_no_more_than_the_limit(host: Guest, sign_in: SignIn, service: Service) -> None:
    party = host.create_party(service.video["id"], visibility="public", max_members=4)
    guests = [sign_in(f"Guest {number}") for number in range(6)]
    with ThreadPoolExecutor(len(guests)) as crowd:
        answers = list(crowd.map(lambda guest: guest.post(f"/api/parties/{party['id']}/join"), guests))
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [409] * 3
    assert body_of(host.get(f"/api/parties/{party['id']}"), 200)["revision"] == 4
