"""A member of a party who watches in a real Chromium, with the ways of `DesktopPlayer`."""

from __future__ import annotations

from typing import Self

from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import FLAGS
from tests.browser.page_actions import LIMIT_MS, open_invite, part
from tests.support.browsers.programs import installed

#: Why there can be none here; empty where there can.
MISSING_BROWSER = "" if installed("chromium") else "chromium"


class BrowserMember:
    """One person's browser at a party's page. It is a context, at whose end the browser is gone."""

    def __init__(self, link: str, name: str) -> None:
        self._link, self._name = link, name

    def __enter__(self) -> Self:
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=installed("chromium"), args=FLAGS)
        self.page: Page = self._browser.new_context(bypass_csp=True).new_page()
        self.page.set_default_timeout(LIMIT_MS)
        open_invite(self.page, self._link, self._name)
        return self

    def __exit__(self, *_: object) -> None:
        self._browser.close()
        self._playwright.stop()

    @property
    def position_s(self) -> float:
        """Where the picture is."""
        return float(self.page.evaluate("() => document.querySelector('video').currentTime"))

    @property
    def paused(self) -> bool:
        """Whether the picture stands still."""
        return bool(self.page.evaluate("() => document.querySelector('video').paused"))

    def press_play(self) -> None:
        """Play or pause, by the page's button."""
        part(self.page, "play").click()

    def seek(self, seconds: int) -> None:
        """Go to a position, by the page's slider."""
        part(self.page, "seek").fill(str(seconds))

    def may_play(self, may: bool) -> None:
        """Wait until the page lets its person play and pause, or no longer does."""
        button = expect(part(self.page, "play"))
        button.to_be_enabled(timeout=LIMIT_MS) if may else button.to_be_disabled(timeout=LIMIT_MS)

    def marks_desktop(self, name: str) -> None:
        """Wait until the list of people says that this member watches in a desktop player."""
        row = part(self.page, "member").filter(has=self.page.locator("bdi", has_text=name))
        expect(row.locator(".tag-desktop")).to_be_visible(timeout=LIMIT_MS)

    def how_to_join(self) -> tuple[str, str]:
        """What the page says to type into Syncplay's client: the server and the room."""
        part(self.page, "syncplay").locator("summary").click()
        expect(part(self.page, "syncplay")).to_contain_text("your name")
        server, room = part(self.page, "syncplay-server"), part(self.page, "syncplay-room")
        return server.inner_text(), room.inner_text()
