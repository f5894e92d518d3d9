"""Sounds of many channels that become two: as loud as a player plays them, and where they were."""

from __future__ import annotations

import subprocess
from array import array
from pathlib import Path

import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from tests.support.film_clips import Clips
from tests.support.film_preparing import Preparing

_LOUD = "aevalsrc=if(gte(t\\,1)\\,0.7*sin(2*PI*440*t)\\,0):s=48000:d=4"


def samples(path: Path) -> array[float]:
    """The left channel as it is decoded, in parts of full scale, 48,000 a second."""
    command = [get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-map", "0:a", "-af", "pan=mono|c0=FL"]
    raw = subprocess.run([*command, "-f", "f32le", "-"], check=True, capture_output=True, timeout=60).stdout
    return array("f", raw)


@pytest.mark.parametrize("layout", ["5.1", "7.1", "quad", "3.0"])
def test_a_loud_mix_stays_within_full_scale_and_in_its_place(
    clips: Clips, tmp_path: Path, layout: str
) -> None:
    everywhere = "|".join(
        f"c{channel}=c0" for channel in range({"5.1": 6, "7.1": 8, "quad": 4, "3.0": 3}[layout])
    )
    source = clips.made(
        "loud.mkv",
        *("-i", clips.film(), "-f", "lavfi", "-i", f"{_LOUD},pan={layout}|{everywhere}"),
        *("-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "flac"),
    )
    work = Preparing(tmp_path / "work")
    work.of(source)
    heard = samples(work.main)
    # The encoder itself goes a little over what it is given.
    assert 0.6 < max(map(abs, heard)) <= 1.1
    assert next(at for at, value in enumerate(heard) if abs(value) > 0.3) / 48000 == pytest.approx(
        1.0, abs=0.03
    )
    assert len(heard) / 48000 == pytest.approx(4.0, abs=0.05)
