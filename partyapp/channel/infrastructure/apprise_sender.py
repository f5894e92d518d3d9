"""Sends by Apprise, in processes that may be killed: see `sending_process`."""

import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Collection
from contextlib import suppress
from typing import IO, Any

from partyapp.channel.domain.channel import Failure, Outage
from partyapp.channel.domain.message import Message
from partyapp.channel.infrastructure import sending_process
from partyapp.shared.kernel.clock import monotonic_s

#: A message may take so long in all, in s, and a process to begin; it loads a hundred services.
LIMIT_S = 15.0
START_S = 20.0
#: A process that nobody needs is ended after so long, in s.
IDLE_S = 60.0
_MOST_BYTES = 4096
#: How long it may take until one that has ended is gone, in s.
_ENDING_S = 2.0

#: All that a sending process has of the environment: no secret, no proxy, no home.
_KEPT = ("PATH", "LANG", "REQUESTS_CA_BUNDLE")


class _Process:
    """One of them, which sends one message at a time."""

    def __init__(self, schemes: Collection[str], *, allow_private: bool) -> None:
        words = [sys.executable, "-m", sending_process.__name__, ",".join(sorted(schemes))]
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        self._program = subprocess.Popen(
            [*words, "1" if allow_private else "0"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**kept, "HOME": os.devnull, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            bufsize=0,
        )
        self.used_s = monotonic_s()
        try:
            self._read(START_S)
        except BaseException:
            self.end()
            raise

    def ask(self, question: dict[str, Any], limit_s: float) -> Any:
        """Its answer. Raises TimeoutError, or OSError when it is gone."""
        _pipe(self._program.stdin).write(json.dumps(question).encode() + b"\n")
        answer = self._read(limit_s)
        self.used_s = monotonic_s()
        return answer

    def was_killed(self) -> bool:
        """Whether the system has, for want of memory. An address makes it end otherwise, if at all."""
        with suppress(subprocess.TimeoutExpired):
            return self._program.wait(_ENDING_S) == -signal.SIGKILL
        return False

    def end(self) -> None:
        """Kill it, whatever it does."""
        self._program.kill()
        self._program.wait()
        for pipe in (self._program.stdin, self._program.stdout):
            _pipe(pipe).close()

    def _read(self, limit_s: float) -> Any:
        until_s, read, pipe = monotonic_s() + limit_s, b"", _pipe(self._program.stdout)
        while not read.endswith(b"\n"):
            left_s = until_s - monotonic_s()
            if left_s <= 0 or not select.select([pipe], [], [], left_s)[0]:
                raise TimeoutError("a sending process has not answered")
            part = os.read(pipe.fileno(), _MOST_BYTES)
            if not part or len(read) > _MOST_BYTES:
                raise OSError("a sending process has ended")
            read += part
        return json.loads(read)


class AppriseSender:
    """Sends from any number of threads, each by a process of its own while it does."""

    def __init__(self, schemes: Collection[str], *, allow_private: bool, limit_s: float = LIMIT_S) -> None:
        self._schemes, self._allow_private, self._limit_s = schemes, allow_private, limit_s
        self._idle: list[_Process] = []
        self._lock = threading.Lock()

    def send(self, address: str, message: Message) -> Failure | Outage | None:
        """Send it; what went wrong, or None. What is begun twice may arrive twice."""
        try:
            process = self._taken()
        except (OSError, ValueError):
            return Outage.NO_PROCESS
        try:
            answer = process.ask(
                {"url": address, "title": message.title, "body": message.body}, self._limit_s
            )
            error = answer["error"]
        except BaseException as error:
            is_outage = (
                isinstance(error, OSError) and not isinstance(error, TimeoutError) and process.was_killed()
            )
            # It may still be at it.
            process.end()
            if not isinstance(error, OSError | ValueError):
                raise
            if is_outage:
                return Outage.PROCESS_KILLED
            return Failure.TIMEOUT if isinstance(error, TimeoutError) else Failure.NOT_ACCEPTED
        with self._lock:
            self._idle.append(process)
        return None if error is None else Failure(error)

    def end_idle(self, idle_s: float = IDLE_S) -> None:
        """End the processes that nobody has needed for so long."""
        before_s = monotonic_s() - idle_s
        with self._lock:
            ended = [process for process in self._idle if process.used_s <= before_s]
            self._idle = [process for process in self._idle if process.used_s > before_s]
        for process in ended:
            process.end()

    def _taken(self) -> _Process:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return _Process(self._schemes, allow_private=self._allow_private)


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe
