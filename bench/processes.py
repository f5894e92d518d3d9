"""Processes of a bench: child programs with pipes, and what processes use of CPU and memory."""

import select
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import psutil  # type: ignore[import-untyped]
import redis

STOP_LIMIT_S = 5.0


class ChildProcess:
    """A child with pipes to its standard input and output, ended with the block."""

    def __init__(self, command: Sequence[str], cwd: Path | None = None) -> None:
        self._process = subprocess.Popen(
            command, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
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
            raise RuntimeError(f"{self._process.args!r} printed nothing in {limit_s} s")
        return line

    def write_line(self, line: str) -> None:
        """Write a line to its standard input."""
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


def children_of(pid: int) -> list[int]:
    """The pids of the direct children of a process."""
    return [child.pid for child in psutil.Process(pid).children()]


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
    """The CPU time that these processes have used, in s."""
    return float(sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids))


def bytes_moved(client: redis.Redis) -> float:
    """The bytes that this Redis has read and written since it was started."""
    told: Any = client.info("stats")
    return float(told["total_net_input_bytes"] + told["total_net_output_bytes"])


class StealTime:
    """The steal time from now on: CPU time that the hypervisor gave to other machines.

    Above some per cent a figure measures the host rather than the program.
    """

    def __init__(self) -> None:
        self._began_s, self._steal_s = time.monotonic(), _steal_s()

    def cores(self) -> float:
        """The steal time until now, as a share of one core."""
        return round((_steal_s() - self._steal_s) / max(time.monotonic() - self._began_s, 1e-9), 4)

    def share(self) -> float:
        """The steal time until now, as a share of all cores."""
        return round(self.cores() / (psutil.cpu_count() or 1), 4)


def _steal_s() -> float:
    """The steal time since the start of the machine, in s, over all cores; 0 where the system tells none."""
    return float(getattr(psutil.cpu_times(), "steal", 0.0))
