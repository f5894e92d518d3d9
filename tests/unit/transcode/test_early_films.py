"""A film that can be watched before its job is done: told at once, and what may wait then."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from partyapp.shared.kernel.ids import new_id
from partyapp.transcode.application import film_lease
from partyapp.transcode.application.film_jobs import TURN_MS
from partyapp.transcode.application.film_preparer import Progress
from partyapp.transcode.domain.film import PreparedFilm
from partyapp.transcode.domain.probed_film import PreparationStopped
from tests.support.film_machine import EARLY, FILM, FilmMachine, make, makes_all
from tests.support.waiting import LIMIT_S, eventually


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FilmMachine:
    monkeypatch.setattr(film_lease, "HEARTBEAT_S", 0.005)
    return FilmMachine(tmp_path)


def test_what_can_first_be_watched_waits_for_no_heartbeat(
    env: FilmMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(film_lease, "HEARTBEAT_S", 10 * LIMIT_S)
    video = env.film()

    def work(work_dir: Path, on_progress: Callable[[Progress], None], _: Any) -> PreparedFilm:
        make(work_dir, "live.m3u8")
        on_progress(Progress(share=0.1, film=EARLY, ready_until_s=4.0))
        eventually(lambda: env.shown(video)["ready_until_s"] == 4.0)
        on_progress(Progress(share=0.5, film=makes_all(work_dir)))
        eventually(lambda: env.shown(video)["state"] == "playable")
        return FILM

    env.preparer.work = work
    env.run()
    assert env.shown(video)["transcode_job"]["state"] == "completed"


def test_a_film_that_can_be_watched_gives_way_to_one_that_cant(env: FilmMachine) -> None:
    first = env.film()
    again: list[str] = []

    def work(work_dir: Path, on_progress: Any, should_stop: Callable[[], bool]) -> PreparedFilm:
        again.append(str(work_dir.parent.name))
        if len(again) == 1:
            on_progress(Progress(share=0.5, film=makes_all(work_dir), can_wait=True))
            eventually(lambda: env.shown(first)["state"] == "playable")
            env.film()
            eventually(should_stop)
            raise PreparationStopped()
        return makes_all(work_dir)

    env.preparer.work = work
    while env.run():
        pass
    assert [again[0] == one for one in again] == [True, False, True]
    assert env.shown(first)["transcode_job"]["state"] == "completed"


def test_a_film_that_a_party_watches_gives_way_to_none(env: FilmMachine) -> None:
    first = env.film()
    env.parties.watching[new_id()] = {first.id}
    asked = threading.Event()

    def others_wait() -> bool:
        asked.set()
        return True

    env.jobs.others_wait = others_wait  # type: ignore[method-assign]

    def work(work_dir: Path, on_progress: Any, should_stop: Callable[[], bool]) -> PreparedFilm:
        on_progress(Progress(share=0.5, film=makes_all(work_dir), can_wait=True))
        eventually(lambda: env.shown(first)["state"] == "playable")
        told = len(env.parties.told)
        on_progress(Progress(share=0.6, film=FILM, can_wait=True))
        eventually(lambda: len(env.parties.told) > told)
        assert not should_stop()
        return FILM

    env.preparer.work = work
    env.run()
    assert not asked.is_set()
    assert env.shown(first)["transcode_job"]["state"] == "completed"


def _encodes_longer_than_a_turn(env: FilmMachine, again: list[str]) -> Any:
    """A preparer that would go on for ever with its first film, and makes any other at once."""

    def work(work_dir: Path, on_progress: Any, should_stop: Callable[[], bool]) -> PreparedFilm:
        again.append(str(work_dir.parent.name))
        if len(again) == 1:
            make(work_dir, "live.m3u8")
            on_progress(Progress(share=0.1, film=EARLY, ready_until_s=4.0, can_pause=True))
            env.clock.advance(TURN_MS)
            for number in range(1, 20):
                told = len(env.parties.told)
                share = 0.1 + number / 100
                on_progress(Progress(share=share, film=EARLY, ready_until_s=4.0, can_pause=True))
                eventually(lambda: len(env.parties.told) > told)  # noqa: B023
        return makes_all(work_dir)

    return work


def test_a_film_that_takes_long_lets_another_persons_go_first(env: FilmMachine) -> None:
    first, other = env.film(), env.film()
    again: list[str] = []
    env.preparer.work = _encodes_longer_than_a_turn(env, again)
    while env.run():
        pass
    assert again == [str(first.id), str(other.id), str(first.id)]
    assert env.shown(first)["transcode_job"]["state"] == "completed"


@pytest.mark.thorough
def test_a_long_film_goes_on_while_a_party_watches_it_or_its_owner_alone_waits(env: FilmMachine) -> None:
    first = env.film()
    env.parties.watching[new_id()] = {first.id}
    other = env.film()
    again: list[str] = []
    env.preparer.work = _encodes_longer_than_a_turn(env, again)
    while env.run():
        pass
    assert again == [str(first.id), str(other.id)]
