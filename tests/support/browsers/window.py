"""What a test does with a window, whichever browser it belongs to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Protocol

from tests.support.waiting import LIMIT_S


class Window(Protocol):
    """One window with a profile of its own."""

    def open(self, url: str) -> None:
        """Go there, and return when the page has loaded."""

    def run(self, function: str, *arguments: object) -> Any:
        """What the JavaScript function of the page answers to these arguments, awaited; JSON both ways."""

    def press(self, selector: str) -> None:
        """Press the element in its middle, as a pointer does."""

    def type_text(self, selector: str, text: str) -> None:
        """Press the element and type, a key at a time."""

    def screenshot(self, path: Path) -> None:
        """Write what the window shows as a PNG."""


def awaited(function: str, arguments: Sequence[object]) -> str:
    """An expression for the promise of the answer as JSON text."""
    given = ", ".join(json.dumps(argument) for argument in arguments)
    return f"(async () => JSON.stringify((await ({function})({given})) ?? null))()"


@contextmanager
def process_group(
    arguments: Sequence[str], folder: Path, log: IO[bytes], env: dict[str, str] | None = None, **given: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """The program with all that it starts, with `folder` as its home; ended with the block."""
    home = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_CACHE_HOME": str(folder)}
    process = subprocess.Popen(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        env={**os.environ, **home, **(env or {})},
        start_new_session=True,
        **given,
    )
    try:
        yield process
    finally:
        for signum in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signum)
            with suppress(subprocess.TimeoutExpired):
                process.wait(LIMIT_S / 3)
