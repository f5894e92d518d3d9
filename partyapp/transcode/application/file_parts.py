"""Reading a file in parts, for a process that serves many in one thread."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path
from typing import Any

from partyapp.transcode.application.film_store import PART_BYTES

#: Calls something with its arguments, in another thread perhaps; gives what it gives, raises what it raises.
Call = Callable[..., Any]


def opened(path: Path) -> FileIO:
    """The file, to be read. Raises FileNotFoundError where there is none, and OSError for a link."""
    return open(path, "rb", buffering=0, opener=_opener)


def parts_of(file: FileIO, start: int, end: int | None) -> Iterator[bytes]:
    """What an open file holds from `start` up to `end` (excluded), in parts; it is closed at the end."""
    with file:
        position = start
        while end is None or position < end:
            wanted = PART_BYTES if end is None else min(PART_BYTES, end - position)
            data = os.pread(file.fileno(), wanted, position)
            if not data:
                return
            position += len(data)
            yield data


def threaded_parts(parts: Iterator[bytes], call: Call) -> Iterator[bytes]:
    """The same parts, each read by `call`; what they are read from is let go of at the end."""
    try:
        while True:
            part: bytes | None = call(next, parts, None)
            if part is None:
                return
            yield part
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()


def _opener(path: str, flags: int) -> int:
    descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(errno.ENOENT, "no file")
    return descriptor
