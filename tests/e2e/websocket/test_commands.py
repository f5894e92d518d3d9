"""Commands over the socket: all six, their answers, and what every member hears of them."""

from __future__ import annotations

import uuid

import pytest

from tests.e2e.conftest import Room
from tests.support.contract import assert_message, assert_problem
from tests.support.party_client import Guest, Json

pytestmark = pytest.mark.stack


def assert_acked(answer: Json, revision: int) -> None:
    assert answer.keys() == {"type", "id", "revision"}
    assert (answer["type"], answer["revision"]) == ("ack", revision)


def assert_error(answer: Json, code: str) -> None:
    assert answer.keys() <= {"type", "id", "problem"}
    assert answer["type"] == "error"
    assert_problem(answer["problem"], code)


@pytest.mark.parametrize(
    ("action", "fields", "state"),
    [("play", {"rate": 1.25}, "playing"), ("pause", {}, "paused"), ("seek", {"position_s": 60}, "paused")],
)
def test_playback_reaches_every_member_and_who_asked(
    room: Room, action: str, fields: Json, state: str
) -> None:
    room.host.playback(room.id, "play")
    room.host.playback(room.id, "pause")
    sockets = room.connect()
    command_id = str(uuid.uuid4())
    assert_acked(sockets[0].command(action, id=command_id, **fields), 5)
    heard = [socket.expect("playback") for socket in sockets]
    assert heard[0] == heard[1]
    change = heard[0]
    assert change.keys() >= {"type", "revision", "playback", "action", "by", "command_id"}
    assert_message(change)
    assert (change["revision"], change["action"], change["by"]) == (5, action, room.host.user_id)
    assert change["command_id"] == command_id
    assert (change["playback"]["state"], change["playback"]["revision"]) == (state, 5)
    assert room.host.party(room.id)["playback"] == change["playback"]


def test_playback_is_scheduled_for_an_instant_yet_to_come(room: Room) -> None:
    host, member = room.connect()
    before = host.ping(1)["t3"]
    host.command("play")
    at_ms = [socket.expect("playback")["playback"]["at_ms"] for socket in (host, member)]
    assert at_ms[0] == at_ms[1] >= before + 80


def test_playback_by_http_is_heard_too(room: Room) -> None:
    sockets = room.connect()
    answer = room.host.playback(room.id, "play")
    for socket in sockets:
        change = socket.expect("playback")
        assert (change["revision"], change["playback"]) == (answer["revision"], answer["playback"])
        assert (change["action"], change["by"]) == ("play", room.host.user_id)


def test_a_hand_over(room: Room) -> None:
    sockets = room.connect()
    assert_acked(sockets[0].command("transfer_host", user_id=room.member.user_id), 3)
    for socket in sockets:
        message = socket.expect("event")
        assert_message(message)
        assert (message["event"]["type"], message["event"]["revision"]) == ("host_transferred", 3)
        assert message["host_id"] == room.member.user_id
    assert_error(sockets[0].command("play"), "forbidden")
    assert_acked(sockets[1].command("play"), 4)


def test_leaving(room: Room) -> None:
    host, member = room.connect()
    assert_acked(member.command("leave"), 3)
    assert member.wait_closed() == 4403
    message = host.expect("event")
    assert (message["event"]["type"], message["event"]["actor_id"]) == ("member_left", room.member.user_id)


def test_a_leaving_host_is_followed_by_the_next(room: Room) -> None:
    host, member = room.connect()
    assert host.command("leave")["type"] == "ack"
    message = member.expect("event", where=lambda message: message["event"]["type"] == "host_transferred")
    assert message["host_id"] == room.member.user_id
    member.expect("event", where=lambda message: message["event"]["type"] == "member_left")
    assert sorted(member.revisions) == member.revisions == [3, 4]
    assert_acked(member.command("play"), 5)


def test_ending(room: Room) -> None:
    sockets = room.connect()
    assert_acked(sockets[0].command("end"), 3)
    for socket in sockets:
        ended = socket.expect("ended")
        assert ended.keys() == {"type", "reason", "revision"}
        assert isinstance(ended["reason"], str)
        assert ended["revision"] == 3
        assert socket.wait_closed() == 4410
    assert room.member.party(room.id)["state"] == "ended"


def test_a_join_is_heard_with_who_came(room: Room, stranger: Guest) -> None:
    socket = room.member.connect(room.id)
    socket.expect("welcome")
    stranger.join(room.id, room.party["invite_code"])
    message = socket.expect("event")
    assert_message(message)
    assert message["event"]["type"] == "member_joined"
    assert (message["member"]["user_id"], message["member"]["display_name"]) == (stranger.user_id, "Mallory")


@pytest.mark.parametrize(
    ("action", "fields"),
    [("play", {}), ("seek", {"position_s": 5}), ("transfer_host", {"user_id": "$member"})],
)
def test_the_same_id_again_is_the_first_answer_alone(room: Room, action: str, fields: Json) -> None:
    fields = {name: room.member.user_id if value == "$member" else value for name, value in fields.items()}
    command_id = str(uuid.uuid4())
    first = room.host.connect(room.id)
    answer = first.command(action, id=command_id, **fields)
    assert_acked(answer, 3)
    assert first.command(action, id=command_id, **fields) == answer
    second = room.host.connect(room.id, device_id=str(uuid.uuid4()))
    assert second.command(action, id=command_id, **fields) == answer
    assert room.host.party(room.id)["revision"] == 3


def test_a_plain_member_is_refused_everything_but_leaving(room: Room) -> None:
    socket = room.member.connect(room.id)
    for action, fields in (
        ("play", {}),
        ("pause", {}),
        ("seek", {"position_s": 1}),
        ("transfer_host", {"user_id": room.member.user_id}),
        ("end", {}),
    ):
        assert_error(socket.command(action, **fields), "forbidden")
    socket.ping(1)
    assert room.host.party(room.id)["revision"] == 2


def test_everyone_controls_where_everyone_may(open_room: Room) -> None:
    _, member = open_room.connect()
    assert_acked(member.command("play"), 3)
    assert_error(member.command("end"), "forbidden")


def test_an_older_revision_is_refused(room: Room) -> None:
    socket = room.host.connect(room.id)
    assert_acked(socket.command("play", expected_revision=2), 3)
    assert_error(socket.command("pause", expected_revision=2), "stale_revision")
    assert_acked(socket.command("pause", expected_revision=3), 4)
