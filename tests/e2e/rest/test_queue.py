"""A party's queue on the real service: who may do what, what the room hears, and what begins by itself."""

from __future__ import annotations

import uuid

import pytest

from tests.e2e.conftest import Room
from tests.support.contract import assert_answer, assert_refused
from tests.support.party_client import Guest, Json, Socket, body_of
from tests.support.waiting import RECOVERY_S

pytestmark = pytest.mark.stack


def film(guest: Guest, title: str, duration_s: float = 90.0) -> str:
    return str(guest.create_video(title, duration_s)["id"])


def add(room: Room, title: str, **wishes: object) -> Json:
    body = {"video_id": film(room.host, title), **wishes}
    item: Json = body_of(room.host.post(f"{room.path}/queue", body), 201)
    return item


def titles(guest: Guest, room: Room) -> list[str]:
    shown = body_of(guest.get(f"{room.path}/queue"), 200)
    assert_answer("showQueue", shown)
    return [item["video"]["title"] for item in shown["items"]]


def hears(socket: Socket, *expected: str) -> Json:
    """The queue message after which these films follow."""
    return socket.expect(
        "queue", where=lambda found: [item["video"]["title"] for item in found["items"]] == [*expected]
    )


def test_films_are_arranged_and_everybody_hears_of_it(room: Room) -> None:
    host, member = room.connect()
    assert host.of_type("welcome")[0]["queue"] == {"items": [], "queue_revision": 0, "mode": "order"}
    first, second = add(room, "One"), add(room, "Two")
    assert_answer("addToQueue", first)
    third = add(room, "Three", next=True)
    assert titles(room.member, room) == ["Three", "One", "Two"]
    for socket in (host, member):
        hears(socket, "Three", "One", "Two")
    body_of(room.host.post(f"{room.path}/queue/{second['id']}/move", {"before": third["id"]}), 204)
    body_of(room.host.post(f"{room.path}/queue/{third['id']}/move", {"before": None}), 204)
    hears(member, "Two", "One", "Three")
    body_of(room.host.delete(f"{room.path}/queue/{first['id']}"), 204)
    body_of(room.host.delete(f"{room.path}/queue/{first['id']}"), 204)
    last = hears(host, "Two", "Three")
    again = room.member.connect(room.id, device_id=str(uuid.uuid4()))
    assert again.expect("welcome")["queue"] == {name: last[name] for name in last if name != "type"}
    unknown = {"before": str(uuid.uuid4())}
    refused = room.host.post(f"{room.path}/queue/{third['id']}/move", unknown)
    assert list(assert_refused(refused, "validation_failed")["errors"]) == ["before"]


def test_who_has_added_a_film_arranges_it_also_without_the_right(room: Room) -> None:
    path = f"{room.path}/members/{room.member.user_id}/grants"
    body_of(room.host.request("PUT", path, json={"grants": ["queue"]}), 200)
    own = body_of(room.member.post(f"{room.path}/queue", {"video_id": film(room.member, "Own")}), 201)
    body_of(room.host.request("PUT", path, json={"grants": ["chat"]}), 200)
    other = add(room, "Other")
    assert_refused(room.member.post(f"{room.path}/queue", {"video_id": own["video"]["id"]}), "forbidden")
    assert_refused(room.member.post(f"{room.path}/queue/{other['id']}/move", {"before": None}), "forbidden")
    assert_refused(room.member.delete(f"{room.path}/queue/{other['id']}"), "forbidden")
    body_of(room.member.post(f"{room.path}/queue/{own['id']}/move", {"before": None}), 204)
    assert titles(room.host, room) == ["Other", "Own"]
    body_of(room.member.delete(f"{room.path}/queue/{own['id']}"), 204)
    assert titles(room.host, room) == ["Other"]


def test_votes_count_once_and_each_sees_their_own(room: Room) -> None:
    host, member = room.connect()
    _, second = add(room, "One"), add(room, "Two")
    for _ in range(2):
        body_of(room.member.request("PUT", f"{room.path}/queue/{second['id']}/vote"), 204)

    def voted(found: Json) -> bool:
        return bool(found["items"][-1]["votes"] == 1)

    assert member.expect("queue", where=voted)["items"][-1]["voted"]
    assert not host.expect("queue", where=voted)["items"][-1]["voted"]
    body_of(room.member.delete(f"{room.path}/queue/{second['id']}/vote"), 204)
    member.expect("queue", where=lambda found: found["items"][-1]["votes"] == 0)
    missing = f"{room.path}/queue/{uuid.uuid4()}/vote"
    assert_refused(room.member.request("PUT", missing), "not_found")


