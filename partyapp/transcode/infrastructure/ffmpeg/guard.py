"""Run as a program of its own: puts limits on its process, then becomes the program that it is given.

    python -I -S guard.py PARENT_PID LIMITS PROGRAM [ARGUMENT...]

LIMITS is a JSON object: `memory_bytes`, `cpu_s`, `file_bytes`, `niceness`, `is_batch`. A program rather than
a `preexec_fn`, since Python code between fork and exec may hang where other threads run. It imports nothing
of ours.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38


def die_with(parent: int) -> None:
    """Have this process killed when the one that started it ends, however that ends (Linux)."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)  # It ended before we asked.


def limit(kind: int, most: int) -> None:
    """Set a limit of this process, never above what it already has."""
    _, hard = resource.getrlimit(kind)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    try:
        resource.setrlimit(kind, (most, most))
    except (OSError, ValueError):
        if sys.platform == "linux":
            raise  # Others don't know each limit.


def give_way(niceness: int, *, is_batch: bool) -> None:
    """Let others go first.

    A batch process (Linux) pushes nobody aside that serves people just now: beside two encoders at nice 10
    the slowest hundredth of wake-ups waited 14 ms, beside two that aren't batch at nice 5 up to 27 ms.
    """
    niceness = os.nice(niceness)
    if os.getsid(0) == os.getpid():
        # Where Linux shares the processor out by sessions, that counts within this one alone.
        with contextlib.suppress(OSError), open("/proc/self/autogroup", "w") as session:
            session.write(str(niceness))
    if is_batch and hasattr(os, "SCHED_BATCH"):
        with contextlib.suppress(OSError):  # Some sandboxes forbid it.
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def main() -> None:
    """Set the limits and become the program."""
    parent, limits, command = int(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:]
    die_with(parent)
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_AS, limits["memory_bytes"])
    limit(resource.RLIMIT_CPU, limits["cpu_s"])
    limit(resource.RLIMIT_FSIZE, limits["file_bytes"])
    give_way(limits["niceness"], is_batch=limits["is_batch"])
    # SIGXFSZ stays ignored, as Python has it: writing too much is then an error with words and no death.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
