"""One bot: what it makes of the service's messages, and what it wants to say now. It does no IO.

It is a member as a good client is one: it learns party time, follows each playback at its instant, and tells
where its player is. Its player is a little off, and stalls now and then.
"""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from partyapp.demo.lines import REACTIONS, SAID
from partyapp.party.infrastructure.playback.clock_estimator import ClockEstimator

Json = dict[str, Any]

#: The longest stall, and the shortest, s.
STALL_S = (2.0, 6.0)
#: How far off a bot's player is at most, s.
OFF_S = 0.03
#: How long the one who steers leaves the party alone, and how long it pauses, s.
STEER_S, PAUSE_S = (40.0, 90.0), (3.0, 8.0)
#: How far it goes back, s.
BACK_S = 20.0


@dataclass(frozen=True)
class Behaviour:
    """How a bot behaves: seconds between two chats and two stalls in the mean, 0 for never."""

    chat_every_s: float = 25.0
    stall_every_s: float = 90.0
    steers: bool = False


class DemoBot:
    """All instants are ms of the own monotonic clock unless said otherwise. `rng` decides everything."""

    def __init__(self, behaviour: Behaviour, rng: random.Random, now_ms: float) -> None:
        self._behaviour, self._rng = behaviour, rng
        self._clock = ClockEstimator()
        self._epoch: object = None
        self._playbacks: list[Json] = []
        self._video: Json = {}
        self._number = 0
        self._sent: tuple[int, float] | None = None
        self._previous: Json | None = None
        self._ping_ms = self._status_ms = now_ms
        self._status_every_ms = 1000.0
        self._told: tuple[str, int] | None = None
        self._off_s = rng.uniform(-OFF_S, OFF_S)
        self._stalled_s = 0.0
        self._stall_ends_ms = -math.inf
        self._chat_ms = self._next(now_ms, behaviour.chat_every_s)
        self._stall_ms = self._next(now_ms, behaviour.stall_every_s)
        self._steer_ms = now_ms

    def connected(self, now_ms: float) -> None:
        """A socket is open."""
        self._sent = self._previous = self._told = None
        self._clock.begin_burst()
        self._ping_ms = now_ms

    def take(self, message: Mapping[str, Any], received_ms: float) -> None:
        """Take a message of the service."""
        self._note_epoch(message.get("clock_epoch"))
        kind = message["type"]
        if kind == "pong":
            self._take_pong(message, received_ms)
        elif kind == "welcome":
            self._playbacks, self._video = [], message["party"]["video"]
            self._know(message["party"]["playback"])
        elif kind == "event" and message["event"]["type"] == "video_changed":
            self._playbacks, self._video = [], message["event"]["data"]["video"]
        pace = message if kind == "pace" else message.get("pace") or {}
        self._status_every_ms = float(pace.get("status_ms", self._status_every_ms))
        if isinstance(message.get("playback"), dict):
            self._know(message["playback"])

    def wants_to_say(self, now_ms: float) -> list[Json]:
        """The messages that are due."""
        due: list[Json] = []
        if now_ms >= self._ping_ms:
            due.append(self._ping(now_ms))
        party_ms = self._party_ms(now_ms)
        if party_ms is not None and self._playbacks:
            due += self._watch(now_ms, party_ms)
            due += self._talk(now_ms)
            if self._behaviour.steers and now_ms >= self._steer_ms:
                due.append(self._steer(now_ms, party_ms))
        return due

    def position_s(self, party_ms: float) -> float:
        """Where the party is at that party time, s."""
        return min(_position_s(self._current(party_ms), party_ms), self._video.get("duration_s") or math.inf)

    def _take_pong(self, pong: Mapping[str, Any], received_ms: float) -> None:
        if self._sent is None or pong["n"] != self._sent[0]:
            return
        (number, sent_ms), self._sent = self._sent, None
        if self._clock.observe(sent_ms, pong["t2"], pong["t3"], received_ms):
            stamps = {"t1": sent_ms, "t2": pong["t2"], "t3": pong["t3"], "t4": received_ms}
            self._previous = {"n": number, **stamps}

    def _note_epoch(self, epoch: object) -> None:
        if epoch is not None and epoch != self._epoch:
            self._epoch, self._previous, self._sent = epoch, None, None
            self._clock.reset()

    def _know(self, playback: Json) -> None:
        known = self._playbacks
        if all(playback["revision"] > one["revision"] for one in known):
            kept = [one for one in known if one["at_ms"] < playback["at_ms"]]
            self._playbacks = [*kept[-8:], playback]

    def _party_ms(self, now_ms: float) -> float | None:
        estimate = self._clock.estimate(now_ms)
        return now_ms + estimate.offset_ms if estimate.samples else None

    def _current(self, party_ms: float) -> Json:
        begun = [one for one in self._playbacks if one["at_ms"] <= party_ms]
        return begun[-1] if begun else self._playbacks[0]

    def _ping(self, now_ms: float) -> Json:
        self._number += 1
        self._sent = self._number, now_ms
        self._ping_ms = now_ms + self._clock.next_delay_ms()
        message: Json = {"type": "ping", "n": self._number, "t1": now_ms}
        return {**message, "prev": self._previous} if self._previous else message

    def _watch(self, now_ms: float, party_ms: float) -> list[Json]:
        """Stall where it is time to, and tell where the player is."""
        playback = self._current(party_ms)
        plays = playback["state"] == "playing" and party_ms >= playback["at_ms"]
        position_s = self.position_s(party_ms)
        if plays and now_ms >= self._stall_ms:
            self._stall_ends_ms = now_ms + self._rng.uniform(*STALL_S) * 1000
            self._stall_ms = self._next(self._stall_ends_ms, self._behaviour.stall_every_s)
            self._stalled_s = position_s
        stalls = now_ms < self._stall_ends_ms
        state = "buffering" if stalls else "playing" if plays else "paused"
        revision = self._playbacks[-1]["revision"]
        if (state, revision) == self._told and now_ms < self._status_ms:
            return []
        self._told, self._status_ms = (state, revision), now_ms + self._status_every_ms
        shown_s = self._stalled_s if stalls else position_s + (self._off_s if plays else 0.0)
        status = {
            "type": "status",
            "position_s": max(0.0, shown_s),
            "state": state,
            "revision": revision,
            "sampled_at_ms": party_ms,
            "video_id": self._video["id"],
        }
        return [status]

    def _talk(self, now_ms: float) -> list[Json]:
        if now_ms < self._chat_ms:
            return []
        self._chat_ms = self._next(now_ms, self._behaviour.chat_every_s)
        if self._rng.random() < 0.3:
            return [{"type": "react", "emoji": self._rng.choice(REACTIONS)}]
        return [{"type": "chat", "id": str(uuid4()), "text": self._rng.choice(SAID)}]

    def _steer(self, now_ms: float, party_ms: float) -> Json:
        """Play, and now and then pause for a moment or go back a little; after the end from the start."""
        command: Json = {"type": "command", "id": str(uuid4())}
        if self._current(party_ms)["state"] != "playing":
            self._steer_ms = now_ms + self._rng.uniform(*STEER_S) * 1000
            return {**command, "action": "play"}
        if self._rng.random() < 0.5:
            self._steer_ms = now_ms + self._rng.uniform(*PAUSE_S) * 1000
            return {**command, "action": "pause"}
        self._steer_ms = now_ms + self._rng.uniform(*STEER_S) * 1000
        return {**command, "action": "seek", "position_s": max(0.0, self.position_s(party_ms) - BACK_S)}

    def _next(self, from_ms: float, mean_s: float) -> float:
        return from_ms + self._rng.expovariate(1 / mean_s) * 1000 if mean_s > 0 else math.inf


def _position_s(playback: Json, party_ms: float) -> float:
    moves = playback["state"] == "playing"
    elapsed_s = max(0.0, party_ms - playback["at_ms"]) / 1000 if moves else 0.0
    return float(playback["position_s"] + playback["rate"] * elapsed_s)
