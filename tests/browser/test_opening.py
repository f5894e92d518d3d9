"""The opening of a film whose picture and sound are copied, in a real Chromium: frames, sound, the move."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright

from bench.films.barcode_clips import ffmpeg
from bench.films.fed_film import FedFilm
from bench.films.file_server import file_server
from bench.films.segments import _MOVE, _SEEK
from partyapp.transcode.infrastructure.ffmpeg import copied_film, live_segments, opening
from partyapp.transcode.infrastructure.ffmpeg.prepare import FfmpegFilmPreparer
from tests.browser.conftest import FLAGS
from tests.integration.films.test_opening import OpeningFirst
from tests.integration.films.test_segments import Viewer
from tests.support.browsers.chromium import chromium_window
from tests.support.film_preparing import as_webvtt
from tests.support.own_folder import own_folder
from tests.support.waiting import RECOVERY_S, eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]

#: One is in the last frame of a segment that is not there yet.
PLACES_S = (3.02, 15.98, 8.26)
_HEARD = """async () => {
  const { media } = window.fed, before = media.webkitAudioDecodedByteCount, from = media.currentTime;
  await media.play();
  while (media.currentTime < from + 1) await new Promise((done) => setTimeout(done, 20));
  return media.muted ? 0 : media.webkitAudioDecodedByteCount - before;
}"""


def _opening_in(folder: Path) -> None:
    """A page that is fed with the opening which a film of 20 s gets, and moves to the film."""
    film = FedFilm(folder, seconds=20.0)
    whole = folder / f"{film.clip.name}.mp4"
    source = folder / "opened.mkv"
    ffmpeg(["-i", whole, "-c", "copy", source])
    viewer = Viewer(folder / "work", folder / "store")
    made = FfmpegFilmPreparer(as_webvtt, threads=1).prepare(source, viewer.work, viewer, lambda: False)
    for part in (folder / "store").iterdir():
        shutil.copy(part, folder / part.name)
    (folder / "segments.m3u8").replace(folder / "film.m3u8")
    shutil.copy(viewer.work / made.sources[0].file, whole)


def test_a_copied_opening_is_seen_heard_and_left_unseen(
    playwright: Playwright, chromium: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "LARGE_BYTES", 0)
    monkeypatch.setattr(live_segments, "CATCH_UP_S", 0.0)
    monkeypatch.setattr(copied_film, "Beside", OpeningFirst)
    with own_folder() as folder:
        _opening_in(folder)
        with file_server(folder) as address, chromium_window(playwright, chromium, FLAGS) as window:
            window.open(f"{address}/page.html")
            eventually(
                lambda: window.run(f"() => window.fed?.feeder.readyS > {max(PLACES_S) + 1}"), RECOVERY_S
            )
            window.run("() => fed.screen()")
            shown: list[Any] = [window.run(_SEEK, place) for place in PLACES_S]
            assert [at and at["shown"] for at in shown] == [int(place * 25 + 1e-3) for place in PLACES_S]
            assert window.run(_HEARD) > 0
            moved = window.run(_MOVE)
            assert moved["shown"] is True
            assert abs(moved["apartMs"]) < 250, "the first picture would be seen to jump as it takes over"
            assert window.run("() => fed.faults") == []
