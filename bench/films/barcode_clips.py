"""Clips whose every frame carries its number as bars, made by ffmpeg when they are first asked for."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count, islice
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe

#: The picture as it is seen: columns of bars, the first and the last white above and black below.
BITS = 16
COLUMNS = BITS + 2
WIDTH, HEIGHT = COLUMNS * 16, 160
_WHITE, _BLACK = b"\xeb", b"\x10"
#: H.264 as most films are: B-frames, a keyframe each 2 s or so.
_PICTURE = ("-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-pix_fmt", "yuv420p")
#: As heavy as a real film, by filling, so that a player has only the next seconds of it: 4 Mbit/s.
HEAVY = (
    *_PICTURE,
    "-x264-params",
    "nal-hrd=cbr",
    "-b:v",
    "4M",
    "-maxrate",
    "4M",
    "-minrate",
    "4M",
    "-bufsize",
    "4M",
)
_SOUND = ("-c:a", "aac", "-b:a", "96k")
_IN_FRONT = ("-movflags", "+faststart")


@dataclass(frozen=True)
class Clip:
    """What a clip is like. `rate` in frames a second; of a variable-rate clip that of its finest steps.

    `first` is the number in its first picture, by which two clips are told from each other.
    """

    name: str
    rate: Fraction
    is_rotated: bool = False
    is_variable: bool = False
    first: int = 0

    def numbers(self) -> Iterator[int]:
        """The numbers of the frames that there are, in steps of `rate`, without end."""
        return (
            self.first + number for number in count() if not self.is_variable or number % 7 not in (2, 3, 5)
        )


CLIPS = {
    clip.name: clip
    for clip in (
        Clip("23.976", Fraction(24000, 1001)),
        Clip("25", Fraction(25)),
        Clip("29.97", Fraction(30000, 1001)),
        Clip("60", Fraction(60)),
        Clip("rotated", Fraction(30), is_rotated=True),
        Clip("variable", Fraction(50), is_variable=True),
    )
}


def bars(number: int) -> list[bool]:
    """Whether each column is white above; below it is the other way round."""
    return [True, *(bool(number >> bit & 1) for bit in range(BITS)), True]


def grey_picture(number: int, is_turned: bool = False) -> bytes:
    """The picture in grey; turned, as a phone keeps one that its player turns by 90° to the left."""
    columns = bars(number)
    if not is_turned:
        above = b"".join((_WHITE if white else _BLACK) * (WIDTH // COLUMNS) for white in columns)
        below = b"".join((_BLACK if white else _WHITE) * (WIDTH // COLUMNS) for white in columns)
        return above * (HEIGHT // 2) + below * (HEIGHT // 2)
    rows = []
    for white in columns:
        first, second = (_BLACK, _WHITE) if white else (_WHITE, _BLACK)
        rows.append((first * (HEIGHT // 2) + second * (HEIGHT // 2)) * (WIDTH // COLUMNS))
    return b"".join(rows)


def ffmpeg(arguments: Sequence[str | Path], pictures: Iterable[bytes] = ()) -> None:
    """Run ffmpeg. Raises RuntimeError with its words."""
    command = [get_ffmpeg_exe(), "-v", "error", "-y", *map(str, arguments)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        for picture in pictures:
            process.stdin.write(picture)
        process.stdin.close()
        words = process.stderr.read().decode(errors="replace")
    if process.returncode:
        raise RuntimeError(f"ffmpeg: {words}")


def made(clip: Clip, folder: Path, seconds: float, more: Sequence[str] = _PICTURE) -> Path:
    """The clip as an MP4 with its index in front and a tone, in `folder`."""
    path = folder / f"{clip.name}.mp4"
    if path.exists():
        return path
    width, height = (HEIGHT, WIDTH) if clip.is_rotated else (WIDTH, HEIGHT)
    steps = int(seconds * clip.rate)
    raw = ("-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{width}x{height}", "-r", str(clip.rate), "-i", "-")
    tone = ("-f", "lavfi", "-i", f"sine=d={seconds}")
    kept = ("-vf", "select='not(eq(mod(n,7),2)+eq(mod(n,7),3)+eq(mod(n,7),5))'", "-fps_mode", "vfr")
    keyframes = ("-force_key_frames", "expr:gte(t,n_forced*2)")
    flat = folder / f"{clip.name}.flat.mp4" if clip.is_rotated else path
    pictures = (grey_picture(clip.first + number, clip.is_rotated) for number in range(steps))
    ffmpeg(
        [*raw, *tone, *(kept if clip.is_variable else ()), *more, *keyframes, *_SOUND, *_IN_FRONT, flat],
        pictures,
    )
    if clip.is_rotated:
        ffmpeg(["-display_rotation:v:0", "90", "-i", flat, "-c", "copy", *_IN_FRONT, path])
        flat.unlink()
    return path


def ordinals(clip: Clip, seconds: float) -> dict[int, int]:
    """Of each number in the clip, the how manieth frame it is."""
    numbers = islice(clip.numbers(), int(seconds * clip.rate) + 1)
    return {number: index for index, number in enumerate(numbers)}
