"""Films that are copied to be read: they are watched, and encoded, while the copy is still written."""

from __future__ import annotations

from pathlib import Path

import pytest

from partyapp.transcode.application.film_preparer import Progress
from partyapp.transcode.domain.film import SEGMENTS
from partyapp.transcode.infrastructure.ffmpeg import film_reading
from partyapp.transcode.infrastructure.ffmpeg.run import Ffmpeg
from tests.support.film_clips import Clips, frame_numbers, frame_times
from tests.support.film_preparing import Preparing

SECONDS = 12
FILMS = {
    "growing.avi": (("-c:v", "mpeg4", "-bf", "2"), ("-c:a", "mp3")),
    "growing.ts": (("-c:v", "mpeg2video", "-bf", "2"), ("-c:a", "ac3")),
}


def _slow_copies(monkeypatch: pytest.MonkeyPatch, rate: str) -> None:
    """Copy the film only `rate` times as fast as it is played."""
    run = Ffmpeg.run

    def slowed(self: Ffmpeg, arguments: list[str], **options: object) -> object:
        slow = ["-readrate", rate] if arguments[-1].endswith("/indexed.mkv") else []
        return run(self, [*slow, *arguments], **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Ffmpeg, "run", slowed)


@pytest.mark.parametrize("name", FILMS)
def test_it_is_watched_before_its_copy_is_whole(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    _slow_copies(monkeypatch, "3")
    monkeypatch.setattr(film_reading, "MARGIN_S", 4.0)
    source = clips.film(name, seconds=SECONDS, codec=FILMS[name][0], sound=FILMS[name][1])
    work, was_whole = Preparing(tmp_path / "work"), []

    def note(progress: Progress) -> None:
        if progress.film and progress.film.sources[0].type == SEGMENTS:
            was_whole.append((work.folder / "parts" / "indexed.whole").exists())

    work.film = work.preparer.prepare(source, work.folder, note, lambda: False)
    assert was_whole[0] is False
    assert frame_numbers(work.main) == [number % 256 for number in range(25 * SECONDS)]
    first, *_ = times = frame_times(work.main)
    assert times == pytest.approx([first + number / 25 for number in range(25 * SECONDS)], abs=2e-3)


def test_what_was_read_too_early_is_read_again(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _slow_copies(monkeypatch, "9")
    monkeypatch.setattr(film_reading, "MARGIN_S", -1000.0)
    codec, sound = FILMS["growing.avi"]
    source = clips.film("growing.avi", seconds=SECONDS, codec=codec, sound=sound)
    work = Preparing(tmp_path / "work")
    work.of(source)
    assert frame_numbers(work.main) == [number % 256 for number in range(25 * SECONDS)]
