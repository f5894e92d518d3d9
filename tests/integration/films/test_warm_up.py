"""The programs that prepare films are run once before there is a film."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from partyapp.bootstrap import film_worker
from partyapp.transcode.infrastructure.ffmpeg import warm_up as module
from partyapp.transcode.infrastructure.ffmpeg.probe import probe
from partyapp.transcode.infrastructure.ffmpeg.warm_up import warm_up, warm_up_beside
from tests.support.waiting import RECOVERY_S


@pytest.fixture
def looked_into(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The codecs of each film that was looked into."""
    found: list[tuple[str, str]] = []

    def noted(path: Path) -> None:
        film = probe(path)
        found.append((film.pictures[0].codec, film.sounds[0].codec))

    monkeypatch.setattr(module, "probe", noted)
    return found


def test_a_tiny_film_is_made_and_looked_into(looked_into: list[tuple[str, str]]) -> None:
    thread = warm_up_beside(lambda: False)
    thread.join(RECOVERY_S)
    assert looked_into == [("h264", "aac")]


def test_what_fails_harms_nobody(
    looked_into: list[tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(program))
    warm_up(lambda: False)
    assert looked_into == []


def test_it_ends_with_the_process(looked_into: list[tuple[str, str]]) -> None:
    warm_up(lambda: True)
    assert looked_into == []


def test_a_worker_begins_with_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    begun: list[bool] = []
    monkeypatch.setattr(film_worker, "warm_up_beside", lambda is_ending: begun.append(is_ending()))
    films = SimpleNamespace(library=None, place=tmp_path)
    resources = SimpleNamespace(settings=SimpleNamespace(films=films), films=object(), transactions=None)
    for name in ("videos", "shown", "clock"):
        setattr(resources, name, None)
    assert film_worker.build_prepare_films(resources, lambda: False)  # type: ignore[arg-type]
    resources.films = None
    assert film_worker.build_prepare_films(resources, lambda: False) is None  # type: ignore[arg-type]
    assert begun == [False]
