"""What a desktop member's user does reaches the party, or is put back; what nobody did does neither."""

from __future__ import annotations

import json
from typing import Any

import pytest

from partyapp.gateways.syncplay import notices
from tests.support.syncplay_env import ADA, HOST, DesktopMember, playback_json

HOST_ONLY: dict[str, Any] = {"control": "host", "default_grants": ["chat"]}


class Player:
    """The client's end: it answers each State, and its player does what it is told."""

    def __init__(self, **party: Any) -> None:
        self.ada = DesktopMember(**party)
        self.position_s, self.paused = 0.0, True
        self._count = 0
        self._answered = 0
        self.answer()

    def answer(self) -> None:
        """Answer the States that have come since."""
        told = self.ada.line.all("State")
        for body in told[self._answered :]:
            counts, playstate = body.get("ignoringOnTheFly", {}), body["playstate"]
            if "server" in counts or counts.get("client") == self._count:
                self._count = 0
            if not self._count and (playstate["doSeek"] or playstate["paused"] != self.paused):
                self.position_s, self.paused = playstate["position"], playstate["paused"]
            confirmed = {"server": counts["server"]} if "server" in counts else None
            self.say(sent=body["ping"]["latencyCalculation"], counts=confirmed)
        self._answered = len(told)

    def say(self, *, sent: float | None = None, counts: Any = None, **playstate: Any) -> None:
        """One State of the client."""
        ping = {"clientLatencyCalculation": self.ada.gateway.clock_ms / 1000, "clientRtt": 0}
        if sent is not None:
            ping["latencyCalculation"] = sent
        told = {"position": self.position_s, "paused": self.paused, **playstate}
        body = {"playstate": told, "ping": ping}
        self.ada.hear({"State": body if counts is None else {**body, "ignoringOnTheFly": counts}})

    def act(self, **playstate: Any) -> None:
        """The client says that its user did this."""
        self._count += 1
        self.position_s = playstate.get("position", self.position_s)
        self.paused = playstate.get("paused", self.paused)
        self.say(counts={"client": self._count}, **playstate)

    def wait(self, s: float) -> None:
        for _ in range(round(s * 10)):
            self.ada.gateway.pass_ms(100)
            self.answer()

    def settled(self) -> Player:
        """With its file open, and in step."""
        self.ada.open_file()
        self.wait(5)
        return self

    def commands(self) -> list[tuple[str, float | None]]:
        return [(sent["action"], sent.get("position_s")) for sent in self.ada.socket.all("command")]

    def decided(self, state: str, position_s: float, *, action: str, by: str = ADA) -> None:
        """The party's decision."""
        playback = playback_json(state, position_s, revision=6, at_ms=self.ada.gateway.clock_ms)
        told = {"type": "playback", "revision": 6, "playback": playback, "action": action, "by": by}
        self.ada.party(json.dumps(told))

    def echoes(self) -> list[int]:
        """The changes of its own that were confirmed."""
        counts = [body.get("ignoringOnTheFly", {}) for body in self.ada.line.all("State")]
        return [found["client"] for found in counts if "client" in found]


def test_a_late_joiner_is_put_where_the_party_is() -> None:
    player = Player().settled()
    assert player.position_s == pytest.approx(10.0, abs=0.2)
    assert player.paused
    assert player.commands() == []


@pytest.mark.parametrize(
    ("playstate", "command"),
    [
        ({"paused": False}, ("play", 10.0)),
        ({"position": 200.0, "doSeek": True}, ("seek", 200.0)),
    ],
)
def test_what_its_user_does_is_a_command(playstate: dict[str, Any], command: tuple[str, float]) -> None:
    player = Player().settled()
    player.act(**playstate)
    ((action, position_s),) = player.commands()
    assert action == command[0]
    assert position_s == pytest.approx(command[1], abs=0.2)
    player.decided("playing" if action == "play" else "paused", 200.0, action=action)
    player.wait(1)
    assert player.echoes()
    assert player.ada.line.all("State")[-1]["playstate"]["setBy"] is not None


def test_a_seek_of_another_moves_the_player_in_the_others_name() -> None:
    player = Player().settled()
    player.decided("paused", 300.0, action="seek", by=HOST)
    player.wait(1)
    assert player.position_s == pytest.approx(300.0, abs=0.2)
    seeks = [body["playstate"] for body in player.ada.line.all("State") if body["playstate"]["doSeek"]]
    assert seeks[-1]["setBy"] == "Host"


@pytest.mark.parametrize("playstate", [{"paused": False}, {"position": 200.0, "doSeek": True}])
def test_who_may_not_is_put_back_and_told_why(playstate: dict[str, Any]) -> None:
    player = Player(**HOST_ONLY).settled()
    player.act(**playstate)
    player.wait(1)
    assert player.commands() == []
    assert player.echoes()
    assert player.position_s == pytest.approx(10.0, abs=0.2)
    assert player.paused
    assert player.ada.line.chats() == [f"Party: {notices.MAY_NOT_PLAY}"]


def test_what_web_refuses_is_put_back_and_told() -> None:
    player = Player().settled()
    player.act(paused=False)
    (command,) = player.ada.socket.all("command")
    problem = {"code": "rate_limited", "detail": "Too many commands."}
    player.ada.party(json.dumps({"type": "error", "id": command["id"], "problem": problem}))
    player.wait(1)
    assert player.echoes()
    assert player.paused
    assert player.ada.line.chats() == ["Party: Too many commands."]


def test_what_changed_nothing_is_echoed_all_the_same() -> None:
    player = Player().settled()
    player.act(position=200.0, doSeek=True)
    (command,) = player.ada.socket.all("command")
    player.ada.party(json.dumps({"type": "ack", "id": command["id"], "revision": 5}))
    player.wait(1)
    assert player.echoes()
    assert player.position_s == pytest.approx(10.0, abs=0.2)


def test_without_web_the_player_is_put_back() -> None:
    player = Player().settled()
    player.ada.link.socket_closed(1012)
    player.act(paused=False)
    player.wait(0.1)
    assert player.ada.line.chats() == [f"Party: {notices.NO_WAY}"]
    player.wait(1)
    assert player.echoes()
    assert player.paused


def test_a_command_that_is_lost_with_its_socket_is_put_back() -> None:
    player = Player().settled()
    player.act(paused=False)
    player.ada.link.socket_closed(1006)
    player.wait(1)
    assert player.echoes()
    assert player.paused


@pytest.mark.parametrize(
    "claim", [{"position": 0.0, "paused": True, "doSeek": True}, {"paused": 0.0}, {"paused": False}]
)
def test_what_a_joining_client_claims_is_no_command(claim: dict[str, Any]) -> None:
    player = Player()
    player.ada.open_file()
    player.wait(0.5)
    player.act(**claim)
    player.wait(5)
    assert player.commands() == []
    assert player.echoes()
    assert player.position_s == pytest.approx(10.0, abs=0.2)
