"""A film's poster and storyboard: how many pictures, where each is, and that it is the right one."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from partyapp.transcode.domain.stills import MOST_PICTURES, Storyboard, fitted, storyboard_of, storyboard_vtt
from partyapp.transcode.infrastructure.ffmpeg.run import Ffmpeg
from partyapp.transcode.infrastructure.ffmpeg.stills import Stills
from tests.support.film_clips import Clips


@pytest.mark.parametrize(
    ("duration_s", "every_s", "count", "sheet"),
    [
        (0.5, 1, 1, (1, 1)),
        (4.0, 1, 4, (4, 1)),
        (4.2, 1, 5, (5, 1)),
        (95.0, 1, 95, (10, 10)),
        (3600.0, 15, 240, (10, 10)),
        (7200.0, 30, 240, (10, 10)),
        (7 * 86400.0, 3600, 168, (10, 10)),
    ],
)
def test_a_storyboard_has_enough_pictures_and_not_too_many(
    duration_s: float, every_s: int, count: int, sheet: tuple[int, int]
) -> None:
    board = storyboard_of(duration_s, 1920, 1080)
    assert (board.every_s, board.count, (board.columns, board.rows)) == (every_s, count, sheet)
    assert board.count <= MOST_PICTURES
    assert (board.width, board.height) == (160, 90)


def test_small_pictures_keep_their_shape() -> None:
    assert fitted(1080, 1920, 160) == (90, 160)
    assert fitted(64, 36, 160) == (64, 36)
    assert fitted(8000, 2, 160) == (160, 2)


def test_each_time_has_its_place_in_a_sheet() -> None:
    board = Storyboard(every_s=10, count=5, width=160, height=90, columns=2, rows=2)
    told = storyboard_vtt(board, ["a.jpg", "b.jpg"], 45.5).splitlines()
    assert told[:2] == ["WEBVTT", ""]
    assert told[2::3] == [
        "00:00:00.000 --> 00:00:10.000",
        "00:00:10.000 --> 00:00:20.000",
        "00:00:20.000 --> 00:00:30.000",
        "00:00:30.000 --> 00:00:40.000",
        "00:00:40.000 --> 00:00:45.500",
    ]
    assert told[3::3] == [
        "a.jpg#xywh=0,0,160,90",
        "a.jpg#xywh=160,0,160,90",
        "a.jpg#xywh=0,90,160,90",
        "a.jpg#xywh=160,90,160,90",
        "b.jpg#xywh=0,0,160,90",
    ]


def numbers_in(sheet: Path, places: list[list[int]]) -> list[int]:
    """The numbers of the frames at these places of a sheet."""
    command = [get_ffmpeg_exe(), "-v", "error", "-i", str(sheet), "-pix_fmt", "gray", "-f", "rawvideo", "-"]
    raw = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    wide = max(x + width for x, _, width, _ in places)
    return [
        sum((raw[(y + height // 2) * wide + x + 4 + 8 * bit] > 128) << bit for bit in range(8))
        for x, y, _, height in places
    ]


def test_the_picture_of_a_place_is_the_keyframe_before_it(clips: Clips, tmp_path: Path) -> None:
    # Keyframes at 0, 2 and 4 s of 5: the steps of 1 s between them show the one before.
    film = clips.film("stills.mp4", seconds=5, codec=("-c:v", "libx264", "-g", "50", "-sc_threshold", "0"))
    folder = tmp_path / "100%d" / "film"
    (folder / "parts").mkdir(parents=True)
    stills = Stills(Ffmpeg(threads=1), film, 0, (64, 36), folder)
    names = stills.storyboard(5.0, lambda: False)
    assert names == ("storyboard.vtt", "storyboard-1.jpg")
    places = [
        [int(number) for number in found.split(",")]
        for found in re.findall(r"#xywh=(\S+)", (folder / names[0]).read_text())
    ]
    assert numbers_in(folder / names[1], places) == [0, 0, 50, 50, 100]
    assert stills.poster(5.0, lambda: False) == "poster.jpg"
    assert (folder / "poster.jpg").stat().st_size > 100


def test_a_film_without_pictures_to_be_had_goes_without(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"nothing")
    stills = Stills(Ffmpeg(threads=1), broken, 0, (64, 36), tmp_path)
    assert stills.poster(5.0, lambda: False) is None
    assert stills.storyboard(5.0, lambda: False) == ()
