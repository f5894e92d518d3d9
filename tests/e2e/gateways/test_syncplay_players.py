"""Syncplay's own client with mpv: two desktop members and one in a browser in one party."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import expect

from partyapp.web.pages import STATIC
from tests.browser.page_actions import LIMIT_MS, part
from tests.e2e.gateways.conftest import Desktop
from tests.support.browser_member import MISSING_BROWSER, BrowserMember
from tests.support.desktop_player import MISSING, DesktopPlayer
from tests.support.party_client import Json, body_of, eventually

pytestmark = [
    pytest.mark.stack,
    pytest.mark.browser,
    pytest.mark.skipif(bool(MISSING), reason=f"{MISSING} is not installed"),
    pytest.mark.skipif(bool(MISSING_BROWSER), reason=f"{MISSING_BROWSER} is not installed"),
]

FILM = STATIC.parent / "media" / "sample.mp4"
#: So far apart, in s, two pictures may be on a machine that is busy with other tests.
NEAR_S = 0.7


Watcher = DesktopPlayer | BrowserMember


class Evening:
    """A party, and those who watch it, each with a program of their own. `deeds` is what they did so far."""

    def __init__(self, desktop: Desktop, folder: Path, until_the_end: ExitStack) -> None:
        self.desktop = desktop
        self.party = desktop.party(control="everyone")
        self.deeds: list[tuple[str, str]] = []
        self.watchers: list[Watcher] = []
        #: How all was when it was looked at last.
        self.seen: list[object] = []
        self._syncs: dict[str, Json | None] = {}
        self.players: dict[str, DesktopPlayer] = {}
        self._folder, self._until_the_end = folder, until_the_end

    def comes(self, name: str, server: str, room: str) -> DesktopPlayer:
        """Somebody starts their client with the film; waits until they are put in step."""
        player = DesktopPlayer(self._folder / name, server, name, room, FILM)
        self._until_the_end.enter_context(player)
        eventually(lambda: self.sync_of(name) and self.is_near(player), 60)
        self.watchers.append(player)
        self.players[name] = player
        return player

    def opens_the_page(self, name: str) -> BrowserMember:
        """Somebody opens the party's page in a browser."""
        link = f"{self.desktop.stack.url}/p/{self.party['id']}?invite={self.party['invite_code']}"
        watcher = self._until_the_end.enter_context(BrowserMember(link, name))
        self.watchers.append(watcher)
        return watcher

    def sync_of(self, name: str) -> Json | None:
        member = self.desktop.members(self.party).get(name)
        sync = member["sync"] if member and member["online"] else None
        return sync if sync and sync["drift_ms"] is not None else None

    def target_s(self) -> float:
        answer = self.desktop.host.sync(self.party["id"], 0.0, "paused")
        return float(answer["target_position_s"])

    def is_near(self, watcher: Watcher) -> bool:
        return abs(watcher.position_s - self.target_s()) < NEAR_S

    def stands_at(self, position_s: float | None = None) -> bool:
        """Whether the party and all stand still, on the same frame; near to this place if it is given."""
        playback = self.desktop.playback(self.party)
        self._look(playback)
        there_s = playback["position_s"]
        still = playback["state"] != "playing" and all(watcher.paused for watcher in self.watchers)
        still = still and self.are_told_of("paused")
        asked = position_s is None or abs(there_s - position_s) < 0.5
        return still and asked and all(abs(each.position_s - there_s) < 0.1 for each in self.watchers)

    def plays(self) -> bool:
        """Whether the party plays, and all are with it."""
        playback = self.desktop.playback(self.party)
        self._look(playback)
        playing = playback["state"] == "playing"
        with_it = all(each.paused is False and self.is_near(each) for each in self.watchers)
        return playing and with_it and self.are_told_of("playing")

    def _look(self, playback: Json) -> None:
        members = self.desktop.members(self.party)
        self._syncs = {name: members[name]["sync"] for name in self.players}
        self.seen = [playback, *((each.position_s, each.paused) for each in self.watchers), self._syncs]

    def are_told_of(self, state: str) -> bool:
        """Whether the clients have told that their players do this: one whose user acts in the very tenth of
        a second in which it carries out a change takes the one for the other."""
        return all(sync is not None and sync["state"] == state for sync in self._syncs.values())

    def are_online(self, *names: str) -> bool:
        members = self.desktop.members(self.party)
        return all(name in members and members[name]["online"] for name in names)

    def did(self, *deeds: tuple[str, str]) -> None:
        """The log of the party has these deeds beside those before, in order, and nothing else."""
        self.deeds += deeds
        assert self.desktop.deeds(self.party) == self.deeds


