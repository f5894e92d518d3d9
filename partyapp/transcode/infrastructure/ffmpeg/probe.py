"""What is in a media file, read by libav in a process of its own (`probe_process.py`)."""

import signal
import sys
from pathlib import Path
from typing import Any

import msgspec

from partyapp.transcode.domain.probed_film import (
    FilmNotPrepared,
    FilmRefused,
    PreparationFailed,
    ProbedFilm,
    not_a_film,
)
from partyapp.transcode.infrastructure.ffmpeg.file_layout import Layout, layout_of
from partyapp.transcode.infrastructure.ffmpeg.guarded_process import MIB, Finished, Limits, run_guarded

PROBE_PROCESS = Path(__file__).with_name("probe_process.py")
#: The formats that are read. Left out is what names other files or places (playlists, scripts, captures),
#: what is no film (single pictures, subtitles, sound), and whatever else libav's 300 readers would try.
FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,ogg,flv,asf"
PROBE_LIMITS = Limits(
    memory_bytes=2048 * MIB,
    cpu_s=30,
    file_bytes=0,
    wall_s=60.0,
    stall_s=60.0,
    niceness=0,
    is_batch=False,
)
HEAD_BYTES = 4096
#: libav's name of a format that goes by several, by its first.
_CONTAINERS = {"mov": "mp4"}


def probe(path: Path, limits: Limits = PROBE_LIMITS) -> ProbedFilm:
    """What is in the file. Raises FilmRefused with words for its owner where it can't be read as a film.

    Raises PreparationFailed where the file isn't there or can't be opened by us.
    """
    if path.exists() and not path.is_file():
        raise FilmRefused("This isn't a film: it isn't even a file.")  # A pipe would never end.
    try:
        head = _head(path)
        layout = layout_of(path)
    except OSError as error:
        raise _unreadable(error) from error
    if not head:
        raise not_a_film(head)
    printed = bytearray()
    command = [sys.executable, "-I", str(PROBE_PROCESS), str(path.absolute()), FORMATS]
    finished = run_guarded(command, limits, on_output=printed.extend)
    if finished.code != 0:
        raise _broken_off(finished)
    found = msgspec.json.decode(bytes(printed))
    if "error" in found:
        try:
            _head(path)
        except OSError as error:
            raise _unreadable(error) from error
        raise _refusal(head, layout, found["error"])
    return _film(found, layout, path.stat().st_size)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _unreadable(error: OSError) -> PreparationFailed:
    return PreparationFailed(f"The film's file can't be read: {error.strerror}.")


def _film(found: dict[str, Any], layout: Layout, size_bytes: int) -> ProbedFilm:
    if found["streams"] > len(found["pictures"]) + len(found["sounds"]) + len(found["texts"]) + 100:
        raise FilmRefused("The file holds more tracks than a film has.")
    first = found["container"].split(",")[0]
    facts = {
        **found,
        "container": _CONTAINERS.get(first, first),
        "duration_s": _length_s(first, found["duration_s"], found["start_s"]),
        "size_bytes": size_bytes,
        "packaging": layout.packaging,
        "missing_bytes": layout.missing_bytes,
    }
    return msgspec.convert(facts, ProbedFilm)


def _length_s(container: str, stated_s: float | None, start_s: float) -> float | None:
    """How long the film lasts. In Matroska ffmpeg states when it ends, be its first time what it may."""
    counts_from_0 = container == "matroska" and stated_s is not None and 0 < start_s < stated_s
    return stated_s - start_s if stated_s is not None and counts_from_0 else stated_s


def _refusal(head: bytes, layout: Layout, error: str) -> FilmRefused:
    """What is wrong with a film that this process can open: libav's own names of errors mislead here.

    "Operation not permitted", for one, is what it says of a broken ASF.
    """
    if error == "MemoryError":
        return FilmRefused("Reading the file needs more memory than a film may take.")
    if layout.missing_bytes or (head[4:8] == b"ftyp" and layout.packaging is None):
        return FilmRefused("The file isn't whole: its end is missing, and with it what is needed to read it.")
    if (
        head[4:8] == b"ftyp"
        or head[:4] in (b"\x1a\x45\xdf\xa3", b"OggS", b"FLV\x01", b"\x30\x26\xb2\x75")
        or head[8:12] == b"AVI "
    ):
        return FilmRefused("The file begins like a film, but what follows is broken.")
    return not_a_film(head)


def _broken_off(finished: Finished) -> FilmNotPrepared:
    if finished.ended_by:
        return FilmRefused("Looking into the file took longer than a film may take.")
    if finished.code in (-signal.SIGKILL, 128 + signal.SIGKILL):
        # What the kernel kills when memory runs out, or an operator: nothing that a film does by itself.
        return PreparationFailed("Looking into the file was broken off by the system.")
    return FilmRefused("The file can't be read: looking into it broke off.")
