"""From an upload's last byte to a film that plays, beside plain ffmpeg doing the same to the same file."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from imageio_ffmpeg import get_ffmpeg_exe

from bench.films.long_clips import LongClips
from bench.films.service import FilmService
from partyapp.transcode.infrastructure.ffmpeg.arguments import AAC, FASTSTART, KEYFRAME_S

MIB = 1024 * 1024
#: A virtual machine may hand free memory back to its host 2 s after it was freed (free page reporting), and
#: then pays for each page that it takes again: writing 1.5 GB took 0.3 s right after as much was removed, and
#: 2 to 4 s later. Both sides are measured after that, or the one that comes second would pay for the other.
_REPORTED_S = 10.0
_COPY = ("-c", "copy", *FASTSTART)
#: What `arguments.picture_chunk` and `fragmented_sounds` ask for, in one go.
_ENCODE = (
    *("-vf", "setsar=1,format=yuv420p", "-fps_mode", "vfr", "-enc_time_base", "demux"),
    *("-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-bf", "0"),
    *("-force_key_frames", f"expr:gte(t,n_forced*{KEYFRAME_S})", *AAC, *FASTSTART),
)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """One film: s from the last byte to the first decoded frame and to playable, and plain ffmpeg's s.

    `ratio` is the median of each run's ratio to the plain one beside it, since a disk's speed varies.
    """

    what: str
    megabytes: int
    first_frame_s: float
    playable_s: float
    ffmpeg_s: float
    ratio: float


def films(clips: LongClips, size: int, encode_s: int) -> Iterator[tuple[str, Path, Sequence[str]]]:
    """What is uploaded: its kind, its file, and plain ffmpeg's options for it. Each is removed after use."""
    yield "MP4, index in front", clips.film("front.mp4", size, "-movflags", "+faststart"), _COPY
    yield "MP4, index at the end", clips.film("end.mp4", size), _COPY
    yield "Matroska, copied", clips.film("film.mkv", size), _COPY
    yield "AVI (MPEG-4, MP3), encoded", clips.old_film(encode_s), _ENCODE


def measured(
    service: FilmService, clips: LongClips, *, size: int, encode_s: int, runs: int
) -> Iterator[Prepared]:
    """The median of `runs` of each film; ours and ffmpeg's take turns."""
    for what, film, options in films(clips, size, encode_s):
        first_frame, playable, plain = [], [], []
        for _ in range(runs):
            time.sleep(_REPORTED_S)
            plain.append(_plain(film, options))
            time.sleep(_REPORTED_S)
            sent = service.upload(film)
            service.first_frame(service.watchable(sent.video_id))
            first_frame.append(time.monotonic() - sent.last_byte_s)
            service.playable(sent.video_id)
            playable.append(time.monotonic() - sent.last_byte_s)
            service.remove(sent.video_id)
        yield Prepared(
            what=what,
            megabytes=film.stat().st_size // MIB,
            first_frame_s=round(median(first_frame), 2),
            playable_s=round(median(playable), 2),
            ffmpeg_s=round(median(plain), 2),
            ratio=median(ours / theirs for ours, theirs in zip(playable, plain, strict=True)),
        )
        film.unlink()


def _plain(film: Path, options: Sequence[str]) -> float:
    """How long ffmpeg itself takes, in s."""
    made = film.with_suffix(".made")
    begun = time.monotonic()
    command = [get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", "-i", str(film), *options, str(made)]
    subprocess.run(command, check=True)
    took = time.monotonic() - begun
    made.unlink()
    return took
