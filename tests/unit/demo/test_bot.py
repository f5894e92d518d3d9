"""A bot follows its party, stalls and talks as its behaviour say, and always the same for the same seed."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from partyapp.demo.bot import Behaviour, DemoBot
from partyapp.demo.lines import NAMES, name_of

#: Party time less the bot's clock, ms.
OFFSET_MS = 1.7e12


class Stage:
    """The service as one bot meets it, in virtual time, on a line of 10 ms each way."""

    def __init__(self, behaviour: Behaviour, seed: int = 1) -> None:
        self.now_ms = 5000.0
        self.bot = DemoBot(behaviour, random.Random(seed), self.now_ms)
        self.said: list[tuple[float, Any]] = []
        self.revision = 1
        self.playback: Any = None
        self._due: list[tuple[float, Any]] = []
        self.change("stopped", 0.0)
        self.bot.connected(self.now_ms)
        party = {"video": {"id": "v", "duration_s": 600.0}, "playback": self.playback}
        self.hear({"type": "welcome", "party": party, "pace": {"ping_ms": 1000, "status_ms": 1000}})

    def hear(self, message: Any) -> None:
        self.bot.take({"clock_epoch": "one", **message}, self.now_ms)

    def change(self, state: str, position_s: float, lead_ms: float = 150.0) -> None:
        self.revision += 1
        self.playback = {
            "state": state, "position_s": position_s, "rate": 1.0, "revision": self.revision,
            "at_ms": self.now_ms + OFFSET_MS + lead_ms,
        }  # fmt: skip

    def run(self, seconds: float) -> None:
        until = self.now_ms + seconds * 1000
        while self.now_ms < until:
            for message in self.bot.wants_to_say(self.now_ms):
                self.said.append((self.now_ms, message))
                self._answer(message)
            for due in [one for one in self._due if one[0] <= self.now_ms]:
                self._due.remove(due)
                self.hear(due[1])
            self.now_ms += 20.0

    def of(self, kind: str) -> list[Any]:
        return [message for _, message in self.said if message["type"] == kind]

    def position_s(self, at_ms: float) -> float:
        moved = max(0.0, at_ms - self.playback["at_ms"]) if self.playback["state"] == "playing" else 0.0
        return float(self.playback["position_s"] + moved / 1000)

    def _answer(self, message: Any) -> None:
        if message["type"] == "ping":
            at_ms = self.now_ms + 10 + OFFSET_MS
            self._due.append(
                (self.now_ms + 20, {"type": "pong", "n": message["n"], "t2": at_ms, "t3": at_ms})
            )
        if message["type"] == "command":
            states = {"play": "playing", "pause": "paused", "seek": self.playback["state"]}
            there_s = message.get("position_s", self.position_s(self.now_ms + OFFSET_MS + 150))
            self.change(states[message["action"]], there_s)
            self.hear({"type": "playback", "playback": self.playback})


QUIET = Behaviour(0.0, 0.0)


def test_it_watches_in_sync_and_tells_so_once_a_second() -> None:
    stage = Stage(QUIET)
    stage.run(2)
    stage.change("playing", 30.0)
    stage.hear({"type": "playback", "playback": stage.playback})
    stage.said.clear()
    stage.run(20)
    told = [status for status in stage.of("status") if status["state"] == "playing"]
    assert 18 <= len(told) <= 22
    for status in told:
        assert abs(status["position_s"] - stage.position_s(status["sampled_at_ms"])) < 0.06
        assert status["video_id"] == "v"
    assert not stage.of("chat")
    assert not stage.of("command")
    assert stage.of("ping")[-1]["prev"]["t2"] > OFFSET_MS


def test_a_playback_begins_at_its_instant() -> None:
    stage = Stage(QUIET)
    stage.run(2)
    stage.change("playing", 30.0, lead_ms=3000.0)
    stage.hear({"type": "playback", "playback": stage.playback})
    stage.run(2)
    assert stage.of("status")[-1]["state"] == "paused"
    stage.run(2)
    assert stage.of("status")[-1]["state"] == "playing"


def test_it_stalls_and_catches_up() -> None:
    stage = Stage(Behaviour(0.0, 5.0))
    stage.change("playing", 30.0)
    stage.hear({"type": "playback", "playback": stage.playback})
    stage.run(60)
    states = [status["state"] for status in stage.of("status")]
    assert states.count("buffering") >= 3
    turns = [after for before, after in pairwise(states) if before == "buffering"]
    assert "playing" in turns
    stalled = {status["position_s"] for status in stage.of("status") if status["state"] == "buffering"}
    assert len(stalled) < states.count("buffering"), "its picture stands meanwhile"


def test_it_talks() -> None:
    stage = Stage(Behaviour(2.0, 0.0))
    stage.run(60)
    assert len(stage.of("chat")) >= 10
    assert stage.of("react")
    assert len({message["id"] for message in stage.of("chat")}) == len(stage.of("chat"))


def test_who_steers_plays_pauses_and_goes_back() -> None:
    stage = Stage(Behaviour(0.0, 0.0, steers=True))
    stage.run(600)
    actions = Counter(message["action"] for message in stage.of("command"))
    assert stage.of("command")[0]["action"] == "play"
    assert actions["play"] > actions["pause"] >= 1
    assert actions["seek"] >= 1


def test_the_same_seed_is_the_same_evening() -> None:
    def evening(seed: int) -> list[Any]:
        stage = Stage(Behaviour(3.0, 10.0, steers=True), seed)
        stage.run(60)
        return [{key: message[key] for key in message if key != "id"} for _, message in stage.said]

    assert evening(3) == evening(3)
    assert evening(3) != evening(4)


def test_a_new_time_base_forgets_the_old() -> None:
    stage = Stage(QUIET)
    stage.run(2)
    stage.said.clear()
    stage.hear({"type": "tick", "clock_epoch": "two", "playback": stage.playback})
    assert stage.bot.wants_to_say(stage.now_ms) == [] or not stage.of("status")


@pytest.mark.parametrize("number", [0, 11, 12, 199])
def test_every_bot_has_a_name_of_its_own(number: int) -> None:
    assert name_of(number) not in {name_of(other) for other in range(200) if other != number}
    assert name_of(number).split()[0] in NAMES
