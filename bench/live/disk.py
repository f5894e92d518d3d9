"""How long the disk takes for a commit by itself.

A durable commit can't be sooner than its write-ahead log is on the disk: one `fdatasync` of 8 KB, or of some
more. A figure of ours less this is what our programs take. PostgreSQL's own `pg_test_fsync` writes without a
pause; a disk that had nothing to do for a moment may take several times as long.
"""

import os
import re
import statistics
import subprocess
import time
from pathlib import Path

from partyapp.local_run.installed_programs import postgres_programs

#: Of each of its fourteen tests, in s.
TEST_S = 1
LIMIT_S = 60.0
#: What a commit writes at least, in bytes.
WAL_PAGE = 8192
_FDATASYNC = re.compile(r"^\s*fdatasync\s+[\d.]+ ops/sec\s+(\d+) usecs/op", re.MULTILINE)


def fdatasync_ms(folder: Path) -> float:
    """How long 8 KB take to be on the disk of `folder`, in ms, one write after the other."""
    _, programs = postgres_programs(None)
    file = folder / "fsync.test"
    words = [str(programs / "pg_test_fsync"), "-s", str(TEST_S), "-f", str(file)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=LIMIT_S)
    return read_fdatasync_ms(done.stdout)


def fdatasync_after_pause_ms(folder: Path, pause_s: float, count: int = 50) -> float:
    """The median of so many in ms, each after a pause as between commands that come one by one."""
    took_ms: list[float] = []
    file = os.open(folder / "pauses.test", os.O_RDWR | os.O_CREAT)
    try:
        os.pwrite(file, bytes(WAL_PAGE * count), 0)
        os.fsync(file)
        for number in range(count):
            time.sleep(pause_s)
            os.pwrite(file, b"x" * WAL_PAGE, number * WAL_PAGE)
            began = time.perf_counter()
            os.fdatasync(file)
            took_ms.append((time.perf_counter() - began) * 1000.0)
    finally:
        os.close(file)
    return statistics.median(took_ms)


def read_fdatasync_ms(output: str) -> float:
    """The first figure of `fdatasync`, which is that of one write of 8 KB. Raises ValueError without one."""
    found = _FDATASYNC.search(output)
    if found is None:
        raise ValueError("pg_test_fsync has not measured fdatasync")
    return int(found.group(1)) / 1000.0
