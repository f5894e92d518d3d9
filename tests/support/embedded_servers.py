"""A PostgreSQL and a Valkey for tests, in a temporary folder, by the code that `party up` runs on."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from partyapp.local_run.data_dir import make_socket_dir
from partyapp.local_run.servers import EmbeddedServersOfRun, prepare_servers
from tests.support.local_stack import START_LIMIT_S, STOP_LIMIT_S
from tests.support.new_cluster import copy_new_cluster
from tests.support.waiting import Unexpected, eventually


class EmbeddedServers:
    """PostgreSQL and Valkey, or one of them, with their data in `folder`, until the end of the block."""

    def __init__(self, folder: Path, *, postgres: bool = True, valkey: bool = True) -> None:
        self._folder, self._with_postgres, self._with_valkey = folder, postgres, valkey
        self._running: list[tuple[subprocess.Popen[bytes], signal.Signals]] = []

    def __enter__(self) -> Self:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._socket_dir = make_socket_dir()
        try:
            if self._with_postgres:
                copy_new_cluster(self._folder)
            self._servers = prepare_servers(
                self._folder,
                self._socket_dir,
                embed_postgres=self._with_postgres,
                embed_valkey=self._with_valkey,
            )
            self._start(self._servers)
            eventually(self._are_ready, START_LIMIT_S)
            if self._servers.postgres is not None:
                self._servers.postgres.ensure_database()
        except BaseException:
            self.stop()
            raise
        return self

    def _start(self, servers: EmbeddedServersOfRun) -> None:
        if servers.valkey is not None:
            self._run("valkey", servers.valkey.command(), signal.SIGTERM, None)
        if servers.postgres is not None:
            self._run("postgres", servers.postgres.command(), signal.SIGINT, servers.postgres.user)

    def _run(
        self, name: str, words: Sequence[str], end: signal.Signals, user: pwd.struct_passwd | None
    ) -> None:
        with (self._folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                user=user.pw_uid if user else None,
                group=user.pw_gid if user else None,
                extra_groups=[] if user else None,
                env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"},
                cwd="/",
                # Ctrl-C ends the tests, and they end the servers.
                start_new_session=True,
            )
        self._running.append((process, end))

    def _are_ready(self) -> bool:
        for process, _ in self._running:
            if process.poll() is not None:
                raise Unexpected(f"{process.args!r} ended with {process.returncode}")
        return not self._servers.missing()

    @property
    def database_url(self) -> str:
        """The database `party`. Tests make others beside it with `fresh_database`."""
        return self._servers.urls()["DATABASE_URL"]

    @property
    def redis_url(self) -> str:
        """The Valkey."""
        return self._servers.urls()["REDIS_URL"]

    def stop(self) -> None:
        """End both; who doesn't want to is killed."""
        for process, end in self._running:
            with suppress(ProcessLookupError):
                process.send_signal(end)
        for process, _ in self._running:
            try:
                process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_LIMIT_S)
        self._running.clear()
        shutil.rmtree(self._socket_dir, ignore_errors=True)

    def __exit__(self, *_error: object) -> None:
        self.stop()
