"""`/sync`: how far off a player is, and what it should do about it, without a socket."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.conftest import Room, Service, SignIn
from tests.support.contract import assert_answer, assert_refused
from tests.support.party_client import Guest, Json, body_of, eventually

pytestmark = pytest.mark.stack

#: Two requests one after the other usually take far less, ms.
LATE_MS = 150.0


def playing(room: Room) -> Json:
    """Start the room at 100 s and wait until it plays; the last /sync answer is returned."""
    room.host.playback(room.id, "play", position_s=100)

    def begun() -> Json:
        answer = room.member.sync(room.id, 100, "playing")
        return answer if answer["target_position_s"] > 100.05 else {}

    return eventually(begun)


def off_by(room: Room, seconds: float) -> tuple[Json, float]:
    """The answer to a position this much ahead of where the room played, and how far ahead it was, ms.

    The second is less by the time from the one request to the other. On a busy machine that may be long,
    so it is tried until it was short.
    """

    def tried() -> tuple[Json, float] | None:
        known = room.member.sync(room.id, 0, "playing")
        position_s = known["target_position_s"] + seconds
        answer = room.member.sync(room.id, position_s, "playing", rtt_ms=1.0, revision=known["revision"])
        late_ms = answer["received_ms"] - known["received_ms"]
        return (answer, seconds * 1000 - late_ms) if late_ms < LATE_MS else None

    found = eventually(tried)
    assert found is not None
    return found


def test_the_answer_has_every_field(room: Room) -> None:
    answer = room.member.sync(room.id, 0, "paused", revision=2, rtt_ms=12.5)
    assert_answer("syncPlayback", answer)
    assert answer["revision"] == 2
    assert answer["received_ms"] <= answer["server_time_ms"]


def test_who_is_where_the_pause_is_need_do_nothing(room: Room) -> None:
    room.host.playback(room.id, "play", position_s=50)
    paused = room.host.playback(room.id, "pause")["playback"]

    def begun() -> Json:
        answer = room.member.sync(room.id, paused["position_s"], "paused")
        return answer if answer["received_ms"] > paused["at_ms"] else {}

    settled = eventually(begun)
    assert settled["target_position_s"] == pytest.approx(paused["position_s"])
    assert abs(settled["drift_ms"]) < 1
    assert settled["correction"]["kind"] == "none"


def test_the_target_runs_with_party_time(room: Room) -> None:
    first = playing(room)
    later = room.member.sync(room.id, 100, "playing")
    gone_s = (later["received_ms"] - first["received_ms"]) / 1000
    assert later["target_position_s"] - first["target_position_s"] == pytest.approx(gone_s, abs=0.05)


def test_who_is_a_little_behind_is_sped_up_and_ahead_slowed_down(room: Room) -> None:
    playing(room)
    behind, ahead = off_by(room, -0.25)[0], off_by(room, 0.25)[0]
    assert behind["correction"]["kind"] == ahead["correction"]["kind"] == "nudge"
    assert 1 < behind["correction"]["rate"] <= 1.25
    assert 0.75 <= ahead["correction"]["rate"] < 1
    assert abs(behind["drift_ms"]) == pytest.approx(250, abs=LATE_MS + 1)
    assert behind["drift_ms"] * ahead["drift_ms"] < 0


def test_who_is_far_off_seeks(room: Room) -> None:
    playing(room)
    for seconds in (-30.0, 30.0):
        answer, ahead_ms = off_by(room, seconds)
        assert answer["correction"]["kind"] == "seek"
        assert answer["correction"]["position_s"] == pytest.approx(answer["target_position_s"], abs=1.5)
        assert answer["drift_ms"] == pytest.approx(ahead_ms, abs=LATE_MS)


def test_the_target_is_never_past_the_end(room: Room) -> None:
    room.host.playback(room.id, "play", position_s=599.9, rate=4)
    eventually(lambda: room.member.sync(room.id, 0, "playing")["target_position_s"] == 600)


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("position_s", {"state": "playing"}),
        ("state", {"position_s": 1}),
        ("position_s", {"position_s": -1, "state": "playing"}),
        ("position_s", {"position_s": "x", "state": "playing"}),
        ("state", {"position_s": 1, "state": "lost"}),
        ("rtt_ms", {"position_s": 1, "state": "paused", "rtt_ms": -1}),
        ("revision", {"position_s": 1, "state": "paused", "revision": "new"}),
        ("surprise", {"position_s": 1, "state": "paused", "surprise": 1}),
    ],
)
def test_sync_refused(still_room: Room, field: str, body: Any) -> None:
    problem = assert_refused(still_room.member.post(f"{still_room.path}/sync", body), "validation_failed")
    assert list(problem["errors"]) == [field]


def test_sync_is_for_members(room: Room, open_room: Room, stranger: Guest) -> None:
    body = {"position_s": 0, "state": "paused"}
    assert_refused(stranger.post(f"{open_room.path}/sync", body), "not_a_member")
    assert_refused(stranger.post(f"{room.path}/sync", body), "not_found")


def test_sync_is_no_event(room: Room) -> None:
    room.host.sync(room.id, 3, "playing")
    assert room.host.party(room.id)["revision"] == 2


def length_in_party(guest: Guest, party_id: str) -> float | None:
    """The film's length in s, as the party has it."""
    found: float | None = body_of(guest.get(f"/api/parties/{party_id}"), 200)["video"]["duration_s"]
    return found


def length_of_video(guest: Guest, video_id: str) -> float | None:
    """The film's length in s, as later parties begin with it."""
    found: float | None = body_of(guest.get(f"/api/videos/{video_id}"), 200)["duration_s"]
    return found


@pytest.mark.parametrize("typed_s", [None, 30.0, 900.0], ids=["unknown", "too short", "too long"])
def test_the_length_that_its_owners_player_tells_is_kept_for_later_parties(
    host: Guest, member: Guest, typed_s: float | None
) -> None:
    video_id = host.create_video(duration_s=typed_s)["id"]
    others = member.create_party(video_id)
    member.sync(others["id"], 0, "paused", duration_s=1.5)
    assert length_in_party(member, others["id"]) == 1.5, "who hosts is believed in their own party"
    assert length_of_video(host, video_id) == typed_s, "and not beyond it"
    own = host.create_party(video_id)
    host.sync(own["id"], 0, "paused", duration_s=95.25)
    assert length_in_party(host, own["id"]) == length_of_video(member, video_id) == 95.25
    later = member.create_party(video_id)
    assert later["video"]["duration_s"] == 95.25


def test_members_who_follow_by_requests_correct_the_length_together(
    service: Service, host: Guest, member: Guest, sign_in: SignIn
) -> None:
    party = host.create_party(host.create_video(duration_s=30.0)["id"])
    third = sign_in("Eve")
    for guest in (member, third):
        guest.join(party["id"], party["invite_code"])
    member.sync(party["id"], 0, "paused", duration_s=95.0)
    assert length_in_party(member, party["id"]) == 30.0, "one alone is not believed"

    def corrected() -> bool:
        # Each process hears of its own requests alone.
        for guest in (member, third):
            guest.sync(party["id"], 0, "paused", duration_s=95.0)
        return length_in_party(member, party["id"]) == 95.0

    eventually(corrected)
    events = [one for one in host.events(party["id"]) if one["type"] == "video_duration_known"]
    assert [one["data"]["by"] for one in events] == ["members"]
