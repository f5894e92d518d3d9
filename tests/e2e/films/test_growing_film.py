"""A party on a film that is still being prepared: how far it may go, and what it does at that edge."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from bench.films.service import FilmService
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest, Json, Socket, eventually
from tests.support.waiting import LIMIT_S, RECOVERY_S
from tests.support.whole_films import old_film

pytestmark = pytest.mark.stack

#: Longer than what can be made of it before somebody looks, and than half of it.
LENGTH_S = 300.0
LATEST_S = LENGTH_S / 2
#: So many looks in a row have to be alike.
_LOOKS = 30


@pytest.fixture(scope="module")
def service() -> Iterator[FilmService]:
    with own_folder() as folder, Stack(folder / "party", films=True) as stack:
        made = FilmService(stack)
        yield made
        made.guest.close()


class Preparation:
    """What the worker has started for a film, to be stopped and let go on."""

    def __init__(self, stack: Stack) -> None:
        self._worker = psutil.Process(stack.pid_of("transcode"))

    def _programs(self) -> list[psutil.Process]:
        pool = self._worker.children()
        return [one for one in self._worker.children(recursive=True) if one not in pool]

    def stop(self) -> bool:
        """Stop what runs; whether there was nothing left to stop, but something that is stopped."""
        found = self._programs()
        running = [one for one in found if one.status() != psutil.STATUS_STOPPED]
        for program in running:
            with suppress(psutil.NoSuchProcess):
                program.suspend()
        return bool(found) and not running

    def go_on(self) -> None:
        for program in self._programs():
            program.resume()


@pytest.fixture
def growing(service: FilmService, tmp_path: Path) -> Iterator[tuple[Preparation, Json]]:
    """A film of which as much is there as a party needs, and no more comes for now."""
    preparation = Preparation(service.stack)
    video_id = service.upload(old_film(tmp_path, seconds=LENGTH_S)).video_id
    eventually(lambda: (service.video(video_id)["ready_until_s"] or 0) >= 30, RECOVERY_S, 0.02)
    looks: list[tuple[bool, float]] = []

    def stands() -> bool:
        """Whether nothing new has begun for some looks. What a stopped program made last is still stored."""
        looks.append((preparation.stop(), service.video(video_id)["ready_until_s"]))
        return looks[-_LOOKS:] == [(True, looks[-1][1])] * _LOOKS

    eventually(stands)
    yield preparation, service.video(video_id)
    preparation.go_on()
    service.playable(video_id)


def happens(socket: Socket, kind: str, within_s: float = LIMIT_S) -> Json:
    """The next event of this type, as this member hears it."""
    message = socket.expect("event", within_s, where=lambda found: found["event"]["type"] == kind)
    return dict(message["event"])


def test_a_party_waits_at_the_edge_of_its_film(
    service: FilmService, growing: tuple[Preparation, Json]
) -> None:
    preparation, video = growing
    edge_s = video["ready_until_s"]
    assert (video["state"], edge_s <= LATEST_S) == ("preparing", True)
    ada, ben = service.guest, Guest(service.stack.url, "Ben")
    party = ada.create_party(video["id"])
    ben.join(party["id"], party["invite_code"])
    host, member = ada.connect(party["id"]), ben.connect(party["id"])

    # What isn't there yet can't be gone to, by a socket or a request.
    assert ada.playback(party["id"], "seek", position_s=LENGTH_S)["playback"]["position_s"] == edge_s
    host.command("seek", position_s=edge_s + 1.0)
    assert ada.party(party["id"])["playback"]["position_s"] == edge_s

    host.command("play", position_s=edge_s - 4.0)
    for socket in (host, member):
        held = happens(socket, "playback_held")
        assert (held["actor_id"], held["data"]["reason"], held["data"]["for"]) == (None, "preparing", [])
        assert edge_s - 4.0 < held["data"]["position_s"] <= edge_s
    playback = ben.party(party["id"])["playback"]
    assert (playback["state"], playback["held"]["reason"]) == ("paused", "preparing")
    assert playback["position_s"] <= edge_s

    preparation.go_on()
    for socket in (host, member):
        resumed = happens(socket, "playback_resumed", RECOVERY_S)
        assert (resumed["actor_id"], resumed["data"]["reason"]) == (None, "ready")
        assert resumed["data"]["position_s"] == playback["position_s"]
    assert ben.party(party["id"])["video"]["ready_until_s"] != edge_s
    assert ben.party(party["id"])["playback"]["state"] == "playing"
    assert ada.playback(party["id"], "seek", position_s=edge_s + 5.0)["playback"]["position_s"] > edge_s
    ada.end(party["id"])
    ben.close()