@pytest.fixture
def evening(desktop: Desktop, tmp_path: Path) -> Iterator[Evening]:
    with ExitStack() as until_the_end:
        evening = Evening(desktop, tmp_path, until_the_end)
        yield evening
        # Shown where the test has failed.
        print(evening.seen)
        for player in evening.players.values():
            print(player.output)


def test_an_evening_with_two_desktop_players_and_a_browser(evening: Evening) -> None:
    desktop, party = evening.desktop, evening.party
    cleo = evening.opens_the_page("Cleo")
    # They type what the page says.
    server, room = cleo.how_to_join()
    ada = evening.comes("Ada", server, room)
    cleo.marks_desktop("Ada")
    cleo.seek(100)
    eventually(lambda: evening.stands_at(100.0))
    cleo.press_play()
    eventually(evening.plays)
    # Ben comes late, into the running film.
    ben = evening.comes("Ben", server, room)
    assert evening.plays()
    evening.did(("Cleo", "sought"), ("Cleo", "started"))
    each_side_plays_pauses_and_seeks(evening, ada, ben, cleo)
    processes_are_started_anew(evening)
    only_the_host_controls(evening, ada, ben, cleo)

    user_id = desktop.members(party)["Ben"]["user_id"]
    body_of(desktop.host.delete(f"/api/parties/{party['id']}/members/{user_id}"), 204)
    eventually(lambda: "You were removed from the party" in ben.output)
    assert set(desktop.members(party)) == {"Host", "Ada", "Cleo"}
    desktop.host.end(party["id"])
    eventually(lambda: "The party has ended" in ada.output)


def each_side_plays_pauses_and_seeks(
    evening: Evening, ada: DesktopPlayer, ben: DesktopPlayer, cleo: BrowserMember
) -> None:
    ada.set("pause", True)
    eventually(evening.stands_at)

    def sought() -> bool:
        """Whether Ben's seek is the party's; he tries again where the seek that puts a paused picture right
        has crossed his and taken him back."""
        if abs(ben.position_s - 200.0) > 1.0:
            ben.set("time-pos", 200.0)
        return evening.stands_at(200.0)

    eventually(sought, every_s=1.0)
    ben.set("pause", False)
    eventually(evening.plays)
    cleo.press_play()
    eventually(evening.stands_at)
    ada.set("pause", False)
    eventually(evening.plays)
    ada.type("ch good evening")
    expect(part(cleo.page, "chat-list")).to_contain_text("good evening", timeout=LIMIT_MS)
    evening.did(
        ("Ada", "paused"), ("Ben", "sought"), ("Ben", "started"), ("Cleo", "paused"), ("Ada", "started")
    )


def processes_are_started_anew(evening: Evening) -> None:
    """The gateway is killed and web is started anew, in mid-film."""
    desktop, party = evening.desktop, evening.party
    desktop.stack.kill("syncplay")
    eventually(lambda: not evening.are_online("Ada") or not evening.are_online("Ben"))
    eventually(lambda: evening.are_online("Ada", "Ben") and evening.plays(), 60)
    desktop.restart_web()
    desktop.host.playback(party["id"], "pause")
    eventually(evening.stands_at, 60)
    desktop.host.playback(party["id"], "play")
    eventually(evening.plays)
    assert set(desktop.members(party)) == {"Host", "Ada", "Ben", "Cleo"}
    evening.did(("Host", "paused"), ("Host", "started"))


def only_the_host_controls(
    evening: Evening, ada: DesktopPlayer, ben: DesktopPlayer, cleo: BrowserMember
) -> None:
    desktop, party = evening.desktop, evening.party
    changed = desktop.host.request("PATCH", f"/api/parties/{party['id']}", json={"control": "host"})
    body_of(changed, 200)
    cleo.may_play(False)
    eventually(lambda: "+" in ada.output)

    def refused() -> bool:
        """Whether Ben was told so; he tries again, since for a moment after a return nothing counts."""
        if "Only the host" not in ben.output and evening.plays():
            ben.set("time-pos", 20.0)
        return "Only the host" in ben.output and evening.plays()

    eventually(refused, every_s=0.5)
    ada.set("pause", True)
    eventually(evening.plays)
    evening.did()
    # The host itself moves them all.
    desktop.host.playback(party["id"], "seek", position_s=50.0)
    eventually(lambda: evening.plays() and all(each.position_s < 100.0 for each in evening.watchers))
    evening.did(("Host", "sought"))