def test_a_film_that_is_deleted_is_in_no_queue(room: Room) -> None:
    host, _ = room.connect()
    item = add(room, "One")
    add(room, "Two")
    hears(host, "One", "Two")
    body_of(room.host.delete(f"/api/videos/{item['video']['id']}"), 204)
    hears(host, "Two")
    assert titles(room.host, room) == ["Two"]


def test_next_plays_the_first_and_takes_it_out(room: Room) -> None:
    _, member = room.connect()
    assert_refused(room.host.post(f"{room.path}/next"), "queue_empty")
    item = add(room, "One")
    add(room, "Two")
    key = {"Idempotency-Key": str(uuid.uuid4())}
    parties = [body_of(room.host.post(f"{room.path}/next", headers=key), 200) for _ in range(2)]
    assert parties[0] == parties[1]
    assert_answer("playNext", parties[0])
    assert (parties[0]["video"]["id"], parties[0]["playback"]["state"]) == (item["video"]["id"], "playing")
    hears(member, "Two")
    assert titles(room.host, room) == ["Two"]
    assert [event["type"] for event in room.host.events(room.id)].count("video_changed") == 1


def ending(room: Room) -> None:
    """The film has a second left."""
    room.host.playback(room.id, "play", position_s=room.party["video"]["duration_s"] - 1)


def test_the_next_film_begins_by_itself_for_all_at_once(room: Room) -> None:
    sockets = room.connect()
    item = add(room, "One")
    ending(room)
    for socket in sockets:
        finished = socket.expect(
            "event", RECOVERY_S, lambda found: found["event"]["type"] == "playback_finished"
        )
        following = finished["event"]["data"]["next"]
        assert finished["playback"]["next"] == following
        assert (following["item_id"], following["video_id"]) == (item["id"], item["video"]["id"])
        changed = socket.expect("event", RECOVERY_S, lambda found: found["event"]["type"] == "video_changed")
        assert changed["event"]["actor_id"] is None
        assert changed["playback"]["state"] == "playing"
        assert changed["playback"]["at_ms"] == following["at_ms"]
        hears(socket)
    kinds = [event["type"] for event in room.host.events(room.id)]
    assert (kinds.count("playback_finished"), kinds.count("video_changed")) == (1, 1)


def test_what_is_announced_is_replaced_when_it_is_taken_out_and_cancelled_by_a_press(room: Room) -> None:
    socket, _ = room.connect()
    body_of(room.host.request("PATCH", room.path, json={"next_after_s": 600}), 200)
    first, second, third = add(room, "One"), add(room, "Two"), add(room, "Three")
    ending(room)

    def announces(item: Json | None) -> Json:
        wanted = None if item is None else item["id"]

        def fits(found: Json) -> bool:
            following = found["event"]["data"].get("next")
            told = None if following is None else following["item_id"]
            return bool(found["event"]["type"] == "playback_finished" and told == wanted)

        return socket.expect("event", RECOVERY_S, fits)

    def put_before(item: Json, other: Json) -> None:
        body_of(room.host.post(f"{room.path}/queue/{item['id']}/move", {"before": other["id"]}), 204)

    announces(first)
    put_before(third, first)
    # What is announced plays first, and so it is shown first.
    assert titles(room.host, room) == ["One", "Three", "Two"]
    hears(socket, "One", "Three", "Two")
    body_of(room.host.delete(f"{room.path}/queue/{first['id']}"), 204)
    announces(third)
    # Another pause counts at once.
    before_ms = room.host.party(room.id)["playback"]["next"]["at_ms"]
    body_of(room.host.request("PATCH", room.path, json={"next_after_s": 60}), 200)
    announces(third)
    assert room.host.party(room.id)["playback"]["next"]["at_ms"] < before_ms
    put_before(second, third)
    assert titles(room.host, room) == ["Three", "Two"]
    revision = body_of(room.host.get(f"{room.path}/queue"), 200)["queue_revision"]
    socket.expect("queue", where=lambda found: found["queue_revision"] == revision)
    room.host.playback(room.id, "pause")
    assert room.host.party(room.id)["playback"]["next"] is None
    assert titles(room.host, room) == ["Two", "Three"]
    hears(socket, "Two", "Three")
