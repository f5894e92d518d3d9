"""What a prepared picture tells of its shape and colours: all of it, and the same in each place."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from partyapp.transcode.domain.preparation import Way, decide
from partyapp.transcode.infrastructure.ffmpeg.probe import probe
from tests.support.film_clips import SIZE, Clips, frame_hashes, frame_numbers
from tests.support.film_preparing import Preparing

_LATE = ("-bsf:v", "setts=ts=TS+0.2/TB", "-movflags", "+faststart")


@pytest.fixture
def work(tmp_path: Path) -> Preparing:
    return Preparing(tmp_path / "work")


@pytest.mark.parametrize("options", [("-movflags", "+faststart"), _LATE], ids=["plain", "late"])
def test_a_shape_that_only_the_container_tells_is_told_by_the_stream_too(
    clips: Clips, work: Preparing, options: tuple[str, ...]
) -> None:
    source = clips.copied(clips.film(), "wide.mp4", "-aspect", "32:9", *options)
    (picture,) = probe(source).pictures
    assert (picture.pixel_aspect, picture.stream_aspect) == (2.0, 1.0)
    assert decide(probe(source)).way is Way.REMUX
    (shown,) = work.of(source).sources
    assert (shown.width, shown.height) == (128, 36)
    (made,) = probe(work.main).pictures
    assert (made.pixel_aspect, made.stream_aspect) == (2.0, 2.0)
    assert frame_hashes(work.main) == frame_hashes(clips.film())


def test_one_that_both_tell_is_left_alone(clips: Clips) -> None:
    wide = clips.film("said.mp4", more=("-vf", "setsar=2", "-movflags", "+faststart"))
    assert decide(probe(wide)).way is Way.AS_IS


def test_what_is_encoded_tells_all_of_its_colours(clips: Clips, work: Preparing) -> None:
    source = clips.film(
        "untold.webm", codec=("-c:v", "libvpx", "-deadline", "realtime"), sound=("-c:a", "libopus")
    )
    assert probe(source).pictures[0].matrix == 2
    work.of(source)
    (made,) = probe(work.main).pictures
    assert (made.matrix, made.primaries, made.transfer) == (6, 6, 6)
    assert frame_numbers(work.main) == frame_numbers(source)


def test_red_green_and_blue_become_what_is_told_of_them(clips: Clips, work: Preparing) -> None:
    red = ("-f", "lavfi", "-i", f"color=red:s={SIZE}:r=25:d=1,format=gbrp", "-c:v", "ffv1")
    work.of(clips.made("red.mkv", *red))
    (made,) = probe(work.main).pictures
    assert (made.matrix, made.primaries, made.transfer) == (1, 1, 1)
    command = [
        get_ffmpeg_exe(),
        "-v",
        "error",
        "-i",
        str(work.main),
        "-pix_fmt",
        "yuv420p",
        "-f",
        "rawvideo",
        "-",
    ]
    raw = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    assert raw[0] == pytest.approx(63, abs=1)  # Red by BT.709; by BT.601 it is 81.
