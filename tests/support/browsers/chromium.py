"""Chromium by Playwright, as a `Window`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Playwright

from tests.support.browsers.window import awaited


class ChromiumWindow:
    """A page of Playwright's; see `Window`."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def open(self, url: str) -> None:
        """Go there, and return when the page has loaded."""
        self._page.goto(url)

    def run(self, function: str, *arguments: object) -> Any:
        """What the function of the page answers."""
        return json.loads(self._page.evaluate(awaited(function, arguments)))

    def press(self, selector: str) -> None:
        """Press the element in its middle."""
        self._page.locator(selector).click()

    def type_text(self, selector: str, text: str) -> None:
        """Press the element and type."""
        self.press(selector)
        self._page.locator(selector).press_sequentially(text)

    def screenshot(self, path: Path) -> None:
        """Write what the window shows as a PNG."""
        self._page.screenshot(path=path)


@contextmanager
def chromium_window(playwright: Playwright, program: str, flags: Sequence[str]) -> Iterator[ChromiumWindow]:
    """A Chromium of its own."""
    browser = playwright.chromium.launch(executable_path=program, args=list(flags))
    try:
        yield ChromiumWindow(browser.new_page())
    finally:
        browser.close()
