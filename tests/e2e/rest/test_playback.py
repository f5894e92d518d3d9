"""Playback by HTTP: what each action does to the timeline, who may, and what is refused."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.e2e.conftest import Room, Service
from tests.support.contract import assert_answer, assert_refused
from tests.support.party_client import Guest, Json, eventually

pytestmark = pytest.mark.stack

END_S = 600.0
SHORTEST_LEAD_MS, LONGEST_LEAD_MS = 80, 1200


def now_ms(room: Room) -> float:
    """Party time, as the service tells it."""
    return float(room.host.sync(room.id, 0, "paused")["server_time_ms"])


def position_at(playback: Json, at_ms: float) -> float:
    """The formula of PROTOCOL.md."""
    elapsed_s = (at_ms - playback["at_ms"]) / 1000 if playback["state"] == "playing" else 0.0
    return float(playback["position_s"] + playback["rate"] * elapsed_s)


def test_play_answers_with_revision_and_playback(room: Room) -> None:
    answer = room.host.playback(room.id, "play")
    assert_answer("controlPlayback", answer)
    assert answer["revision"] == answer["playback"]["revision"] == 3
    assert (answer["playback"]["state"], answer["playback"]["rate"]) == ("playing", 1)
    assert answer["playback"]["position_s"] == 0
    party = room.member.party(room.id)
    assert (party["playback"], party["revision"]) == (answer["playback"], 3)


def test_a_command_is_scheduled_ahead_so_that_all_act_together(room: Room) -> None:
    before = now_ms(room)
    playback = room.host.playback(room.id, "play")["playback"]
    assert before + SHORTEST_LEAD_MS <= playback["at_ms"] <= now_ms(room) + LONGEST_LEAD_MS


def test_a_pause_holds_the_position_that_playing_had_reached(room: Room) -> None:
    played = room.host.playback(room.id, "play", position_s=100, rate=2)["playback"]
    eventually(lambda: now_ms(room) > played["at_ms"] + 200)
    paused = room.host.playback(room.id, "pause")["playback"]
    assert paused["state"] == "paused"
    assert paused["position_s"] == pytest.approx(position_at(played, paused["at_ms"]), abs=1e-3)
    assert paused["position_s"] > 100.4


def test_play_goes_on_where_the_pause_was(room: Room) -> None:
    room.host.playback(room.id, "play", position_s=42)
    paused = room.host.playback(room.id, "pause")["playback"]
    played = room.host.playback(room.id, "play")["playback"]
    assert (played["state"], played["position_s"]) == ("playing", paused["position_s"])


@pytest.mark.parametrize(("before", "after"), [("play", "playing"), ("pause", "paused")])
def test_a_seek_moves_the_position_and_nothing_else(room: Room, before: str, after: str) -> None:
    room.host.playback(room.id, "play", rate=1.5)
    if before == "pause":
        room.host.playback(room.id, "pause")
    sought = room.host.playback(room.id, "seek", position_s=333.25)["playback"]
    assert (sought["state"], sought["position_s"], sought["rate"]) == (after, 333.25, 1.5)


def test_a_seek_before_the_first_play_does_not_start_it(room: Room) -> None:
    sought = room.host.playback(room.id, "seek", position_s=12.5)["playback"]
    assert sought["state"] in ("stopped", "paused")
    assert room.host.playback(room.id, "play")["playback"]["position_s"] == 12.5


@pytest.mark.parametrize("position_s", [END_S, END_S + 0.1, 1e9, 1e300])
def test_a_seek_past_the_end_is_clamped(room: Room, position_s: float) -> None:
    assert room.host.playback(room.id, "seek", position_s=position_s)["playback"]["position_s"] == END_S


def test_a_play_at_the_end_starts_over(room: Room) -> None:
    room.host.playback(room.id, "seek", position_s=END_S)
    playback = room.host.playback(room.id, "play")["playback"]
    assert (playback["state"], playback["position_s"]) == ("playing", 0)


@pytest.mark.parametrize("rate", [0.25, 1, 1.25, 4])
def test_rates_taken(room: Room, rate: float) -> None:
    assert room.host.playback(room.id, "play", rate=rate)["playback"]["rate"] == rate


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("action", {}),
        ("action", {"action": "stop"}),
        ("action", {"action": "end"}),
        ("action", {"action": None}),
        ("action", {"action": ["play"]}),
        ("position_s", {"action": "seek"}),
        ("position_s", {"action": "seek", "position_s": -0.1}),
        ("position_s", {"action": "seek", "position_s": "middle"}),
        ("position_s", {"action": "seek", "position_s": True}),
        ("position_s", {"action": "play", "position_s": -1}),
        ("rate", {"action": "play", "rate": 0.24}),
        ("rate", {"action": "play", "rate": 4.01}),
        ("rate", {"action": "play", "rate": 0}),
        ("rate", {"action": "play", "rate": -1}),
        ("rate", {"action": "play", "rate": "fast"}),
        ("expected_revision", {"action": "play", "expected_revision": -1}),
        ("expected_revision", {"action": "play", "expected_revision": 1.5}),
        ("expected_revision", {"action": "play", "expected_revision": 10**30}),
        ("surprise", {"action": "play", "surprise": 1}),
    ],
)
def test_playback_refused(still_room: Room, field: str, body: Any) -> None:
    before = still_room.host.party(still_room.id)
    problem = assert_refused(still_room.host.post(f"{still_room.path}/playback", body), "validation_failed")
    assert list(problem["errors"]) == [field]
    assert still_room.host.party(still_room.id)["revision"] == before["revision"]


def test_a_command_for_an_older_revision_is_refused(room: Room) -> None:
    room.host.playback(room.id, "play", expected_revision=2)
    body = {"action": "pause", "expected_revision": 2}
    assert_refused(room.host.post(f"{room.path}/playback", body), "stale_revision")
    assert room.host.playback(room.id, "pause", expected_revision=3)["revision"] == 4


def test_a_command_of_a_socket_given_once_more_by_rest_is_the_same_command(room: Room) -> None:
    """A client whose network takes its socket away doesn't know whether the command arrived."""
    command_id = str(uuid.uuid4())
    socket = room.host.connect(room.id)
    socket.expect("welcome")
    revision = socket.command("seek", id=command_id, position_s=77.0)["revision"]
    socket.close()
    again = room.host.post(
        f"/api/parties/{room.id}/playback",
        {"action": "seek", "position_s": 77.0},
        headers={"Idempotency-Key": command_id},
    )
    assert again.json()["revision"] == revision
    assert room.host.party(room.id)["revision"] == revision


