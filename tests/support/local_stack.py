"""The whole stack for tests, in a temporary folder: `party up` itself as a process.

It is a context, and whatever happens in the block, nothing of it lives on afterwards.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from partyapp.local_run.process_session import leftovers, members
from partyapp.local_run.run_record import read_record
from partyapp.local_run.supervisord import SupervisorClient, SupervisorUnreachableError
from tests.support.new_cluster import copy_new_cluster
from tests.support.waiting import Unexpected, eventually

# A first start makes a database cluster, and the machine may be busy with other tests.
START_LIMIT_S = 180.0
STOP_LIMIT_S = 60.0
#: What the surroundings of the tests may have set, and a run of its own must not see. Without the last one
#: each process of each stack would compile the whole application, which takes as long as to load it.
_NOT_INHERITED = (
    "DATABASE_URL", "REDIS_URL", "PORT", "WEB_CONCURRENCY", "WORKER_CONCURRENCY", "PYTHONDONTWRITEBYTECODE",
)  # fmt: skip
#: All tests come from one address, and some persons do much at once. The limits are counted, but far away.
_RULES = (
    "ADDRESS", "SIGN_IN", "DEVICE_CODE", "HANDSHAKE", "USER", "LIFECYCLE", "SOCKET", "COMMANDS",
    "PARTY_COMMANDS",
)  # fmt: skip
UNBOUNDED = {f"RATELIMIT_{rule}": "1000000/second" for rule in _RULES}
UNBOUNDED |= {"PARTY_MAX_PARTIES": "1000000", "PARTY_MAX_SOCKETS": "1000000"}
#: Dates are near when they are within so many s, so that a test needn't wait for ten minutes.
REMIND_S = 20.0


def free_port() -> int:
    """A free port of the loopback, below those that systems give to outgoing connections."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def party(*arguments: str) -> list[str]:
    """The words of a `party` command, run by this very Python."""
    return [sys.executable, "-m", "partyapp.cli", *arguments]


def environment(data_dir: Path, port: int, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a run in `data_dir`, free of what the tests' own surroundings have set."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _NOT_INHERITED and not name.startswith("PARTY_")
    }
    own = {"PARTY_DATA_DIR": str(data_dir), "PORT": str(port), "PARTY_REMIND_S": str(REMIND_S)}
    # Stacks run side by side, and few tests need desktop players.
    own["SYNCPLAY_ENABLED"] = "0"
    return kept | UNBOUNDED | own | dict(extra or {})


