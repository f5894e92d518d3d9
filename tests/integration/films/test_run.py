"""A run of ffmpeg: its progress, its guards, and its failures in words."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from partyapp.transcode.domain.probed_film import FilmRefused, PreparationFailed, PreparationStopped
from partyapp.transcode.infrastructure.ffmpeg.guarded_process import MIB, Finished, Limits
from partyapp.transcode.infrastructure.ffmpeg.run import (
    ContentsTooLarge,
    Ffmpeg,
    file_output,
    film_input,
    what_went_wrong,
)
from tests.support.film_clips import Clips, frame_numbers

LIMITS = Limits(wall_s=60.0, stall_s=60.0)
ENDLESS = ("-f", "lavfi", "-i", "color=black:s=64x36:r=25", "-c:v", "libx264", "-f", "null", "-")


def test_a_run_tells_how_far_it_is(clips: Clips, tmp_path: Path) -> None:
    times: list[float] = []
    out = tmp_path / "a:b %d\n.mp4"
    arguments = [*film_input(clips.film()), "-c", "copy", "-f", "mp4", file_output(out)]
    ran = Ffmpeg(LIMITS).run(arguments, should_stop=lambda: False, on_time=times.append)
    assert ran.frames == 100
    assert times
    assert times == sorted(times)
    assert frame_numbers(out) == list(range(100))


@pytest.mark.parametrize(("is_awaited", "niceness"), [(True, 0), (False, Limits().niceness)])
def test_what_people_wait_for_does_not_stand_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_awaited: bool, niceness: int
) -> None:
    program = tmp_path / "nice"
    program.write_text("#!/bin/sh\necho niceness $(nice) >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr("partyapp.transcode.infrastructure.ffmpeg.run.get_ffmpeg_exe", lambda: str(program))
    with pytest.raises(FilmRefused, match=rf"niceness {min(19, os.nice(0) + niceness)}\."):
        Ffmpeg(LIMITS).run([], should_stop=lambda: False, is_awaited=is_awaited)


def test_it_stops_when_asked() -> None:
    with pytest.raises(PreparationStopped):
        Ffmpeg(LIMITS).run(ENDLESS, should_stop=lambda: True)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (replace(LIMITS, wall_s=0.5), "took longer"),
        (replace(LIMITS, cpu_s=1), "took longer|broken off"),
        (replace(LIMITS, stall_s=0.0), "got stuck|took longer"),
        (replace(LIMITS, memory_bytes=48 * MIB), "memory|broken off|can't be read"),
    ],
)
def test_a_run_without_end_ends_at_its_limits(limits: Limits, reason: str) -> None:
    with pytest.raises((FilmRefused, PreparationFailed), match=reason):
        Ffmpeg(limits).run(ENDLESS, should_stop=lambda: False)


def test_a_file_that_grows_too_large_is_refused(clips: Clips, tmp_path: Path) -> None:
    arguments = [
        *film_input(clips.film()),
        "-c:v",
        "rawvideo",
        "-an",
        "-f",
        "nut",
        file_output(tmp_path / "big"),
    ]
    with pytest.raises(FilmRefused, match="larger than"):
        Ffmpeg(replace(LIMITS, file_bytes=10_000)).run(arguments, should_stop=lambda: False)
    assert (tmp_path / "big").stat().st_size <= 10_000


@pytest.mark.parametrize(
    "content",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{film}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{film}'\n",
    ],
)
def test_what_names_other_files_reads_none(clips: Clips, tmp_path: Path, content: str) -> None:
    playlist = tmp_path / "film.mp4"
    playlist.write_text(content.format(film=clips.film()))
    out = tmp_path / "out.mp4"
    with pytest.raises(FilmRefused):
        Ffmpeg(LIMITS).run(
            [*film_input(playlist), "-c", "copy", "-f", "mp4", file_output(out)], should_stop=lambda: False
        )
    assert not out.exists()


@pytest.mark.parametrize(
    ("errors", "kind", "words"),
    [
        ("[out#0] Error writing trailer: No space left on device", PreparationFailed, "disk is full"),
        ("av_interleaved_write_frame(): Disk quota exceeded", PreparationFailed, "disk is full"),
        (
            "[mp4] reserved_moov_size is too small, needed 9 additional\n[out] Error writing",
            ContentsTooLarge,
            "too large",
        ),
        ("[mov] moov atom not found", FilmRefused, "moov atom not found"),
        ("[in#0] Error opening input file /srv/films/secret/x.mp4", FilmRefused, "it is broken"),
        ("", FilmRefused, "it is broken"),
    ],
)
def test_failures_are_told_in_words_without_names_of_files(errors: str, kind: type, words: str) -> None:
    failure = what_went_wrong(Finished(code=1, errors=errors))
    assert type(failure) is kind
    assert words in failure.reason
    assert "/" not in failure.reason


def test_who_is_at_fault_when_a_run_is_ended() -> None:
    assert isinstance(what_went_wrong(Finished(code=-9, errors="", ended_by="clock")), FilmRefused)
    assert isinstance(what_went_wrong(Finished(code=-24, errors="")), FilmRefused)
    assert isinstance(what_went_wrong(Finished(code=-9, errors="")), PreparationFailed)
