"""Runs one command of the start to its end: the release step, the registration of the sample clip."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from partyapp.local_run.errors import LocalRunError
from partyapp.local_run.stop_signal import StopSignal, poll_until
from partyapp.local_run.supervisor_config import shell_script

STOP_LIMIT_S = 2.0
TAIL_BYTES = 4096


class Step:
    """A command on its way; as a context it is stopped at the end of the block if it still runs."""

    def __init__(self, command: str, *, folder: Path, log: Path, environ: Mapping[str, str]) -> None:
        """Start `command` by the shell in `folder`, its output going to `log`, which is begun anew."""
        self._command = command
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", shell_script(command, folder)],
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self, stop: StopSignal, *, limit_s: float) -> None:
        """Wait for its success, at most `limit_s` seconds. Raises LocalRunError with its last line."""
        if not stop.wait_until(lambda: self._process.poll() is not None, limit_s=limit_s):
            raise LocalRunError(f"`{self._command}` did not end in {limit_s:g} s; its log is {self._log}.")
        code = self._process.returncode
        if code != 0:
            why = f"signal {-code}" if code < 0 else f"exit status {code}"
            raise LocalRunError(
                f"`{self._command}` failed ({why}): {last_line(self._log)} [log: {self._log}]"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        for signum in (signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is not None:
                return
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, signum)
            poll_until(lambda: self._process.poll() is not None, limit_s=STOP_LIMIT_S)


def last_line(log: Path) -> str:
    """The last line of a log that isn't blank, cut to a readable length."""
    try:
        with log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    said = [line.strip() for line in lines if line.strip()]
    return said[-1][:300] if said else "it said nothing"