class Stack:
    """`party up` as a real process on a port of its own; ready once the block is entered, unless launched.

    After `stop` it can be started again on the same data.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        procfile: Path | None = None,
        extra: Mapping[str, str] | None = None,
        port: int | None = None,
        sample: bool = False,
        make_cluster: bool = False,
        films: bool = False,
        webhooks: bool = False,
    ) -> None:
        """`procfile` puts other processes in the app's place; `extra` adds to the environment.

        What few tests need takes time: with `sample` there is the sample video, with `films` the process
        that prepares films, with `webhooks` the one that delivers those, and with `make_cluster` the first
        start makes PostgreSQL's data itself instead of finding them made.
        """
        self.data_dir = data_dir
        self.port = port or free_port()
        self._may_move = port is None
        self._words = party("up")
        if procfile is not None:
            self._words += ["--procfile", str(procfile)]
        if not sample:
            self._words.append("--no-sample")
        if not films:
            self._words.append("--no-films")
        if not webhooks:
            self._words.append("--no-webhooks")
        self._extra = extra
        self._make_cluster = make_cluster
        self._output = data_dir.with_name(data_dir.name + ".output")
        self._process: subprocess.Popen[bytes] | None = None
        self._session: int | None = None

    def launch(self) -> Self:
        """Start it, and don't wait."""
        if not self._make_cluster and not (self.data_dir / "postgres").exists():
            copy_new_cluster(self.data_dir)
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                self._words,
                env=environment(self.data_dir, self.port, self._extra),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def start(self) -> Self:
        """Start it and wait for its line. Raises Unexpected with what it said instead."""
        self.launch()
        eventually(lambda: self.is_ready or not self.is_running, START_LIMIT_S)
        if not self.is_ready and self._may_move and "Address already in use" in self.output:
            # Somebody else took the port since it was looked for.
            self.port, self._may_move = free_port(), False
            return self.start()
        self._may_move = False
        if not self.is_ready:
            raise Unexpected(f"party up ended: {self.output}")
        self._session = self.session
        return self

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """`party up` itself."""
        assert self._process is not None, "the stack was not started"
        return self._process

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    @property
    def is_ready(self) -> bool:
        return f"Party is ready: {self.local_url}" in self.output

    @property
    def output(self) -> str:
        """What `party up` has said on stdout and stderr since its last start."""
        return self._output.read_text(encoding="utf-8")

    @property
    def local_url(self) -> str:
        """Where web itself is."""
        return f"http://localhost:{self.port}"

    @property
    def url(self) -> str:
        """Where people find the page."""
        return self.local_url

    @property
    def page_port(self) -> int:
        """The port of `url`, on which it is found at this machine's other addresses too."""
        return self.port

    @property
    def page_path(self) -> str:
        """The path of `url`, without a slash at its end."""
        return ""

    @property
    def database_url(self) -> str:
        return self._given("DATABASE_URL")

    @property
    def redis_url(self) -> str:
        return self._given("REDIS_URL")

    @property
    def secret_key(self) -> str:
        return self._given("PARTY_SECRET_KEY")

    def _given(self, name: str) -> str:
        """What the processes of the stack have in their environment under `name`."""
        lines = (self.data_dir / "environment").read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)[name]

    @property
    def session(self) -> int:
        """supervisord's pid, the session in which everything runs."""
        record = read_record(self.data_dir / "run")
        assert record is not None, "no run is recorded in the data folder"
        return record.session

    @property
    def socket_dir(self) -> Path:
        """The temporary folder of the run's sockets."""
        return Path(self._given("PARTY_SUPERVISOR_SOCKET")).parent

    def pids(self) -> dict[str, int]:
        """The pid of each process by its name, 0 for one that doesn't run."""
        client = SupervisorClient(Path(self._given("PARTY_SUPERVISOR_SOCKET")))
        try:
            return {process.name: process.pid for process in client.processes()}
        except SupervisorUnreachableError:
            return {}

    def pid_of(self, name: str) -> int:
        """The pid of a running process; waits for one that is just being started."""
        return eventually(lambda: self.pids().get(name, 0))

    def kill(self, name: str, sig: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to one process, and to nothing else."""
        os.kill(self.pid_of(name), sig)

    @contextmanager
    def held_down(self, name: str) -> Iterator[None]:
        """The process is stopped in this block, and started again after it. A killed one is back within a
        second, which nobody need have noticed."""
        client = SupervisorClient(Path(self._given("PARTY_SUPERVISOR_SOCKET")))
        (full,) = [f"{process.group}:{name}" for process in client.processes() if process.name == name]
        client.call("stopProcess", full, False)
        try:
            eventually(lambda: not self.pids().get(name, 1))
            yield
        finally:
            client.call("startProcess", full, False)

    def log(self, name: str) -> str:
        """What the process `name` has written; empty before it wrote anything."""
        path = self.data_dir / "logs" / f"{name}.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def living(self) -> list[int]:
        """Every process of the run that still lives, `party up` itself left out."""
        return members(self._session) if self._session is not None else []

    def stop(self, sig: signal.Signals = signal.SIGTERM) -> int:
        """End it as an operator would, and give its exit status."""
        self.process.send_signal(sig)
        return self.process.wait(STOP_LIMIT_S)

    def __enter__(self) -> Self:
        # Who called `launch` wants to see the start itself, or its failure.
        if self._process is not None:
            return self
        try:
            return self.start()
        except BaseException:
            self._clear_away()
            raise

    def __exit__(self, *_error: object) -> None:
        self._clear_away()

    def _clear_away(self) -> None:
        """End what is left at once, also after a test that went wrong half-way. Nothing is said to anybody,
        since a graceful end takes as long as a start; only Postgres may give its shared memory back."""
        if self._process is not None and self.is_running:
            self.process.kill()
            self.process.wait(STOP_LIMIT_S)
        # A run that ended well has taken its record away; what the record of another names is checked.
        record = read_record(self.data_dir / "run")
        if record is None or not leftovers(record):
            return
        # The leader of the session first, so that it starts nothing anew.
        _kill(record.session)
        for pid in members(record.session):
            _kill(pid)
        eventually(lambda: not members(record.session), STOP_LIMIT_S)
        shutil.rmtree(record.socket_dir, ignore_errors=True)


def _kill(pid: int) -> None:
    with suppress(OSError):
        is_postgres = Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip() == "postgres"
        os.kill(pid, signal.SIGQUIT if is_postgres else signal.SIGKILL)
