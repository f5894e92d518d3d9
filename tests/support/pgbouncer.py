"""A real PgBouncer in front of the tests' PostgreSQL, where the machine has one."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Self

import pytest
from sqlalchemy import make_url

from partyapp.local_run.system_user import ensure_system_user
from partyapp.shared.storage.database import SERVER_LIMITS
from tests.support.local_stack import free_port
from tests.support.waiting import RECOVERY_S, Unexpected, eventually

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
needs_pgbouncer = pytest.mark.skipif(PROGRAM is None, reason="PgBouncer is not installed")

#: What docs/operations.md tells an operator to set.
RIGHT = {"pool_mode": "transaction", "ignore_startup_parameters": "options"}
CONNECT_QUERY = "; ".join([*(f"SET {name} = {limit}" for name, limit in SERVER_LIMITS), "SET timezone = UTC"])


class PgBouncer:
    """One in front of the server at `database_url`, for all of its databases, until the end of the block.

    `settings` go into its configuration; `connect_query` is what it says to PostgreSQL first.
    """

    def __init__(
        self, database_url: str, folder: Path, settings: Mapping[str, str], connect_query: str = CONNECT_QUERY
    ) -> None:
        self._server = make_url(database_url)
        self._folder, self._settings, self._connect_query = folder, settings, connect_query
        self._port = free_port()

    @property
    def database_url(self) -> str:
        """The same database through it."""
        through = self._server.set(host="127.0.0.1", port=self._port, query={})
        return through.render_as_string(hide_password=False)

    def __enter__(self) -> Self:
        assert PROGRAM is not None
        user = ensure_system_user()
        if user:
            os.chown(self._folder, user.pw_uid, user.pw_gid)
        self._process = subprocess.Popen(
            [PROGRAM, str(self._written())],
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )
        eventually(self._listens, RECOVERY_S)
        return self

    def _written(self) -> Path:
        host = self._server.query["host"]
        query = f" connect_query='{self._connect_query}'" if self._connect_query else ""
        users, log = self._folder / "users", self._folder / "log"
        users.write_text('"postgres" ""\n')
        settings = {
            "listen_addr": "127.0.0.1",
            "listen_port": self._port,
            "unix_socket_dir": "",
            "auth_type": "any",
            "auth_file": users,
            "logfile": log,
            # So few that sessions are shared.
            "default_pool_size": "2",
            **self._settings,
        }
        lines = "\n".join(f"{name} = {value}" for name, value in settings.items())
        path = self._folder / "pgbouncer.ini"
        path.write_text(f"[databases]\n* = host={host} user=postgres{query}\n[pgbouncer]\n{lines}\n")
        return path

    def _listens(self) -> bool:
        if self._process.poll() is not None:
            raise Unexpected((self._folder / "log").read_text())
        with closing(socket.socket()) as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    def __exit__(self, *_error: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(RECOVERY_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(RECOVERY_S)
