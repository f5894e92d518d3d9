"""What the bench starts: the servers side by side, and the load generator's own end of the pipe."""

import json
import os
import resource
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Self

import psutil

HERE = Path(__file__).parent
START_LIMIT_S = 20.0
STOP_LIMIT_S = 5.0
#: The longest single deed: opening ten thousand sockets.
DEED_LIMIT_S = 180.0


class Program:
    """A child with a pipe to its output, ended with the block."""

    def __init__(self, words: Sequence[str], cwd: Path | None = None) -> None:
        self._process = subprocess.Popen(
            words, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def read_line(self, limit_s: float) -> str:
        """The next line it prints. Raises RuntimeError when there is none in time."""
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], limit_s)
        line = self._process.stdout.readline() if ready else ""
        if not line:
            raise RuntimeError(f"{self._process.args!r} said nothing in {limit_s} s")
        return line

    def write_line(self, line: str) -> None:
        """Tell it something."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_LIMIT_S)


class RoomServer(Program):
    """A server of rooms in memory: `hub` is our live path alone, `ws` and `socket.io` are Node's."""

    WORDS: ClassVar[dict[str, list[str]]] = {
        "hub": [sys.executable, "-m", "bench.live.servers.hub_server"],
        "ws": ["node", str(HERE / "servers" / "ws.mjs")],
        "socket.io": ["node", str(HERE / "servers" / "socketio.mjs")],
    }

    def __init__(self, name: str) -> None:
        super().__init__(self.WORDS[name], HERE.parents[1])
        self.name = name
        self.protocol = "socketio" if name == "socket.io" else "party"
        self._port = int(self.read_line(START_LIMIT_S).removeprefix("listening: "))

    def sockets(self, room: str, count: int) -> list[dict[str, Any]]:
        """What the load generator needs to open that many members of a room."""
        path = "socket.io/?EIO=4&transport=websocket&" if self.protocol == "socketio" else "?"
        return [{"url": f"ws://127.0.0.1:{self._port}/{path}room={room}"}] * count

    def server_pids(self) -> list[int]:
        """The process that holds the sockets."""
        return [self.pid]


class Load(Program):
    """The load generator."""

    def __init__(self) -> None:
        super().__init__([sys.executable, "-m", "bench.live.load_generator"], HERE.parents[1])

    def __call__(self, do: str, **what: Any) -> dict[str, Any]:
        """Have it done. Raises RuntimeError with its words when it failed."""
        self.write_line(json.dumps({"do": do, **what}))
        answer: dict[str, Any] = json.loads(self.read_line(DEED_LIMIT_S))
        if "error" in answer:
            raise RuntimeError(f"{do}: {answer['error']}")
        return answer


def memory_of(pids: Sequence[int]) -> int:
    """The memory of these processes in bytes, shared pages by their share (Linux: PSS; else RSS)."""
    total = 0
    for pid in pids:
        rollup = Path(f"/proc/{pid}/smaps_rollup")
        with suppress(OSError):
            found = [line for line in rollup.read_text(encoding="ascii").splitlines() if line[:4] == "Pss:"]
            total += int(found[0].split()[1]) * 1024
            continue
        total += psutil.Process(pid).memory_info().rss
    return total


def cpu_of(pids: Sequence[int]) -> float:
    """CPU time these processes have used, in s."""
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids)


class Theft:
    """What the host keeps from this machine from now on."""

    def __init__(self) -> None:
        self._began_s, self._stolen_s = time.monotonic(), _stolen_s()

    def share(self) -> float:
        """Until now, the share of a core."""
        return round((_stolen_s() - self._stolen_s) / (time.monotonic() - self._began_s), 4)


def _stolen_s() -> float:
    """Processor time that the host has kept from this machine since its start, in s, over all cores."""
    return float(getattr(psutil.cpu_times(), "steal", 0.0))


def allow_many_files() -> None:
    """Ten thousand sockets need as many descriptors; children inherit the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.environ.setdefault("NODE_ENV", "production")
