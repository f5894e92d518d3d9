"""The beginning of a conversation: the welcome, and what a device that comes back is told."""

from __future__ import annotations

import pytest

from partyapp.party.controllers.openapi.objects import Event
from tests.e2e.conftest import Room
from tests.support.contract import assert_message, assert_object, assert_party

pytestmark = pytest.mark.stack


def test_the_welcome_comes_first_with_the_whole_party(room: Room) -> None:
    socket = room.member.connect(room.id)
    welcome = socket.expect("welcome")
    assert socket.messages[0] is welcome
    assert_message(welcome)
    assert_party(welcome["party"])
    assert welcome["user_id"] == room.member.user_id
    assert welcome["root_bound_ms"] >= 0
    assert 1 <= welcome["heartbeat_s"] <= 30
    party = welcome["party"]
    assert (party["id"], party["revision"]) == (room.id, 2)
    assert party["invite_code"] == room.party["invite_code"]


def test_the_welcome_is_current(room: Room) -> None:
    playback = room.host.playback(room.id, "play", position_s=7)["playback"]
    assert room.member.connect(room.id).expect("welcome")["party"]["playback"] == playback


def test_who_comes_back_hears_what_was_missed_in_order(room: Room) -> None:
    room.host.playback(room.id, "play")
    room.host.playback(room.id, "seek", position_s=9)
    room.host.transfer(room.id, room.member.user_id)
    socket = room.member.connect(room.id, last_revision=2)
    assert socket.expect("welcome")["party"]["revision"] == 5
    missed = [socket.expect("event")["event"] for _ in range(3)]
    for event in missed:
        assert_object(Event, event)
    assert [(event["revision"], event["type"]) for event in missed] == [
        (3, "playback_started"),
        (4, "playback_sought"),
        (5, "host_transferred"),
    ]
    assert missed == room.host.events(room.id)[2:]
    room.member.playback(room.id, "pause")
    assert socket.expect("playback")["revision"] == 6
    assert socket.revisions == [3, 4, 5, 6]


def test_from_nothing_the_whole_history_is_missed(room: Room) -> None:
    socket = room.member.connect(room.id, last_revision=0)
    assert [socket.expect("event")["event"]["revision"] for _ in range(2)] == [1, 2]


@pytest.mark.parametrize("last_revision", [2, 1000])
def test_who_missed_nothing_is_told_nothing(room: Room, last_revision: int) -> None:
    socket = room.member.connect(room.id, last_revision=last_revision)
    assert socket.expect("welcome")["party"]["revision"] == 2
    socket.ping(1)
    assert socket.revisions == []


def test_without_a_last_revision_nothing_is_repeated(room: Room) -> None:
    room.host.playback(room.id, "play")
    socket = room.member.connect(room.id)
    socket.ping(1)
    assert socket.revisions == []


def test_what_is_too_much_to_repeat_is_left_to_the_welcome(open_room: Room) -> None:
    # 201 events since revision 2: one more than are repeated.
    for number in range(201):
        open_room.host.playback(open_room.id, "seek", position_s=float(number))
    resumed = open_room.member.connect(open_room.id, last_revision=3)
    assert [resumed.expect("event")["event"]["revision"] for _ in range(200)] == list(range(4, 204))
    anew = open_room.member.connect(open_room.id, last_revision=2)
    welcome = anew.expect("welcome")
    assert welcome["party"]["revision"] == 203
    assert welcome["party"]["playback"]["position_s"] == 200
    anew.ping(1)
    assert anew.revisions == []
