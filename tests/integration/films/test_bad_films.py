"""Whatever comes as a film ends in words, within limits, and reads no file but itself."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from partyapp.transcode.domain.film import PreparedFilm
from partyapp.transcode.domain.probed_film import FilmNotPrepared, FilmRefused, PreparationFailed
from partyapp.transcode.infrastructure.ffmpeg.guarded_process import MIB, Limits
from partyapp.transcode.infrastructure.ffmpeg.prepare import FfmpegFilmPreparer
from tests.support.bad_films import (
    PLAYLISTS,
    huge_picture,
    lasting,
    many_tracks,
    playlist,
)
from tests.support.film_clips import Clips
from tests.support.film_fuzz import mutated, seeds
from tests.support.film_preparing import as_webvtt

LIMITS = Limits(memory_bytes=1024 * MIB, cpu_s=20, file_bytes=4 * MIB, wall_s=40.0, stall_s=20.0)


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Iterator[None]:
    before = children()
    yield
    assert children() == before


@pytest.fixture
def prepare(tmp_path: Path) -> Callable[[Path], PreparedFilm]:
    preparer = FfmpegFilmPreparer(as_webvtt, limits=LIMITS, threads=1)
    return lambda path: preparer.prepare(path, tmp_path / "work", lambda report: None, lambda: False)


def children() -> set[int]:
    """The processes that this one has started and that live. Not theirs: Postgres starts some by itself."""
    return {child.pid for child in psutil.Process().children()}


def names_of_files(reason: str) -> bool:
    return bool(re.search(r"/|\.mp4|\.mkv", reason))


@pytest.mark.parametrize("ending", [".mp4", ".mkv", ".m3u8", ""])
@pytest.mark.parametrize("name", PLAYLISTS)
def test_what_names_other_files_is_refused_and_they_stay_unread(
    clips: Clips, tmp_path: Path, prepare: Callable[[Path], PreparedFilm], name: str, ending: str
) -> None:
    # A good film, so that reading it would go well, and be seen by the time of its last reading.
    canary = tmp_path / "canary.mp4"
    canary.write_bytes(clips.film().read_bytes())
    os.utime(canary, (1_000_000, 2_000_000))
    with pytest.raises(FilmRefused) as refused:
        prepare(playlist(name, canary, tmp_path, ending))
    assert refused.value.reason.startswith("This isn't a film")
    assert not names_of_files(refused.value.reason)
    # A file whose last reading lies before its last change has it set by the next one, if the disk keeps it.
    assert canary.stat().st_atime == 1_000_000
    assert not (tmp_path / "work").exists()


BAD: dict[str, tuple[Callable[[Clips], Path], str]] = {
    "no time": (lambda clips: lasting(clips, 0.01), "lasts no time"),
    "ten days": (lambda clips: lasting(clips, 864_000), "10.0 days"),
    "40 tracks": (lambda clips: many_tracks(clips, 40), "41 tracks"),
    "16k": (huge_picture, "too large|more memory|broke off|can't be read"),
    "no picture": (lambda clips: clips.made("sound.mp4", "-i", clips.film(), "-vn"), "no picture"),
    "a cover": (
        lambda clips: clips.made(
            "cover.mp4",
            *("-i", clips.film(), "-f", "lavfi", "-i", "color=red:s=64x64:d=1", "-map", "0:a", "-map", "1:v"),
            *("-frames:v", "1", "-c:v", "png", "-disposition:v", "attached_pic"),
        ),
        "no picture",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_each_is_refused_in_words(clips: Clips, prepare: Callable[[Path], PreparedFilm], name: str) -> None:
    make, reason = BAD[name]
    with pytest.raises(FilmRefused, match=reason) as refused:
        prepare(make(clips))
    assert not names_of_files(refused.value.reason)


def test_a_bomb_ends_at_its_limits(clips: Clips, tmp_path: Path) -> None:
    # An hour of black: about a megabyte, and 340 GB when decoded.
    tiny = clips.made(
        "tiny.mp4",
        *("-f", "lavfi", "-i", "color=black:s=1920x1080:r=30:d=0.5"),
        *("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none", "-threads", "1"),
    )
    bomb = clips.made("bomb.mp4", "-stream_loop", "7200", "-i", tiny, "-c", "copy")
    preparer = FfmpegFilmPreparer(as_webvtt, limits=replace(LIMITS, wall_s=2.0, cpu_s=2), threads=1)
    with pytest.raises((FilmRefused, PreparationFailed), match=r"took longer|broken off"):
        preparer.prepare(bomb, tmp_path / "work", lambda report: None, lambda: False)
    assert sum(path.stat().st_size for path in (tmp_path / "work").rglob("*") if path.is_file()) < 20 * MIB


NAMES = (
    "..",
    "a/../b",
    "-vf",
    "%s%d",
    "x|y",
    "c:d",
    "e'f\"g",
    "h\\i",
    "\n\r\t",
    "🎬\u202e",
    "$(id)`id`;&",
    "*?[a]",
)


def test_names_with_every_separator_are_only_names(clips: Clips, tmp_path: Path) -> None:
    source = clips.film().read_bytes()
    preparer = FfmpegFilmPreparer(as_webvtt, limits=LIMITS, threads=1)
    name = "".join(one.replace("/", "∕") for one in NAMES)
    folder = tmp_path / name
    folder.mkdir()
    path = folder / f"-i {name}.mkv"
    path.write_bytes(source)
    film = preparer.prepare(path, folder / "work", lambda report: None, lambda: False)
    assert film.poster is not None
    assert film.storyboard is not None
    assert sorted(one.name for one in tmp_path.iterdir()) == [name]
    assert sorted(one.name for one in folder.iterdir()) == sorted([path.name, "work"])


def test_mutated_films_end_in_a_film_or_in_words(clips: Clips, tmp_path: Path) -> None:
    preparer = FfmpegFilmPreparer(as_webvtt, limits=LIMITS, threads=1)
    ends = {"film": 0, "refused": 0}
    before = children()
    for number, (name, content) in enumerate(mutated(seeds(clips), count=22, seed=15)):
        path = tmp_path / f"{number}-{name}"
        path.write_bytes(content)
        try:
            preparer.prepare(path, tmp_path / "work", lambda report: None, lambda: False)
            ends["film"] += 1
        except FilmNotPrepared as error:
            assert error.reason.endswith(".")
            assert not error.try_again, error.reason
            assert not names_of_files(error.reason)
            ends["refused"] += 1
        assert children() == before
    assert min(ends.values()) > 0, ends
