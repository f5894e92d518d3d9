"""What the host sets, the rights of members, and who is put out: over HTTP, and what a room hears of it."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.e2e.conftest import Room
from tests.support.contract import assert_answer, assert_party, assert_refused
from tests.support.party_client import Guest, Json, body_of

pytestmark = pytest.mark.stack

SETTINGS: Json = {
    "title": "Another title",
    "visibility": "public",
    "control": "everyone",
    "max_members": 7,
    "default_grants": ["invite", "chat"],
    "wait": {"for": "everyone", "grace_s": 1.0, "limit_s": 5.0, "budget_s": 20.0},
    "chat_enabled": False,
    "queue_mode": "votes",
    "next_after_s": None,
}


def changed(guest: Guest, party_id: str, body: Json) -> Json:
    party: Json = body_of(guest.request("PATCH", f"/api/parties/{party_id}", json=body), 200)
    assert_party(party)
    return party


def give(room: Room, grants: list[str] | None, to: Guest | None = None) -> Json:
    path = f"{room.path}/members/{(to or room.member).user_id}/grants"
    return dict(body_of(room.host.request("PUT", path, json={"grants": grants}), 200))


def remove(by: Guest, room: Room, who: Guest, **query: str) -> Any:
    return by.delete(f"{room.path}/members/{who.user_id}", params=query)


def test_the_host_changes_everything_at_once_and_all_hear_it(room: Room) -> None:
    _, member = room.connect()
    party = changed(room.host, room.id, SETTINGS)
    assert {name: party[name] for name in SETTINGS} == {**SETTINGS, "default_grants": ["invite", "chat"]}
    heard = member.expect("event")["event"]
    assert (heard["type"], heard["revision"]) == ("party_session_changed", 3)
    assert heard["data"] == {"changes": SETTINGS}
    assert room.member.party(room.id) == {**party, "members": room.member.party(room.id)["members"]}


@pytest.mark.parametrize("name", SETTINGS)
def test_each_setting_is_changed_by_itself_and_only_once(room: Room, name: str) -> None:
    party = changed(room.host, room.id, {name: SETTINGS[name]})
    assert (party[name], party["revision"]) == (SETTINGS[name], 3)
    assert changed(room.host, room.id, {name: SETTINGS[name]})["revision"] == 3
    others = SETTINGS.keys() - {name} - ({"default_grants"} if name == "control" else set())
    assert {other: party[other] for other in others} == {other: room.party[other] for other in others}


def test_what_changes_nothing_is_no_event(room: Room) -> None:
    bodies: list[Json] = [{}, {"title": room.party["title"]}, {"wait": {}}, {"wait": {"for": "nobody"}}]
    for body in bodies:
        assert changed(room.host, room.id, body)["revision"] == 2


def test_a_part_of_a_wait_leaves_the_rest(room: Room) -> None:
    party = changed(room.host, room.id, {"wait": {"for": "most"}})
    assert party["wait"] == {"for": "most", "grace_s": 2.0, "limit_s": 15.0, "budget_s": 45.0}


@pytest.mark.parametrize(
    "body",
    [
        {"title": ""},
        {"title": None},
        {"visibility": "secret"},
        {"control": None},
        {"max_members": 0},
        {"max_members": True},
        {"default_grants": ["rule"]},
        {"default_grants": None},
        {"default_grants": "chat"},
        {"wait": {"for": "godot"}},
        {"wait": {"limit_s": -1}},
        {"wait": {"grace_s": "2"}},
        {"wait": {"until": 2}},
        {"chat_enabled": "yes"},
        {"queue_mode": "random"},
        {"next_after_s": -1},
        {"host_id": str(uuid.uuid4())},
        {"invite_code": "mine"},
        {"revision": 9},
    ],
)
def test_a_wrong_setting_is_named_and_changes_nothing(still_room: Room, body: Json) -> None:
    response = still_room.host.request("PATCH", still_room.path, json=body)
    problem = assert_refused(response, "validation_failed")
    assert list(problem["errors"]) == list(body)
    assert still_room.host.party(still_room.id)["revision"] == 2


def test_a_party_that_becomes_public_is_found_and_one_that_becomes_private_is_hidden(
    room: Room, stranger: Guest
) -> None:
    changed(room.host, room.id, {"visibility": "public"})
    assert body_of(stranger.get(room.path), 200)["title"] == room.party["title"]
    changed(room.host, room.id, {"visibility": "private"})
    assert_refused(stranger.get(room.path), "not_found")


def test_a_right_that_is_given_counts_at_once_and_so_does_its_loss(room: Room) -> None:
    _, member = room.connect()
    assert member.command("play")["problem"]["code"] == "forbidden"
    shown = give(room, ["playback", "chat", "chat"])
    assert_answer("giveGrants", shown)
    assert (shown["grants"], shown["own_grants"]) == (["playback", "chat"], ["playback", "chat"])
    heard = member.expect("event")["event"]
    assert heard["type"] == "member_grants_changed"
    assert heard["data"] == {
        "user_id": room.member.user_id,
        "display_name": room.member.display_name,
        "grants": ["playback", "chat"],
    }
    assert member.command("play")["type"] == "ack"
    assert room.member.playback(room.id, "pause")["revision"] == 5
    give(room, [])
    assert member.command("play")["problem"]["code"] == "forbidden"
    assert_refused(room.member.post(f"{room.path}/playback", {"action": "play"}), "forbidden")
    assert room.host.party(room.id)["revision"] == 6


def test_null_gives_the_partys_own_rights_back(room: Room) -> None:
    give(room, ["moderate"])
    shown = give(room, None)
    assert (shown["grants"], shown["own_grants"]) == (["chat"], None)
    revision = room.host.party(room.id)["revision"]
    assert give(room, None) == shown
    assert room.host.party(room.id)["revision"] == revision == 4
    changed(room.host, room.id, {"default_grants": ["playback"]})
    assert room.member.playback(room.id, "play")["revision"] == 6


def test_rights_of_ones_own_outlast_those_of_all_and_a_hand_over(room: Room) -> None:
    give(room, ["queue"])
    changed(room.host, room.id, {"default_grants": ["playback"]})
    assert_refused(room.member.post(f"{room.path}/playback", {"action": "play"}), "forbidden")
    room.host.transfer(room.id, room.member.user_id)
    by_id = {one["user_id"]: one for one in room.host.party(room.id)["members"]}
    assert len(by_id[room.member.user_id]["grants"]) == 5, "the host has all"
    assert by_id[room.host.user_id]["grants"] == ["playback"], "who was host has what all have"
    room.member.transfer(room.id, room.host.user_id)
    by_id = {one["user_id"]: one for one in room.host.party(room.id)["members"]}
    assert by_id[room.member.user_id]["grants"] == ["queue"]


def test_rights_are_given_to_members_alone(room: Room, stranger: Guest) -> None:
    path = f"{room.path}/members/{stranger.user_id}/grants"
    assert_refused(room.host.request("PUT", path, json={"grants": ["chat"]}), "not_a_member")
    path = f"{room.path}/members/{room.member.user_id}/grants"
    for body in ({}, {"grants": ["rule"]}, {"grants": "chat"}):
        assert_refused(room.host.request("PUT", path, json=body), "validation_failed")
    assert room.host.party(room.id)["revision"] == 2


def test_who_is_removed_is_gone_and_may_come_back(room: Room) -> None:
    assert remove(room.host, room, room.member).status_code == 204
    party = room.host.party(room.id)
    assert (party["member_count"], party["revision"]) == (1, 3)
    assert_refused(room.member.get(room.path), "not_found")
    assert remove(room.host, room, room.member).status_code == 204
    assert room.host.party(room.id)["revision"] == 3, "again is no event"
    assert room.member.join(room.id, room.party["invite_code"])["party"]["revision"] == 4


def test_the_host_is_never_removed_and_nobody_who_never_was_there(room: Room, stranger: Guest) -> None:
    give(room, ["moderate"])
    assert_refused(remove(room.member, room, room.host), "host_cannot_be_removed")
    assert_refused(remove(room.host, room, room.host), "host_cannot_be_removed")
    assert_refused(remove(room.host, room, stranger, ban="true"), "not_found")
    assert_refused(remove(room.host, room, room.member, ban="maybe"), "validation_failed")


def test_who_moderates_removes_and_who_does_not_any_more_does_not(room: Room, stranger: Guest) -> None:
    stranger.join(room.id, room.party["invite_code"])
    assert_refused(remove(room.member, room, stranger), "forbidden")
    give(room, ["moderate"])
    assert remove(room.member, room, stranger).status_code == 204
    give(room, None)
    assert_refused(room.member.get(f"{room.path}/bans"), "forbidden")
    assert_refused(remove(room.member, room, stranger), "forbidden")


def test_who_is_banned_does_not_come_back_until_unbanned(room: Room) -> None:
    code = room.party["invite_code"]
    assert remove(room.host, room, room.member, ban="true").status_code == 204
    page = body_of(room.host.get(f"{room.path}/bans"), 200)
    assert_answer("listBans", page)
    (ban,) = page["items"]
    assert (ban["user_id"], ban["banned_by"]) == (room.member.user_id, room.host.user_id)
    assert ban["display_name"] == room.member.display_name
    assert_refused(room.member.post(f"{room.path}/join", {"invite_code": code}), "banned")
    for body in ({}, {"invite_code": "x" * 22}):
        assert_refused(room.member.post(f"{room.path}/join", body), "not_found")
    path = f"{room.path}/bans/{room.member.user_id}"
    for _ in range(2):
        assert room.host.delete(path).status_code == 204
    assert room.host.events(room.id)[-1]["type"] == "member_unbanned"
    assert room.member.join(room.id, code)["party"]["revision"] == 5
    assert body_of(room.host.get(f"{room.path}/bans"), 200)["items"] == []


def test_who_is_banned_from_a_public_party_is_told(open_room: Room) -> None:
    room = open_room
    remove(room.host, room, room.member, ban="true")
    for body in ({}, {"invite_code": room.party["invite_code"]}, {"invite_code": "wrong"}):
        assert_refused(room.member.post(f"{room.path}/join", body), "banned")


def test_who_has_left_before_can_be_banned_all_the_same(room: Room) -> None:
    room.member.leave(room.id)
    assert remove(room.host, room, room.member, ban="true").status_code == 204
    assert remove(room.host, room, room.member, ban="true").status_code == 204
    assert [event["type"] for event in room.host.events(room.id)][-2:] == ["member_left", "member_banned"]
    body = {"invite_code": room.party["invite_code"]}
    assert_refused(room.member.post(f"{room.path}/join", body), "banned")


def test_the_same_key_removes_and_bans_apart(room: Room) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    path = f"{room.path}/members/{room.member.user_id}"
    for _ in range(2):
        assert room.host.delete(path, headers=key).status_code == 204
    assert_refused(room.host.delete(path, params={"ban": "true"}, headers=key), "idempotency_key_reused")
