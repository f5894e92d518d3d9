"""PostgreSQL's data before its first start, made once for all: to copy it takes far less than to make it."""

from __future__ import annotations

import atexit
import subprocess
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from partyapp.local_run.postgres import prepare_postgres
from tests.support.own_folder import own_folder
from tests.support.waiting import RECOVERY_S


@cache
def _cluster() -> Path:
    """Until this process ends."""
    until_the_end = ExitStack()
    atexit.register(until_the_end.close)
    folder = until_the_end.enter_context(own_folder())
    (folder / "sockets").mkdir()
    return prepare_postgres(folder=folder / "postgres", socket_dir=folder / "sockets").data


def copy_new_cluster(data_dir: Path) -> None:
    """Have a run in this folder find the data of a PostgreSQL that was never started."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    # `cp` keeps the owner, which is another user than root.
    subprocess.run(["cp", "-a", str(_cluster()), str(data_dir / "postgres")], check=True, timeout=RECOVERY_S)
