"""A standby of the tests' PostgreSQL: a copy that follows by streaming replication until it is promoted."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any, Self

import psycopg
from sqlalchemy import make_url

from partyapp.local_run.installed_programs import postgres_programs
from partyapp.local_run.system_user import ensure_system_user
from tests.support.waiting import eventually

MAKE_LIMIT_S = 60
STOP_LIMIT_S = 20.0


class Standby:
    """A standby of the server at `primary_url`, in the new folder `folder`, until the end of the block.

    Like the embedded server it listens on a Unix socket alone, whose folder is `host`.
    """

    def __init__(self, primary_url: str, folder: Path) -> None:
        self._primary_host = str(make_url(primary_url).query["host"])
        self._folder = folder
        self.host = folder / "socket"

    def __enter__(self) -> Self:
        _, programs = postgres_programs(None)
        user = ensure_system_user()
        self._as_user: dict[str, Any] = {
            "user": user.pw_uid if user else None,
            "group": user.pw_gid if user else None,
            "extra_groups": [] if user else None,
            "env": {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"},
            "cwd": "/",
            "stdin": subprocess.DEVNULL,
        }
        for path in (self._folder, self.host):
            path.mkdir(mode=0o700)
            if user:
                os.chown(path, user.pw_uid, user.pw_gid)
        data = self._folder / "data"
        copy = [programs / "pg_basebackup", "-D", data, "-h", self._primary_host, "-U", "postgres"]
        subprocess.run(
            [*map(str, copy), "--write-recovery-conf", "--checkpoint=fast"],
            check=True,
            timeout=MAKE_LIMIT_S,
            **self._as_user,
        )
        words = [programs / "postgres", "-D", data, "-k", self.host, "-c", "listen_addresses="]
        # A standby needs room for what its primary may do.
        words += ["-c", "max_connections=200"]
        with (self._folder / "standby.log").open("wb") as log:
            self._process = subprocess.Popen(
                [str(word) for word in words],
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **self._as_user,
            )
        eventually(self._answers, MAKE_LIMIT_S)
        return self

    def promote(self) -> None:
        """Make it a primary of its own, and wait until it is one."""
        with self._connected() as connection:
            connection.execute("SELECT pg_promote()")

    def _connected(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            f"host={self.host} user=postgres dbname=postgres connect_timeout=5", autocommit=True
        )

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self._folder / "standby.log").read_text()
        try:
            self._connected().close()
        except psycopg.OperationalError:
            return False
        return True

    def __exit__(self, *_error: object) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_LIMIT_S)
