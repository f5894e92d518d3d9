"""Syncplay's own client with mpv: two desktop members and one on a WebSocket in one party."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from partyapp.web.pages import STATIC
from tests.e2e.gateways.conftest import Desktop
from tests.support.desktop_player import MISSING, DesktopPlayer
from tests.support.party_client import Json, body_of, eventually

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(bool(MISSING), reason=f"{MISSING} is not installed"),
]

FILM = STATIC.parent / "media" / "sample.mp4"
#: So far apart, in s, two pictures may be on a machine that is busy with other tests.
NEAR_S = 0.7


class Evening:
    """A party, and those who watch it with a player."""

    def __init__(self, desktop: Desktop, folder: Path, until_the_end: ExitStack) -> None:
        self.desktop = desktop
        self.party = desktop.party(control="everyone")
        self._folder, self._until_the_end = folder, until_the_end
        self.players: list[DesktopPlayer] = []

    def comes(self, name: str) -> DesktopPlayer:
        """Somebody starts their client with the film; waits until they are put in step."""
        code = self.party["invite_code"]
        player = DesktopPlayer(self._folder / name, self.desktop.port, name, code, FILM)
        self._until_the_end.enter_context(player)
        self.players.append(player)
        eventually(lambda: self.sync_of(name) and self.is_near(player), 60)
        return player

    def sync_of(self, name: str) -> Json | None:
        member = self.desktop.members(self.party).get(name)
        sync = member["sync"] if member and member["online"] else None
        return sync if sync and sync["drift_ms"] is not None else None

    def target_s(self) -> float:
        answer = self.desktop.host.sync(self.party["id"], 0.0, "paused")
        return float(answer["target_position_s"])

    def is_near(self, player: DesktopPlayer) -> bool:
        return abs(player.position_s - self.target_s()) < NEAR_S

    def stands_at(self, *players: DesktopPlayer) -> bool:
        """Whether the party is paused, and so are these, on the same frame."""
        playback = self.desktop.playback(self.party)
        still = playback["state"] == "paused" and all(player.paused for player in players)
        return still and all(abs(player.position_s - playback["position_s"]) < 0.1 for player in players)

    def plays(self, *players: DesktopPlayer) -> bool:
        playing = self.desktop.playback(self.party)["state"] == "playing"
        return playing and all(player.paused is False and self.is_near(player) for player in players)

    def are_online(self, *names: str) -> bool:
        members = self.desktop.members(self.party)
        return all(name in members and members[name]["online"] for name in names)


@pytest.fixture
def evening(desktop: Desktop, tmp_path: Path) -> Iterator[Evening]:
    with ExitStack() as until_the_end:
        evening = Evening(desktop, tmp_path, until_the_end)
        yield evening
        for player in evening.players:
            # Shown where the test has failed.
            print(player.position_s, player.paused, player.output)


def test_an_evening_with_two_desktop_players(evening: Evening) -> None:
    desktop, party = evening.desktop, evening.party
    socket = desktop.host.connect(party["id"])
    socket.expect("welcome")
    ada = evening.comes("Ada")
    desktop.host.playback(party["id"], "play", position_s=100.0)
    eventually(lambda: evening.plays(ada))
    # Ben comes late, into the running film.
    ben = evening.comes("Ben")
    assert evening.plays(ben)
    ada.set("pause", True)
    eventually(lambda: evening.stands_at(ada, ben))
    ben.set("time-pos", 200.0)
    eventually(lambda: evening.stands_at(ada, ben) and abs(ada.position_s - 200.0) < 0.5)
    ben.set("pause", False)
    eventually(lambda: evening.plays(ada, ben))
    ada.type("ch good evening")
    socket.expect("chat", where=lambda message: message["message"]["text"] == "good evening")
    commands = [("Host", "started"), ("Ada", "paused"), ("Ben", "sought"), ("Ben", "started")]
    assert desktop.deeds(party) == commands

    desktop.stack.kill("syncplay")
    eventually(lambda: not evening.are_online("Ada") or not evening.are_online("Ben"))
    eventually(lambda: evening.are_online("Ada", "Ben") and evening.plays(ada, ben), 60)
    desktop.stack.kill("web")
    eventually(desktop.is_ready, 60)
    desktop.host.playback(party["id"], "pause")
    eventually(lambda: evening.stands_at(ada, ben), 60)
    desktop.host.playback(party["id"], "play")
    eventually(lambda: evening.plays(ada, ben))
    commands += [("Host", "paused"), ("Host", "started")]
    assert set(desktop.members(party)) == {"Host", "Ada", "Ben"}
    assert desktop.deeds(party) == commands

    changed = desktop.host.request("PATCH", f"/api/parties/{party['id']}", json={"control": "host"})
    body_of(changed, 200)
    eventually(lambda: "+" in ada.output)

    def refused() -> bool:
        """Whether Ben was told so; he tries again, since for a moment after a return nothing counts."""
        if "Only the host" not in ben.output and evening.plays(ben):
            ben.set("time-pos", 20.0)
        return "Only the host" in ben.output and evening.plays(ben)

    eventually(refused, every_s=0.5)
    ada.set("pause", True)
    eventually(lambda: evening.plays(ada))
    assert desktop.deeds(party) == commands

    user_id = desktop.members(party)["Ben"]["user_id"]
    body_of(desktop.host.delete(f"/api/parties/{party['id']}/members/{user_id}"), 204)
    eventually(lambda: "You were removed from the party" in ben.output)
    desktop.host.end(party["id"])
    eventually(lambda: "The party has ended" in ada.output)
