"""A real desktop player: Syncplay's client without its window, and mpv without picture and sound."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from tests.support.waiting import LIMIT_S, eventually

#: Why there can be none here; empty where there can.
MISSING = ", ".join(name for name in ("syncplay", "mpv") if shutil.which(name) is None)

_SETTINGS = """\
[client_settings]
forceguiprompt = False
[general]
checkforupdatesautomatically = False
language = en
"""


class DesktopPlayer:
    """One person's client and player, in a home of their own. It is a context, at whose end both are gone."""

    def __init__(self, home: Path, server: str, name: str, room: str, film: Path) -> None:
        """`server` is a host and a port, as its user types it."""
        self._home = home
        home.mkdir()
        (home / ".syncplay").write_text(_SETTINGS, encoding="utf-8")
        own = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}
        player = ["--vo=null", "--ao=null", f"--input-ipc-server={home / 'mpv'}"]
        words = ["syncplay", "--no-gui", "--no-store", "-a", server, "-n", name, "-r", room]
        words += ["--player-path", str(shutil.which("mpv")), str(film), "--", *player]
        with (home / "output").open("wb") as output:
            self._process = subprocess.Popen(
                words,
                env={**os.environ, **own},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(LIMIT_S)

    @property
    def output(self) -> str:
        """What the client has said."""
        return (self._home / "output").read_text(encoding="utf-8", errors="replace")

    @property
    def position_s(self) -> float:
        """Where the player is; -1 while it shows nothing."""
        found = self._ask("get_property", "time-pos")
        return -1.0 if found is None else float(found)

    @property
    def paused(self) -> bool | None:
        """Whether the player stands still; None while there is none."""
        found = self._ask("get_property", "pause")
        return None if found is None else bool(found)

    def set(self, name: str, value: object) -> None:
        """Have the player do what its user's hand would: `pause`, `time-pos`."""
        eventually(lambda: self.paused is not None)
        self._ask("set_property", name, value)

    def type(self, line: str) -> None:
        """Type a line into the client."""
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()

    def _ask(self, *command: object) -> Any:
        with suppress(OSError, ValueError), socket.socket(socket.AF_UNIX) as ipc:
            ipc.settimeout(LIMIT_S)
            ipc.connect(str(self._home / "mpv"))
            ipc.sendall(json.dumps({"command": command}).encode() + b"\n")
            for line in ipc.makefile():
                answer = json.loads(line)
                if "request_id" in answer:
                    return answer.get("data")
        return None
