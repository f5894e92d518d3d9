"""A program in a process group of its own, within limits of memory, time and disk, that never outlives us."""

import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from partyapp.shared.kernel.clock import monotonic_s
from partyapp.transcode.domain.probed_film import PreparationStopped

GUARD = Path(__file__).with_name("guard.py")
MIB = 1024 * 1024
STDERR_KEPT = 64 * 1024
#: How often, in s, a run asks whether it should stop.
LOOK_S = 0.2


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a run may use: bytes of address space and of each file it writes, s of CPU and of the clock.

    A run whose output stands still for `stall_s` is ended too. A batch process, as it wakes, pushes nobody
    aside.
    """

    memory_bytes: int = 4096 * MIB
    cpu_s: int = 4 * 3600
    file_bytes: int = 1 << 40
    wall_s: float = 4 * 3600.0
    stall_s: float = 300.0
    niceness: int = 10
    is_batch: bool = True


@dataclass(frozen=True, kw_only=True)
class Finished:
    """How a run ended; `ended_by` is "clock" or "stall" where we ended it. `errors` ends its stderr."""

    code: int
    errors: str
    ended_by: str | None = None


def run_guarded(
    command: Sequence[str],
    limits: Limits,
    *,
    on_output: Callable[[bytes], None],
    should_stop: Callable[[], bool] = lambda: False,
    stdin: IO[bytes] | int = subprocess.DEVNULL,
) -> Finished:
    """Run `command` (its first word an absolute path) to its end and hand what it prints to `on_output`.

    Raises PreparationStopped once `should_stop` says so. Whatever happens, nothing of it runs on.
    """
    process = start_guarded(command, limits, stdin=stdin)
    try:
        return _follow(process, limits, on_output, should_stop)
    finally:
        end(process)


def start_guarded(
    command: Sequence[str], limits: Limits, *, stdin: IO[bytes] | int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """Start `command` within its limits; whoever starts it must `end` it."""
    kept = {
        "memory_bytes": limits.memory_bytes,
        "cpu_s": limits.cpu_s,
        "file_bytes": limits.file_bytes,
        "niceness": limits.niceness,
        "is_batch": limits.is_batch,
    }
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(GUARD), str(os.getpid()), json.dumps(kept), *command],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # None of our settings, which hold secrets, is any business of a program that reads strangers' files.
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "AV_LOG_FORCE_NOCOLOR": "1"},
        start_new_session=True,
        bufsize=0,
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the process and its group, and close its pipes."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            process.kill()
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _follow(
    process: subprocess.Popen[bytes],
    limits: Limits,
    on_output: Callable[[bytes], None],
    should_stop: Callable[[], bool],
) -> Finished:
    assert process.stdout is not None
    assert process.stderr is not None
    errors = bytearray()
    deadline = monotonic_s() + limits.wall_s
    stalled_at = monotonic_s() + limits.stall_s
    with selectors.DefaultSelector() as selector:
        for pipe in (process.stdout, process.stderr):
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select(LOOK_S):
                data = os.read(key.fd, 65536)
                if not data:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stderr:
                    errors += data
                    del errors[:-STDERR_KEPT]
                else:
                    on_output(data)
                    stalled_at = monotonic_s() + limits.stall_s
            if should_stop():
                raise PreparationStopped
            if monotonic_s() > min(deadline, stalled_at):
                ended_by = "clock" if monotonic_s() > deadline else "stall"
                return Finished(code=-signal.SIGKILL, errors=_text(errors), ended_by=ended_by)
    return Finished(code=process.wait(), errors=_text(errors))


def _text(errors: bytearray) -> str:
    return errors.decode("utf-8", errors="replace")