def test_a_member_may_not_control_where_the_host_does(room: Room) -> None:
    for action in ("play", "pause", "seek"):
        body = {"action": action, "position_s": 5}
        assert_refused(room.member.post(f"{room.path}/playback", body), "forbidden")
    assert room.host.party(room.id)["revision"] == 2


def test_everyone_controls_where_everyone_may(open_room: Room) -> None:
    assert open_room.member.playback(open_room.id, "play")["revision"] == 3
    assert open_room.host.playback(open_room.id, "pause")["revision"] == 4
    assert [event["actor_id"] for event in open_room.host.events(open_room.id)[2:]] == [
        open_room.member.user_id,
        open_room.host.user_id,
    ]


def test_a_stranger_controls_nothing(room: Room, open_room: Room, stranger: Guest) -> None:
    body = {"action": "play"}
    assert_refused(stranger.post(f"{open_room.path}/playback", body), "not_a_member")
    assert_refused(stranger.post(f"{room.path}/playback", body), "not_found")


def test_what_plays_past_its_end_is_finished(host: Guest, service: Service) -> None:
    party = host.create_party(host.create_video(duration_s=0.5)["id"])
    socket = host.connect(party["id"])
    host.playback(party["id"], "play")

    def finished() -> bool:
        return any(event["type"] == "playback_finished" for event in host.events(party["id"]))

    eventually(finished, every_s=0.25)
    playback = host.party(party["id"])["playback"]
    assert playback["state"] != "playing"
    assert playback["position_s"] == pytest.approx(0.5)
    eventually(lambda: socket.revisions == [2, 3])
    assert host.playback(party["id"], "play")["playback"]["position_s"] == 0


def test_who_only_sends_commands_is_there(room: Room) -> None:
    """A remote control, say: it holds no socket, and asks for nothing."""

    def is_online() -> bool:
        members = room.member.party(room.id)["members"]
        return bool({each["user_id"]: each["online"] for each in members}[room.host.user_id])

    assert not is_online()
    room.host.playback(room.id, "play")
    eventually(is_online)
