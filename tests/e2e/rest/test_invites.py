"""Invites beside the party's own code: who makes them, whom they let in, how often, and to what."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.e2e.conftest import Room, SignIn
from tests.support.contract import assert_answer, assert_refused
from tests.support.party_client import Guest, Json, body_of, eventually

pytestmark = pytest.mark.stack


def invited(by: Guest, room: Room, **body: object) -> Json:
    invite: Json = body_of(by.post(f"{room.path}/invites", body), 201)
    assert_answer("createInvite", invite, 201)
    return invite


def listed(by: Guest, room: Room) -> list[Json]:
    page = body_of(by.get(f"{room.path}/invites"), 200)
    assert_answer("listInvites", page)
    return list(page["items"])


def join(guest: Guest, room: Room, invite: Json) -> Json:
    return guest.join(room.id, invite["code"])


def let_invite(room: Room, *more: str) -> None:
    path = f"{room.path}/members/{room.member.user_id}/grants"
    body_of(room.host.request("PUT", path, json={"grants": ["invite", *more]}), 200)


def test_an_invite_lets_in_and_counts(room: Room, stranger: Guest) -> None:
    invite = invited(room.host, room, max_uses=2)
    assert (invite["uses"], invite["max_uses"], invite["created_by"]) == (0, 2, room.host.user_id)
    link = urlsplit(invite["url"])
    assert (link.path, link.query) == (f"/p/{room.id}", ""), "no proxy's log holds the code"
    assert parse_qs(link.fragment) == {"invite": [invite["code"]]}
    answer = join(stranger, room, invite)
    assert (answer["member"]["grants"], answer["member"]["own_grants"]) == (["chat"], None)
    event = room.host.events(room.id)[-1]
    assert event["data"]["invite_id"] == invite["id"]
    assert "own_grants" not in event["data"]
    (shown,) = listed(room.host, room)
    (use,) = shown["used_by"]
    assert shown == {**invite, "uses": 1, "used_by": [use]}
    assert (use["user_id"], use["display_name"]) == (stranger.user_id, stranger.display_name)
    assert use["at_ms"] == event["at_ms"]
    # Who is a member already needs none, and uses none up.
    join(room.member, room, invite)
    join(stranger, room, invite)
    assert listed(room.host, room)[0]["uses"] == 1


def test_what_an_invite_gives_belongs_to_who_joins_by_it(room: Room, stranger: Guest) -> None:
    invite = invited(room.host, room, grants=["playback", "queue"])
    socket = room.host.connect(room.id)
    socket.expect("welcome")
    answer = join(stranger, room, invite)
    assert answer["member"]["grants"] == answer["member"]["own_grants"] == ["playback", "queue"]
    heard = socket.expect("event")
    assert heard["member"]["own_grants"] == heard["event"]["data"]["own_grants"] == ["playback", "queue"]
    assert stranger.playback(room.id, "play")["revision"] == 4


@pytest.mark.parametrize("public", [False, True])
@pytest.mark.parametrize("why", ["expired", "used up", "revoked"])
def test_an_invite_that_is_closed_opens_nothing(room: Room, sign_in: SignIn, why: str, public: bool) -> None:
    late = sign_in("Late")
    if public:
        body_of(room.host.request("PATCH", room.path, json={"visibility": "public"}), 200)
    invite = invited(room.host, room, max_uses=1, expires_in_s=1 if why == "expired" else 3600)
    if why == "used up":
        join(sign_in("Early"), room, invite)
    elif why == "revoked":
        for _ in range(2):
            assert room.host.delete(f"{room.path}/invites/{invite['id']}").status_code == 204
        assert listed(room.host, room)[0]["revoked_at_ms"] >= invite["created_at_ms"]
    else:
        socket = room.host.connect(room.id)
        socket.expect("welcome")
        eventually(lambda: socket.ping(1)["t2"] > invite["expires_at_ms"])
    revision = room.host.party(room.id)["revision"]
    answer = late.post(f"{room.path}/join", {"invite_code": invite["code"]})
    if public:
        assert why in assert_refused(answer, "invalid_invite")["detail"]
    else:
        assert_refused(answer, "not_found")
        held = {"Party-Invite": invite["code"]}
        assert_refused(late.get(room.path, headers=held), "not_found")
        assert_refused(late.get(f"{room.path}/preview", headers=held), "not_found")
    assert room.host.party(room.id)["revision"] == revision


def test_an_open_invite_shows_what_it_is_to(room: Room, stranger: Guest) -> None:
    invite = invited(room.host, room)
    held = {"Party-Invite": invite["code"]}
    preview = body_of(stranger.http.get(f"{room.path}/preview", headers=held), 200)
    by_own_code = {"Party-Invite": room.party["invite_code"]}
    assert preview == body_of(stranger.http.get(f"{room.path}/preview", headers=by_own_code), 200)
    assert body_of(stranger.get(room.path, headers=held), 200)["title"] == room.party["title"]
    page = stranger.http.get(f"/p/{room.id}", params={"invite": invite["code"]})
    assert page.status_code == 200
    wrong = {"Party-Invite": "x" * 32}
    assert_refused(stranger.get(f"{room.path}/preview", headers=wrong), "not_found")


def test_an_invite_by_name_is_for_that_person_who_is_told(room: Room, sign_in: SignIn) -> None:
    zoe, other = sign_in("Zoe"), sign_in("Other")
    assert_refused(zoe.get(room.path), "not_found")
    invite = invited(room.host, room, user_id=zoe.user_id, grants=["playback"])
    assert invite["user_id"] == zoe.user_id
    told = body_of(zoe.get("/api/notifications"), 200)
    assert_answer("listNotifications", told)
    (item,) = told["items"]
    assert (item["type"], item["party_id"]) == ("party_invitation", room.id)
    assert item["data"]["who"] == {"id": room.host.user_id, "display_name": room.host.display_name}
    assert item["data"]["party_title"] == room.party["title"]
    assert body_of(zoe.get(room.path), 200)["title"] == room.party["title"], "they see what it is to"
    assert_refused(other.post(f"{room.path}/join", {"invite_code": invite["code"]}), "not_found")
    assert_refused(other.post(f"{room.path}/join"), "not_found")
    assert zoe.join(room.id)["member"]["grants"] == ["playback"]
    again = {"user_id": zoe.user_id}
    problem = assert_refused(room.host.post(f"{room.path}/invites", again), "validation_failed")
    assert list(problem["errors"]) == ["user_id"]


def test_only_rights_of_ones_own_are_handed_on(room: Room, stranger: Guest) -> None:
    assert_refused(room.member.post(f"{room.path}/invites"), "forbidden")
    let_invite(room, "chat")
    assert_refused(room.member.post(f"{room.path}/invites", {"grants": ["playback"]}), "forbidden")
    theirs = invited(room.member, room, grants=["chat"])
    powerful = invited(room.host, room, grants=["moderate"])
    codes = {one["id"]: one["code"] for one in listed(room.member, room)}
    assert codes == {theirs["id"]: theirs["code"], powerful["id"]: None}, "who sees a code can hand it on"
    assert {one["url"] for one in listed(room.member, room)} == {theirs["url"], None}


def test_who_loses_a_right_or_is_removed_has_no_way_back_by_invites(room: Room, sign_in: SignIn) -> None:
    let_invite(room, "chat", "playback")
    strong, weak = invited(room.member, room, grants=["playback"]), invited(room.member, room)
    let_invite(room, "chat")
    assert_refused(sign_in("A").post(f"{room.path}/join", {"invite_code": strong["code"]}), "not_found")
    join(sign_in("B"), room, weak)
    body_of(room.host.delete(f"{room.path}/members/{room.member.user_id}"), 204)
    assert_refused(room.member.post(f"{room.path}/join", {"invite_code": weak["code"]}), "not_found")


def test_a_ban_is_stronger_than_any_invite(room: Room) -> None:
    body_of(room.host.delete(f"{room.path}/members/{room.member.user_id}", params={"ban": "true"}), 204)
    for invite in (invited(room.host, room), invited(room.host, room, user_id=room.member.user_id)):
        answer = room.member.post(f"{room.path}/join", {"invite_code": invite["code"]})
        assert_refused(answer, "banned")
    assert_refused(room.member.post(f"{room.path}/join"), "banned")
    assert [one["uses"] for one in listed(room.host, room)] == [0, 0]


def test_another_invite_code_closes_the_one_before(room: Room, stranger: Guest) -> None:
    sockets = room.connect()
    party = body_of(room.host.post(f"{room.path}/invite_code"), 200)
    assert_answer("changeInviteCode", party)
    old, new = room.party["invite_code"], party["invite_code"]
    assert new != old
    for socket in sockets:
        heard = socket.expect("event")["event"]
        assert (heard["type"], heard["data"]) == ("invite_code_changed", {})
    assert new not in str(room.host.events(room.id))
    assert_refused(stranger.post(f"{room.path}/join", {"invite_code": old}), "not_found")
    assert_refused(stranger.get(f"{room.path}/preview", headers={"Party-Invite": old}), "not_found")
    assert room.member.join(room.id, old)["party"]["invite_code"] == new, "a member needs no code"
    # Who connects now is told the new one by a process whose replica had the old one.
    again = room.member.connect(room.id, device_id=str(uuid.uuid4()))
    assert again.expect("welcome")["party"]["invite_code"] == new
    assert stranger.join(room.id, new)["party"]["revision"] == 4


@pytest.mark.parametrize("code", ["", "wrong", "é" * 40, "x" * 200])
@pytest.mark.parametrize("public", [False, True])
def test_a_member_is_let_in_with_any_code(
    room: Room, open_room: Room, sign_in: SignIn, public: bool, code: str
) -> None:
    place = open_room if public else room
    assert place.member.join(place.id, code)["party"]["revision"] == 2
    refused = sign_in("Zoe").post(f"{place.path}/join", {"invite_code": code})
    assert_refused(refused, "invalid_invite" if public else "not_found")


@pytest.mark.parametrize(
    "body",
    [
        {"expires_in_s": 0},
        {"expires_in_s": "soon"},
        {"max_uses": 0},
        {"max_uses": 1.5},
        {"grants": ["rule"]},
        {"user_id": "zoe"},
        {"code": "mine"},
    ],
)
def test_a_wrong_invite_is_not_made(still_room: Room, body: Json) -> None:
    problem = assert_refused(still_room.host.post(f"{still_room.path}/invites", body), "validation_failed")
    assert list(problem["errors"]) == list(body)


def test_an_invite_of_another_party_opens_nothing(room: Room, open_room: Room, stranger: Guest) -> None:
    theirs = invited(open_room.host, open_room)
    assert_refused(stranger.post(f"{room.path}/join", {"invite_code": theirs["code"]}), "not_found")
    assert_refused(room.host.delete(f"{room.path}/invites/{theirs['id']}"), "not_found")


def test_the_same_key_makes_one_invite(room: Room) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first, again = (room.host.post(f"{room.path}/invites", {}, headers=key) for _ in range(2))
    assert first.json() == again.json()
    assert len(listed(room.host, room)) == 1


def press_join(room: Room, code: str, guest: Guest) -> httpx.Response:
    return guest.post(f"{room.path}/join", {"invite_code": code})


def test_six_press_a_one_use_invite_at_once_and_one_gets_in(room: Room, sign_in: SignIn) -> None:
    crowd = [sign_in(f"Guest {number}") for number in range(6)]
    for _ in range(4):
        invite = invited(room.host, room, max_uses=1)
        press = partial(press_join, room, invite["code"])
        with ThreadPoolExecutor(len(crowd)) as threads:
            answers = list(threads.map(press, crowd))
        assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404, 404, 404]
        assert listed(room.host, room)[0]["uses"] == 1
        winner = next(guest for guest, answer in zip(crowd, answers, strict=True) if answer.is_success)
        winner.leave(room.id)


def test_a_code_alone_finds_its_party(room: Room, stranger: Guest) -> None:
    party_code = room.host.party(room.id)["invite_code"]
    invite = invited(room.host, room, max_uses=1)
    for code in (party_code, invite["code"]):
        found = body_of(stranger.get("/api/parties/invited", headers={"Party-Invite": code}), 200)
        assert_answer("showInvited", found)
        assert (found["id"], found["name_taken"]) == (room.id, False)
    taken = stranger.get(
        "/api/parties/invited",
        params={"display_name": room.host.display_name.upper()},
        headers={"Party-Invite": party_code},
    )
    assert body_of(taken, 200)["name_taken"] is True
    own = room.host.get("/api/parties/invited", headers={"Party-Invite": party_code})
    assert body_of(own, 200)["name_taken"] is False
    join(stranger, room, invite)
    # It is used up, and yet it is the party of who came by it.
    body_of(stranger.get("/api/parties/invited", headers={"Party-Invite": invite["code"]}), 200)
    late = Guest(stranger.base_url, "Late")
    for code in (invite["code"], "nothing", ""):
        assert_refused(late.get("/api/parties/invited", headers={"Party-Invite": code}), "not_found")
    late.close()
