"""Tiny films for tests, made by ffmpeg when they are first asked for."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe

SIZE = "64x36"
#: Each frame has its number in it, as eight bars of 8 pixels, the lowest bit first.
BARS = r"geq=lum='if(mod(floor(N/pow(2\,floor(X/8)))\,2)\,235\,16)':cb=128:cr=128"
SUBTITLES = (
    "1\n00:00:01,000 --> 00:00:02,000\nGood evening & welcome\n\n2\n00:00:02,500 --> 00:00:03,000\nBye\n"
)


def ffmpeg(*arguments: str | Path, timeout_s: float = 60) -> str:
    """Run ffmpeg on files of the test's own; what it prints to stdout."""
    command = [get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=timeout_s).stdout


def frame_hashes(path: Path, stream: str = "0:v:0") -> list[str]:
    """The hash of each frame of the film's picture, in their order."""
    printed = ffmpeg("-i", path, "-map", stream, "-fps_mode", "passthrough", "-f", "framemd5", "-")
    return [line.split(",")[-1].strip() for line in printed.splitlines() if not line.startswith("#")]


def frame_numbers(path: Path, stream: str = "0:v:0") -> list[int]:
    """The numbers (modulo 256) of the frames that are shown, in their order."""
    command = [get_ffmpeg_exe(), "-v", "error", "-nostdin", "-i", str(path), "-map", stream]
    command += ["-fps_mode", "passthrough", "-vf", f"scale={SIZE.replace('x', ':')}", "-pix_fmt", "gray"]
    raw = subprocess.run(
        [*command, "-f", "rawvideo", "-"], check=True, capture_output=True, timeout=60
    ).stdout
    middle, frame = 64 * 18, 64 * 36
    return [
        sum((raw[at + middle + 4 + 8 * bit] > 128) << bit for bit in range(8))
        for at in range(0, len(raw), frame)
    ]


def frame_times(path: Path, stream: str = "0:v:0") -> list[float]:
    """When each frame is shown, in s."""
    printed = ffmpeg("-i", path, "-map", stream, "-fps_mode", "passthrough", "-f", "framemd5", "-")
    base = next(line for line in printed.splitlines() if line.startswith("#tb")).split(":")[1]
    top, bottom = map(int, base.split("/"))
    return [
        int(line.split(",")[2]) * top / bottom for line in printed.splitlines() if not line.startswith("#")
    ]


class Clips:
    """Clips in a folder; each is made once, whichever test asks for it first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._folders: dict[tuple[str | Path, ...], Path] = {}

    def made(self, name: str, *arguments: str | Path) -> Path:
        """A file of this name, made with these arguments of ffmpeg.

        What other arguments made lies in another folder, so tests need not agree about names.
        """
        folder = self._folders.setdefault(arguments, self.folder / str(len(self._folders)))
        path = folder / name
        if not path.exists():
            folder.mkdir(exist_ok=True)
            ffmpeg(*arguments, path)
        return path

    def film(
        self,
        name: str = "film.mp4",
        *,
        rate: str = "25",
        seconds: float = 4,
        codec: Sequence[str] = ("-c:v", "libx264", "-bf", "2", "-g", "50"),
        sound: Sequence[str] = ("-c:a", "aac"),
        more: Sequence[str] = (),
    ) -> Path:
        """Frames with their numbers, and a tone."""
        return self.made(
            name,
            *("-f", "lavfi", "-i", f"color=black:s={SIZE}:r={rate}:d={seconds},{BARS}"),
            *("-f", "lavfi", "-i", f"sine=d={seconds}"),
            *(*codec, *sound, *more),
        )

    def copied(self, source: Path, name: str, *options: str) -> Path:
        """The same packets in another file."""
        return self.made(name, "-i", source, "-map", "0", "-c", "copy", *options)

    def disc(self, name: str = "disc.mkv") -> Path:
        """An MKV as from a disc: AC-3 in two languages, subtitles in SRT and ASS."""
        words = self.folder / "words.srt"
        words.write_text(SUBTITLES)
        return self.made(
            name,
            *(
                "-i",
                self.film(),
                "-i",
                words,
                "-map",
                "0:v",
                "-map",
                "0:a",
                "-map",
                "0:a",
                "-map",
                "1",
                "-map",
                "1",
            ),
            *("-c:v", "copy", "-c:a", "ac3", "-c:s:0", "srt", "-c:s:1", "ass"),
            *("-metadata:s:a:0", "language=ger", "-metadata:s:a:1", "language=eng"),
            *("-metadata:s:a:1", "title=Commentary", "-metadata:s:s:0", "language=eng"),
            *("-disposition:a:0", "default", "-disposition:a:1", "0"),
        )
