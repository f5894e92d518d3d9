"""A follower keeps any player with its party: one that can do everything, and one that can do very little."""

from __future__ import annotations

from typing import Any

import pytest
from party_client import CallbackPlayer, Follower, Timeline, Traits, position_at
from party_client.status_pace import StatusPace

from partyapp.simulation.player import SimulatedPlayer

COARSE = Traits(rate=False, seek_step_s=1.0, answer_ms=250.0)


class Evening:
    """A party in virtual time, and one player that follows it. Instants in ms."""

    def __init__(self, traits: Traits | None = None, **how: float) -> None:
        self.now_ms = 1_000_000.0
        self.playback: Any = None
        self.player = SimulatedPlayer(lambda: self.now_ms, traits, **how)
        self.timeline = Timeline()
        self.follower = Follower(self.player, self.timeline)
        self._revision = 0

    def change(self, state: Any, position_s: float, lead_ms: float = 150.0, rate: float = 1.0) -> None:
        self._revision += 1
        self.playback = {
            "state": state, "position_s": position_s, "rate": rate, "at_ms": self.now_ms + lead_ms,
            "revision": self._revision,
        }  # fmt: skip
        self.timeline.take(self.playback, self.now_ms)

    def run(self, seconds: float) -> list[float]:
        """Let time pass; the errors in s, four a second."""
        errors, until = [], self.now_ms + seconds * 1000
        due_ms = sampled_ms = self.now_ms
        while self.now_ms < until:
            if self.now_ms >= due_ms:
                due_ms = self.now_ms + max(1.0, self.follower.step(self.now_ms) * 1000)
            if self.now_ms >= sampled_ms:
                sampled_ms += 250
                errors.append(position_at(self.playback, self.now_ms) - self.player.true_s)
            self.now_ms += 1.0
        return errors


def test_an_exact_player_is_exact() -> None:
    evening = Evening(begins_s=0.08, off_ppm=200)
    evening.change("playing", 30.0)
    evening.run(6)
    assert max(map(abs, evening.run(60))) < 0.025
    assert evening.player.calls.count("rate") < 30, "it isn't changed all the time"
    evening.change("playing", 300.0)
    evening.run(6)
    assert max(map(abs, evening.run(20))) < 0.05
    assert evening.player.calls.count("seek") <= 6


def test_it_stands_still_where_the_party_does() -> None:
    evening = Evening()
    evening.change("playing", 30.0)
    evening.run(5)
    evening.change("paused", 35.5)
    evening.run(2)
    assert evening.player.state() == "paused"
    assert evening.player.true_s == pytest.approx(35.5)


@pytest.mark.parametrize("begins_s", [0.0, 0.3, 0.8])
def test_a_coarse_player_is_started_exactly(begins_s: float) -> None:
    evening = Evening(COARSE, begins_s=begins_s)
    evening.change("playing", 30.4)
    evening.run(25)
    assert max(map(abs, evening.run(60))) < 0.2
    assert "rate" not in evening.player.calls
    assert evening.player.calls.count("seek") <= 8


def test_a_coarse_player_that_stalls_is_started_again() -> None:
    evening = Evening(COARSE, begins_s=0.2)
    evening.change("playing", 30.0)
    evening.run(20)
    evening.player.stall(4.0)
    evening.run(25)
    assert max(map(abs, evening.run(20))) < 0.25


def test_a_player_that_never_hits_is_left_in_peace_for_longer_and_longer() -> None:
    evening = Evening(Traits(rate=False, seek_step_s=1.0, tolerance_s=0.0001), off_ppm=20_000)
    evening.change("playing", 30.0)
    evening.run(120)
    first = len(evening.player.calls)
    evening.run(120)
    assert len(evening.player.calls) - first < first


def test_who_is_ahead_waits_and_does_not_seek() -> None:
    evening = Evening(Traits(rate=False, seek_step_s=1.0))
    evening.change("playing", 30.0)
    evening.run(10)
    sought = evening.player.calls.count("seek")
    evening.change("playing", position_at(evening.playback, evening.now_ms + 150) - 1.5)
    evening.run(10)
    assert evening.player.calls.count("seek") == sought
    assert max(map(abs, evening.run(5))) < 0.05


def test_a_player_that_loads_while_it_waits_for_its_start_is_not_called_ready() -> None:
    evening = Evening(COARSE)
    evening.change("playing", 30.4)
    evening.run(0.8)
    ready = evening.follower.status(evening.now_ms)
    assert ready is not None
    assert ready["state"] == "ready"
    evening.player.state = lambda: "buffering"  # type: ignore[method-assign]
    loads = evening.follower.status(evening.now_ms)
    assert loads is not None
    assert loads["state"] == "buffering"


def test_a_status_says_where_the_picture_is() -> None:
    evening = Evening(Traits(rate=False, answer_ms=250.0))
    evening.change("playing", 30.0)
    evening.run(15)
    status = evening.follower.status(evening.now_ms)
    assert status is not None
    assert status["state"] == "playing"
    assert status["position_s"] == pytest.approx(evening.player.true_s, abs=0.01)
    assert status["sampled_at_ms"] == evening.now_ms
    assert status["revision"] == 1


def test_nothing_is_done_with_a_player_that_knows_nothing_yet() -> None:
    done: list[Any] = []
    player = CallbackPlayer(
        position_s=lambda: None,
        state=lambda: "buffering",
        play=lambda: done.append("play"),
        pause=lambda: done.append("pause"),
        seek=done.append,
    )
    timeline = Timeline()
    timeline.take(
        {"state": "playing", "position_s": 1.0, "rate": 1.0, "at_ms": 0.0, "revision": 1}, now_ms=1.0
    )
    follower = Follower(player, timeline)
    assert 0 < follower.step(5_000.0) <= 0.25
    assert follower.status(5_000.0) is None
    assert follower.error_s is None
    assert done == []


def test_a_status_is_told_at_once_after_a_change_and_else_at_its_pace() -> None:
    pace = StatusPace()
    playing = {"state": "playing", "revision": 1}
    assert pace.is_due(playing, 0.0, 5000.0, 0.0)
    assert not pace.is_due(playing, 0.0, 5000.0, 4999.0)
    assert pace.is_due(playing, 0.1, 5000.0, 1000.0), "its error is another one"
    assert not pace.is_due({**playing, "state": "paused"}, 0.1, 5000.0, 1100.0)
    assert pace.is_due({**playing, "state": "paused"}, 0.1, 5000.0, 1300.0)
