"""Joins as the real client made them, in virtual time: none gives the party a command that nobody gave."""

from __future__ import annotations

import pytest

from bench.syncplay.recorded_join import Replay, Trace, traces
from partyapp.gateways.syncplay.membership import Membership
from partyapp.gateways.syncplay.session import Session
from tests.support.syncplay_env import ADA, CODE, FakeGateway, FakeLine, FakeSocket, playback_json, welcome

#: The client's clock is off by so much, in s.
WALL_S = 3600.0
LOOK_MS = 10.0
LIMIT_MS = 60_000.0


class Party:
    """A party of the kind that the client joined, and the gateway's side of it."""

    def __init__(self, trace: Trace) -> None:
        self.gateway, self.line, self.socket = FakeGateway(), FakeLine(), FakeSocket()
        self.session = Session(self.gateway, self.line, "192.0.2.7")
        self.replay = Replay(trace, "Ada", CODE)
        state = "playing" if trace.plays else "paused"
        playback = playback_json(state, 300.0, at_ms=self.gateway.now_ms())
        grants = ["chat", "playback"] if trace.control == "everyone" else ["chat"]
        self._welcome = welcome(playback=playback, control=trace.control, default_grants=grants)
        self._heard = 0

    def join(self) -> None:
        """Say everything, each line at its time."""
        for step in self.replay.trace.steps:
            until_ms = self.gateway.now_ms() + LIMIT_MS
            while not self.replay.has_heard(step):
                assert self.gateway.now_ms() < until_ms
                self._pass(LOOK_MS)
            self._pass(step.wait_ms)
            now_ms = self.gateway.now_ms()
            message = self.replay.said(step, now_ms, now_ms / 1000.0 + WALL_S)
            self.session.received(message)
            if "Hello" in message:
                self._let_in()

    def _pass(self, ms: float) -> None:
        self.gateway.pass_ms(ms)
        for message in self.line.told[self._heard :]:
            self.replay.hear(message, self.gateway.now_ms())
        self._heard = len(self.line.told)

    def _let_in(self) -> None:
        member = Membership(self.gateway, identity="identity", name="Ada", address="192.0.2.7")
        member.token, member.user_id, member.party_id = "token", ADA, "party"
        self.session.admitted(member, CODE)
        link = self.gateway.opened[-1][0]
        link.opened(self.socket)
        link.socket_said(self._welcome, self.gateway.mono_ms())


@pytest.mark.parametrize("trace", traces(), ids=lambda trace: trace.name)
def test_a_recorded_join_is_no_command(trace: Trace) -> None:
    party = Party(trace)
    party.join()
    assert party.socket.all("command") == []
    assert party.replay.refused == []
    # It was followed to the end, with a film that is open and a player that is known.
    assert not party.line.ended
    assert party.session.status() is not None
