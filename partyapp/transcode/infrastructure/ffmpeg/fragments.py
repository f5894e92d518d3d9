"""The fragments of a fragmented MP4 that we wrote: where each lies, and when it begins and ends.

Read by the boxes of ISO/IEC 14496-12, as far as ffmpeg's muxer writes them for one track: `moov` with the
time scale, then pairs of `moof` and `mdat`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_INSIDE = (b"moov", b"trak", b"mdia", b"moof", b"traf")
_DURATION_PRESENT, _SIZE_PRESENT, _FLAGS_PRESENT, _CTS_PRESENT = 0x100, 0x200, 0x400, 0x800


@dataclass(frozen=True)
class Fragment:
    """`offset` and `size` in bytes; times in s. `last_s` is when its last frame begins."""

    offset: int
    size: int
    start_s: float
    end_s: float
    last_s: float
    longest_s: float


@dataclass(frozen=True)
class FragmentedFile:
    """`head_size` is how many bytes come before the first fragment: what a player needs first."""

    head_size: int
    fragments: tuple[Fragment, ...]


def fragments_of(path: Path) -> FragmentedFile:
    """The fragments that are whole in the file, which may still grow."""
    size = path.stat().st_size
    scale, head, found, moof = 0, 0, [], (0, b"")
    with path.open("rb") as file:
        for at, length, kind in _boxes(file, size):
            if kind == b"moov":
                scale = _time_scale(_payload(file, at, length))
                head = at + length
            elif kind == b"moof":
                moof = (at, _payload(file, at, length))
            elif kind == b"mdat" and moof[1]:
                start, durations = _times(moof[1])
                last = start + sum(durations[:-1])
                found.append(
                    Fragment(
                        offset=moof[0],
                        size=at + length - moof[0],
                        start_s=start / scale,
                        end_s=(start + sum(durations)) / scale,
                        last_s=last / scale,
                        longest_s=max(durations, default=0) / scale,
                    )
                )
    return FragmentedFile(head, tuple(found))


def _boxes(file: BinaryIO, size: int) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    while at + 8 <= size:
        file.seek(at)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length < 8 or at + length > size:
            return
        yield at, length, head[4:8]
        at += length


def _payload(file: BinaryIO, at: int, length: int) -> bytes:
    file.seek(at + 8)
    return file.read(length - 8)


def _inner(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each box in `data` with what it holds, those that hold others opened."""
    at = 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        kind, held = data[at + 4 : at + 8], data[at + 8 : at + length]
        yield kind, held
        if kind in _INSIDE:
            yield from _inner(held)
        at += max(length, 8)


def _time_scale(moov: bytes) -> int:
    held = next(held for kind, held in _inner(moov) if kind == b"mdhd")
    at = 20 if held[0] == 1 else 12
    return int.from_bytes(held[at : at + 4], "big")


def _times(moof: bytes) -> tuple[int, list[int]]:
    """When the fragment begins, and how long each sample lasts, in the track's time scale."""
    boxes = list(_inner(moof))
    tfdt = next(held for kind, held in boxes if kind == b"tfdt")
    start = int.from_bytes(tfdt[4:12] if tfdt[0] == 1 else tfdt[4:8], "big")
    default = _default_duration(next(held for kind, held in boxes if kind == b"tfhd"))
    durations: list[int] = []
    for kind, held in boxes:
        if kind == b"trun":
            durations += _sample_durations(held, default)
    return start, durations


def _default_duration(tfhd: bytes) -> int:
    flags = int.from_bytes(tfhd[1:4], "big")
    at = 8 + (8 if flags & 0x1 else 0) + (4 if flags & 0x2 else 0)
    return int.from_bytes(tfhd[at : at + 4], "big") if flags & 0x8 else 0


def _sample_durations(trun: bytes, default: int) -> list[int]:
    flags, count = int.from_bytes(trun[1:4], "big"), int.from_bytes(trun[4:8], "big")
    at = 8 + (4 if flags & 0x1 else 0) + (4 if flags & 0x4 else 0)
    present = (_DURATION_PRESENT, _SIZE_PRESENT, _FLAGS_PRESENT, _CTS_PRESENT)
    step = 4 * sum(bool(flags & one) for one in present)
    if not flags & _DURATION_PRESENT:
        return [default] * count
    return [int.from_bytes(trun[at + step * n : at + step * n + 4], "big") for n in range(count)]
