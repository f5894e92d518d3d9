"""A real Syncplay client with mpv, without a screen and without sound."""

import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.syncplay.shown_frames import FrameReader

STOP_LIMIT_S = 10.0


class DesktopClient:
    """One `syncplay --no-gui` in a folder of its own; `frames` is what its mpv shows."""

    def __init__(self, folder: Path, film: Path, *, port: int, name: str, room: str) -> None:
        self.reader = FrameReader(folder)
        self._log = folder / "client.log"
        environment = os.environ | {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "TERM": "dumb"}
        environment.pop("DISPLAY", None)
        self._command = ["/usr/bin/syncplay", "--no-gui", "--no-store", "-a", f"127.0.0.1:{port}"]
        self._command += ["-n", name, "-r", room, "--player-path", str(self.reader.wrapper), str(film)]
        self._environment, self._folder = environment, folder
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.reader.__enter__()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        # Its player is in its session too.
        os.killpg(self._process.pid, 15)
        try:
            self._process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, 9)
            self._process.wait(STOP_LIMIT_S)
        self.reader.__exit__(kind, error, trace)

    def said(self) -> str:
        """What the client has printed so far."""
        return self._log.read_text(errors="replace")
