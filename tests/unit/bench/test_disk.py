"""What the live bench reads of PostgreSQL's own measurement of the disk."""

from __future__ import annotations

import pytest

from bench.live.disk import read_fdatasync_ms

OUTPUT = """
Compare file sync methods using one 8kB write:
        open_datasync                       758.987 ops/sec    1318 usecs/op
        fdatasync                          1262.921 ops/sec     792 usecs/op
        fsync_writethrough                              n/a

Compare file sync methods using two 8kB writes:
        fdatasync                           780.544 ops/sec    1281 usecs/op
"""


def test_the_figure_is_that_of_one_write() -> None:
    assert read_fdatasync_ms(OUTPUT) == 0.792


def test_without_a_figure_there_is_none() -> None:
    with pytest.raises(ValueError, match="has not measured"):
        read_fdatasync_ms(OUTPUT.replace("fdatasync  ", "fsync  "))
