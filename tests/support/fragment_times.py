"""When a player that is fed with fragments shows their frames, read from their boxes (ISO/IEC 14496-12)."""

from __future__ import annotations

import struct
from pathlib import Path


def shown_times(path: Path) -> list[float]:
    """The times of all frames of the one track, in s, in their order: edit lists count for nothing."""
    raw, times = path.read_bytes(), []
    scale = struct.unpack(">I", raw[(at := raw.index(b"mdhd") + 4) + 12 : at + 16])[0]
    at = -1
    while (at := raw.find(b"trun", at + 1)) >= 0:
        tfdt = raw.rindex(b"tfdt", 0, at) + 4
        tfhd = raw.rindex(b"tfhd", 0, at) + 4
        start = struct.unpack(">Q", raw[tfdt + 4 : tfdt + 12])[0]
        assert raw[tfdt] == 1
        has, default = struct.unpack(">I", b"\0" + raw[tfhd + 1 : tfhd + 4])[0], 0
        if has & 0x8:
            skip = 8 + 8 * bool(has & 1) + 4 * bool(has & 2)
            default = struct.unpack(">I", raw[tfhd + skip : tfhd + skip + 4])[0]
        flags, count = struct.unpack(">II", b"\0" + raw[at + 5 : at + 12])
        place = at + 12 + 4 * bool(flags & 1) + 4 * bool(flags & 4)
        for _ in range(count):
            duration = default
            if flags & 0x100:
                duration = struct.unpack(">I", raw[place : place + 4])[0]
            place += 4 * (bool(flags & 0x100) + bool(flags & 0x200) + bool(flags & 0x400))
            offset = struct.unpack(">i", raw[place : place + 4])[0] if flags & 0x800 else 0
            place += 4 * bool(flags & 0x800)
            times.append((start + offset) / scale)
            start += duration
    return sorted(times)
