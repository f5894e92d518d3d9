"""Temporary folders for what runs as another user than the tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def own_folder() -> Iterator[Path]:
    """A temporary folder outside of pytest's own.

    Each start of pytest takes the right to pass through its folders from other users, and PostgreSQL,
    which never runs as root, is another user here when the tests are root.
    """
    with TemporaryDirectory(prefix="party-tests-", ignore_cleanup_errors=True) as name:
        yield Path(name)
