"""The frames that mpv shows, read from its picture: each frame of the film has its number in it.

mpv's screen is a terminal (`--vo=tct`), 16 cells in a row, one for each bit. What is read is the picture
itself, not what the player says of its position. When it was drawn and when it was put on the screen is from
mpv's own log of both (`--dump-stats`): it draws up to 50 ms ahead (`--video-timing-offset`).
"""

import os
import re
import subprocess
import threading
import time
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from imageio_ffmpeg import get_ffmpeg_exe

FRAMES_PER_S = 25
BITS = 16
_BARS = r"geq=lum='if(mod(floor(N/pow(2\,floor(X/8)))\,2)\,235\,16)':cb=128:cr=128"
_CELL = re.compile(rb"\x1b\[48;5;(\d+)m ")
_FRAME_START, _SECOND_ROW = b"\x1b[0;0f", b"\x1b[1;0f"

#: What mpv is started by: its picture goes where the bench reads it.
_WRAPPER = """#!/bin/sh
[ "$1" = --version ] && exec {mpv} --version
exec {mpv} "$@" --no-config --vo=tct --vo-tct-width={bits} --vo-tct-height=2 --vo-tct-algo=plain \\
  --vo-tct-256=yes --ao=null --no-osc --osd-level=0 --dump-stats={log} >{pipe}
"""


def make_film(path: Path, length_s: int) -> None:
    """A film of that length with its frame numbers in it."""
    command = [get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", "-f", "lavfi"]
    command += ["-i", f"color=c=gray:s={BITS * 8}x32:r={FRAMES_PER_S}", "-vf", _BARS, "-t", str(length_s)]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-g", str(2 * FRAMES_PER_S), str(path)]
    subprocess.run(command, check=True, timeout=300)


@dataclass(frozen=True, slots=True)
class ShownFrame:
    """The frame of `position_s`; instants in ms of the monotonic clock."""

    drawn_ms: float
    shown_ms: float
    position_s: float


class FrameReader:
    """Reads what one mpv shows; `wrapper` is the program to start instead of mpv. Use it in `with`."""

    def __init__(self, folder: Path, mpv: str = "/usr/bin/mpv") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._pipe, self._log = folder / "picture", folder / "frames.log"
        os.mkfifo(self._pipe)
        self.wrapper = folder / "mpv"
        self.wrapper.write_text(_WRAPPER.format(mpv=mpv, bits=BITS, pipe=self._pipe, log=self._log))
        self.wrapper.chmod(0o755)
        self._seen: list[tuple[float, float]] = []
        # Open for both, so that it neither waits for mpv nor ends with it.
        self._end = os.open(self._pipe, os.O_RDWR)
        self._thread = threading.Thread(target=self._read, name="frames", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        os.write(self._end, b"\x04")
        self._thread.join(5.0)
        os.close(self._end)

    def first_ms(self) -> float | None:
        """When the first frame was read, in ms of the monotonic clock; None before it."""
        return self._seen[0][0] if self._seen else None

    def frames(self) -> list[ShownFrame]:
        """What was shown, once mpv has ended: its log isn't whole before."""
        draws, flips = log_times(self._log.read_text())
        return placed(self._seen, draws, flips)

    def _read(self) -> None:
        waiting = b""
        while b"\x04" not in (chunk := os.read(self._end, 65536)):
            at_ms = time.monotonic_ns() / 1e6
            waiting += chunk
            # A frame is written in one go, and ends with its row's reset.
            *_, last = waiting.rpartition(_FRAME_START)
            if (position_s := frame_position_s(last)) is not None:
                self._seen.append((at_ms, position_s))
                waiting = b""


def log_times(log: str) -> tuple[list[float], list[float]]:
    """When mpv began to draw a frame, and when to show it, in ms of mpv's clock."""
    lines = [line.split(" ", 1) for line in log.splitlines() if line.endswith(("-draw", "-flip"))]
    draws = [int(at) / 1000.0 for at, what in lines if what == "start video-draw"]
    return draws, [int(at) / 1000.0 for at, what in lines if what == "start video-flip"]


def placed(
    seen: Sequence[tuple[float, float]], draws: Sequence[float], flips: Sequence[float]
) -> list[ShownFrame]:
    """Each frame that was read with the times of the log, whose clock has another zero.

    Every frame on the screen is read once, right after it was put there: so the zero is where the n-th of the
    one is the n-th of the other, within what reading takes.
    """
    offset_ms = min(at_ms - flip for (at_ms, _), flip in zip(seen[-200:], flips[-200:], strict=True))
    frames = []
    for at_ms, position_s in seen:
        shown = bisect_right(flips, at_ms - offset_ms + 0.5) - 1
        if shown >= 0 and (drawn := bisect_right(draws, flips[shown])) > 0:
            frames.append(ShownFrame(draws[drawn - 1] + offset_ms, flips[shown] + offset_ms, position_s))
    return frames


def frame_position_s(drawn: bytes) -> float | None:
    """The position in the film of a frame as drawn; None while it isn't complete."""
    cells = _CELL.findall(drawn.partition(_SECOND_ROW)[2])
    if len(cells) < BITS:
        return None
    number = sum((_brightness(int(cell)) > 128) << bit for bit, cell in enumerate(cells[:BITS]))
    return number / FRAMES_PER_S


def _brightness(colour: int) -> int:
    """0 to 255, of a grey of the 256 colours of a terminal."""
    if colour >= 232:
        return 8 + 10 * (colour - 232)
    return 255 if colour == 231 else (colour - 16) // 43 * 51
