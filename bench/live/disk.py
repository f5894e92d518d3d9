"""How long the disk takes for a commit by itself, as PostgreSQL's own `pg_test_fsync` measures it.

A durable commit can't be sooner than its write-ahead log is on the disk: one `fdatasync` of 8 KB, or of some
more. A figure of ours less this is what our programs take.
"""

import re
import subprocess
from pathlib import Path

from partyapp.local_run.installed_programs import postgres_programs

#: Of each of its fourteen tests, in s.
TEST_S = 1
LIMIT_S = 60.0
_FDATASYNC = re.compile(r"^\s*fdatasync\s+[\d.]+ ops/sec\s+(\d+) usecs/op", re.MULTILINE)


def fdatasync_ms(folder: Path) -> float:
    """How long 8 KB take to be on the disk of `folder`, in ms, one write after the other."""
    _, programs = postgres_programs(None)
    file = folder / "fsync.test"
    words = [str(programs / "pg_test_fsync"), "-s", str(TEST_S), "-f", str(file)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=LIMIT_S)
    return read_fdatasync_ms(done.stdout)


def read_fdatasync_ms(output: str) -> float:
    """The first figure of `fdatasync`, which is that of one write of 8 KB. Raises ValueError without one."""
    found = _FDATASYNC.search(output)
    if found is None:
        raise ValueError("pg_test_fsync has not measured fdatasync")
    return int(found.group(1)) / 1000.0
