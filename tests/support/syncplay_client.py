"""A Syncplay client 1.6.9 with mpv, in virtual time: what it does with what it is told, without IO.

It follows the client's own `client.py` and `protocols.py`: it asks its player ten times a second, slows down
when 1.5 to 4 s ahead, seeks back when more, never catches up, and calls each change of its player its user's.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from typing import Any

FRAME_S = 0.04


@dataclass
class Player:
    """mpv: a picture that moves, in virtual ms. `landing_ms` is what a seek takes, `start_ms` an unpause."""

    landing_ms: float = 120.0
    start_ms: float = 15.0
    rate: float = 1.0
    position_s: float = 0.0
    since_ms: float = 0.0
    speed: float = 1.0
    paused: bool = True
    stalled: bool = False
    length_s: float = 5400.0
    #: A pause stops the picture so late, also right after a seek.
    late_frames: int = 2
    #: For so long after it was told to seek it still tells where it was; then where it is to be.
    tells_old_ms: float = 20.0
    _seek: tuple[float, float] | None = None

    def told(self, now_ms: float) -> float:
        """What it says of its place: the frame that it shows, and while it plays the next, which it draws."""
        place_s = self.at(now_ms)
        if not self.paused:
            place_s = min(place_s + FRAME_S, self.length_s)
        if self._seek is not None and now_ms >= self._seek[0] - self.landing_ms + self.tells_old_ms:
            place_s = self._seek[1]
        return math.floor(place_s / FRAME_S + 1e-6) * FRAME_S

    def at(self, now_ms: float) -> float:
        """Where the picture is."""
        if self._seek is not None and now_ms >= self._seek[0]:
            self.since_ms, self.position_s = self._seek
            self._seek = None
        moved_s = (
            0.0 if self.paused or self.stalled or self._seek else max(0.0, now_ms - self.since_ms) / 1000.0
        )
        return min(self.position_s + moved_s * self.speed * self.rate, self.length_s)

    def _keep(self, now_ms: float) -> None:
        self.position_s, self.since_ms = self.at(now_ms), max(now_ms, self.since_ms)

    def seek(self, position_s: float, now_ms: float) -> None:
        self._keep(now_ms)
        # mpv shows the first frame that begins 5 ms before the position or later.
        landed_s = math.ceil(max(0.0, position_s - 0.005) / FRAME_S - 1e-6) * FRAME_S
        self._seek = (now_ms + self.landing_ms, landed_s)

    def set_speed(self, speed: float, now_ms: float) -> None:
        self._keep(now_ms)
        self.speed = speed

    def set_paused(self, paused: bool, now_ms: float) -> None:
        if paused == self.paused:
            return
        self._keep(now_ms)
        self.paused = paused
        if not paused:
            self.since_ms = now_ms + self.start_ms
        elif self._seek is None:
            self.position_s += self.late_frames * FRAME_S
        else:
            self._seek = (self._seek[0], self._seek[1] + self.late_frames * FRAME_S)

    def set_stalled(self, stalled: bool, now_ms: float) -> None:
        self._keep(now_ms)
        self.stalled, self.since_ms = stalled, now_ms


@dataclass
class VirtualClient:
    """`sent` collects the messages it sends, as `(ms, body)`; times are virtual ms of party time."""

    name: str = "Ada"
    wall_offset_ms: float = 3_600_000.0
    slows: bool = True
    #: `dontSlowDownWithMe`: it tells the room's position as its own.
    echoes: bool = False
    rng: random.Random = field(default_factory=lambda: random.Random(1))
    player: Player = field(default_factory=Player)
    poll_ms: float = 100.0
    opened: bool = False
    sent: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    seeks: list[float] = field(default_factory=list)
    slow_downs: list[float] = field(default_factory=list)
    _told: tuple[float, float, bool] | None = None
    _seen: tuple[float, float, bool] | None = None
    _client_ignores: int = 0
    _server_ignores: int = 0

    def global_position(self, now_ms: float) -> float:
        if self._told is None:
            return 0.0
        at_ms, position_s, paused = self._told
        return position_s if paused else position_s + (now_ms - at_ms) / 1000.0

    def global_paused(self) -> bool:
        return True if self._told is None else self._told[2]

    def own_position(self, now_ms: float) -> float:
        if self._seen is None:
            return self.global_position(now_ms)
        at_ms, position_s, paused = self._seen
        return position_s if paused else position_s + (now_ms - at_ms) / 1000.0

    def own_paused(self) -> bool:
        return self.global_paused() if self._seen is None else self._seen[2]

    def poll(self, now_ms: float) -> None:
        """It asks its player, and takes every change for its user's."""
        if not self.opened:
            return
        if self.player.at(now_ms) >= self.player.length_s:
            self.player.set_paused(True, now_ms)
        self.claim(now_ms, self.player.told(now_ms), paused=self.player.paused)

    def claim(self, now_ms: float, position_s: float, *, paused: bool) -> None:
        """Its player is there; if that is news to it, its user did it."""
        flipped = paused not in (self.own_paused(), self.global_paused())
        sought = (
            abs(self.own_position(now_ms) - position_s) > 1.0
            and abs(self.global_position(now_ms) - position_s) > 1.0
        )
        self._seen = (now_ms, position_s, paused)
        if self._told is not None and (flipped or sought):
            self._send(now_ms, None, changed=True, sought=sought)

    def receive(self, body: dict[str, Any], now_ms: float) -> None:
        """A State comes in."""
        counts = body.get("ignoringOnTheFly", {})
        if "server" in counts:
            self._server_ignores, self._client_ignores = counts["server"], 0
        elif counts.get("client") == self._client_ignores:
            self._client_ignores = 0
        if not self._client_ignores:
            self._follow(body["playstate"], now_ms)
        self._send(now_ms, body["ping"]["latencyCalculation"], changed=False)

    def _follow(self, told: dict[str, Any], now_ms: float) -> None:
        position_s, paused, own = told["position"], told["paused"], told["setBy"] == self.name
        flips = paused not in (self.global_paused(),) or paused != self.own_paused()
        ahead_s = self.own_position(now_ms) - position_s
        self._told = (now_ms, position_s, paused)
        if not own and (told["doSeek"] or ahead_s > 4.0):
            self._seek(position_s, now_ms)
        if not told["doSeek"] and not paused:
            self._slow_down(ahead_s, own, now_ms)
        if flips and paused and not own:
            self._seek(position_s, now_ms)
        if flips and self.opened:
            self.player.set_paused(paused, now_ms)
            self._seen = (now_ms, self.own_position(now_ms), paused)

    def _seek(self, position_s: float, now_ms: float) -> None:
        if not self.opened:
            return
        self.seeks.append(now_ms)
        self.player.seek(position_s, now_ms)
        self._seen = (now_ms, max(0.0, position_s), self.own_paused())

    def _slow_down(self, ahead_s: float, own: bool, now_ms: float) -> None:
        if self.slows and ahead_s > 1.5 and self.player.speed == 1.0 and not own:
            self.slow_downs.append(now_ms)
            self.player.set_speed(0.95, now_ms)
        elif self.player.speed != 1.0 and ahead_s < 0.1:
            self.player.set_speed(1.0, now_ms)

    def _send(self, now_ms: float, latency: float | None, *, changed: bool, sought: bool = False) -> None:
        body: dict[str, Any] = {"ping": {"clientLatencyCalculation": (now_ms + self.wall_offset_ms) / 1000.0}}
        if latency is not None:
            body["ping"]["latencyCalculation"] = latency
        told = self._told is not None and (self._client_ignores == 0 or self._server_ignores != 0)
        if told:
            position_s = self.global_position(now_ms) if self.echoes else self.own_position(now_ms)
            body["playstate"] = {"position": position_s, "paused": self.own_paused()}
            if sought:
                body["playstate"]["doSeek"] = True
        self._client_ignores += changed
        counts = {"server": self._server_ignores, "client": self._client_ignores}
        self._server_ignores = 0
        if counts := {side: count for side, count in counts.items() if count}:
            body["ignoringOnTheFly"] = counts
        self.sent.append((now_ms, body))
