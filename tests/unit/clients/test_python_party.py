"""What the Python client knows of a party is what the service's own golden vectors say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from party_client import backoff
from party_client.errors import ProblemError
from party_client.messages import Messages
from party_client.replica import PartyReplica
from party_client.timeline import Timeline, position_at

GOLDEN = Path(__file__).parents[2] / "golden"
VECTORS: Any = json.loads((GOLDEN / "party_messages.json").read_text())
TIMELINES: Any = json.loads((GOLDEN / "timeline.json").read_text())
CLOSE_CODES: Any = json.loads((GOLDEN / "close_codes.json").read_text())


def plain(party: Any) -> Any:
    """Without the one figure of a snapshot that no message changes."""
    return {name: value for name, value in party.items() if name != "lead_ms"}


def welcomed(party: Any) -> Messages:
    messages = Messages()
    messages.new_socket()
    assert messages.take({"type": "welcome", "party": party}, 0.0)
    return messages


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
@pytest.mark.parametrize("times", [1, 2])
def test_the_party_after_a_message(vector: Any, times: int) -> None:
    messages = welcomed(vector["before"])
    for message in vector["messages"] * times:
        assert messages.take(message, 0.0)
    assert messages.replica.party is not None
    assert plain(messages.replica.party) == plain(vector["after"])


def test_one_evening_is_one_party() -> None:
    messages = welcomed(VECTORS[0]["before"])
    for vector in VECTORS:
        if vector["before"]["revision"] == messages.replica.revision:
            for message in vector["messages"]:
                messages.take(message, 0.0)
    assert messages.replica.party
    assert messages.replica.party["state"] == "ended"


def test_a_skipped_revision_is_a_gap_from_before_which_it_resumes() -> None:
    before = VECTORS[1]["before"]
    messages = welcomed(before)
    revision = before["revision"]
    playback = {**before["playback"], "state": "playing", "revision": revision + 2}
    assert not messages.take({"type": "playback", "revision": revision + 2, "playback": playback}, 0.0)
    assert messages.replica.resume_from == revision
    assert messages.timeline.revision == revision + 2, "a playback is the whole timeline"


def test_a_tick_that_stays_ahead_is_a_gap() -> None:
    before = VECTORS[1]["before"]
    messages = welcomed(before)
    tick = {"type": "tick", "revision": before["revision"] + 1, "playback": before["playback"]}
    assert messages.take(tick, 0.0), "its event may be on its way"
    assert not messages.take(tick, 0.0)


def test_a_snapshot_of_a_restored_service_takes_the_place_of_what_was_known() -> None:
    after = VECTORS[-1]["before"]
    messages = welcomed(after)
    messages.new_socket()
    older = {**after, "revision": 2, "playback": {**after["playback"], "revision": 2}}
    messages.take({"type": "welcome", "party": older}, 0.0)
    assert messages.replica.revision == messages.timeline.revision == 2


def test_what_nobody_knows_changes_nothing() -> None:
    messages = welcomed(VECTORS[0]["before"])
    before = messages.replica.party
    assert messages.take({"type": "of_a_later_version", "playback": 3}, 0.0)
    assert messages.replica.party is before
    assert PartyReplica().playback(1, VECTORS[0]["before"]["playback"]) == "gap"


@pytest.mark.parametrize("vector", TIMELINES, ids=lambda vector: vector["name"])
def test_the_timeline_is_the_services(vector: Any) -> None:
    timeline = Timeline()
    timeline.duration_s = vector["duration_s"]
    for playback, now_ms in vector["known"]:
        timeline.take(playback, now_ms)
    for at_ms, revision, state, position_s in vector["points"]:
        current = timeline.in_force_at(at_ms)
        if current is None:
            assert revision is None
            continue
        assert (current["revision"], current["state"]) == (revision, state)
        assert position_at(current, at_ms, vector["duration_s"]) == pytest.approx(position_s, abs=1e-9)


@pytest.mark.parametrize("row", CLOSE_CODES, ids=lambda row: row["name"])
def test_it_comes_back_where_the_service_would_have_it(row: Any) -> None:
    wait_s = backoff.delay_after_close_s(row["code"], 0, was_open=True)
    assert (wait_s is not None) is row["reconnect"]


def test_pauses_grow_and_are_drawn_at_random() -> None:
    longest = [backoff.full_jitter_s(attempt, lambda: 1.0) for attempt in range(8)]
    assert longest == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0]
    assert backoff.full_jitter_s(5, lambda: 0.0) == 0.0
    assert backoff.delay_after_close_s(4429, 0, True, lambda: 0.0) == 2.0
    assert backoff.delay_after_close_s(1012, 9, True, lambda: 0.5) == 1.5
    assert backoff.delay_after_close_s(4401, 0, True) == 0.0


@pytest.mark.parametrize(
    ("code", "status", "wait_s", "reason"),
    [
        ("rate_limited", 429, 7.0, "refused"),
        ("unavailable", 503, 7.0, "refused"),
        ("party_ended", 409, None, "ended"),
        ("not_a_member", 403, None, "removed"),
        ("not_found", 404, None, "refused"),
    ],
)
def test_a_refused_socket_is_tried_again_only_where_that_helps(
    code: str, status: int, wait_s: float | None, reason: str
) -> None:
    error = ProblemError({"code": code, "status": status, "retry_after_s": 7})
    assert backoff.delay_after_refusal_s(error, 0, lambda: 0.0) == wait_s
    assert backoff.reason_of_refusal(error) == reason
