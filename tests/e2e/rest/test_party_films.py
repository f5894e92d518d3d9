"""A party's film over HTTP: another one while the party goes on."""

from __future__ import annotations

import uuid

import pytest

from tests.e2e.conftest import Room
from tests.support.contract import assert_answer, assert_refused
from tests.support.party_client import Json

pytestmark = pytest.mark.stack


def another_film(room: Room) -> Json:
    return room.host.create_video("The second film", 90.0)


def test_the_film_changes_for_everybody(room: Room) -> None:
    sockets, video = room.connect(), another_film(room)
    answer = room.host.post(f"{room.path}/video", {"video_id": video["id"], "position_s": 12.5})
    assert answer.status_code == 200, answer.text
    party = answer.json()
    assert_answer("changePartyVideo", party)
    assert (party["video"]["id"], party["revision"]) == (video["id"], 3)
    assert (party["playback"]["state"], party["playback"]["position_s"]) == ("stopped", 12.5)
    for socket in sockets:
        message = socket.expect("event", where=lambda found: found["event"]["type"] == "video_changed")
        assert message["event"]["data"]["video"]["id"] == video["id"]
        assert message["event"]["data"]["playback"] == message["playback"] == party["playback"]
        assert message["event"]["actor_id"] == room.host.user_id
    # The replica of the process has moved on: the next command is decided on the new film.
    said = sockets[0].command("seek", position_s=1e6)
    assert said["type"] == "ack", said
    assert room.member.party(room.id)["playback"]["position_s"] == 90.0
    assert [event["type"] for event in room.host.events(room.id)][2:] == ["video_changed", "playback_sought"]


def test_it_plays_at_once_where_that_is_wished(room: Room) -> None:
    video = another_film(room)
    party = room.host.post(f"{room.path}/video", {"video_id": video["id"], "play": True}).json()
    assert (party["playback"]["state"], party["playback"]["position_s"]) == ("playing", 0)


def test_a_repeat_by_its_key_changes_nothing_more(room: Room) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"video_id": another_film(room)["id"]}
    first, again = (room.host.post(f"{room.path}/video", body, headers=key) for _ in range(2))
    assert first.json() == again.json()
    assert room.host.party(room.id)["revision"] == 3


def test_the_film_that_is_shown_is_in_use_and_the_one_before_is_not(room: Room) -> None:
    before, video = room.party["video"], another_film(room)
    assert room.host.post(f"{room.path}/video", {"video_id": video["id"]}).status_code == 200
    assert_refused(room.host.delete(f"/api/videos/{video['id']}"), "video_in_use")
    assert room.host.delete(f"/api/videos/{before['id']}").status_code in (204, 403)
    socket = room.member.connect(room.id)
    socket.expect("welcome")
    changed = room.host.request("PATCH", f"/api/videos/{video['id']}", json={"title": "Another title"})
    assert changed.status_code == 200, changed.text
    assert socket.expect("video")["video"]["title"] == "Another title"


def test_a_status_of_the_film_before_says_nothing(room: Room) -> None:
    before, video = room.party["video"], another_film(room)
    room.host.post(f"{room.path}/video", {"video_id": video["id"]})
    length = {"position_s": 0, "state": "paused", "duration_s": 42.0}
    assert room.host.post(f"{room.path}/sync", {**length, "video_id": before["id"]}).status_code == 200
    assert room.host.party(room.id)["video"]["duration_s"] == 90.0
    assert room.host.post(f"{room.path}/sync", {**length, "video_id": video["id"]}).status_code == 200
    assert room.host.party(room.id)["video"]["duration_s"] == 42.0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "video_id"),
        ({"video_id": str(uuid.uuid4())}, "video_id"),
        ({"video_id": "x"}, "video_id"),
        ({"video_id": "$", "position_s": -1}, "position_s"),
        ({"video_id": "$", "play": "yes"}, "play"),
    ],
)
def test_what_is_no_film_to_show(room: Room, body: Json, field: str) -> None:
    if body.get("video_id") == "$":
        body = {**body, "video_id": room.party["video"]["id"]}
    problem = assert_refused(room.host.post(f"{room.path}/video", body), "validation_failed")
    assert list(problem["errors"]) == [field]
