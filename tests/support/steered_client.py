"""A virtual Syncplay client, a network and a steering in one virtual time, and what came of it."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

from partyapp.gateways.syncplay.states import ClientState, MemberCommand, ServerState
from partyapp.gateways.syncplay.steering import MemberSteering
from partyapp.party.domain.playback import PlaybackState, PlaybackStatus
from tests.support.syncplay_client import VirtualClient

START_MS = 1_700_000_000_000.0


class SteeredClient:
    """`delay_ms` each way with a mean `jitter_ms` more, never overtaking; a client blocks on its player for
    `late_ms` in the mean before it sees a State."""

    def __init__(
        self,
        client: VirtualClient | None = None,
        *,
        delay_ms: float = 0.5,
        jitter_ms: float = 0.0,
        late_ms: float = 0.0,
        seed: int = 1,
        frame_rate: float | None = None,
    ) -> None:
        self.client = client or VirtualClient()
        self.steering = MemberSteering(self.client.name)
        self.now_ms = START_MS
        self.told: list[ServerState] = []
        self.commands: list[tuple[float, MemberCommand]] = []
        self.errors: list[tuple[float, float]] = []
        self.playback = PlaybackState()
        self._rng = random.Random(seed)
        self._frame_rate = frame_rate
        self._delay_ms, self._jitter_ms, self._late_ms = delay_ms, jitter_ms, late_ms
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._down_ms = self._up_ms = self._asked_ms = START_MS
        self._poll()

    def at(self, at_ms: float, work: Callable[[], None]) -> None:
        """Do something at that instant (ms after the start)."""
        self._push(START_MS + at_ms, work)

    def open(self, length_s: float = 5400.0) -> None:
        """The client opens its file, as 1.6.9 does: it says so, and that its user did something."""
        client = self.client
        client.opened, client.player.length_s = True, length_s
        client.player.since_ms = self.now_ms
        self.steering.file_opened(self.now_ms, length_s)
        client.claim(self.now_ms, 0.0, paused=not client.global_paused())
        client.claim(self.now_ms, 0.0, paused=client.player.paused)
        self._flush()

    def play(self, position_s: float, *, lead_ms: float = 150.0, by: str | None = None) -> None:
        """The party plays from there on, in so many ms."""
        self._change(PlaybackStatus.PLAYING, position_s, lead_ms, by)

    def pause(self, *, lead_ms: float = 150.0, by: str | None = None) -> None:
        """The party pauses in so many ms, where it will be then."""
        self._change(PlaybackStatus.PAUSED, self.party_s(self.now_ms + lead_ms), lead_ms, by)

    def seek_paused(self, position_s: float) -> None:
        self._change(PlaybackStatus.PAUSED, position_s, 150.0, None)

    def _change(self, status: PlaybackStatus, position_s: float, lead_ms: float, by: str | None) -> None:
        self.playback = PlaybackState(
            status=status,
            position_s=position_s,
            at_ms=self.now_ms + lead_ms,
            revision=self.playback.revision + 1,
        )
        self.steering.playback_changed(self.playback, self.now_ms, by=by, frame_rate=self._frame_rate)
        self._ask()

    def party_s(self, at_ms: float) -> float:
        """Where the party is then, by its newest playback."""
        return self.playback.position_at(at_ms, None)

    def error_ms(self) -> float:
        """How far ahead its picture is now."""
        return (self.client.player.at(self.now_ms) - self.party_s(self.now_ms)) * 1000.0

    def run(self, until_s: float) -> None:
        """Go on until so many s after the start."""
        self._ask()
        while self._due and self._due[0][0] <= START_MS + until_s * 1000.0:
            self.now_ms, _, work = heapq.heappop(self._due)
            work()
            self._flush()
            self._ask()
        self.now_ms = START_MS + until_s * 1000.0

    def _push(self, at_ms: float, work: Callable[[], None]) -> None:
        heapq.heappush(self._due, (at_ms, next(self._order), work))

    def _poll(self) -> None:
        self.client.poll(self.now_ms)
        self.errors.append((self.now_ms - START_MS, self.error_ms()))
        self._push(self.now_ms + self.client.poll_ms, self._poll)

    def _ask(self) -> None:
        while (state := self.steering.next_state(self.now_ms)) is not None:
            self.told.append(state)
            body = state.message()["State"]
            self._down_ms = max(self._down_ms, self.now_ms + self._way())
            arrive = self._down_ms + (self._rng.expovariate(1 / self._late_ms) if self._late_ms else 0.0)
            self._down_ms = arrive
            self._push(arrive, partial(self._deliver, body))
        due_ms = self.steering.due_ms
        assert due_ms > self.now_ms, "it asks to be called at once, and then has nothing to say"
        if due_ms < self._asked_ms or self._asked_ms <= self.now_ms:
            self._asked_ms = due_ms
            self._push(due_ms, lambda: None)

    def _way(self) -> float:
        return self._delay_ms + (self._rng.expovariate(1 / self._jitter_ms) if self._jitter_ms else 0.0)

    def _flush(self) -> None:
        for _, body in self.client.sent:
            self._up_ms = max(self._up_ms, self.now_ms + self._way())
            self._push(self._up_ms, partial(self._receive, body))
        self.client.sent.clear()

    def _deliver(self, body: dict[str, Any]) -> None:
        self.client.receive(body, self.now_ms)

    def _receive(self, body: dict[str, Any]) -> None:
        for command in self.steering.client_state(ClientState.of_message(body, self.now_ms)):
            self.commands.append((self.now_ms - START_MS, command))
