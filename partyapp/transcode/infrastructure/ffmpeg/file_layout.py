"""How a file is laid out outside: where an MP4's table of contents stands, and whether the end is missing.

Read from the sizes that the outermost parts of a file state (ISO/IEC 14496-12 boxes, EBML elements, RIFF
chunks), since libav reads a film of which two thirds are missing without a word.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from partyapp.transcode.domain.probed_film import Packaging

EBML = b"\x1a\x45\xdf\xa3"
SEGMENT = b"\x18\x53\x80\x67"
#: A film has few outermost boxes; one in fragments has two for each.
MAX_BOXES = 10_000


@dataclass(frozen=True)
class Layout:
    """`missing_bytes` is by how much the file is shorter than it states."""

    packaging: Packaging | None = None
    missing_bytes: int = 0


def layout_of(path: Path) -> Layout:
    """The layout of the file, as far as its beginning is one that is known here."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] == EBML:
            return Layout(missing_bytes=_missing_of_matroska(file, size))
        if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
            return Layout(missing_bytes=max(0, int.from_bytes(head[4:8], "little") + 8 - size))
        if head[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"styp"):
            layout = _mp4_layout(file, size)
            if head[4:12] == b"ftypqt  " and layout.packaging in (Packaging.FASTSTART, Packaging.MOOV_LAST):
                return replace(layout, packaging=Packaging.QUICKTIME)
            return layout
    return Layout()


def _mp4_layout(file: BinaryIO, size: int) -> Layout:
    at, order, missing, in_fragments = 0, [], 0, False
    for _ in range(MAX_BOXES):
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            break
        length, kind, header = int.from_bytes(head[:4], "big"), head[4:8], 8
        if length == 1:
            length, header = int.from_bytes(head[8:16], "big"), 16
        elif length == 0:
            length = size - at
        if length < header:
            break
        order.append(kind)
        in_fragments = (
            in_fragments or kind == b"moof" or (kind == b"moov" and _has_mvex(file, at, header, length))
        )
        missing = max(0, at + length - size)
        at += length
    if in_fragments:
        # What was written until a recorder lost its power is a film all the same.
        return Layout(Packaging.FRAGMENTED)
    if b"moov" not in order:
        return Layout(missing_bytes=missing)
    last = b"mdat" in order and order.index(b"mdat") < order.index(b"moov")
    return Layout(Packaging.MOOV_LAST if last else Packaging.FASTSTART, missing)


def _has_mvex(file: BinaryIO, at: int, header: int, length: int) -> bool:
    inner, end = at + header, at + length
    for _ in range(64):
        if inner + 8 > end:
            return False
        file.seek(inner)
        head = file.read(8)
        step = int.from_bytes(head[:4], "big")
        if head[4:8] == b"mvex":
            return True
        if step < 8:
            return False
        inner += step
    return False


def _missing_of_matroska(file: BinaryIO, size: int) -> int:
    file.seek(4)
    header = _ebml_size(file)
    if header is None:
        return 0
    file.seek(header, 1)
    if file.read(4) != SEGMENT:
        return 0
    segment = _ebml_size(file)
    return 0 if segment is None else max(0, file.tell() + segment - size)


def _ebml_size(file: BinaryIO) -> int | None:
    """The size that follows, or None if it is unknown (a stream that was recorded)."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    more = 8 - first[0].bit_length()
    rest = file.read(more)
    value = int.from_bytes(bytes([first[0] & (0x7F >> more)]) + rest, "big")
    return None if value == (1 << 7 * (more + 1)) - 1 else value
