"""What the live bench tells of the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.live.disk import WAL_PAGE, fdatasync_after_pause_ms, read_fdatasync_ms

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


def test_each_write_after_a_pause_is_one_page_further_in_a_file_that_has_its_length(tmp_path: Path) -> None:
    assert fdatasync_after_pause_ms(tmp_path, 0.0, count=3) > 0.0
    (file,) = tmp_path.iterdir()
    assert file.read_bytes() == b"x" * (3 * WAL_PAGE)
