"""One run of ffmpeg: what each run has in common, its progress, and what went wrong in words."""

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from imageio_ffmpeg import get_ffmpeg_exe

from partyapp.shared.kernel.clock import monotonic_s
from partyapp.transcode.domain.preparation import MAX_PIXELS
from partyapp.transcode.domain.probed_film import FilmNotPrepared, FilmRefused, PreparationFailed
from partyapp.transcode.domain.video import MAX_DURATION_S
from partyapp.transcode.infrastructure.ffmpeg.contents_room import TOO_SMALL
from partyapp.transcode.infrastructure.ffmpeg.guarded_process import Finished, Limits, run_guarded
from partyapp.transcode.infrastructure.ffmpeg.probe import FORMATS

#: What ffmpeg says when the machine is at fault, and what that means to a person.
_OUR_FAULT = (
    ("No space left on device", "The disk is full."),
    ("Disk quota exceeded", "The disk is full."),
    ("Read-only file system", "The disk can't be written to."),
    ("Permission denied", "A file can't be opened by this service."),
    ("Input/output error", "The disk could not be read or written."),
)
_FILMS_FAULT = (
    ("Cannot allocate memory", "Preparing the film needs more memory than a film may take."),
    ("File too large", "The film grows larger than a film may be."),
    ("Picture size", "The film's picture changes to a size that is too large."),
)


class ContentsTooLarge(FilmRefused):
    """The table of contents didn't fit into the room that it was given."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What a run made: frames of its first picture, and what it complained of."""

    frames: int
    errors: str


@dataclass
class _Report:
    """ffmpeg's `-progress`: lines of key=value. `changed_at` is when the run last got anywhere."""

    on_time: Callable[[float], None]
    changed_at: float = field(default_factory=monotonic_s)
    values: dict[str, str] = field(default_factory=dict)
    rest: bytes = b""

    def feed(self, data: bytes) -> None:
        *lines, self.rest = (self.rest + data).split(b"\n")
        before = [self.values.get(key) for key in ("frame", "out_time_us", "total_size")]
        for line in lines:
            key, _, value = line.decode("ascii", errors="replace").partition("=")
            self.values[key.strip()] = value.strip()
        if before != [self.values.get(key) for key in ("frame", "out_time_us", "total_size")]:
            self.on_time(self.number("out_time_us") / 1e6)
            # Whoever is told may take long about it, which is no standstill.
            self.changed_at = monotonic_s()

    def number(self, key: str) -> int:
        text = self.values.get(key, "")
        return int(text) if text.lstrip("-").isdigit() else 0


def film_input(path: Path, *options: str) -> list[str]:
    """The arguments that read a stranger's film, and nothing but that file."""
    return [
        *("-format_whitelist", FORMATS, "-protocol_whitelist", "file"),
        *("-max_pixels", str(MAX_PIXELS), "-t", str(int(MAX_DURATION_S))),
        *options,
        *("-i", f"file:{path.absolute()}"),
    ]


def file_output(path: Path) -> str:
    """A file as an argument, whatever characters its name has."""
    return f"file:{path.absolute()}"


class Ffmpeg:
    """Runs the ffmpeg that comes with imageio-ffmpeg, so that its version is ours to choose."""

    def __init__(self, limits: Limits | None = None, threads: int = 0) -> None:
        self._limits = limits or Limits()
        self._threads = threads

    def run(
        self,
        arguments: Sequence[str],
        *,
        should_stop: Callable[[], bool],
        on_time: Callable[[float], None] = lambda time_s: None,
        stdin: IO[bytes] | int = subprocess.DEVNULL,
        limits: Limits | None = None,
        is_awaited: bool = False,
    ) -> Ran:
        """Run ffmpeg; `on_time` gets how far its output is, in s.

        One that `is_awaited` by people and takes little of the processors, as a copy does, doesn't stand back
        behind all else: its threads hand each packet on, and wait for their turn with each.

        Raises FilmRefused, PreparationFailed, or PreparationStopped.
        """
        limits = limits or self._limits
        if is_awaited:
            limits = replace(limits, niceness=0)
        report = _Report(on_time)

        def stopped_or_stuck() -> bool:
            if monotonic_s() - report.changed_at > limits.stall_s:
                raise FilmRefused("Preparing the film got stuck in it.")
            return should_stop()

        # Reports come in time with the clock even where nothing moves, so the guard can't see a standstill.
        command = [
            *(get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-y", "-v", "error"),
            *("-progress", "pipe:1", "-stats_period", "0.5", "-threads", str(self._threads)),
            *("-filter_threads", "1"),
            *arguments,
        ]
        finished = run_guarded(
            command, limits, on_output=report.feed, should_stop=stopped_or_stuck, stdin=stdin
        )
        if finished.code != 0:
            raise what_went_wrong(finished)
        return Ran(frames=report.number("frame"), errors=finished.errors)


def what_went_wrong(finished: Finished) -> FilmNotPrepared:
    """The failure of a run in words, told apart by whose fault it is."""
    for sign, words in _OUR_FAULT:
        if sign in finished.errors:
            return PreparationFailed(words)
    if TOO_SMALL in finished.errors:
        return ContentsTooLarge("The film's table of contents is too large.")
    for sign, words in _FILMS_FAULT:
        if sign in finished.errors:
            return FilmRefused(words)
    if finished.ended_by or finished.code in (-24, -9, 137, 152):
        return _ended(finished)
    return FilmRefused(f"The film can't be read to its end: {_last_line(finished.errors)}.")


def _ended(finished: Finished) -> FilmNotPrepared:
    if finished.ended_by or finished.code in (-24, 152):
        return FilmRefused("Preparing the film took longer than a film may take.")
    # What the kernel kills when memory runs out, or an operator; RLIMIT_CPU's last word looks the same.
    return PreparationFailed("Preparing the film was broken off by the system.")


def _last_line(errors: str) -> str:
    """The last complaint without where in the program it came from, and without names of files."""
    lines = [line.split("] ")[-1].strip() for line in errors.splitlines() if line.strip()]
    told = [line for line in lines if "/" not in line and not line.startswith("Conversion failed")]
    return told[-1][:200].rstrip(".!") if told else "it is broken"
