"""A room of 10,000 on the running service: its answers are short, and what a socket hears is, too."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Room, Service
from tests.e2e.stack import Stack
from tests.support.contract import assert_answer, assert_message
from tests.support.large_party import fill_party, user
from tests.support.party_client import Guest, body_of

pytestmark = pytest.mark.stack

ROOM = 10_000


@pytest.fixture
def large_room(room: Room, stack: Stack) -> Room:
    """A room whose other members have joined without the service's help."""
    fill_party(stack.database_url, room.id, ROOM - 2)
    return room


def test_a_join_into_a_large_room_is_answered_shortly(large_room: Room, stranger: Guest) -> None:
    answer = stranger.post(
        f"/api/parties/{large_room.id}/join", {"invite_code": large_room.party["invite_code"]}
    )
    joined = body_of(answer, 200)
    assert_answer("joinParty", joined)
    assert len(answer.content) < 30_000
    party = joined["party"]
    assert (party["member_count"], party["online_count"]) == (ROOM + 1, 0)
    first = [member["user_id"] for member in party["members"][:2]]
    assert first == [large_room.host.user_id, stranger.user_id]
    assert body_of(large_room.host.get(f"/api/parties/{large_room.id}"), 200)["member_count"] == ROOM + 1


def test_a_socket_hears_of_few_and_of_the_crowd(large_room: Room) -> None:
    host, member = large_room.connect()
    crowd = member.expect("crowd", where=lambda message: message["online_count"] == 2)
    assert_message(crowd)
    assert crowd["member_count"] == ROOM
    listed = {one["user_id"] for one in member.of_type("welcome")[0]["party"]["members"]}
    assert {large_room.host.user_id, large_room.member.user_id} <= listed
    assert len(listed) <= 100
    heard = {one["user_id"] for message in member.of_type("presence") for one in message["members"]}
    assert heard <= listed
    assert host.command("play")["type"] == "ack"
    member.expect("playback")
    assert large_room.host.party(large_room.id)["online_count"] == 2


def test_members_are_listed_page_by_page(large_room: Room, stranger: Guest) -> None:
    address = f"/api/parties/{large_room.id}/members"
    page = body_of(large_room.member.get(address, params={"limit": 200}), 200)
    assert_answer("listMembers", page)
    assert page["items"][0]["user_id"] == large_room.host.user_id
    assert page["items"][1]["user_id"] == user(1)
    cursor = page["next_cursor"]
    page = body_of(large_room.member.get(address, params={"limit": 1, "cursor": cursor}), 200)
    assert page["items"][0]["user_id"] == user(200)
    page = body_of(large_room.member.get(address, params={"q": "mEMBER 999"}), 200)
    assert len(page["items"]) == 10
    # By how a name begins, not by what is in it.
    assert body_of(large_room.member.get(address, params={"q": "ember 999"}), 200)["items"] == []
    large_room.connect()
    page = body_of(large_room.member.get(address, params={"online": "true"}), 200)
    assert {one["user_id"] for one in page["items"]} == {large_room.host.user_id, large_room.member.user_id}
    assert all(one["online"] for one in page["items"])
    for limit in (0, 201):
        assert large_room.host.get(address, params={"limit": limit}).status_code == 422
    assert large_room.host.get(address, params={"q": "\x00"}).status_code in (200, 422)
    assert stranger.get(address).status_code == 404


def test_the_list_of_parties_counts_who_is_connected(room: Room, service: Service) -> None:
    def counted() -> int:
        page = body_of(room.host.get("/api/parties", params={"limit": 100}), 200)
        return next(int(one["online_count"]) for one in page["items"] if one["id"] == room.id)

    assert counted() == 0
    _, member = room.connect()
    member.expect("presence")
    assert counted() == 2
