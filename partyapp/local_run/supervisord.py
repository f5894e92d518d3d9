"""supervisord as a child process, and the calls made to it over its private socket."""

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import xmlrpc.client
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partyapp.local_run.errors import LocalRunError
from partyapp.local_run.stop_signal import StopSignal, poll_until
from partyapp.local_run.supervisor_config import SOCKET_NAME

START_LIMIT_S = 15.0
CALL_LIMIT_S = 2.0
LOG_TAIL_BYTES = 16_384
FATAL = "FATAL"


class SupervisorUnreachableError(Exception):
    """supervisord did not answer a call, or refused it."""


@dataclass(frozen=True, kw_only=True)
class ProcessInfo:
    """One process as supervisord sees it; `pid` is 0 while it isn't running."""

    name: str
    group: str
    state: str
    pid: int


class Supervisord:
    """The child process, the leader of a session of its own so that Ctrl-C doesn't reach it."""

    def __init__(self, *, data_dir: Path, config: Path, socket_dir: Path, environ: Mapping[str, str]) -> None:
        """Start it in `data_dir`. The socket folder as its identifier tells this run from all others."""
        self._logs = data_dir / "logs"
        words = [sys.executable, "-m", "supervisor.supervisord"]
        words += ["-n", "-c", str(config.relative_to(data_dir)), "-i", str(socket_dir)]
        with (self._logs / "supervisord.out").open("wb") as output:
            self._process = subprocess.Popen(
                words,
                cwd=data_dir,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid = self._process.pid
        self._client = SupervisorClient(socket_dir / SOCKET_NAME)

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def wait_until_answering(self, stop: StopSignal) -> None:
        """Wait for the first answer. Raises LocalRunError when it ends or stays silent."""
        stop.wait_until(lambda: not self.is_alive or self._answers(), limit_s=START_LIMIT_S)
        if not self.is_alive or not self._answers():
            raise LocalRunError(f"supervisord did not start; its log is {self._logs / 'supervisord.out'}.")

    def _answers(self) -> bool:
        try:
            self._client.call("getState")
        except SupervisorUnreachableError:
            return False
        return True

    def processes(self) -> list[ProcessInfo]:
        """All processes. Raises SupervisorUnreachableError."""
        return self._client.processes()

    def start_group(self, group: str) -> None:
        """Start the group's processes and return at once. Raises SupervisorUnreachableError."""
        self._client.call("startProcessGroup", group, False)

    def start_process(self, process: ProcessInfo) -> None:
        """Start one process again after it was given up."""
        self._client.call("startProcess", f"{process.group}:{process.name}", False)

    def stop(self, limit_s: float) -> bool:
        """Stop everything, the app first and the servers last; True when it ended within `limit_s`."""
        with contextlib.suppress(SupervisorUnreachableError):
            self._client.call("shutdown")
        # The signal is for a supervisord that doesn't answer; a second request to stop is harmless.
        with contextlib.suppress(OSError):
            self._process.send_signal(signal.SIGTERM)
        return poll_until(self._is_gone, limit_s=limit_s)

    def _is_gone(self) -> bool:
        if not self.is_alive:
            return True
        # Its loop sleeps up to a second; a call wakes it, so that a death is seen at once.
        with contextlib.suppress(SupervisorUnreachableError):
            self._client.call("getState")
        return False

    def reap(self) -> None:
        """Collect the exit status after the process was killed."""
        poll_until(lambda: not self.is_alive, limit_s=1.0)

    def reason_of_death(self, name: str, pid: int = 0) -> str:
        """Why the process of that pid died, or else the last of that name, such as "signal 9"."""
        try:
            with (self._logs / "supervisord.log").open("rb") as log:
                log.seek(0, os.SEEK_END)
                log.seek(max(0, log.tell() - LOG_TAIL_BYTES))
                tail = log.read().decode("utf-8", "replace")
        except OSError:
            tail = ""
        return reason_in_log(tail, name, pid)


def reason_in_log(log_tail: str, name: str, pid: int = 0) -> str:
    """The reason that supervisord's log gives for an exit of `name`, with signals as numbers.

    It is that of the process `pid` if its start is in the log too, else the last one.
    """
    exits = rf"exited: {re.escape(name)} \(([^;\n]+);"
    _, start, since = log_tail.rpartition(f"spawned: '{name}' with pid {pid}\n")
    found = re.findall(exits, since)[:1] if start else re.findall(exits, log_tail)
    if not found:
        return "reason unknown"
    last = str(found[-1]).strip()
    killed = re.fullmatch(r"terminated by (SIG[A-Z0-9]+).*", last)
    if killed and killed[1] in signal.Signals.__members__:
        return f"signal {signal.Signals[killed[1]].value}"
    return last


class SupervisorClient:
    """XML-RPC over the Unix socket, each call with a limit."""

    def __init__(self, socket_path: Path) -> None:
        self._proxy = xmlrpc.client.ServerProxy(
            "http://localhost/RPC2", transport=_UnixTransport(socket_path)
        )

    def call(self, method: str, *arguments: Any) -> Any:
        """Call `supervisor.<method>`. Raises SupervisorUnreachableError."""
        try:
            return getattr(self._proxy.supervisor, method)(*arguments)
        except (OSError, http.client.HTTPException, xmlrpc.client.Error) as error:
            raise SupervisorUnreachableError(f"{method}: {type(error).__name__}") from error

    def processes(self) -> list[ProcessInfo]:
        """All processes. Raises SupervisorUnreachableError."""
        return [
            ProcessInfo(
                name=str(info["name"]),
                group=str(info["group"]),
                state=str(info["statename"]),
                pid=int(info["pid"]),
            )
            for info in self.call("getAllProcessInfo")
        ]


class _UnixTransport(xmlrpc.client.Transport):
    """supervisor has such a transport too, but its waits have no limit."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        """A new connection for each call: a kept one may have died with its server."""
        self.close()
        connection = _UnixConnection(self._path)
        self._connection = host, connection
        return connection


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=CALL_LIMIT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(CALL_LIMIT_S)
        self.sock.connect(str(self._path))
