"""Members of one party in windows of three engines, and which frame each of them shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import sync_playwright

from tests.browser.conftest import FLAGS
from tests.support.browsers.chromium import chromium_window
from tests.support.browsers.firefox import firefox_window
from tests.support.browsers.programs import installed
from tests.support.browsers.webkit import mini_browser, webkit_window
from tests.support.browsers.window import Window
from tests.support.waiting import RECOVERY_S, eventually

SCREEN = Path(__file__).with_name("barcode_screen.js").read_text(encoding="utf-8")
_IS_THERE = "() => document.querySelector('#stage')?.dataset.connection === 'open'"
#: What a page needs before it is compared: its picture, and a clock.
_IS_READY = """() => (document.querySelector('video')?.readyState ?? 0) >= 3
  && filmScreen.number() !== null && (filmScreen.connection?.estimate()?.samples ?? 0) >= 8"""


@dataclass(frozen=True)
class Member:
    """A window and its engine."""

    engine: str
    window: Window


class Screens:
    """Opens the windows, and closes them with the block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._closing = ExitStack()
        self.members: list[Member] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._closing.close()

    def open(self, engines: Sequence[str]) -> None:
        """A browser of its own for each. Raises SystemExit where one isn't installed."""
        playwright = self._closing.enter_context(sync_playwright())
        for number, engine in enumerate(engines):
            program = mini_browser() if engine == "webkit" else installed(engine)
            if program is None:
                raise SystemExit(f"no {engine} on this machine")
            own = self._folder / str(number)
            made: dict[str, Callable[[], AbstractContextManager[Window]]] = {
                "chromium": lambda program=program: chromium_window(playwright, program, FLAGS),  # type: ignore[misc]
                "firefox": lambda program=program, own=own: firefox_window(program, own),  # type: ignore[misc]
                "webkit": lambda program=program, own=own: webkit_window(program, own),  # type: ignore[misc]
            }
            self.members.append(Member(engine, self._closing.enter_context(made[engine]())))

    def join(self, link: str) -> None:
        """All of them come by the link, and are ready to watch."""
        for number, member in enumerate(self.members):
            member.window.open(f"{link}&name=Member{number}")
            eventually(lambda window=member.window: window.run(_IS_THERE), RECOVERY_S)  # type: ignore[misc]
            member.window.run(SCREEN)
        for member in self.members:
            eventually(lambda window=member.window: window.run(_IS_READY), RECOVERY_S)  # type: ignore[misc]

    def ask(self, function: str) -> list[Any]:
        """What each page answers."""
        return [member.window.run(function) for member in self.members]
